"""Host keys: what a known_hosts file pins, and whether a host shows it.

Not a client: nothing here connects. It reads known_hosts itself because paramiko's reader keeps one
key a type, knows neither patterns nor markers, and stops at a broken line.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgebook.errors import HostKeyMismatch, HostKeyUnknown

SSH_PORT = 22
HASHED = "|1|"
TRUST_HINT = "compare the fingerprint with the host's console, then `edgebook site trust SITE` pins it"
CHANGED_HINT = (
    "a reinstalled host has a new key, and so has somebody in between: compare with the host's console, "
    "remove the old line, then `edgebook site trust SITE`"
)


@dataclass(frozen=True, order=True)
class HostKey:
    """A public key that a host shows; `host` is its name in known_hosts (`[address]:port` if not 22)."""

    host: str
    type: str
    base64: str

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint as `ssh-keygen -l` prints it."""
        digest = hashlib.sha256(base64.b64decode(self.base64)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def line(self) -> str:
        """The key as a line of known_hosts, without the line end."""
        return f"{self.host} {self.type} {self.base64}"

    def __str__(self) -> str:
        return f"{self.type} {self.fingerprint}"


@dataclass(frozen=True)
class PinnedKey:
    """One line of a known_hosts file."""

    marker: str
    patterns: tuple[str, ...]
    type: str
    base64: str
    file: Path
    line: int

    def covers(self, name: str) -> bool:
        """Say whether the line is about a host of this name."""
        name = name.lower()
        if any(_matches(pattern[1:], name) for pattern in self.patterns if pattern.startswith("!")):
            return False
        return any(_matches(pattern, name) for pattern in self.patterns if not pattern.startswith("!"))

    def __str__(self) -> str:
        return f"{HostKey('', self.type, self.base64)} ({self.file}:{self.line})"


def known_name(address: str, port: int) -> str:
    """Return the name that known_hosts has for an address and port."""
    return address if port == SSH_PORT else f"[{address}]:{port}"


def pinned(files: Iterable[Path]) -> tuple[PinnedKey, ...]:
    """Read known_hosts files; a file that does not exist pins nothing, a broken line neither."""
    return tuple(key for file in files if file.is_file() for key in _lines(file))


def expect(key: HostKey, known: Iterable[PinnedKey], *, name: str, address: str, port: int) -> None:
    """Raise unless the shown key is a pinned one; the rules are those of OpenSSH with strict checking.

    Args:
        key: what the host showed.
        known: all pinned keys.
        name: the inventory name, for the message.
        address: what known_hosts calls the host.
        port: its port; with another than 22, a line for the bare address is accepted when its key fits.
    """
    known = tuple(known)
    wanted = [line for line in known if line.covers(known_name(address, port))]
    bare = [line for line in known if line.covers(address)]
    same = [line for line in {*wanted, *bare} if (line.type, line.base64) == (key.type, key.base64)]
    if any(line.marker == "@revoked" for line in same):
        raise HostKeyMismatch(name, f"the key it shows, {key}, is marked as revoked", hint=CHANGED_HINT)
    if any(not line.marker for line in same):
        return
    others = [line for line in wanted if not line.marker]
    if others:
        seen = " or ".join(str(line) for line in others)
        raise HostKeyMismatch(name, f"the host key has changed: pinned is {seen}, shown is {key}", hint=CHANGED_HINT)
    raise HostKeyUnknown(name, f"no known_hosts file has a key for {key.host}; it shows {key}", hint=TRUST_HINT)


def _matches(pattern: str, name: str) -> bool:
    if pattern.startswith(HASHED):
        return _hash_matches(pattern, name)
    # Not fnmatch: there the brackets of `[host]:port` are a set of characters.
    expression = re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, name) is not None


def _hash_matches(pattern: str, name: str) -> bool:
    salt, _, wanted = pattern.removeprefix(HASHED).partition("|")
    try:
        digest = hmac.digest(base64.b64decode(salt), name.encode(), "sha1")
        return hmac.compare_digest(digest, base64.b64decode(wanted))
    except binascii.Error:
        return False


def _lines(file: Path) -> Iterator[PinnedKey]:
    text = file.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
        if len(fields) >= 3 and not fields[0].startswith("#") and _is_base64(fields[2]):  # noqa: PLR2004 -- names, type, key
            yield PinnedKey(marker, tuple(fields[0].split(",")), fields[1], fields[2], file, number)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except binascii.Error:
        return False
