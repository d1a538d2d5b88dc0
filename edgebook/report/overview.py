"""The overview: one table over several runs, the page a person shows around.

Not the report of a run, to which it links.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

FILES = {"html": "html", "notebook": "notebook", "journal": "journal", "result": "result"}


def index(results: Sequence[Mapping[str, Any]], *, folder: Path | None = None, title: str = "Runs") -> str:
    """Draw a table of runs from their `result.json` data.

    Args:
        results: in the order in which they are shown.
        folder: where the page will lie, so that links to the runs' files are relative.
        title: the page's heading.
    """
    from edgebook.report.frame import fill, markup, style, when  # noqa: PLC0415 - Jinja is only needed to draw

    counts = Counter(str(result["status"]) for result in results)
    return fill(
        "overview.html.j2",
        title=title,
        lead=_lead(results),
        counts=sorted(counts.items()),
        runs=[{**result, "began": when(result["began"]), "links": _links(result, folder)} for result in results],
        foot=f"written by edgebook, {when(max((result['ended'] for result in results), default=''))}",
        style=markup(style()),
    )


def _links(result: Mapping[str, Any], folder: Path | None) -> dict[str, str]:
    paths = {name: result.get("artefacts", {}).get(name) for name in FILES}
    return {
        name: quote(os.path.relpath(path, folder) if folder else Path(path).name)
        for name, path in paths.items()
        if path
    }


def _lead(results: Sequence[Mapping[str, Any]]) -> str:
    sites = {result["site"] for result in results}
    changed = sum(result["changed"] for result in results)
    return (
        f"{len(results)} run{'s' * (len(results) != 1)} on {len(sites)} site{'s' * (len(sites) != 1)}, "
        f"{changed} change{'s' * (changed != 1)}"
    )
