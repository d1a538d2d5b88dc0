"""A K3s release as it was downloaded: a folder without a manifest, but with upstream's checksum files.

Not verified here: the sums are upstream's, and are compared as those of any bundle.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgebook.bundle import catalogue, sums
from edgebook.bundle.manifest import File


def files(folder: Path) -> tuple[File, ...]:
    """Return what a folder holds of a release, with the sums that upstream's files say; nothing without a program.

    Their version is empty: no checksum file says it.
    """
    found = [file for arch in catalogue.ARCHES for file in _of(folder, arch)]
    installer = _installer(folder)
    return (*found, installer) if found and installer else tuple(found)


def _of(folder: Path, arch: str) -> Iterator[File]:
    for part in (catalogue.PROGRAM, catalogue.IMAGES):
        name, said = part.file_name(arch, ""), folder / part.sums_name(arch, "")
        path = folder / name
        if path.is_file() and said.is_file() and (wanted := sums.listed(said, name)):
            yield File(name, part.kind, arch, "", path.stat().st_size, wanted.digest)


def _installer(folder: Path) -> File | None:
    """Return the installer, with the sum of its own checksum file; where there is none, with the sum it has."""
    part = catalogue.INSTALLER
    name, said = part.file_name("", ""), folder / part.sums_name("", "")
    path = folder / name
    if not path.is_file():
        return None
    wanted = sums.listed(said, name) if said.is_file() else None
    size = path.stat().st_size
    if wanted is not None:
        return File(name, part.kind, "", "", size, wanted.digest)
    with path.open("rb") as source:
        return File(name, part.kind, "", "", size, sums.of(source, size).digest())
