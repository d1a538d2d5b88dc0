"""The verification of a bundle: every file's sum against the manifest, and what is there beside.

Not a repair: what is wrong is named, all of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from edgebook.bundle import copying, manifest, programs
from edgebook.bundle.manifest import File
from edgebook.bundle.opened import Bundle, Place, shown
from edgebook.errors import BundleInvalid, Problem, shorten

AT_ONCE = 4
Tell = Callable[[File], None]


def mistakes(bundle: Bundle, files: Sequence[File] | None = None, *, tell: Tell = lambda _: None) -> list[Problem]:
    """Return what is wrong with a bundle's files: missing, of another size, changed, or for another processor.

    Args:
        bundle: the bundle.
        files: those to look at; without them all are, and files that the manifest does not list are named too.
        tell: is told of each file that was summed.
    """
    chosen = bundle.manifest.files if files is None else files
    with ThreadPoolExecutor(min(AT_ONCE, os.cpu_count() or 1), thread_name_prefix="edgebook-verify") as pool:
        found = [problem for problem in pool.map(lambda file: _mistake(bundle, file, tell), chosen) if problem]
    if files is None and not bundle.released:
        found += _extra(bundle)
    return sorted(found)


def require(bundle: Bundle, files: Sequence[File] | None = None) -> None:
    """Raise `BundleInvalid` when something is wrong with a bundle's files."""
    found = mistakes(bundle, files)
    if found:
        count = f"{len(found)} file{'s' * (len(found) != 1)}"
        raise BundleInvalid(f"{bundle.path}: {count} not as {manifest.FILE} says", found, hint=manifest.HINT)


def _mistake(bundle: Bundle, file: File, tell: Tell) -> Problem | None:
    place = bundle.places.get(file.name)
    wrong = "is missing" if place is None else _wrong(place, file)
    tell(file)
    return Problem(str(bundle.path), 0, file.name, wrong) if wrong else None


def _wrong(place: Place, file: File) -> str:
    if place.size != file.size:
        kind = "is truncated" if place.size < file.size else "is too long"
        return f"{kind}: {place.size} of {file.size} bytes"
    try:
        summing = copying.summed(place)
        with place.path.open("rb") as source:
            source.seek(place.offset)
            arch = programs.arch_of(source.read(programs.HEADER_BYTES))
    except OSError as exc:
        return f"cannot be read: {exc.strerror or shorten(str(exc))}"
    if summing.size != file.size:
        return f"is truncated: {summing.size} of {file.size} bytes"
    if summing.digest() != file.sha256:
        return f"was changed: its sha256 begins {summing.digest()[:12]}, not {file.sha256[:12]}"
    if file.kind == programs.PROGRAM and arch not in ("", file.arch):
        return f"is a program for {arch}, not for {file.arch}"
    return ""


def _extra(bundle: Bundle) -> Iterable[Problem]:
    known = {file.name for file in bundle.manifest.files}
    for name in bundle.places:
        if name not in known:
            yield Problem(
                str(bundle.path), 0, shown(name), "is not in the manifest", "remove it, or make the bundle again"
            )
