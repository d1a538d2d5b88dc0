"""The copying of files into a bundle, summed on the way, and of a bundle's folder into one .tar.

Not downloads.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from pathlib import Path

from edgebook.bundle import manifest, sums
from edgebook.bundle.opened import PART, Place
from edgebook.bundle.sums import Sum, Summing
from edgebook.errors import InputError


def summed(place: Place, wanted: Sum | None = None) -> Summing:
    """Sum the bytes of a place, read to their end."""
    with place.path.open("rb") as source:
        source.seek(place.offset)
        return sums.of(source, place.size, wanted)


def copy(place: Place, to: Path, wanted: Sum | None = None, tell: Callable[[bytes], object] | None = None) -> Summing:
    """Copy the bytes of a place to a file, under another name until all are there; `tell` gets each piece as well."""
    part = to.with_name(to.name + PART)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with place.path.open("rb") as source, part.open("wb") as target:
            source.seek(place.offset)

            def take(piece: bytes) -> None:
                target.write(piece)
                if tell is not None:
                    tell(piece)

            summing = sums.of(source, place.size, wanted, take)
        part.replace(to)
    except OSError as exc:
        raise InputError(f"cannot copy {place.path} to {to}: {exc.strerror or exc}") from exc
    return summing


def pack(folder: Path, to: Path) -> None:
    """Put a bundle's folder into one .tar, the manifest first; the same files always give the same bytes."""
    first = [name for name in (manifest.FILE, manifest.SIGNATURE) if (folder / name).is_file()]
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    names = [*first, *sorted(name for name in found if name not in first)]
    part = to.with_name(to.name + PART)
    with part.open("wb") as target:
        with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for name in names:
                with (folder / name).open("rb") as source:
                    tar.addfile(_member(name, os.fstat(source.fileno()).st_size), source)
        target.flush()
        os.fsync(target.fileno())
    part.replace(to)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member
