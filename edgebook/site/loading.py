"""The reading of a site.yaml: all of its mistakes at once, or the site.

Not the lookup of names, and not a word about single fields: `fields` and the rules know those.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edgebook.errors import Problem, SiteInvalid
from edgebook.site import document, files, mistakes, rules
from edgebook.site.document import Document
from edgebook.site.draft import Draft
from edgebook.site.lookup import find
from edgebook.site.models import Site


def load(path_or_name: str | Path, start: Path | None = None) -> Site:
    """Read a site, given by path or name.

    Raises:
        SiteNotFound: nothing describes the site, or what it points to is not there.
        SiteInvalid: the file has mistakes; all of them are in its `problems`.
    """
    path = find(path_or_name, start)
    site, problems = examine(document.read(path), path.parent)
    if site is None or problems:
        raise invalid(path, problems)
    return site


def check(path: str | Path, start: Path | None = None) -> list[Problem]:
    """Return every mistake of a site's file, and every file it names that is not there."""
    found = find(path, start)
    read = document.read(found)
    _, problems = examine(read, found.parent)
    return sorted({*problems, *files.missing(Draft(read, Site), found.parent)})


def examine(read: Document, folder: Path) -> tuple[Site | None, list[Problem]]:
    """Return the site that a document describes, or None, and all of the document's mistakes."""
    if read.value is None and read.problems:
        return None, read.problems
    site, errors = _validate(read.value, folder)
    problems = list(read.problems)
    for error in errors:
        told = mistakes.explain(read, error, Site)
        if told:
            where, problem = told
            problems.append(problem)
            read.unsound.add(where)
    problems += _empty(read)
    problems += rules.broken(Draft(read, Site))
    return site, sorted(set(problems))


def invalid(path: Path, problems: list[Problem]) -> SiteInvalid:
    """Make the error that lists all mistakes of a file."""
    count = f"{len(problems)} mistake{'s' if len(problems) != 1 else ''}"
    return SiteInvalid(f"{path}: {count}", problems, hint=f"edgebook site check {path}")


def _empty(read: Document) -> list[Problem]:
    """Return the keys with nothing after them: some fields take None, but a line without a value is a mistake."""
    places = [where for where in read.lines if where and read.get(where) is None and where not in read.unsound]
    read.unsound.update(places)
    return [read.problem(where, "is empty", "give it a value, or leave the line out") for where in places]


def _validate(value: Any, folder: Path) -> tuple[Site | None, list[Any]]:
    try:
        return Site.model_validate(value, context={"folder": folder}), []
    except ValidationError as exc:
        # Nothing of pydantic's error goes on: its text repeats values, and one of them may be a secret.
        return None, list(exc.errors(include_url=False))
