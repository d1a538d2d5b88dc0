"""Small notebooks and sites for the tests of headless runs; nothing here is a test."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = """\
site: str = "hut"        # where
apply: bool = None       # None: the site decides
servers: int = 3         # how many [1..5]
mode: str = "fast"       # how {fast|slow}
"""

SITE = """\
schema: 1
name: {name}
ssh: {{user: edge, key: id, known_hosts: known_hosts}}
hosts:
  - {{name: s1, role: server, address: 192.168.1.11}}
k3s:
  version: v1.31.9+k3s1
  registration: {{address: 192.168.1.11, by: server}}
  token: {token}
"""

JOURNAL = """\
import os, pathlib
from edgebook.clock import Clock
from edgebook.journal import Journal
folder = pathlib.Path(os.environ["EDGEBOOK_RUNS"]) / "hut"
journal = Journal(folder / (os.environ["EDGEBOOK_RUN_ID"] + ".jsonl"), os.environ["EDGEBOOK_RUN_ID"], Clock())
journal.write("run", notebook="10-try", site="hut", apply=apply)
"""
"""A cell that opens the run's journal, as `edgebook.start` would."""


def notebook(folder: Path, *cells: str, name: str = "10-try.ipynb", parameters: str = PARAMETERS) -> Path:
    """Write a notebook: a title, the parameters, then code cells (or prose where it begins with `#`)."""
    made = [new_code_cell(cell) if not cell.startswith("#") else new_markdown_cell(cell) for cell in cells]
    head = [new_markdown_cell("# Try it\n\nUse this to try. It changes nothing.")]
    tagged = [new_code_cell(parameters, metadata={"tags": ["parameters"]})] if parameters else []
    whole = new_notebook(
        cells=[*head, *tagged, *made], metadata={"kernelspec": {"name": "python3", "display_name": "x"}}
    )
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(whole, path)
    return path


def site(folder: Path, name: str = "hut", *, token: str = "file:token") -> Path:  # noqa: S107 - a reference
    """Write a small valid site and return its folder."""
    own = folder / "parameters" / name
    own.mkdir(parents=True)
    (own / "site.yaml").write_text(SITE.format(name=name, token=token), encoding="utf-8")
    return own


def events(**facts: object) -> str:
    """Return a cell that writes journal lines, one a keyword: `began={"id": ...}`."""
    return "\n".join(f"journal.write({kind!r}, **{values!r})" for kind, values in facts.items())
