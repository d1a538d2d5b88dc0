"""Executed notebooks made fit to keep."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from edgebook.batch.tidy import stopped_itself, tidy
from edgebook.secrets import register

LONG = ["---------------------------", "Traceback (most recent call last)", "..."]


def failed(name: str, value: str = "x", traceback: list[str] | None = None):
    """Return a notebook whose only cell ended with an error."""
    error = new_output("error", ename=name, evalue=value, traceback=traceback or LONG)
    return new_notebook(cells=[new_code_cell("f()", outputs=[error], execution_count=1)])


def test_our_own_errors_lose_their_traceback():
    """Message and hint are all that is shown."""
    clean = tidy(failed("HostUnreachable", "s1: no route\n  hint: check the cable"))
    assert ["HostUnreachable: s1: no route\n  hint: check the cable"] == clean.cells[0].outputs[0].traceback


def test_what_the_kernel_kept_short_stays():
    """The short form of `edgebook.start` may hold a cause, which is kept."""
    short = ["StepFailed: x", "", "caused by:", "KeyError: 'a'"]
    assert short == tidy(failed("StepFailed", traceback=short)).cells[0].outputs[0].traceback


def test_other_errors_keep_their_traceback():
    """A defect must be found."""
    assert LONG == tidy(failed("KeyError")).cells[0].outputs[0].traceback


def test_papermills_marker_cells_are_removed():
    """The red cells that papermill inserts are not part of the runbook."""
    marker = new_markdown_cell("<span>An Exception …</span>", metadata={"tags": ["papermill-error-cell-tag"]})
    assert ["# Title"] == [
        cell.source for cell in tidy(new_notebook(cells=[marker, new_markdown_cell("# Title")])).cells
    ]


def test_secrets_are_masked_wherever_they_are():
    """Outputs, sources and metadata are searched alike."""
    register("s3cret-of-the-notebook")
    cell = new_code_cell("a = 's3cret-of-the-notebook'", outputs=[new_output("stream", text="s3cret-of-the-notebook")])
    notebook = new_notebook(cells=[cell], metadata={"papermill": {"parameters": {"a": "s3cret-of-the-notebook"}}})
    assert "s3cret-of-the-notebook" not in str(tidy(notebook))


def test_the_notebook_that_was_given_is_not_changed():
    """Tidying works on a copy."""
    notebook = failed("StepFailed")
    tidy(notebook)
    assert LONG == notebook.cells[0].outputs[0].traceback


@pytest.mark.parametrize("value", ["0", "", "None"])
def test_a_cell_that_leaves_without_a_code_is_found(value):
    """sys.exit(), sys.exit(0) and sys.exit(None) are no success."""
    assert "SystemExit" == stopped_itself(failed("SystemExit", value)).kind


def test_a_notebook_that_ran_through_stopped_nowhere():
    """No error output, no failure; no notebook neither."""
    assert [None, None] == [stopped_itself(new_notebook()), stopped_itself(None)]
