"""The form of a runbook's parameters."""

import pytest

from edgebook.records import Parameter
from edgebook.views.form import EDITS, Form
from tests.kernels import kernel

KNOWN = (Parameter("site", "str", "lab"), Parameter("batch", "int", 2, "agents at a time", 1.0, 20.0))
WIDGETS = "application/vnd.jupyter.widget-view+json"
CODE = "from edgebook.records import Parameter\nfrom edgebook.views import Form\nForm('10-x', (Parameter('batch', 'int', 2),), globals())"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Start a kernel."""
    with kernel(tmp_path_factory.mktemp("work")) as started:
        yield started


def test_values_are_the_notebooks_names():
    """What the parameters cell or papermill set; the default where there is no such name."""
    assert Form("10-x", KNOWN, {"batch": 5}).values == {"site": "lab", "batch": 5}


def test_an_edit_is_written_to_the_notebook_at_once():
    """The cells below see it."""
    names = {"batch": 2}
    Form("10-x", KNOWN, names).edit("batch", 7)
    assert names["batch"] == 7


def test_an_edit_is_kept_when_all_cells_run_again():
    """The parameters cell sets its value again; the form puts the edit back."""
    names = {"batch": 2}
    Form("10-x", KNOWN, names).edit("batch", 7)
    names["batch"] = 2
    assert Form("10-x", KNOWN, names).values["batch"] == 7


def test_an_edit_is_kept_when_only_the_form_runs_again():
    """The name still holds the edit."""
    names = {"batch": 2}
    Form("10-x", KNOWN, names).edit("batch", 7)
    assert Form("10-x", KNOWN, names).values["batch"] == 7


def test_a_changed_cell_wins_over_an_older_edit():
    """Who edits the cell after the form means the cell."""
    names = {"batch": 2}
    Form("10-x", KNOWN, names).edit("batch", 7)
    names["batch"] = 3
    assert Form("10-x", KNOWN, names).values["batch"] == 3
    assert names[EDITS] == {}


def test_an_edit_back_to_the_cells_value_is_no_edit():
    """Nothing to keep."""
    names = {"batch": 2}
    form = Form("10-x", KNOWN, names)
    form.edit("batch", 7)
    form.edit("batch", 2)
    assert names[EDITS] == {}


def test_reset_gives_the_cells_values_back():
    """All edits are dropped."""
    names = {"batch": 2, "site": "lab"}
    form = Form("10-x", KNOWN, names)
    form.edit("batch", 7)
    form.edit("site", "f7")
    form.reset()
    assert form.values == {"site": "lab", "batch": 2}


def test_headless_the_form_is_a_table():
    """HTML and text, no widget."""
    bundle = Form("10-x", KNOWN, {})._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "agents at a time; 1 to 20" in bundle["text/html"]


def test_in_front_of_a_person_the_form_has_fields(notebook):
    """Widgets, and the table for where they do not render."""
    [value] = notebook.run(CODE).of("execute_result")
    assert {WIDGETS, "text/html", "text/plain"} == set(value["data"])


def test_a_runner_gets_the_table(notebook):
    """No widget state in stored notebooks."""
    shown = notebook.run(CODE, asks=False)
    assert {"text/html", "text/plain"} == set(shown.of("execute_result")[0]["data"])
    assert shown.of("comm_open") == []


def test_a_form_has_a_text_form():
    """For logs and for consoles."""
    form = Form("10-x", KNOWN, {"batch": 3})
    assert "3 (default: 2)" in repr(form)
    assert "3" in form._repr_html_()
