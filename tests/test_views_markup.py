"""Words, markup and columns."""

import pytest

from edgebook import secrets
from edgebook.views import markup
from edgebook.views.markup import Html


def test_text_is_escaped_and_html_is_not():
    """What a host said is text; what a view made is markup."""
    assert markup.tag("p", "<b>", Html("<i>x</i>")) == "<p>&lt;b&gt;<i>x</i></p>"


def test_attributes_are_escaped_and_false_ones_left_out():
    """A quote in a value cannot end it; `open=True` has no value."""
    made = markup.tag("a", "x", href='a"b', class_="", open=True, hidden=False)
    assert made == '<a href="a&quot;b" open>x</a>'


def test_secrets_are_masked_in_every_text():
    """Even a title that somebody built carelessly."""
    secrets.register("planted-secret")
    assert "planted" not in markup.tag("p", "planted-secret", title="planted-secret")


def test_backticks_become_code():
    """Hints name commands in backticks."""
    assert markup.prose("run `a <b>` now") == "run <code>a &lt;b&gt;</code> now"


def test_a_table_has_scopes_for_readers_that_cannot_see_it():
    """Column and row headings say what they head."""
    made = markup.table(("Name", "Took"), [markup.row("s1", markup.number("1 s"), head=0)])
    for part in ('<th scope="col">Name</th>', '<th scope="row">s1</th>', '<td class="number">1 s</td>'):
        assert part in made


def test_columns_are_aligned_and_long_cells_cut():
    """Plain text lines up; a cell of three lines is one line."""
    made = markup.columns(("a", "bb"), [("one\ntwo", "x" * 100), ("1", "2")]).splitlines()
    assert ["a        bb", f"one two  {'x' * 71}…", "1        2"] == [made[0], made[2], made[3]]


@pytest.mark.parametrize(
    ("value", "words"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (119.4, "119 s"), (125.0, "2 min 05 s")]
)
def test_durations_are_as_exact_as_a_reader_needs(value, words):
    """Tenths, seconds, minutes."""
    assert markup.seconds(value) == words


def test_counts_know_one_from_many():
    """1 step, 2 steps."""
    assert ("1 step", "0 steps") == (markup.count(1, "step"), markup.count(0, "step"))


def test_lists_do_not_run_away():
    """The first few, then how many more; each name once."""
    assert markup.listed(["a", "b", "a", "c"], limit=2) == "a, b and 1 more"
