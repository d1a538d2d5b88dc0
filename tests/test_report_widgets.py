"""Widgets on pages: their stored state as dead HTML."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from edgebook.report import widgets
from edgebook.report.widgets import STATE, VIEW, still


def state(kind: str, **values: object) -> dict:
    """Return one widget's stored state."""
    return {"model_name": f"{kind}Model", "state": values}


@pytest.mark.parametrize(
    ("kind", "values", "shown"),
    [
        ("IntSlider", {"description": "servers", "value": 3}, 'servers</span><span class="value">3'),
        ("Text", {"description": "name", "value": "<s1>"}, "&lt;s1&gt;"),
        ("Checkbox", {"description": "apply", "value": True}, "☑ apply"),
        ("Checkbox", {"description": "apply", "value": False}, "☐ apply"),
        ("Dropdown", {"_options_labels": ["fast", "slow"], "index": 1}, ">slow<"),
        ("SelectMultiple", {"_options_labels": ["a", "b", "c"], "index": [0, 2]}, ">a, c<"),
        ("Dropdown", {"_options_labels": ["fast"], "index": None}, '<span class="value"></span>'),
        ("Button", {"description": "Go"}, '<span class="button">Go</span>'),
        ("HTML", {"value": "<b>bold</b>"}, "<b>bold</b>"),
        ("IntProgress", {"value": 3, "min": 0, "max": 4}, '<progress value="3.0" max="4.0">'),
        ("Output", {"outputs": [{"output_type": "stream", "text": "a<b"}]}, "<pre>a&lt;b</pre>"),
        ("Output", {"outputs": [{"output_type": "display_data", "data": {"text/html": "<i>x</i>"}}]}, "<i>x</i>"),
    ],
)
def test_a_widget_shows_what_it_showed(kind, values, shown):
    """Each kind of widget is drawn with its value, escaped."""
    assert shown in still("m", {"m": state(kind, **values)})


def test_a_box_holds_its_children_in_order():
    """Boxes are followed down to their leaves."""
    states = {
        "box": state("VBox", children=["IPY_MODEL_a", "IPY_MODEL_b"]),
        "a": state("Label", value="first"),
        "b": state("Label", value="second"),
    }
    html = still("box", states)
    assert 0 < html.index("first") < html.index("second")


def test_titles_of_tabs_are_headings():
    """What was behind a tab is under its title."""
    states = {"tab": state("Tab", children=["IPY_MODEL_a"], titles=["Hosts"]), "a": state("Label", value="s1")}
    assert "<h4>Hosts</h4>" in still("tab", states)


def test_a_box_in_itself_ends():
    """State that refers to itself does not hang the page."""
    assert "column" in still("box", {"box": state("VBox", children=["IPY_MODEL_box"])})


def test_html_wins_over_the_widget():
    """Where an output has an HTML form of its own, that is shown."""
    output = new_output("display_data", data={VIEW: {"model_id": "a"}, "text/html": "<p>own</p>"})
    notebook = new_notebook(cells=[new_code_cell("", outputs=[output])])
    widgets.draw_all(notebook)
    assert {"text/html": "<p>own</p>"} == dict(output.data)


def test_text_is_left_where_no_state_was_kept():
    """A widget without state falls back to its text."""
    output = new_output("display_data", data={VIEW: {"model_id": "a"}, "text/plain": "IntSlider(value=3)"})
    notebook = new_notebook(cells=[new_code_cell("", outputs=[output])], metadata={"widgets": {STATE: {"state": {}}}})
    widgets.draw_all(notebook)
    assert {"text/plain": "IntSlider(value=3)"} == dict(output.data)


def test_the_state_is_taken_out_of_the_notebook():
    """What was drawn is not kept a second time."""
    notebook = new_notebook(metadata={"widgets": {STATE: {"state": {}}}})
    widgets.draw_all(notebook)
    assert "widgets" not in notebook.metadata
