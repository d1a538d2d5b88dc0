"""Notebook files: the typed way in and out of nbformat, which has no types.

Not what is in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import nbformat
from nbformat import NotebookNode

from edgebook.errors import NotebookNotFound


def read(path: Path) -> NotebookNode:
    """Read a notebook of any version as version 4.

    Raises:
        NotebookNotFound: the file cannot be read, or is no notebook.
    """
    try:
        return cast("NotebookNode", nbformat.read(path, as_version=4))  # type: ignore[no-untyped-call]
    except (OSError, ValueError, KeyError, AttributeError) as exc:
        reason = getattr(exc, "strerror", None) or "it is not a notebook"
        raise NotebookNotFound(f"{path} cannot be read: {reason}", hint="give the path of an .ipynb file") from exc


def text(notebook: NotebookNode) -> str:
    """Write a notebook with sorted keys and one line end at its end."""
    return cast("str", nbformat.writes(notebook)).rstrip("\n") + "\n"  # type: ignore[no-untyped-call]


def node(tree: Any) -> NotebookNode:
    """Make a notebook, or a part of one, of plain data."""
    return cast("NotebookNode", nbformat.from_dict(tree))  # type: ignore[no-untyped-call]
