"""Cards."""

import pytest

from edgebook.records import Parameter
from edgebook.views.cards import card, literal, parameters

KNOWN = (
    Parameter("batch", "int", 2, "agents at a time", 1.0, 20.0),
    Parameter("name", "str", ""),
    Parameter("apply", "bool", None),
)


def test_a_card_aligns_its_facts():
    """Names in one column, values in the next, the caution last."""
    assert repr(card("Title", {"a": "1", "long": "2"}, caution="Mind it.")) == "Title\na     1\nlong  2\nMind it."


def test_a_caution_has_a_role_for_screen_readers():
    """It must not be missed."""
    assert 'role="status"' in card("Title", {}, caution="Mind it.").html


def test_parameters_show_value_and_meaning():
    """Help and range stand beside the value."""
    view = parameters(KNOWN)
    assert "agents at a time; 1 to 20" in view.html
    assert "agents at a time; 1 to 20" in repr(view)


def test_a_changed_parameter_says_what_the_default_is():
    """In words, not by a colour."""
    assert "3 (default: 2)" in repr(parameters(KNOWN, {"batch": 3}))
    assert "x (default: empty)" in repr(parameters(KNOWN, {"name": "x"}))


def test_no_parameters_is_said():
    """A runbook may take none."""
    assert repr(parameters(())) == "This runbook takes no parameters."


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not set"),
        (True, "yes"),
        (False, "no"),
        (60.0, "60"),
        (3, "3"),
        (["a", "b"], "a, b"),
        ([], "none"),
        ("x", "x"),
        ({"a": "b"}, '{"a": "b"}'),
    ],
)
def test_values_are_written_as_people_type_them(value, words):
    """No Python on a page for operators."""
    assert literal(value) == words
