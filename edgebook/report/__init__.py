"""Reports: executed notebooks as pages that need no network, no server and no Jupyter.

Nothing is executed here, and no result is judged: the facts are given.
nbconvert and plotly are imported by the first page, not with this package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgebook.report.overview import index

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["SCRIPT", "index", "page", "put_script", "write_index"]

SCRIPT = "plotly.min.js"
"""The file that pages made with `beside` look for in their own folder."""


def page(notebook: NotebookNode, facts: Mapping[str, Any] | None = None, *, beside: bool = False) -> str:
    """Draw an executed notebook as one HTML page.

    Args:
        notebook: what was executed, secrets already masked.
        facts: the run's `result.json`, for the banner; none for a notebook outside a run.
        beside: load plotly.js from a file beside the page instead of holding 5 MB of it.
    """
    from edgebook.report.drawing import draw  # noqa: PLC0415 - nbconvert takes half a second to import

    return draw(notebook, facts or {}, script=SCRIPT if beside else "")


def put_script(folder: Path) -> None:
    """Write the plotly.js that pages made with `beside` load, unless it is there."""
    from edgebook.report.figures import script  # noqa: PLC0415 - plotly is slow to import

    path, text = folder / SCRIPT, script()
    if not path.exists() or path.stat().st_size != len(text.encode()):
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_index(path: Path, results: Sequence[Mapping[str, Any]], *, title: str = "Runs") -> None:
    """Write the overview of several runs; its links are relative, so the folder can be moved."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(index(results, folder=path.parent, title=title), encoding="utf-8")
