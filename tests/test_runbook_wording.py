"""The sentences of a run."""

from datetime import UTC, datetime

import pytest

from edgebook.journal import Event, Interrupted
from edgebook.records import Status, Step, StepStatus
from edgebook.runbook import wording
from edgebook.runbook.approval import Mode
from edgebook.site import load
from tests.plans import action, check, plan, write_site

AT = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
FACTS = {"id": "x", "stage": "first", "target": "s1", "title": "Make x"}


def step(status, name="x"):
    """Make a step of the first stage."""
    return Step(name, "first", "s1", "Make x", status, began_s=1.0, seconds=2.0)


def test_an_interrupted_run_is_told_with_what_was_under_way():
    """Which run, when, which step on which host, and what is kept."""
    told = wording.interrupted(Interrupted("r1", AT, (Event("began", AT, "r1", FACTS),), (), 3))
    assert told == (
        "The run r1 was interrupted at 2026-01-15T08:00:00Z while “Make x” on s1 was under way. "
        "What it finished (3 steps) is kept."
    )


def test_a_failed_run_is_told_with_its_error():
    """The last failure and its words."""
    told = wording.interrupted(
        Interrupted("r1", AT, (), (Event("failed", AT, "r1", {**FACTS, "error": "no answer"}),), 0)
    )
    assert told == "In the run r1, “Make x” on s1 failed: no answer It had finished no step."


def test_a_run_that_stopped_between_steps_is_told():
    """Neither under way nor failed: not finished."""
    assert "was not finished" in wording.interrupted(Interrupted("r1", AT, (), (), 1))


def test_many_failed_checks_are_cut():
    """An error message stays readable with three hundred hosts."""
    said = wording.preflight_failed([check(status=Status.FAIL, target=f"s{number}") for number in range(20)]).message
    assert said.startswith("preflight: 20 of 20 checks did not pass")
    assert said.endswith("and 12 more")


def test_a_check_that_saw_nothing_says_so():
    """No empty words."""
    assert "seen nothing" in wording.verify_failed([check(status=Status.UNKNOWN, seen="")]).message


def test_hosts_are_counted_by_role(tmp_path):
    """Roles that a site does not have are not mentioned."""
    assert wording.hosts(load(write_site(tmp_path))) == "3 servers, 1 agent, 1 edge host"


@pytest.mark.parametrize(
    ("steps", "mode", "words"),
    [
        ([], Mode.APPLY, "No step was run. 1 action of the plan not come to."),
        ([step(StepStatus.PLANNED)], Mode.PLAN, "1 step: 1 planned. Nothing was changed."),
        ([step(StepStatus.FAILED)], Mode.APPLY, "1 step: 1 failed. Stopped at “Make x” on s1."),
        ([step(StepStatus.DONE)], Mode.APPLY, "1 step: 1 done. 1 change on 1 target in 2.0 s."),
    ],
)
def test_the_result_is_one_sentence(steps, mode, words):
    """What was done, or why not."""
    assert wording.result(steps, plan(action("x")), mode) == words


def test_an_empty_plan_is_the_result_itself():
    """Nothing to change is said with its number."""
    assert (
        wording.result([], plan(action("x", done=True)), Mode.APPLY)
        == "Nothing to change: 1 of 1 actions are already so."
    )
