"""The records: frozen, and honest about what failed."""

import dataclasses
import inspect

import pytest

from edgebook import records
from edgebook.errors import CommandFailed, HostUnreachable
from edgebook.records import (
    Action,
    Check,
    Completed,
    Effect,
    Outcome,
    Plan,
    Results,
    SshTarget,
    Status,
    Step,
    StepStatus,
)
from edgebook.secrets import MASK, Secret, register

RECORDS = [kind for _, kind in inspect.getmembers(records, inspect.isclass) if dataclasses.is_dataclass(kind)]


def action(name, stage="one", **more):
    """Make an action that does nothing."""
    return Action(name, stage, "s1", name, more.pop("effect", Effect.CHANGE), "cmd", Outcome, **more)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_record_is_frozen(kind):
    """What crosses a border cannot be changed on the other side."""
    assert kind.__dataclass_params__.frozen
    assert kind.__doc__


# --- Completed -------------------------------------------------------------------------------------------------------


def test_a_command_that_ended_well_checks_as_itself():
    """`check` returns the record, so that it can be chained."""
    done = Completed("s1", "true", 0)
    assert done is done.check()


def test_a_command_that_failed_raises_with_the_end_of_what_it_said():
    """The error names host, command, code and the last words."""
    with pytest.raises(CommandFailed) as error:
        Completed("s1", "make", 2, out="lots", err="No rule").check(hint="look")
    assert "s1: `make` ended with exit code 2: No rule\n  hint: look" == str(error.value)


def test_a_silent_failure_is_said_to_be_silent():
    """No output is an answer too."""
    with pytest.raises(CommandFailed, match="exit code 1: no output"):
        Completed("s1", "false", 1).check()


def test_a_failure_does_not_tell_secrets():
    """What a command said is masked in the error."""
    register("planted-in-records")
    with pytest.raises(CommandFailed, match=f"bad token {MASK}"):
        Completed("s1", "join", 1, err="bad token planted-in-records").check()


def test_a_repr_shows_no_output():
    """Output may be long, or hold a secret."""
    assert "Completed('s1', 'cat f', code=0)" == repr(Completed("s1", "cat f", 0, out="content"))


# --- Results ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def results():
    """Two answers, and one host that did not answer, in inventory order."""
    return Results({"s2": 2, "s1": HostUnreachable("s1", "away"), "a1": 3})


def test_results_keep_the_inventorys_order(results):
    """The order is the one they were asked in."""
    assert ["s2", "s1", "a1"] == list(results)
    assert 3 == len(results)


def test_results_part_answers_from_errors(results):
    """A partial failure is data."""
    assert {"s2": 2, "a1": 3} == results.ok
    assert ["s1"] == list(results.failed)
    assert 2 == results["s2"]


def test_require_raises_the_first_error(results):
    """Who needs all answers gets the error."""
    with pytest.raises(HostUnreachable, match="s1: away"):
        results.require()


def test_require_returns_the_answers():
    """Without an error it is the plain answers."""
    assert {"s1": 1} == Results({"s1": 1}).require()


# --- Check, Plan, Step -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "ok"),
    [(Status.PASS, True), (Status.WARN, True), (Status.SKIP, True), (Status.FAIL, False), (Status.UNKNOWN, False)],
)
def test_a_run_goes_on_unless_a_check_failed_or_is_unknown(status, ok):
    """What was not seen does not pass."""
    assert ok == Check("host.clock", "s1", "Clock", "right", "wrong", status).ok


@pytest.fixture
def plan():
    """A plan of two stages: one action is done, one is destructive."""
    actions = (action("a", done=True), action("b", effect=Effect.DESTRUCTIVE), action("c", stage="two"))
    return Plan("Install", {"one": "First", "two": "Second"}, actions)


def test_pending_is_what_would_change_something(plan):
    """What is so already is not pending."""
    assert ["b", "c"] == [each.id for each in plan.pending]


def test_destructive_is_what_cannot_be_taken_back(plan):
    """Only pending actions need an approval."""
    assert ["b"] == [each.id for each in plan.destructive]


def test_a_done_destructive_action_needs_no_approval():
    """Nothing is left to approve."""
    assert () == Plan("x", {"one": "1"}, (action("a", effect=Effect.DESTRUCTIVE, done=True),)).destructive


def test_a_stage_is_its_actions(plan):
    """Done ones are in it too."""
    assert ["a", "b"] == [each.id for each in plan.stage("one")]


def test_an_unknown_stage_is_a_key_error(plan):
    """The error names the plan's stages."""
    with pytest.raises(KeyError, match="it has one, two"):
        plan.stage("three")


def test_actions_are_equal_whatever_they_would_run():
    """`do` is a closure, made anew with each plan."""
    assert action("a") == dataclasses.replace(action("a"), do=Completed)


def test_an_actions_repr_does_not_show_its_closure():
    """Reprs are the same in each run."""
    assert " do=" not in repr(action("a"))


@pytest.mark.parametrize("status", StepStatus)
def test_only_a_done_step_changed_its_target(status):
    """Planned, already so, failed and skipped count as no change."""
    assert (status is StepStatus.DONE) == Step("a", "one", "s1", "A", status).changed


def test_a_targets_repr_shows_references_and_no_values(monkeypatch):
    """Targets may be printed."""
    monkeypatch.setenv("EDGE_PASS", "open sesame")
    secret = Secret("env:EDGE_PASS")
    secret.value()
    shown = repr(SshTarget("s1", "10.0.0.1", "edge", password=secret))
    assert "env:EDGE_PASS" in shown
    assert "open sesame" not in shown
