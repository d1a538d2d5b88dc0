"""An opened bundle: its manifest, and where on this computer each file's bytes lie.

Not a copy: a bundle in a .tar file is read where it is, and sent from there. Opening sums nothing;
`verification` does.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgebook.bundle import manifest, released
from edgebook.bundle.manifest import File, Manifest
from edgebook.errors import BundleInvalid, InputError, Problem, shorten
from edgebook.records import Payload

CREATE = "edgebook bundle create --site SITE --from {path} --out BUNDLE"
PART = ".part"


@dataclass(frozen=True)
class Place:
    """Where a file's bytes lie: a file, or a stretch of a .tar."""

    path: Path
    offset: int
    size: int


@dataclass(frozen=True)
class Bundle:
    """A bundle as it was found."""

    path: Path
    manifest: Manifest
    places: Mapping[str, Place] = field(repr=False)
    text: bytes = field(default=b"", repr=False)
    """The manifest's own bytes, which a signature is over; nothing where it has none."""
    signature: bytes = field(default=b"", repr=False)

    @property
    def released(self) -> bool:
        """Whether it is upstream's release as it is, without a manifest."""
        return not self.text

    def payload(self, file: File) -> Payload:
        """Return a file's bytes, to be sent; they must have the sum that the manifest says."""
        place = self.places.get(file.name)
        if place is None:
            missing = Problem(str(self.path), 0, file.name, "is missing")
            raise BundleInvalid(f"{self.path} is not whole", [missing], hint=manifest.HINT)
        return Payload(place.path, file.size, file.sha256, place.offset)


def places(path: Path) -> dict[str, Place]:
    """Find the files of a folder or of a .tar, by their names in it; what is only there in part is none."""
    try:
        if path.is_dir():
            found = (file for file in sorted(path.rglob("*")) if file.is_file())
            whole = ((file, file.relative_to(path).as_posix()) for file in found)
            return {name: Place(file, 0, file.stat().st_size) for file, name in whole if not unfinished(name)}
        return _members(path)
    except (OSError, ValueError) as exc:
        text = exc.strerror if isinstance(exc, OSError) else str(exc)
        raise InputError(f"cannot read {path}: {text}", hint="give a bundle's folder, or its .tar file") from exc


def unfinished(name: str) -> bool:
    """Tell whether a file is a download that was interrupted."""
    return name.endswith((PART, f"{PART}.json"))


def open_bundle(path: Path) -> Bundle:
    """Open a bundle: a folder, a .tar of one, or a folder with a K3s release and its checksum file.

    Raises:
        InputError: there is no bundle.
        BundleInvalid: its manifest has mistakes.
    """
    found = places(path)
    own = found.pop(manifest.FILE, None)
    signature = found.pop(manifest.SIGNATURE, None)
    if own is None:
        files = released.files(path) if path.is_dir() else ()
        if not files:
            what = f"{path} has no {manifest.FILE}, and no sha256sum-ARCH.txt of a K3s release beside a program either"
            raise InputError(what, hint=CREATE.format(path=path))
        return Bundle(path, Manifest(files), found)
    text = _bytes(own, manifest.MOST_BYTES + 1)
    read = manifest.read(text, str(path / manifest.FILE))
    return Bundle(path, read, found, text, _bytes(signature, manifest.MOST_BYTES) if signature else b"")


def _bytes(place: Place, most: int) -> bytes:
    with place.path.open("rb") as file:
        file.seek(place.offset)
        return file.read(min(place.size, most))


def shown(name: str) -> str:
    """Return a file's name as it can be printed: what is not text in it is escaped."""
    return name if name.isprintable() else ascii(name)[1:-1]


def _members(path: Path) -> dict[str, Place]:
    try:
        with tarfile.open(path, "r:") as tar:
            members = [member for member in tar if not member.isdir()]
    except (tarfile.TarError, EOFError, OverflowError) as exc:
        raise ValueError(f"it is no plain .tar file, or was not copied whole: {shorten(str(exc))}") from exc
    plain = [member.isreg() and member.size >= 0 and not member.issparse() for member in members]
    strange = [
        Problem(path.name, 0, shown(member.name), "is no plain file")
        for member, good in zip(members, plain, strict=True)
        if not good
    ]
    if strange:
        raise BundleInvalid(f"{path} is no bundle", strange, hint=manifest.HINT)
    return {member.name: Place(path, member.offset_data, member.size) for member in members}
