"""Applying a stage."""

import _thread
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edgebook import journal
from edgebook.clock import Clock
from edgebook.errors import HostTimeout, RunError, StepFailed
from edgebook.records import Outcome, StepStatus
from edgebook.runbook import stage
from edgebook.runbook.recorder import Recorder
from edgebook.runbook.stage import StageRunner
from tests.plans import action, plan


@pytest.fixture
def parts(tmp_path):
    """Make a recorder, a runner with a fixed clock, and the journal's path."""
    clock = Clock(datetime(2026, 1, 15, 8, 0, tzinfo=UTC))
    book = journal.Journal(tmp_path / "r1.jsonl", "r1", clock)
    kept = Recorder(book)
    return kept, StageRunner(kept, clock), book.path


def apply(parts, *actions):
    """Apply actions as one stage."""
    kept, runner, _ = parts
    kept.begin_plan(plan(*actions))
    runner.apply(actions, tick=lambda: None)


def again(parts, *actions):
    """Apply the same stage of the same plan once more."""
    parts[1].apply(actions, tick=lambda: None)


def statuses(parts):
    """Return how each step ended."""
    return {step.id: step.status.value for step in parts[0].steps}


def fails(error):
    """Return a deed that raises."""

    def do():
        raise error

    return do


def test_pending_actions_are_done(parts):
    """Each becomes a step with what was before and after."""
    apply(parts, action("x"))
    [step] = parts[0].steps
    assert ("absent", "present", StepStatus.DONE) == (step.before, step.after, step.status)


def test_what_is_so_already_is_not_done(parts):
    """An action that is done is a step, but nothing is called."""
    apply(parts, action("x", fails(AssertionError("called")), done=True))
    assert {"x": "already"} == statuses(parts)


def test_what_turns_out_to_be_so_is_not_called_a_change(parts):
    """An outcome without a change is already so."""
    apply(parts, action("x", lambda: Outcome("same", "same", changed=False)))
    assert {"x": "already"} == statuses(parts)


def test_actions_of_a_wave_run_at_the_same_time(parts):
    """Two actions that wait for each other both end."""
    meet = threading.Barrier(2, timeout=20)

    def do():
        meet.wait()
        return Outcome()

    apply(parts, action("x", do), action("y", do))
    assert {"x": "done", "y": "done"} == statuses(parts)


def test_waves_run_one_after_the_other(parts):
    """The second wave begins when the first one has ended, however the plan lists them."""
    order = []

    def do(name, pause_s=0.0):
        def act():
            time.sleep(pause_s)
            order.append(name)
            return Outcome()

        return act

    apply(parts, action("z", do("z"), wave=2), action("x", do("x", 0.05)), action("y", do("y"), wave=1))
    assert order == ["x", "y", "z"]


def test_after_a_failure_the_wave_ends_and_the_rest_is_skipped(parts):
    """Neighbours are not cut off, later waves do not begin."""
    bad = HostTimeout("s2", "no answer in 5 s", hint="look at its console")
    with pytest.raises(StepFailed) as caught:
        apply(parts, action("x"), action("y", fails(bad), target="s2"), action("z", wave=1))
    assert {"x": "done", "y": "failed", "z": "skipped"} == statuses(parts)
    assert ("look at its console", bad) == (caught.value.hint, caught.value.__cause__)
    assert "“Make y” on s2 failed: s2: no answer in 5 s" in caught.value.message


def test_all_failures_of_a_wave_are_named(parts):
    """The first in full, the others in a line each, no more than a person reads."""
    with pytest.raises(StepFailed) as caught:
        apply(parts, *(action(f"x{number}", fails(HostTimeout("s1", f"late {number}"))) for number in range(7)))
    assert ["late 0", "late 4", "and 2 more"] == [
        words for words in ("late 0", "late 4", "late 5", "and 2 more") if words in caught.value.message
    ]


