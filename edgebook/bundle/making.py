"""The making of a bundle: what a site needs, gathered, listed in a manifest, signed, and packed.

Not the sending of it; `sending` does that.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edgebook.bundle import copying, manifest, opened, signature, wheels
from edgebook.bundle.catalogue import ALIASES
from edgebook.bundle.gathering import Gathering, Had, Watch, require
from edgebook.bundle.manifest import File, Manifest
from edgebook.bundle.opened import Place
from edgebook.bundle.wanted import Wanted, unknown, wanted
from edgebook.bundle.web import Web
from edgebook.errors import BundleInvalid, InputError, Problem
from edgebook.site import Site

TAR = ".tar"
WORK = ".work"
"""Added to a .tar's name: the folder in which its files come together."""


@dataclass(frozen=True)
class Recipe:
    """What a person asked for.

    Args:
        out: the bundle's folder, or a .tar file.
        source: a folder (or bundle) to take files from, instead of downloading any.
        arches: processor architectures, instead of those that site.yaml says.
        mirror: another server that has upstream's files under upstream's paths.
        sign: the SSH key to sign with.
        wheels: whether the engineer's own Python packages go in too.
        jobs: how many downloads at the same time.
    """

    out: Path
    source: Path | None = None
    arches: Sequence[str] = ()
    mirror: str = ""
    sign: Path | None = None
    wheels: bool = False
    jobs: int = 4


@dataclass(frozen=True)
class Created:
    """A bundle that was made: its files, how each came, and what the given folder did not have."""

    path: Path
    had: tuple[Had, ...]
    left_out: tuple[Wanted, ...]
    wheels: tuple[File, ...]

    @property
    def files(self) -> tuple[File, ...]:
        """All of its files."""
        return (*(one.file for one in self.had), *self.wheels)


def create(site: Site, recipe: Recipe, *, watch: Watch | None = None) -> Created:
    """Make a bundle for a site; run again, it goes on where it stopped and fetches nothing twice.

    Raises:
        BundleInvalid: what was asked for cannot be, or a given folder's files are wrong; all of it is named.
        DownloadFailed: files could not be had; all of them are named.
    """
    _refuse(_wrong_options(recipe))
    needed = wanted(site, arches=recipe.arches, mirror=recipe.mirror)
    folder = _folder(recipe.out)
    _refuse(_strangers(folder, needed))
    here, earlier = _left(recipe.out, folder)
    source = None if recipe.source is None else opened.places(recipe.source)
    with Web(at_once=recipe.jobs) as web:
        gathering = Gathering(folder, web, here, earlier, source, watch)
        had, left_out = require(gathering.all(needed, jobs=recipe.jobs), str(recipe.source or ""))
    own = wheels.download(folder) if recipe.wheels else []
    made = Created(recipe.out, tuple(had), tuple(left_out), tuple(own))
    _finish(folder, recipe, made, earlier)
    return made


def _folder(out: Path) -> Path:
    return out.with_name(out.name + WORK) if out.suffix == TAR else out


def _left(out: Path, folder: Path) -> tuple[dict[str, Place], dict[str, File]]:
    """Return what an earlier run left: files, and what its manifest says of them."""
    found: dict[str, Place] = {}
    listed: dict[str, File] = {}
    for path in (path for path in (out, folder) if path.exists()):
        places = opened.places(path)
        found |= places
        listed |= {file.name: file for file in _listed(path, places)}
    return found, listed


def _listed(path: Path, places: Mapping[str, Place]) -> tuple[File, ...]:
    """Return what a manifest lists; nothing where there is none, or none that can be read: it is written anew."""
    if manifest.FILE not in places:
        return ()
    try:
        return opened.open_bundle(path).manifest.files
    except BundleInvalid:
        return ()


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise BundleInvalid("the bundle cannot be made like this", problems)


def _wrong_options(recipe: Recipe) -> list[Problem]:
    known = ", ".join(ALIASES)
    problems = [
        Problem("--arch", 0, name, "is none that K3s is published for", known) for name in unknown(recipe.arches)
    ]
    if recipe.source is not None and not recipe.source.exists():
        problems.append(Problem("--from", 0, str(recipe.source), "is not there"))
    if recipe.sign is not None and not recipe.sign.is_file():
        problems.append(Problem("--sign", 0, str(recipe.sign), "is no key file"))
    parts = urlsplit(recipe.mirror)
    if recipe.mirror and not (parts.scheme in ("http", "https") and parts.hostname):
        problems.append(Problem("--mirror", 0, recipe.mirror, "is no address", "such as https://files.example.com/k3s"))
    if recipe.mirror and recipe.source is not None:
        problems.append(Problem("--mirror", 0, recipe.mirror, "has no use with --from, which downloads nothing"))
    wrong = _wrong_out(recipe.out)
    return [*problems, *([Problem("--out", 0, str(recipe.out), wrong)] if wrong else [])]


def _wrong_out(out: Path) -> str:
    """Say why a bundle cannot go there: nothing that somebody else made is replaced."""
    if out.suffix != TAR:
        return "is a file; give a folder, or a name that ends in .tar" if out.is_file() else ""
    if out.is_dir():
        return "is a folder with the name of a .tar"
    return "is there, and is no bundle" if out.exists() and manifest.FILE not in opened.places(out) else ""


def _strangers(folder: Path, needed: Sequence[Wanted]) -> list[Problem]:
    """Name what lies in the bundle's folder and is not the bundle's: it would be there for every host to see."""
    if not folder.is_dir():
        return []
    known = {one.name for one in needed} | {manifest.FILE, manifest.SIGNATURE}
    found = opened.places(folder)
    known |= {file.name for file in _listed(folder, found)}
    return [
        Problem("--out", 0, str(folder / opened.shown(name)), "is not the bundle's", "another folder, or remove it")
        for name in found
        if name not in known and not name.startswith(f"{wheels.FOLDER}/")
    ]


def _finish(folder: Path, recipe: Recipe, made: Created, earlier: Mapping[str, File]) -> None:
    """Write the manifest, last and at once: a folder with one is complete."""
    text = Manifest(made.files).text().encode()
    signed = signature.sign(text, recipe.sign) if recipe.sign is not None else b""
    folder.mkdir(parents=True, exist_ok=True)
    for name in earlier.keys() - {file.name for file in made.files}:
        (folder / name).unlink(missing_ok=True)
    (folder / manifest.SIGNATURE).unlink(missing_ok=True)
    _write(folder / manifest.FILE, text)
    if signed:
        _write(folder / manifest.SIGNATURE, signed)
    if folder != recipe.out:
        try:
            copying.pack(folder, recipe.out)
        except OSError as exc:
            raise InputError(f"cannot write {recipe.out}: {exc.strerror or exc}") from exc
        shutil.rmtree(folder)


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + opened.PART)
    part.write_bytes(data)
    part.replace(path)
