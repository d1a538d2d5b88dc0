"""Steps, their progress, and the summary."""

import pytest

from edgebook.records import Step, StepStatus
from edgebook.views.steps import Moment, outcome, progress, steps, summary, tally
from tests.plans import action

DONE, ALREADY, FAILED, PLANNED = StepStatus.DONE, StepStatus.ALREADY, StepStatus.FAILED, StepStatus.PLANNED


def step(name="x", status=DONE, *, stage="first", target="s1", **facts):
    """Make a step that took two seconds."""
    return Step(name, stage, target, f"Make {name}", status, began_s=1.0, seconds=2.0, **facts)


def test_steps_are_counted_by_how_they_ended():
    """In words."""
    assert tally([step(), step("y"), step("z", ALREADY)]) == "3 steps: 2 done, 1 already so."


def test_a_stage_without_steps_says_so():
    """Nothing to do is a fact too."""
    assert repr(steps([], title="Removal")) == "Removal: nothing to do."


def test_a_step_shows_what_was_and_what_is():
    """Before, after and how long it took."""
    text = repr(steps([step(before="absent", after="running")]))
    assert ["done", "s1", "Make", "x", "absent", "running", "2.0", "s"] == text.splitlines()[-1].split()


def test_a_failed_step_shows_its_error_and_hint():
    """In both forms, and the command in the hint as code."""
    view = steps([step(status=FAILED, error="no answer", hint="look at `journalctl`")])
    assert "no answer" in view.html
    assert "→ look at <code>journalctl</code>" in view.html
    assert repr(view).endswith("s1: Make x: no answer\n  hint: look at `journalctl`")


def test_only_what_was_done_has_a_duration():
    """What was so already took no time worth telling."""
    assert "2.0 s" not in repr(steps([step(status=ALREADY)]))


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ([], "No step was run."),
        ([step(), step("y", target="s2")], "2 steps: 2 done. 2 changes on 2 targets in 2.0 s."),
        ([step(status=ALREADY)], "Nothing was changed: 1 of 1 steps were already so."),
        ([step(status=PLANNED)], "1 step: 1 planned. Nothing was changed."),
        ([step(), step("y", FAILED)], "2 steps: 1 done, 1 failed. Stopped at “Make y” on s1."),
    ],
)
def test_the_outcome_is_one_sentence(ended, words):
    """The sentence under the summary."""
    assert outcome(ended) == words


def test_the_summary_has_a_heading_for_each_stage():
    """Titles where they are known, ids where not."""
    html = summary([step(), step("y", stage="second")], stages={"first": "First stage"}).html
    assert html.index("First stage") < html.index("Make x") < html.index("second") < html.index("Make y")


def test_a_given_result_stands_under_the_summary():
    """The run knows more than its steps."""
    assert repr(summary([step()], result="All is well.")).endswith("\n\nAll is well.")


def test_a_summary_without_steps_is_its_sentence():
    """No empty table."""
    assert repr(summary([])) == "No step was run."


def test_progress_counts_and_names_what_runs():
    """How many ended, which run, and for how long."""
    view = progress(Moment("Stage", [action("x"), action("y")], {"x": step()}, {"y": 3.0}, 8.2))
    assert repr(view) == "Stage: 1 of 2; running: Make y (s1)"
    assert '<progress max="2" value="1" aria-label="Stage">' in view.html
    assert "5 s" in view.html


def test_progress_shows_a_failure_while_others_still_run():
    """Nobody waits for a lost cause unknowingly."""
    view = progress(
        Moment("Stage", [action("x"), action("y")], {"x": step(status=FAILED, error="no")}, {"y": 3.0}, 4.0)
    )
    assert "✕ failed" in view.html
