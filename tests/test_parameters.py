"""A runbook's parameters."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgebook import parameters
from edgebook.errors import NotebookNotFound, ParameterInvalid
from edgebook.records import Parameter

CELL = """\
site: str = "lab"  # folder in parameters/
# a line of its own says nothing of a parameter
batch: int = 2  # agents at a time [1..20]
wait_s: float = 60  # give up after this long, seconds [0.5..]
profile: str = "standard"  # size of the boxes {standard|low-resource}
labels: list[str] = [
    "a#b",  # more labels
]
apply: bool = None  # None: the site decides
"""
KNOWN = (
    Parameter("site", "str", "lab", "folder in parameters/"),
    Parameter("batch", "int", 2, "agents at a time", 1.0, 20.0),
    Parameter("wait_s", "float", 60.0, "give up after this long, seconds", 0.5),
    Parameter("profile", "str", "standard", "size of the boxes", choices=("standard", "low-resource")),
    Parameter("labels", "list[str]", ["a#b"], "more labels"),
    Parameter("apply", "bool", None, "None: the site decides"),
)


def notebook(folder, source, *, tags=("parameters",)):
    """Write a notebook with one tagged code cell, as JupyterLab does."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
        {
            "cell_type": "code",
            "metadata": {"tags": list(tags)},
            "source": source.splitlines(keepends=True),
            "outputs": [],
        },
    ]
    path = folder / "10-try.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1))
    return path


def wrongs(caught):
    """Return what is wrong with what, in order."""
    return [(problem.where, problem.wrong) for problem in caught.value.problems]


def test_the_cell_is_read_with_help_ranges_and_choices(tmp_path):
    """Name, type, default, help, range and choices all come from the line."""
    assert parameters.read(notebook(tmp_path, CELL)) == KNOWN


def test_a_notebook_without_the_cell_takes_no_parameters(tmp_path):
    """No tag, no parameters."""
    assert parameters.read(notebook(tmp_path, CELL, tags=())) == ()


def test_every_bad_line_is_reported_at_once(tmp_path):
    """Untyped, computed, unsupported and out of its own range: each with its line in the file."""
    source = 'a = 1\nb: int = len("x")\nc: str | None = None\nd: int = 30  # [1..20]\ne: int = 1  # [x..5]\nf: int = 1  # fine\n'
    path = notebook(tmp_path, source)
    with pytest.raises(ParameterInvalid) as caught:
        parameters.read(path)
    lines = path.read_text().splitlines()
    assert ["a = 1", "b: int", "c: str", "d: int"] == [
        lines[problem.line - 1].strip().strip('"')[: len(start)]
        for problem, start in zip(caught.value.problems, ["a = 1", "b: int", "c: str", "d: int"], strict=True)
    ]


def test_a_cell_that_is_no_python_is_reported_with_its_line(tmp_path):
    """A syntax error names the file and the line, not a traceback."""
    with pytest.raises(ParameterInvalid, match=r"10-try.ipynb:\d+: b: int"):
        parameters.read(notebook(tmp_path, "a: int = 1\nb: int = (\n"))


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"cells": 5}'])
def test_a_file_that_is_no_notebook_is_refused(tmp_path, text):
    """Whatever is in the file, the answer is one sentence."""
    path = tmp_path / "x.ipynb"
    path.write_text(text)
    with pytest.raises(NotebookNotFound, match="cannot be read as a notebook"):
        parameters.read(path)


def test_good_values_come_back_as_they_are():
    """Only what was given comes back."""
    assert parameters.check(KNOWN, {"site": "f7", "batch": 3}, file="x") == {"site": "f7", "batch": 3}


def test_a_whole_number_is_fine_for_a_float():
    """60 becomes 60.0, because papermill and YAML write it without the point."""
    [value] = parameters.check(KNOWN, {"wait_s": 60}, file="x").values()
    assert (60.0, float) == (value, type(value))


def test_none_is_fine_only_where_the_default_is_none():
    """`apply: bool = None` takes None; `batch: int = 2` does not."""
    assert parameters.check(KNOWN, {"apply": None}, file="x") == {"apply": None}
    with pytest.raises(ParameterInvalid, match="nothing given, wanted int"):
        parameters.check(KNOWN, {"batch": None}, file="x")


def test_all_mistakes_are_reported_at_once():
    """Unknown name, wrong type, out of range, no such choice, wrong item: five mistakes, one error."""
    given = {"sit": "x", "batch": True, "wait_s": 0.1, "profile": "small", "labels": ["a", 1]}
    with pytest.raises(ParameterInvalid) as caught:
        parameters.check(KNOWN, given, file="values.yaml")
    assert sorted(given) == sorted(where for where, _ in wrongs(caught))


def test_an_unknown_name_gets_a_suggestion():
    """`batchsize` is near `batch`."""
    with pytest.raises(ParameterInvalid, match=r"batchs: there is no such parameter; did you mean batch\?"):
        parameters.check(KNOWN, {"batchs": 3}, file="x")


