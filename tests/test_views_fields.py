"""The fields of a form."""

import pytest

from edgebook.records import Parameter
from edgebook.views.fields import Fields, field, shown, typed
from edgebook.views.form import Form

BATCH = Parameter("batch", "int", 2, "agents at a time", 1.0, 20.0)
PROFILE = Parameter("profile", "str", "standard", choices=("standard", "low-resource"))
APPLY = Parameter("apply", "bool", None)
LABELS = Parameter("labels", "list[str]", ["a"])
SITE = Parameter("site", "str", "lab")
KNOWN = (SITE, BATCH, PROFILE, APPLY, LABELS)


@pytest.fixture
def made():
    """Make a form with its fields, and the names it writes to."""
    names = {"site": "lab", "batch": 2, "profile": "standard", "apply": None, "labels": ["a"]}
    form = Form("10-x", KNOWN, names)
    return form.fields(), form, names


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (SITE, "Text"),
        (BATCH, "BoundedIntText"),
        (Parameter("n", "int", 2), "IntText"),
        (Parameter("n", "int", None), "Text"),
        (Parameter("s", "float", 2.0, "", 0.0, 9.0), "BoundedFloatText"),
        (Parameter("s", "float", 2.0, "", 0.0), "FloatText"),
        (Parameter("undo", "bool", False), "Checkbox"),
        (APPLY, "Dropdown"),
        (PROFILE, "Dropdown"),
        (LABELS, "Textarea"),
        (Parameter("env", "dict[str, str]", {}), "Textarea"),
    ],
)
def test_the_type_makes_the_field(one, kind):
    """Each type has the widget that fits it."""
    assert type(field(one, one.default)).__name__ == kind


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (BATCH, 7),
        (APPLY, None),
        (APPLY, True),
        (LABELS, ["a", "b,c"]),
        (LABELS, []),
        (PROFILE, "low-resource"),
        (SITE, ""),
        (Parameter("n", "int", None), None),
        (Parameter("n", "int", None), 3),
        (Parameter("ports", "list[int]", [1]), [1, 2]),
        (Parameter("env", "dict[str, str]", {}), {"A": "b=c"}),
        (Parameter("size", "int", 1, choices=("1", "3", "5")), 3),
    ],
)
def test_what_a_field_shows_is_read_back_as_it_was(one, value):
    """Writing into a widget and reading from it change nothing."""
    assert typed(one, field(one, value).value) == value


def test_what_is_typed_is_in_the_notebook_at_once(made):
    """The cells below see the value."""
    fields, _, names = made
    fields.widgets["batch"].value = 7
    fields.widgets["labels"].value = "a\n b \n\n"
    assert (7, ["a", "b"]) == (names["batch"], names["labels"])


def test_the_site_decides_until_somebody_else_does(made):
    """Three states: None, yes, no."""
    fields, _, names = made
    assert fields.widgets["apply"].label == "the site decides"
    fields.widgets["apply"].label = "yes"
    assert names["apply"] is True


def test_a_wrong_value_is_kept_and_said():
    """It is not silently replaced by the value before: the run will refuse it too."""
    names = {}
    form = Form("10-x", (Parameter("wait_s", "float", 5.0, "", 1.0),), names)
    fields = form.fields()
    fields.widgets["wait_s"].value = 0.5
    assert names["wait_s"] == 0.5
    assert "wait_s: 0.5 is out of range, wanted 1 or more" in fields.said.value
    assert 'role="alert"' in fields.said.value


def test_a_value_that_is_no_choice_is_shown_as_it_is(made):
    """papermill may have set it; the field says that it is not allowed."""
    _, form, names = made
    names["profile"] = "tiny"
    fields = Fields(form)
    assert "tiny (not allowed)" in [label for label, _ in fields.widgets["profile"].options]
    assert "profile" in fields.said.value


@pytest.mark.parametrize("value", ["many", 99, None, True])
def test_a_value_that_does_not_fit_is_shown_as_it_is(value):
    """papermill injects whatever it is given: the form shows it, says so, and takes a better one."""
    names = {"batch": value}
    fields = Form("10-x", (BATCH,), names).fields()
    assert (value, "" if value is None else str(value)) == (names["batch"], fields.widgets["batch"].value)
    assert "batch: " in fields.said.value
    fields.widgets["batch"].value = "3"
    assert names["batch"] == 3


def test_the_button_gives_the_cells_values_back(made):
    """In the fields and in the notebook."""
    fields, _, names = made
    fields.widgets["batch"].value = 7
    fields.back.click()
    assert (2, 2) == (names["batch"], fields.widgets["batch"].value)


def test_help_is_beside_the_field(made):
    """With the range, escaped."""
    fields, _, _ = made
    assert "agents at a time; 1 to 20" in fields.box.children[1].children[1].value


def test_a_number_without_a_default_can_be_left_empty():
    """Empty stands for not set."""
    assert (None, "") == (typed(Parameter("n", "int", None), ""), shown(Parameter("n", "int", None), None))
