"""Programs: for which processor one was made, and which K3s it says it is.

Not run here: this computer may be another one. What is no ELF file tells nothing of its processor.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from edgebook.bundle import catalogue
from edgebook.errors import DownloadFailed

if TYPE_CHECKING:
    from edgebook.bundle.wanted import Wanted

PROGRAM = "program"
HEADER_BYTES = 20
MAGIC = b"\x7fELF"
BIG_ENDIAN = 2
VERSION = re.compile(rb"v1\.\d{1,3}\.\d{1,3}\+k3s\d{1,3}")
OVERLAP = 32
"""Longer than any version: one may lie across two pieces."""


def arch_of(header: bytes) -> str:
    """Return the architecture that an ELF header names, as `uname -m` would; empty for anything else."""
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        return ""
    machine = int.from_bytes(header[18:20], "big" if header[5] == BIG_ENDIAN else "little")
    known = {arch.machine: name for name, arch in catalogue.ARCHES.items()}
    return known.get(machine, f"another processor (ELF machine {machine})")


def expect_arch(path: Path, wanted: Wanted) -> None:
    """Refuse, and remove, a program that was made for another processor than it is wanted for."""
    if wanted.kind != PROGRAM:
        return
    with path.open("rb") as file:
        found = arch_of(file.read(HEADER_BYTES))
    if found not in ("", wanted.arch):
        path.unlink()
        raise DownloadFailed(f"is a program for {found}, and one for {wanted.arch} is wanted")


class Versions:
    """The K3s versions that a program mentions; fed with its bytes as they pass."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._end = b""

    def add(self, piece: bytes) -> None:
        """Look at the next bytes."""
        whole = self._end + piece
        self.found |= {match.decode() for match in VERSION.findall(whole)}
        self._end = whole[-OVERLAP:]
