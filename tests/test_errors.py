"""The errors: one tree, exit codes, and what their texts say."""

import inspect
import re

import pytest

from edgebook import errors
from edgebook.errors import (
    ApprovalMissing,
    EdgebookError,
    HostError,
    HostUnreachable,
    InputError,
    ParameterInvalid,
    Problem,
    SiteInvalid,
    SiteNotFound,
    StepFailed,
    shorten,
)

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, EdgebookError)]


def test_the_drawn_tree_names_every_error():
    """The module's docstring draws the tree that is in the code."""
    drawn = set(re.findall(r"\b[A-Z]\w+[a-z]\b", errors.__doc__.split("EdgebookError", 1)[1])) | {"EdgebookError"}
    # InputInvalid is the common body of the two lists of mistakes, and is never raised itself.
    assert {kind.__name__ for kind in CLASSES} - {"InputInvalid"} == drawn


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_says_what_it_is(kind):
    """Each has a docstring and one of the four exit codes."""
    assert kind.__doc__
    assert kind.exit_code in {1, 2, 3}


def test_exit_codes_follow_the_tree():
    """Bad input is 2, a missing approval 3, the rest 1."""
    assert (2, 2, 3, 1, 1) == (
        InputError.exit_code,
        SiteNotFound.exit_code,
        ApprovalMissing.exit_code,
        StepFailed.exit_code,
        HostUnreachable.exit_code,
    )


def test_an_error_without_a_hint_is_its_message():
    """Nothing is added."""
    assert "no" == str(EdgebookError("no"))


def test_a_hint_stands_on_a_line_of_its_own():
    """What to do next follows what happened."""
    assert "no\n  hint: do this" == str(EdgebookError("no", hint="do this"))


def test_a_host_error_names_its_host():
    """The host is in the text and in the record."""
    error = HostError("s1", "is away", hint="look")
    assert ("s1", "s1: is away", "look") == (error.host, error.message, error.hint)


def test_a_problem_is_one_line_with_file_and_line():
    """Editors jump to `file:line:`."""
    assert "a.yaml:3: name: is wrong; do this" == str(Problem("a.yaml", 3, "name", "is wrong", "do this"))
    assert "a.yaml:3: name: is wrong" == str(Problem("a.yaml", 3, "name", "is wrong"))


@pytest.mark.parametrize("kind", [SiteInvalid, ParameterInvalid])
def test_problems_are_sorted_by_line_and_all_told(kind):
    """The order is the file's, whatever order they were found in."""
    late, early = Problem("a", 10, "x", "late"), Problem("a", 2, "y", "early")
    error = kind("two", [late, early], hint="h")
    assert (early, late) == error.problems
    assert "two\n  a:2: y: early\n  a:10: x: late\n  hint: h" == str(error)


def test_a_short_text_stays():
    """Only the blanks around it go."""
    assert "abc" == shorten("  abc\n")


def test_a_long_text_keeps_its_end():
    """The last line of a failing tool names the cause."""
    assert "…" + "b" * 200 == shorten("a" * 500 + "b" * 200)
