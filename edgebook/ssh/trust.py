"""Trust: learn which keys hosts show, and pin them in a known_hosts file.

Not a default of anything: a person compares the fingerprints and then asks for it by name.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paramiko.ssh_exception import IncompatiblePeer

from edgebook.errors import HostUnreachable
from edgebook.records import SshTarget
from edgebook.ssh import hostkeys
from edgebook.ssh.connection import Gates
from edgebook.ssh.failures import Phase, translated
from edgebook.ssh.hostkeys import HostKey
from edgebook.ssh.link import greet, shown_key
from edgebook.ssh.sshconfig import route

KINDS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa": ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    "rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}


SCANS_AT_ONCE = 10


def scan(target: SshTarget) -> tuple[HostKey, ...]:
    """Return the keys that a host shows now, one a kind, without logging in to it.

    Raises:
        HostUnreachable: it does not answer, or knows none of these kinds of keys.
    """
    gates = Gates(retries=0)
    try:
        found = [_shown(target, gates, types) for types in KINDS.values()]
    finally:
        gates.close()
    keys = tuple(key for key in found if key is not None)
    if not keys:
        raise HostUnreachable(target.name, f"it shows no key of a kind that is known here: {', '.join(KINDS)}")
    return keys


def trust(
    path: Path, targets: Iterable[SshTarget], *, keys: Iterable[HostKey] = (), replace: bool = False
) -> tuple[HostKey, ...]:
    """Pin hosts' keys in a known_hosts file and return those that were added.

    Lines for other hosts stay as they are; the file is replaced at once, or not at all.

    Args:
        path: the file; it and its folder are made when they do not exist.
        targets: the hosts.
        keys: what a person has just compared (from `scan`); hosts without any are scanned now.
        replace: put new keys in the place of other ones that are pinned already.

    Raises:
        HostKeyMismatch: a host is pinned with another key, and `replace` is false.
    """
    compared = tuple(keys)
    known = hostkeys.pinned([path])
    added, outdated = [], []
    with ThreadPoolExecutor(max_workers=SCANS_AT_ONCE, thread_name_prefix="edgebook-scan") as pool:
        for target, shown in pool.map(lambda target: (target, _compared(target, compared) or scan(target)), targets):
            for key in shown:
                lines = [line for line in known if line.covers(key.host) and (line.type, line.marker) == (key.type, "")]
                if any(line.base64 == key.base64 for line in lines):
                    continue
                if lines and not replace:
                    hostkeys.expect(key, lines, name=target.name, address=key.host, port=hostkeys.SSH_PORT)
                outdated += lines
                added.append(key)
    _rewrite(path, {line.line for line in outdated}, added)
    return tuple(added)


def _compared(target: SshTarget, keys: Sequence[HostKey]) -> tuple[HostKey, ...]:
    way = route(target)
    name = hostkeys.known_name(way.known_as, way.target.port)
    return tuple(key for key in keys if key.host == name)


def _shown(target: SshTarget, gates: Gates, types: Sequence[str]) -> HostKey | None:
    """Return the key of one kind that a host shows, or None when it has none of that kind."""
    way = route(target)
    with translated(target.name, Phase.CONNECT, f"connecting to {way}"), contextlib.closing(gates.wire(way)) as wire:
        try:
            transport = greet(wire, way.target, types)
        except IncompatiblePeer:
            return None
        with contextlib.closing(transport):
            return shown_key(transport, way.known_as, way.target.port)


def _rewrite(path: Path, without: set[int], added: Sequence[HostKey]) -> None:
    """Replace a known_hosts file by itself without some lines and with some keys."""
    if not added:
        return
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for number, line in enumerate(lines, start=1) if number not in without]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in [*kept, *(key.line for key in added)])
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".known_hosts-", delete=False) as file:
        file.write(text)
    new = Path(file.name)
    new.chmod(0o644)  # public keys: others may read what they are to trust
    new.replace(path)
