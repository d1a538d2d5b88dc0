"""The normal form of a committed notebook: only what a reader sees, and what compares equal again.

Not the form of a run's record, which keeps papermill's facts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

from edgebook.report import document

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT_METADATA = ("edgebook", "jupyterlab-tour", "title")
KEPT_CELL_METADATA = ("tags", "jupyter", "editable", "deletable", "jp-MarkdownHeadingCollapsed")
PORT = re.compile(r"\b(127\.0\.0\.1|localhost):[3-6]\d{4}\b")
"""Ports that the system chose; a view had better not show one, for nbval compares (`--nbval-sanitize-with`)."""
MINOR = 5
"""nbformat 4.5 has cell ids."""


def normal(original: str, executed: NotebookNode, name: str) -> str:
    """Return a notebook's own cells with the outputs of an execution, as text to commit.

    Args:
        original: the notebook as it stands.
        executed: the same cells, executed without injected parameters.
        name: what cells without an id are named after.
    """
    notebook = document.node(json.loads(original))
    count = iter(range(1, len(notebook.cells) + 1))
    ids = _ids(notebook, name)
    cells = [
        _cell(cell, new, identity, count)
        for cell, new, identity in zip(notebook.cells, executed.cells, ids, strict=True)
    ]
    kept = {key: notebook.metadata[key] for key in KEPT_METADATA if key in notebook.metadata}
    whole = {"cells": cells, "metadata": {**METADATA, **kept}, "nbformat": 4, "nbformat_minor": MINOR}
    return document.text(document.node(whole))


def _ids(notebook: NotebookNode, name: str) -> Iterator[str]:
    """Keep each cell's id; name cells without one by their place, for nbformat would draw lots."""
    used = {cell["id"] for cell in notebook.cells if "id" in cell}
    for number, cell in enumerate(notebook.cells, start=1):
        made = f"{name}-{number:02d}"
        yield cell["id"] if "id" in cell else made if made not in used else f"{made}-{len(used)}"


def _cell(cell: NotebookNode, executed: NotebookNode, identity: str, count: Iterator[int]) -> dict[str, Any]:
    metadata = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if cell.metadata.get(key) not in (None, [], {})}
    plain = {"cell_type": cell.cell_type, "id": identity, "metadata": metadata, "source": "".join(cell.source).rstrip()}
    if cell.cell_type != "code":
        return plain
    number = next(count) if executed.get("execution_count") else None
    return {
        **plain,
        "execution_count": number,
        "outputs": [_output(output, number) for output in executed.get("outputs", ())],
    }


def _output(output: NotebookNode, number: int | None) -> dict[str, Any]:
    plain: dict[str, Any] = _steady(output)
    if output["output_type"] == "execute_result":
        plain["execution_count"] = number
    if "metadata" in plain:
        plain["metadata"] = {}
    plain.pop("transient", None)
    return plain


def _steady(value: Any) -> Any:
    """Replace what another practice site chooses otherwise, in every text of an output."""
    if isinstance(value, str):
        return PORT.sub(r"\1:PORT", value)
    if isinstance(value, dict):
        return {key: _steady(item) for key, item in value.items()}
    return [_steady(item) for item in value] if isinstance(value, list) else value
