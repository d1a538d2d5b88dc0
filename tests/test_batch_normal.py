"""The normal form of committed notebooks."""

from __future__ import annotations

import copy
import json

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from edgebook.batch.normal import normal


def original(**metadata: object) -> str:
    """Return a notebook as somebody saved it in JupyterLab."""
    code = new_code_cell(
        "print(1)", id="say", metadata={"tags": ["a"], "execution": {"iopub.status.busy": "x"}, "trusted": True}
    )
    return nbformat.writes(new_notebook(cells=[new_markdown_cell("# T", id="title"), code], metadata=metadata))


def executed(text: str, *outputs, count: int | None = 7):
    """Return the same cells as papermill leaves them."""
    notebook = nbformat.reads(text, as_version=4)
    notebook = copy.deepcopy(notebook)
    notebook.metadata["papermill"] = {"duration": 1.2}
    notebook.metadata["widgets"] = {"state": {}}
    notebook.cells[1].metadata["papermill"] = {"duration": 1.2}
    notebook.cells[1].execution_count = count
    notebook.cells[1].outputs = list(outputs)
    return notebook


def made(*outputs, **metadata: object) -> dict:
    """Return the normal form as data."""
    text = original(**metadata)
    return json.loads(normal(text, executed(text, *outputs), "10-try"))


def test_outputs_are_kept_and_counted_from_one():
    """The first executed cell has the number one, whatever the kernel counted."""
    result = new_output("execute_result", data={"text/plain": "1"}, execution_count=7)
    cell = made(result)["cells"][1]
    assert (1, 1, ["1"]) == (
        cell["execution_count"],
        cell["outputs"][0]["execution_count"],
        [cell["outputs"][0]["data"]["text/plain"][0]],
    )


def test_timings_widgets_and_papermills_facts_are_left_out():
    """Nothing that differs from run to run is stored."""
    text = json.dumps(made())
    assert not [word for word in ("papermill", "widgets", "iopub", "duration", "trusted") if word in text]


def test_tags_and_ids_are_kept():
    """A cell keeps its id and its tags."""
    cell = made()["cells"][1]
    assert ("say", {"tags": ["a"]}) == (cell["id"], cell["metadata"])


def test_the_kernel_is_always_the_same():
    """A notebook saved with somebody's own kernel names the common one."""
    metadata = made(
        kernelspec={"name": "mine", "display_name": "Mine"}, language_info={"name": "python", "version": "3.12"}
    )["metadata"]
    assert ("python3", {"name": "python"}) == (metadata["kernelspec"]["name"], metadata["language_info"])


def test_a_cell_without_an_id_gets_one_that_does_not_change():
    """The id is made of the notebook's name and the cell's place, not drawn by lot."""
    plain = json.loads(original())
    del plain["cells"][0]["id"]
    text = json.dumps(plain)
    notes = [normal(text, executed(original()), "10-try") for _ in range(2)]
    assert ["10-try-01"] * 2 == [json.loads(note)["cells"][0]["id"] for note in notes]


def test_the_normal_form_of_a_normal_form_is_itself():
    """Executing again with the same outputs changes nothing."""
    text = original()
    output = new_output("stream", text="1\n")
    once = normal(text, executed(text, output), "10-try")
    assert once == normal(once, executed(once, output, count=3), "10-try")


def test_a_cell_that_was_not_run_has_no_number():
    """A cell of comments only is not counted."""
    text = original()
    assert json.loads(normal(text, executed(text, count=None), "x"))["cells"][1]["execution_count"] is None


def test_ports_that_the_system_chose_are_replaced():
    """A port of this computer differs each time; a port that is part of a command stays."""
    output = new_output(
        "display_data", data={"application/json": {"a": ["http://127.0.0.1:43215/x", "127.0.0.1:6443"]}}
    )
    shown = made(output)["cells"][1]["outputs"][0]["data"]["application/json"]["a"]
    assert ["http://127.0.0.1:PORT/x", "127.0.0.1:6443"] == shown
