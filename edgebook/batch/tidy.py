"""Executed notebooks made fit to keep: secrets masked, errors short, papermill's marks gone.

Not the normal form of the committed notebooks; that is `edgebook.batch.normal`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from nbformat import NotebookNode

from edgebook.batch.job import Failure, is_ours, masked_tree
from edgebook.report import document

MARKER_TAG = "papermill-error-cell-tag"
RULE = "-----"
"""What IPython's long tracebacks begin with; the short ones of `edgebook.start` do not."""
EXIT_OK = ("", "0", "None")


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without papermill's marker cells, with short errors and masked secrets."""
    clean = copy.deepcopy(notebook)
    clean.cells = [cell for cell in clean.cells if MARKER_TAG not in cell.metadata.get("tags", [])]
    for _, output in error_outputs(clean):
        output["traceback"] = _short(output)
    return document.node(masked_tree(clean))


def error_outputs(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    """Yield each error a cell ended with, and the cell."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                yield cell, output


def stopped_itself(notebook: NotebookNode | None) -> Failure | None:
    """Return a failure where a cell called `sys.exit(0)`: papermill calls that a success."""
    for cell, output in error_outputs(notebook) if notebook is not None else ():
        if output["ename"] == "SystemExit" and output["evalue"] in EXIT_OK:
            text = f"cell {cell.get('execution_count')} ended the run before its end"
            return Failure("SystemExit", text, "the cells after it were not run")
    return None


def _short(output: NotebookNode) -> list[str]:
    """Keep only what our own errors say, unless the kernel kept it short already; others keep their traceback."""
    trace = list(output["traceback"])
    long = is_ours(output["ename"]) and trace and RULE in trace[0]
    return [f"{output['ename']}: {output['evalue']}"] if long else trace
