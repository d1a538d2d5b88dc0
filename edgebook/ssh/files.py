"""Small files on a host: read whole, or written whole in one exec.

Not for artifacts: a file of many megabytes goes through `edgebook.ssh.transfer`.
"""

from __future__ import annotations

import hashlib
import posixpath
import secrets as random

from edgebook.errors import HostError, TransferFailed, shorten
from edgebook.secrets import mask
from edgebook.ssh.command import build
from edgebook.ssh.exchange import Overdue
from edgebook.ssh.scripts import WRITE
from edgebook.ssh.shell import COMMAND_TIMEOUT_S, Shell

READ_LIMIT_BYTES = 64 * 1024 * 1024
REMEDIES = {
    "No space left on device": "free some room on that disk: `df -h` and `journalctl --vacuum-size=100M`",
    "Permission denied": "write as root (sudo), or to a folder of the user's own",
    "Operation not permitted": "write as root (sudo), or leave the owner as it is",
    "Read-only file system": "a disk that fails is remounted read-only: look at `dmesg`",
}


def read(shell: Shell, path: str, *, sudo: bool) -> bytes:
    """Return a file's bytes, or raise `HostError` with what the host said."""
    command = build(shell.target, ["cat", checked(path)], sudo=sudo)
    try:
        reply = shell.ask(command, limit_bytes=READ_LIMIT_BYTES)
    except Overdue as late:
        raise shell.too_late(command.shown, COMMAND_TIMEOUT_S, late) from None
    if reply.code != 0:
        said = reply.err.decode(errors="replace")
        raise HostError(shell.name, f"cannot read {path}: {cause(said)}", hint=remedy(said))
    if reply.truncated:
        raise HostError(shell.name, f"cannot read {path}: it is larger than {READ_LIMIT_BYTES} bytes")
    return reply.out


def write(shell: Shell, path: str, data: bytes, *, mode: int, owner: str, sudo: bool, backup: bool) -> bool:
    """Write a file atomically when it differs; return whether anything about it was changed."""
    folder = posixpath.dirname(checked(path)) or "."
    new = f"{path}.edgebook-{random.token_hex(8)}"
    args = [path, folder, new, format(mode, "o"), owner, "keep" if backup else ""]
    content = hashlib.sha256(data).hexdigest().encode() + b"\n" + data
    done = shell.script(WRITE, args, sudo=sudo, stdin=content, shown=f"write {path}")
    if not done.ok:
        raise TransferFailed(shell.name, f"cannot write {path}: {cause(done.err)}", hint=remedy(done.err))
    return bool(done.out.strip())


def checked(path: str) -> str:
    """Return a path as it is, or raise `ValueError`: nothing here expands `~` or stops at a folder."""
    if not path or path.startswith(("~", "-")) or path.endswith("/"):
        raise ValueError(f"{path!r} is no path of a file on a host: give it from / or from the home folder")
    return path


def cause(said: str) -> str:
    """Return the end of what a tool said, without its own name and the path, where that is known."""
    return next((words for words in REMEDIES if words in said), mask(shorten(said)) or "no reason given")


def remedy(said: str) -> str:
    """Return the hint for what a tool said."""
    return next((hint for words, hint in REMEDIES.items() if words in said), "")