def test_a_number_for_a_text_is_told_to_be_quoted():
    """YAML turns version 1.10 into 1.1."""
    with pytest.raises(ParameterInvalid, match=r'put it in quotes: "1\.1"'):
        parameters.check(KNOWN, {"site": 1.1}, file="x")


def test_a_mistake_names_the_line_of_its_file(tmp_path):
    """A file of values is named with the line where the parameter stands."""
    path = tmp_path / "values.yaml"
    path.write_text("site: lab\nbatch: 99\n")
    with pytest.raises(ParameterInvalid, match=rf"{path}:2: batch: 99 is out of range, wanted 1 to 20"):
        parameters.check(KNOWN, {"site": "lab", "batch": 99}, file=str(path))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "1"])
def test_what_is_no_finite_number_is_no_float(value):
    """nan, infinity, true and text are refused."""
    with pytest.raises(ParameterInvalid):
        parameters.check(KNOWN, {"wait_s": value}, file="x")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("site", "1.10", "1.10"),
        ("site", "", ""),
        ("batch", "3", 3),
        ("wait_s", "1e2", 100.0),
        ("labels", "a, b", ["a", "b"]),
        ("labels", '["a,b"]', ["a,b"]),
        ("labels", "", []),
        ("apply", "yes", True),
        ("apply", "False", False),
        ("apply", "none", None),
    ],
)
def test_text_becomes_the_value_it_stands_for(name, text, value):
    """A command line's words are read by the parameter's type, not guessed."""
    assert parameters.parse_all(KNOWN, {name: text}) == {name: value}


@pytest.mark.parametrize(
    ("name", "text"), [("batch", "three"), ("batch", "2.5"), ("apply", "maybe"), ("labels", "[1"), ("nope", "1")]
)
def test_text_that_stands_for_nothing_is_refused(name, text):
    """The error names the parameter and where the text came from."""
    with pytest.raises(ParameterInvalid, match=f"command line:.*{name}"):
        parameters.parse_all(KNOWN, {name: text})


def test_one_value_is_parsed_alone():
    """`parse` is `parse_all` for one."""
    assert parameters.parse(KNOWN[1], "7") == 7


def test_a_mapping_is_given_as_json():
    """A dict parameter takes JSON with text for keys and values."""
    known = Parameter("env", "dict[str, str]", {})
    assert parameters.parse(known, '{"A": "b"}') == {"A": "b"}
    with pytest.raises(ParameterInvalid):
        parameters.parse(known, '{"A": 1}')


def test_defaults_are_by_name():
    """Every parameter has one."""
    assert parameters.defaults(KNOWN)["batch"] == 2


@pytest.mark.parametrize(
    ("place", "words"), [(0, ""), (1, "1 to 20"), (2, "0.5 or more"), (3, "standard or low-resource")]
)
def test_bounds_are_said_in_words(place, words):
    """A reader sees which values a parameter takes."""
    assert parameters.bounds(KNOWN[place]) == words


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 20), st.floats(0.5, 1e6), st.lists(st.text("abc-_=.", min_size=1)), st.text())
def test_what_is_written_as_text_is_read_back(batch, wait_s, labels, site):
    """Parsing undoes writing, for every type."""
    texts = {"batch": str(batch), "wait_s": repr(wait_s), "labels": json.dumps(labels), "site": site}
    assert parameters.parse_all(KNOWN, texts) == {"batch": batch, "wait_s": wait_s, "labels": labels, "site": site}


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([one.name for one in KNOWN] + ["x", ""]), st.text(max_size=12)))
def test_any_text_is_read_or_refused(texts):
    """Whatever is typed, the answer is values or one ParameterInvalid."""
    try:
        read = set(parameters.parse_all(KNOWN, texts))
    except ParameterInvalid as refused:
        read = {problem.where for problem in refused.problems}
    assert read <= set(texts)


def test_a_range_that_is_no_range_is_reported(tmp_path):
    """The comment's end is read strictly: two numbers, or one."""
    with pytest.raises(ParameterInvalid, match=r"the range \[1\.2\.3\.\.5\] is not"):
        parameters.read(notebook(tmp_path, "a: int = 1  # times [1.2.3..5]\n"))


def test_a_docstring_in_the_cell_is_no_parameter(tmp_path):
    """A text that stands alone says nothing."""
    assert parameters.read(notebook(tmp_path, '"""What follows."""\na: int = 1\n')) == (Parameter("a", "int", 1),)


def test_items_of_a_list_are_held_to_the_range():
    """Each port of a list of ports."""
    known = Parameter("ports", "list[int]", [1], minimum=1.0, maximum=9.0)
    assert parameters.misfit(known, [1, 9]) == ""
    assert parameters.misfit(known, [1, 10]) == "10 is out of range, wanted 1 to 9"
