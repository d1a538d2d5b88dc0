"""The book: where its runbooks, its parameters and the records of its runs are.

Nothing is run or checked here, and no notebook is read further than its title and tags.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgebook.errors import NotebookNotFound

SHIPPED = Path(__file__).parent / "_book"
"""The copy inside the wheel, used where no checkout is near."""
NOTEBOOKS = "notebooks"
PARAMETERS = "parameters"
RUNS = "runs"
METADATA = "edgebook"
"""The key of a notebook's metadata under which the book keeps its own."""
SENTENCE = re.compile(r"(.+?[.!?])(?:\s|$)", re.DOTALL)


@dataclass(frozen=True)
class Runbook:
    """One notebook of the book, as a list shows it."""

    name: str
    title: str
    summary: str
    path: str
    after: tuple[str, ...] = ()
    """The runbooks that must have run before it, on a practice site of its own: it needs what they leave."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return asdict(self)


def root(start: Path | None = None) -> Path:
    """Return the nearest folder upwards that holds notebooks or parameters, else the shipped copy."""
    here = (start or Path.cwd()).resolve()
    return next((folder for folder in (here, *here.parents) if _is_book(folder)), SHIPPED)


def notebooks_folder(start: Path | None = None) -> Path:
    """Return the folder with the runbooks: the book's own, else the shipped one."""
    own = root(start) / NOTEBOOKS
    return own if any(_notebooks_in(own)) else SHIPPED / NOTEBOOKS


def parameters_folder(start: Path | None = None) -> Path:
    """Return the folder with the parameter files: the book's own, else the shipped one."""
    own = root(start) / PARAMETERS
    return own if own.is_dir() else SHIPPED / PARAMETERS


def runs(start: Path | None = None) -> Path:
    """Return the folder for the records of runs: `$EDGEBOOK_RUNS`, else `runs/` in the book."""
    named = os.environ.get("EDGEBOOK_RUNS")
    if named:
        return Path(named).absolute()
    book = root(start)
    return (start or Path.cwd()).absolute() / RUNS if book == SHIPPED else book / RUNS


def notebook(name: str, start: Path | None = None) -> Path:
    """Find a runbook by path, number, file name, or the name without its number.

    Raises:
        NotebookNotFound: no runbook, or more than one, answers to the name.
    """
    given = Path(name).expanduser()
    if given.suffix == ".ipynb" and given.is_file():
        return given.absolute()
    folder = notebooks_folder(start)
    wanted = given.name.removesuffix(".ipynb")
    if len(given.parts) == 1:
        found = [path for path in _notebooks_in(folder) if _answers(path.stem, wanted)]
        if len(found) == 1:
            return found[0].absolute()
        if found:
            raise NotebookNotFound(
                f"{name!r} may be any of {', '.join(path.stem for path in found)}", hint="give the whole name"
            )
    raise NotebookNotFound(f"no runbook {name!r} in {folder}", hint=_did_you_mean(wanted, folder))


def notebooks(start: Path | None = None) -> tuple[Runbook, ...]:
    """List the book's runbooks in the order of their numbers."""
    return tuple(describe(path) for path in _notebooks_in(notebooks_folder(start)))


def describe(path: Path) -> Runbook:
    """Read a notebook's title, the first sentence of its prose, and what it comes after."""
    notebook = _read(path)
    prose, after = _prose(notebook), notebook["metadata"].get(METADATA, {}).get("after", ())
    title = next((line[2:].strip() for line in prose.splitlines() if line.startswith("# ")), path.stem)
    text = " ".join(line for line in prose.splitlines() if not line.startswith("#")).strip()
    first = SENTENCE.match(text)
    return Runbook(path.stem, title, (first.group(1) if first else text).strip(), str(path), tuple(after))


def values(site: str, name: str, start: Path | None = None) -> Path | None:
    """Return the file with a runbook's values for a site of the book, or None where there is none."""
    path = parameters_folder(start) / site / f"{name}.yaml"
    return path if path.is_file() else None


def _is_book(folder: Path) -> bool:
    return (folder / PARAMETERS).is_dir() or any(_notebooks_in(folder / NOTEBOOKS))


def _notebooks_in(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("*.ipynb")) if not path.name.startswith("."))


def _answers(stem: str, wanted: str) -> bool:
    number, _, rest = stem.partition("-")
    return wanted in {stem, number, rest}


def _did_you_mean(wanted: str, folder: Path) -> str:
    known = [path.stem for path in _notebooks_in(folder)]
    spoken = {name: stem for stem in known for name in (stem, stem.partition("-")[2])}
    close = difflib.get_close_matches(wanted, spoken, n=1, cutoff=0.5)
    if close:
        return f"did you mean {spoken[close[0]]}? `edgebook list` shows all"
    return (
        f"there are {', '.join(known)}"
        if known
        else "run this in a checkout of the book, or give the path of a notebook"
    )


def _read(path: Path) -> dict[str, Any]:
    """Return a notebook as far as it is read here: its first cells' text, and its metadata."""
    try:
        whole: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        cells = [{**cell, "source": "".join(cell["source"])} for cell in whole["cells"][:3] if cell["cell_type"]]
        return {"cells": cells, "metadata": dict(whole.get("metadata", {}))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise NotebookNotFound(
            f"{path} is not a notebook: {exc!r}", hint="open it in JupyterLab and save it again"
        ) from exc


def _prose(notebook: dict[str, Any]) -> str:
    return "\n\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")
