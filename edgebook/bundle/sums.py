"""Sums: what upstream publishes beside its files, and what a file here really has.

Not signatures; those are over a bundle's manifest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ALGORITHMS = {64: "sha256", 128: "sha512"}
"""By the number of hexadecimal digits: K3s and CNI publish SHA-256, KubeEdge SHA-512."""
LINE = re.compile(r"([0-9a-fA-F]{64}|[0-9a-fA-F]{128})(?:[ \t]+\*?(\S.*?))?[ \t\r]*")
PIECE_BYTES = 1024 * 1024
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Sum:
    """A sum that a file must have, and the file that says so."""

    algorithm: str
    digest: str
    said_by: str


class Summing:
    """The sums of bytes as they pass: always SHA-256, and upstream's algorithm where that is another."""

    def __init__(self, wanted: Sum | None) -> None:
        names = {"sha256", wanted.algorithm if wanted else "sha256"}
        self._running = {name: hashlib.new(name) for name in names}
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Take the next bytes in."""
        self.size += len(piece)
        for running in self._running.values():
            running.update(piece)

    def digest(self, algorithm: str = "sha256") -> str:
        """Return the sum of what was added so far."""
        return self._running[algorithm].hexdigest()

    def differs(self, wanted: Sum | None) -> str:
        """Say how the bytes differ from what they must be; nothing when they do not."""
        if wanted is None or self.digest(wanted.algorithm) == wanted.digest:
            return ""
        ours = self.digest(wanted.algorithm)
        return f"its {wanted.algorithm} begins {ours[:12]}, {wanted.said_by} says {wanted.digest[:12]}"


def find(text: str, name: str, said_by: str) -> Sum | None:
    """Find a file's sum in a checksum file: lines of `sha256sum`, or the sum alone for the one file it is about."""
    found = [match.groups() for line in text.splitlines() if (match := LINE.fullmatch(line))]
    for digest, named in found:
        if named == name or (named is None and len(found) == 1):
            return Sum(ALGORITHMS[len(digest)], digest.lower(), said_by)
    return None


def listed(path: Path, name: str) -> Sum | None:
    """Find a file's sum in a checksum file of this computer; None where it has none, or cannot be read as text."""
    with path.open("rb") as file:
        text = file.read(MOST_BYTES).decode("utf-8", errors="replace")
    return find(text, name, path.name)


def of(
    source: BinaryIO, size: int, wanted: Sum | None = None, tell: Callable[[bytes], object] | None = None
) -> Summing:
    """Sum the next `size` bytes of an open file, fewer where it ends before; `tell` gets each piece as well."""
    summing = Summing(wanted)
    while summing.size < size and (piece := source.read(min(PIECE_BYTES, size - summing.size))):
        summing.add(piece)
        if tell is not None:
            tell(piece)
    return summing
