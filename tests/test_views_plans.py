"""The plan."""

from edgebook.records import Effect
from edgebook.views.plans import outlook, plan
from tests import plans
from tests.plans import action


def test_a_plan_says_how_much_it_would_do():
    """Actions, targets, destructive ones, those already so."""
    wanted = plans.plan(action("x"), action("y", target="s2", effect=Effect.DESTRUCTIVE), action("z", done=True))
    assert outlook(wanted) == "2 actions to do on 2 targets, 1 of them destructive; 1 already so."


def test_a_plan_with_nothing_pending_says_so():
    """With the number, so that it cannot be taken for an empty plan."""
    assert outlook(plans.plan(action("x", done=True))) == "Nothing to change: 1 of 1 actions are already so."


def test_an_empty_plan_says_so():
    """No action at all."""
    assert outlook(plans.plan()) == "Nothing to change: the plan is empty."


def test_a_plan_that_only_looks_says_so():
    """Reads are no changes."""
    assert outlook(plans.plan(action("x", effect=Effect.READ))) == "1 action on 1 target, only to read."


def test_actions_stand_under_their_stage_in_order():
    """Numbered stages, and only those that have actions."""
    text = repr(plan(plans.plan(action("y", stage="second"), action("x"))))
    assert text.index("1 · First stage") < text.index("Make x") < text.index("2 · Second stage") < text.index("Make y")
    assert "Second" not in repr(plan(plans.plan(action("x"))))


def test_the_exact_command_is_one_click_away():
    """Folded in HTML, indented in text."""
    view = plan(plans.plan(action("x")))
    assert "<summary>exactly</summary><pre>touch x</pre>" in view.html
    assert "\n      touch x" in repr(view)


def test_a_long_file_is_cut_in_the_text_only():
    """A log stays readable; the page has all of it."""
    long = action("x")
    object.__setattr__(long, "shows", "\n".join(f"line {number}" for number in range(40)))
    view = plan(plans.plan(long))
    assert "line 39" in view.html
    assert "… 34 more lines" in repr(view)


def test_actions_that_differ_only_in_their_target_share_a_row():
    """Three servers get the same file: one row, three names."""
    same = [action("x", target=name) for name in ("s1", "s2", "s3")]
    assert "change       s1, s2, s3: Make x" in repr(plan(plans.plan(*same)))


def test_what_is_already_so_is_counted_and_folded():
    """It is there to be looked up, not in the way."""
    view = plan(plans.plan(action("x"), action("z", done=True)))
    assert "1 of 2 already so" in view.html
    assert "<summary>what is already so</summary>" in view.html
    assert "already so   1 of 2" in repr(view)


def test_an_effect_is_a_sign_and_a_word():
    """A destructive action is not only red."""
    assert "▲ destructive" in plan(plans.plan(action("x", effect=Effect.DESTRUCTIVE))).html
