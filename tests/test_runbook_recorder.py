"""The recorder."""

import json
import os
from datetime import UTC, datetime

import pytest

from edgebook import journal
from edgebook.clock import Clock
from edgebook.records import Effect, StepStatus
from edgebook.runbook import recorder
from edgebook.runbook.recorder import Recorder, blank
from tests.plans import action, plan

X, Y = action("x"), action("y", target="s2", stage="second")


@pytest.fixture
def book(tmp_path):
    """Open a journal."""
    return journal.Journal(tmp_path / "r1.jsonl", "r1", Clock(datetime(2026, 1, 15, 8, 0, tzinfo=UTC)))


@pytest.fixture
def kept(book):
    """Make a recorder that has taken a plan of two actions."""
    made = Recorder(book)
    made.begin_plan(plan(X, Y))
    return made


def done(kept, one, status=StepStatus.DONE):
    """Begin and end an action."""
    kept.ended(kept.began(one, 0.0), blank(one, status=status))


def names(kept):
    """Return the steps' ids and how they ended."""
    return [(step.id, step.status.value) for step in kept.steps]


def test_steps_stand_in_the_plans_order(kept):
    """Threads end in any order; the reader sees the plan's."""
    done(kept, Y)
    done(kept, X)
    assert [("x", "done"), ("y", "done")] == names(kept)


def test_what_began_is_running_until_it_ends(kept):
    """The live view asks for it."""
    token = kept.began(X, 1.5)
    assert kept.running() == {"x": 1.5}
    kept.ended(token, blank(X, status=StepStatus.DONE))
    assert kept.running() == {}


def test_the_beginning_is_in_the_journal_before_anything_is_done(kept, book):
    """`began` is written by `began`, not later."""
    kept.began(X, 0.0)
    assert journal.read(book.path)[-1].kind == "began"


def test_a_step_given_up_is_failed_and_its_thread_is_not_believed(kept, book):
    """What an interrupted thread still reports is not taken."""
    token = kept.began(X, 1.0)
    kept.give_up(4.0)
    kept.ended(token, blank(X, status=StepStatus.DONE))
    [step] = kept.steps
    assert (StepStatus.FAILED, journal.INTERRUPTED, 3.0) == (step.status, step.error, step.seconds)
    assert ["plan", "began", "failed"] == [event.kind for event in journal.read(book.path)]


def test_a_new_plan_settles_nothing(kept):
    """What an earlier plan did may be undone by hand since: the new plan decides."""
    done(kept, X)
    assert kept.settled(X)
    kept.begin_plan(plan(X, Y))
    assert not kept.settled(X)


def test_a_later_already_does_not_hide_a_done(kept):
    """A run that changed something says so, even after a second look."""
    done(kept, X)
    kept.begin_plan(plan(X, Y))
    kept.note(X, StepStatus.ALREADY)
    assert [("x", "done")] == names(kept)


def test_a_later_failure_replaces_a_done(kept):
    """The last deed counts."""
    done(kept, X)
    kept.begin_plan(plan(X, Y))
    done(kept, X, StepStatus.FAILED)
    assert [("x", "failed")] == names(kept)


def test_a_way_back_follows_the_way_there(kept):
    """Undo steps are steps of their own, after the others."""
    done(kept, X)
    kept.begin_plan(plan(X), undo=True)
    done(kept, X)
    assert [("x", "done"), ("x", "done")] == names(kept)


def test_the_plan_is_in_the_journal_with_what_it_shows(kept, book):
    """Effect, state and the exact command of each action are kept."""
    [event] = journal.read(book.path)
    shown = event.facts["actions"][0]
    assert (Effect.CHANGE.value, False, "touch x") == (shown["effect"], shown["done"], shown["shows"])


def test_a_watcher_gets_a_line_for_each_change(kept, tmp_path, monkeypatch):
    """The file that EDGEBOOK_PROGRESS names grows by a JSON line each."""
    watched = tmp_path / "progress"
    monkeypatch.setenv(recorder.PROGRESS, str(watched))
    done(kept, X)
    lines = [json.loads(line) for line in watched.read_text().splitlines()]
    assert [("began", 0, 2), ("done", 1, 2)] == [(line["status"], line["done"], line["total"]) for line in lines]
    assert ("Make x", "s1", "first") == (lines[0]["step"], lines[0]["target"], lines[0]["stage"])


def test_a_pipe_nobody_reads_stops_nothing(kept, tmp_path, monkeypatch):
    """A run does not wait for its watcher."""
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv(recorder.PROGRESS, str(tmp_path / "pipe"))
    done(kept, X)
    assert [("x", "done")] == names(kept)


def test_a_full_pipe_stops_nothing(tmp_path, monkeypatch):
    """A watcher that does not read loses lines, the run goes on."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    monkeypatch.setenv(recorder.PROGRESS, str(pipe))
    for _ in range(100):
        recorder.tell({"filling": "x" * 4000})
    os.close(reader)
