"""The way from a site's name to its site.yaml.

Not its reading: a file found here may still be full of mistakes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from edgebook.errors import Problem, SiteInvalid, SiteNotFound
from edgebook.site import document

FILE = "site.yaml"
SITES = "EDGEBOOK_SITES"
POINTER_KEYS = {"folder", "start"}


def find(name: str | Path, start: Path | None = None) -> Path:
    """Return the site.yaml of a site, given by name or by path; pointer files are followed.

    Looked at, in this order: `name` as a path; `$EDGEBOOK_SITES`; `parameters/NAME` in `start`
    (the working folder when not given) and in every folder above it.
    """
    start = (start or Path.cwd()).absolute()
    looked = []
    for candidate in _candidates(str(name), start):
        if _is_file(candidate):
            return follow(candidate)
        looked.append(str(candidate))
    if not looked:
        raise SiteNotFound("a site's name is missing", hint="give a folder in parameters/, or a path")
    shown = "\n".join(f"  {place}" for place in looked)
    raise SiteNotFound(
        f"no site {str(name)!r}; looked for\n{shown}",
        hint="give the name of a folder in parameters/, a path, or a name in a folder of $EDGEBOOK_SITES",
    )


def _candidates(name: str, start: Path) -> Iterator[Path]:
    if not name.strip():
        return
    given = start / Path(name).expanduser() if name.startswith("~/") else start / name
    if given.suffix in (".yaml", ".yml"):
        yield given
    yield given / FILE
    if Path(name).is_absolute() or ".." in Path(name).parts or name.startswith("~"):
        return
    for listed in filter(None, os.environ.get(SITES, "").split(os.pathsep)):
        yield Path(listed) / name / FILE
    for folder in (start, *start.parents):
        yield folder / "parameters" / name / FILE


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long for the file system, or one with a NUL in it
        return False


def follow(path: Path) -> Path:
    """Return the site.yaml that a pointer file leads to; any other file is returned as it is."""
    found = document.read(path)
    if not isinstance(found.value, dict) or "folder" not in found.value or {"schema", "hosts"} & found.value.keys():
        return path
    problems = found.problems + _pointer_mistakes(found)
    if problems:
        raise SiteInvalid(f"{path}: the pointer to a site is wrong", problems)
    target = Path(os.path.normpath(path.parent / Path(found.value["folder"]).expanduser() / FILE))
    if not _is_file(target):
        start = found.value.get("start", "")
        raise SiteNotFound(
            f"{path} points to {target}, which is not there", hint=f"start it: {start}" if start else "make that folder"
        )
    return target


def _pointer_mistakes(found: document.Document) -> list[Problem]:
    problems = []
    for key, value in found.value.items():
        if key not in POINTER_KEYS:
            problems.append(found.problem((key,), "is not a key of a pointer file", "only `folder` and `start`"))
        elif not isinstance(value, str) or not value or "\0" in value:
            problems.append(found.problem((key,), "wants text", "`folder: PATH`, `start: COMMAND`"))
        elif key == "folder" and value.startswith("~") and not value.startswith("~/"):
            problems.append(found.problem((key,), "starts in another user's home folder", "`~/…`, or a full path"))
    return problems
