"""A command line for a host's login shell, made from a list, and the form of it that may be shown.

Not a shell: words are quoted, never interpreted. No secret becomes a word of it: `ps` shows words.
"""

from __future__ import annotations

import re
import secrets as random
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edgebook.errors import SudoRefused, shorten
from edgebook.records import SshTarget
from edgebook.secrets import mask
from edgebook.ssh.scripts import PROLOGUE

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SUDO = {"nopasswd": ("sudo", "-n", "--"), "password": ("sudo", "-S", "-p", "", "--"), "root": ()}
REFUSALS = (
    "a password is required",
    "no password was provided",
    "incorrect password attempt",
    "is not in the sudoers file",
    "may not run sudo",
    "is not allowed to execute",
    "a terminal is required",
    "you must have a tty",
)
REFUSED_HINT = "give the user a rule in /etc/sudoers.d, or set ssh.sudo and ssh.sudo_password in site.yaml"


@dataclass(frozen=True)
class Command:
    """What the host is given (`line`, then `prologue` on standard input), and what a person is shown."""

    line: str
    shown: str
    prologue: bytes = field(default=b"", repr=False)  # it may hold the sudo password
    sudo: bool = False


def build(
    target: SshTarget,
    argv: Sequence[str],
    *,
    sudo: bool = False,
    env: Mapping[str, str] | None = None,
    shown: str = "",
) -> Command:
    """Make a command line from words; secrets among `env`, and sudo's password, go over standard input."""
    words = _checked(argv)
    visible, hidden = _split(env or {})
    if visible:
        words = ["env", *visible, *words]
    prefix = SUDO[target.sudo] if sudo else ()
    asks = bool(prefix) and target.sudo == "password"
    shown_line = mask(shown or shlex.join([*prefix, *words]))
    if not hidden and not asks:
        return Command(shlex.join([*prefix, *words]), shown_line, sudo=bool(prefix))
    marker = random.token_hex(16)
    lines = [*([_password(target)] if asks else []), *(f"{marker} {line}" for line in hidden), marker, ""]
    words = ["sh", "-c", PROLOGUE, "edgebook", marker, *words]
    return Command(shlex.join([*prefix, *words]), shown_line, "\n".join(lines).encode(), sudo=bool(prefix))


def raise_if_refused(host: str, command: Command, code: int, err: str) -> None:
    """Raise `SudoRefused` when sudo, and not the command under it, ended with an error."""
    if command.sudo and code == 1 and any(words in err for words in REFUSALS):
        raise SudoRefused(host, f"sudo refused `{command.shown}`: {mask(shorten(err))}", hint=REFUSED_HINT)


def _checked(argv: Sequence[str]) -> list[str]:
    if isinstance(argv, str) or not argv:
        raise ValueError("a command is a list of at least one word")
    if any("\0" in word for word in argv):
        raise ValueError("a word of a command cannot hold a NUL character")
    return list(argv)


def _split(env: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Divide variables into those that may be seen in `ps` and those that hold a known secret."""
    visible: list[str] = []
    hidden: list[str] = []
    for name, value in env.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for an environment variable")
        secret = mask(value) != value
        if secret and "\n" in value:
            raise ValueError(f"the secret in {name} has several lines: write it to a file on the host")
        (hidden if secret else visible).append(f"{name}={value}")
    return visible, hidden


def _password(target: SshTarget) -> str:
    if target.sudo_password is None:
        raise SudoRefused(target.name, "sudo needs a password and site.yaml gives none", hint="set ssh.sudo_password")
    return target.sudo_password.value()