def test_run_again_only_what_is_missing_is_done(parts):
    """After the cause is removed, what was done is not done twice."""
    calls = []

    def steady():
        calls.append("x")
        return Outcome()

    def flaky():
        calls.append("y")
        if calls == ["x", "y"]:
            raise HostTimeout("s1", "not yet")
        return Outcome()

    actions = (action("x", steady), action("y", flaky, wave=1), action("z", wave=2))
    with pytest.raises(StepFailed):
        apply(parts, *actions)
    again(parts, *actions)
    assert calls == ["x", "y", "y"]
    assert {"x": "done", "y": "done", "z": "done"} == statuses(parts)


def test_a_defect_is_recorded_and_raised_with_its_cause(parts):
    """An error that is not ours fails the step, is journalled, and keeps its traceback."""
    with pytest.raises(StepFailed, match="ZeroDivisionError") as caught:
        apply(parts, action("x", fails(ZeroDivisionError("by zero"))))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert journal.read(parts[2])[-1].facts["error"] == "ZeroDivisionError: by zero"


def test_times_under_a_fixed_clock_are_the_same_whatever_the_threads_do(parts):
    """A wave begins together and lasts a second."""
    slow = action("x", lambda: time.sleep(0.05) or Outcome())
    apply(parts, slow, action("y"), action("z", wave=1))
    assert [(0.0, 1.0), (0.0, 1.0), (1.0, 1.0)] == [(step.began_s, step.seconds) for step in parts[0].steps]


def test_the_watcher_is_called_in_the_cells_own_thread(parts):
    """Displays are updated only from where the kernel expects it."""
    kept, runner, _ = parts
    threads = set()
    kept.begin_plan(plan(action("x")))
    runner.apply([action("x")], tick=lambda: threads.add(threading.current_thread()))
    assert {threading.main_thread()} == threads


def test_an_interrupt_is_recorded_before_it_goes_on(parts):
    """Ctrl-C in mid-step: the step failed as interrupted, and the next try waits for its thread."""
    begun, release = threading.Event(), threading.Event()

    def stuck():
        begun.set()
        release.wait(20)
        return Outcome()

    def interrupt():
        begun.wait(20)
        _thread.interrupt_main()

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        apply(parts, action("x", stuck))
    assert {"x": "failed"} == statuses(parts)
    assert journal.read(parts[2])[-1].facts["error"] == journal.INTERRUPTED
    release.set()
    again(parts, action("x"))
    assert {"x": "done"} == statuses(parts)


def test_a_thread_that_does_not_end_is_not_overtaken(parts, monkeypatch):
    """Two threads never do the same action at once."""
    monkeypatch.setattr(stage, "GIVEN_UP_WAIT_S", 0.05)
    begun, release = threading.Event(), threading.Event()

    def stuck():
        begun.set()
        release.wait(20)
        return Outcome()

    def stop():
        if begun.is_set():
            raise KeyboardInterrupt

    kept, runner, _ = parts
    kept.begin_plan(plan(action("x")))
    with pytest.raises(KeyboardInterrupt):
        runner.apply([action("x", stuck)], tick=lambda: begun.wait(20) and stop())
    with pytest.raises(RunError, match="still under way"):
        again(parts, action("x"))
    release.set()


def test_an_action_that_cannot_be_recorded_is_not_done(parts):
    """No journal, no deed."""
    called = []
    kept, runner, path = parts
    kept.begin_plan(plan(action("x")))
    kept._journal.close()
    path.unlink()
    path.mkdir()
    with pytest.raises(RunError, match="cannot be written"):
        runner.apply([action("x", lambda: called.append(1) or Outcome())], tick=lambda: None)
    assert called == []


def test_an_outcomes_facts_reach_the_journal(parts):
    """What an act found out for the way back is with its end; else what the plan saw is."""
    apply(
        parts,
        action("x", lambda: Outcome("absent", "there", facts={"machine": "m"})),
        replace(action("y"), facts={"mode": "640"}),
        replace(action("z", done=True), facts={"mode": "600"}),
    )
    ended = {one.facts["id"]: one.facts["facts"] for one in journal.read(parts[2]) if one.kind in ("done", "already")}
    assert {"x": {"machine": "m"}, "y": {"mode": "640"}, "z": {"mode": "600"}} == ended
