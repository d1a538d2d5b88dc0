"""The journal."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from edgebook import journal, secrets
from edgebook.clock import Clock
from edgebook.errors import RunError
from edgebook.journal import Event, Journal
from edgebook.records import Status, Step, StepStatus
from tests.plans import action, check

START = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)


def made(folder, run="r1"):
    """Open a journal in a folder of runs, with its first line written."""
    book = Journal(folder / "f7" / f"{run}.jsonl", run, Clock(START))
    book.write(journal.RUN, schema=1, notebook="10-x", site="f7")
    return book


def step(name, status=StepStatus.DONE, **facts):
    """Make a step of the first stage."""
    return Step(name, "first", "s1", f"Make {name}", status, **facts)


def kinds(events):
    """Return the kinds of events in order."""
    return [event.kind for event in events]


def test_a_written_event_is_read_back(tmp_path):
    """What is written comes back with its kind, time, run and facts."""
    book = made(tmp_path)
    assert journal.read(book.path)[0] == Event("run", START, "r1", {"schema": 1, "notebook": "10-x", "site": "f7"})


def test_each_event_is_one_line_on_the_disk_at_once(tmp_path):
    """A reader sees an event before the journal is closed."""
    book = made(tmp_path)
    book.began(action("x"))
    assert [json.loads(line)["event"] for line in book.path.read_text().splitlines()] == ["run", "began"]


def test_nothing_is_made_before_the_first_event(tmp_path):
    """Constructing a journal touches no file."""
    Journal(tmp_path / "f7" / "r1.jsonl", "r1", Clock(START))
    assert list(tmp_path.iterdir()) == []


def test_a_journal_is_readable_only_for_its_owner(tmp_path):
    """Plans and evidence are nobody else's business."""
    assert made(tmp_path).path.stat().st_mode & 0o777 == 0o600


def test_secrets_are_masked_wherever_they_stand(tmp_path):
    """A secret in a title, a nested fact or a key never reaches the file."""
    secrets.register("hunter2-token")
    book = made(tmp_path)
    book.write("plan", title="token hunter2-token", actions=[{"shows": "hunter2-token"}], stages={"hunter2-token": "x"})
    assert "hunter2" not in book.path.read_text()


def test_a_line_that_is_no_event_is_left_out(tmp_path):
    """A torn last line, as after kill -9, does not hide the lines before."""
    book = made(tmp_path)
    with book.path.open("a") as file:
        file.write('{"at": "2026-01-15T08:00:00Z", "event": "be')
    assert kinds(journal.read(book.path)) == ["run"]


@pytest.mark.parametrize("line", ["17", '{"event": "x"}', "[]", '{"event": "x", "at": 5, "run": "r"}', "\xff"])
def test_strange_lines_are_left_out(tmp_path, line):
    """JSON that is no event is no reason to refuse a journal."""
    path = tmp_path / "r.jsonl"
    path.write_text(f"{line}\n")
    assert journal.read(path) == ()


def test_an_event_after_a_torn_line_is_kept(tmp_path):
    """A journal that is opened again begins a line of its own."""
    made(tmp_path).path.write_text('{"at": "2026')
    made(tmp_path)
    assert kinds(journal.read(tmp_path / "f7" / "r1.jsonl")) == ["run"]


def test_a_closed_journal_opens_again_for_the_next_event(tmp_path):
    """Closing is not the end: a cell may be run again."""
    book = made(tmp_path)
    book.close()
    book.close()
    book.write("closed", status="done")
    assert kinds(journal.read(book.path)) == ["run", "closed"]


def test_what_cannot_be_recorded_is_refused(tmp_path):
    """A folder that cannot be made is an error with what to do, before anything is done."""
    (tmp_path / "f7").write_text("a file, not a folder")
    with pytest.raises(RunError, match="cannot be written") as caught:
        made(tmp_path)
    assert "EDGEBOOK_RUNS" in caught.value.hint


def test_a_full_disk_is_refused(tmp_path, monkeypatch):
    """A line that was written only in part counts as not written."""
    book = made(tmp_path)
    monkeypatch.setattr(journal, "os", SimpleNamespace(**{**vars(os), "write": lambda *_: 1}))
    with pytest.raises(RunError, match="part of a line"):
        book.write("began")


def test_steps_are_read_back_as_they_ended(tmp_path):
    """Steps keep their order, times, before and after."""
    book = made(tmp_path)
    ended = [step("x", before="absent", after="present", began_s=1.0, seconds=2.5), step("y", StepStatus.ALREADY)]
    for one in ended:
        book.ended(one)
    assert journal.steps(journal.read(book.path)) == tuple(ended)


def test_a_step_that_never_ended_counts_as_failed(tmp_path):
    """What began and has no end was interrupted, and says so."""
    book = made(tmp_path)
    book.began(action("x"))
    [found] = journal.steps(journal.read(book.path))
    assert (found.status, found.error) == (StepStatus.FAILED, journal.INTERRUPTED)


def test_the_last_end_of_a_step_counts(tmp_path):
    """A step that failed and was run again is done."""
    book = made(tmp_path)
    book.ended(step("x", StepStatus.FAILED, error="no"))
    book.ended(step("x", after="present"))
    assert [StepStatus.DONE] == [one.status for one in journal.steps(journal.read(book.path))]


def test_a_later_look_does_not_hide_that_a_step_was_done(tmp_path):
    """Done, then found to be so already, is still done by this run."""
    book = made(tmp_path)
    book.ended(step("x"))
    book.ended(step("x", StepStatus.ALREADY))
    assert [StepStatus.DONE] == [one.status for one in journal.steps(journal.read(book.path))]


def test_a_way_back_is_not_mixed_up_with_the_way_there(tmp_path):
    """The same id in a plan and in its undo makes two steps."""
    book = made(tmp_path)
    book.ended(step("x"))
    book.write(journal.PLAN, title="back", undo=True)
    book.ended(step("x"))
    assert len(journal.steps(journal.read(book.path))) == 2


def test_checks_are_read_back_with_the_last_look(tmp_path):
    """A check that failed and then passed passes; preflight and verification are kept apart."""
    book = made(tmp_path)
    book.check(check(status=Status.FAIL), "preflight")
    book.check(check(), "preflight")
    book.check(check(seen="0.2 s"), "verify")
    assert journal.checks(journal.read(book.path)) == (check(), check(seen="0.2 s"))


def test_long_evidence_keeps_its_end(tmp_path):
    """The last lines of a log name the cause."""
    book = made(tmp_path)
    long = check()
    object.__setattr__(long, "evidence", "a" * 5000 + "the end")
    book.check(long, "check")
    evidence = journal.read(book.path)[1].facts["evidence"]
    assert (len(evidence), evidence[-7:]) == (journal.EVIDENCE_CHARS, "the end")


def test_history_holds_the_earlier_runs_oldest_first(tmp_path):
    """The run that is opening is left out."""
    for place, run in enumerate(("b", "a", "c")):
        os.utime(made(tmp_path, run).path, ns=(place, place))
    assert ["b", "a"] == [event.run for event in journal.history(tmp_path, "f7", but="c")]


def test_a_site_without_runs_has_no_history(tmp_path):
    """No folder is no error."""
    assert journal.history(tmp_path, "f7") == ()
    assert journal.interrupted(()) is None


def test_an_interrupted_run_names_what_was_under_way(tmp_path):
    """What began and never ended is found, with the number of steps that are kept."""
    book = made(tmp_path)
    book.ended(step("x"))
    book.began(action("y"))
    found = journal.interrupted(journal.history(tmp_path, "f7"))
    assert ("r1", ["y"], 1) == (found.run, [event.facts["id"] for event in found.under_way], found.finished)


def test_a_failed_run_is_remembered(tmp_path):
    """A run that ended at a failed step is no interrupted one, but not a good one either."""
    book = made(tmp_path)
    book.ended(step("x", StepStatus.FAILED, error="no"))
    book.write(journal.CLOSED, status="failed")
    found = journal.interrupted(journal.history(tmp_path, "f7"))
    assert ((), ["x"]) == (found.under_way, [event.facts["id"] for event in found.failed])


def test_a_run_that_ended_well_is_not_mentioned(tmp_path):
    """Done and closed is nothing to speak of."""
    book = made(tmp_path)
    book.ended(step("x"))
    book.write(journal.CLOSED, status="done")
    assert journal.interrupted(journal.history(tmp_path, "f7")) is None


def test_a_good_run_after_an_interrupted_one_settles_it(tmp_path):
    """Only the last run that acted counts; one that only planned does not."""
    first, second, third = (made(tmp_path, run) for run in ("r1", "r2", "r3"))
    first.began(action("x"))
    second.ended(step("x", StepStatus.ALREADY))
    second.write(journal.CLOSED, status="done")
    third.ended(step("x", StepStatus.PLANNED))
    for place, book in enumerate((first, second, third)):
        os.utime(book.path, ns=(place, place))
    assert journal.interrupted(journal.history(tmp_path, "f7")) is None


def test_a_run_that_only_planned_does_not_hide_an_interrupted_one(tmp_path):
    """After kill -9 and a look at the plan, the interrupted run is still named."""
    first, second = made(tmp_path, "r1"), made(tmp_path, "r2")
    first.began(action("x"))
    second.ended(step("x", StepStatus.PLANNED))
    for place, book in enumerate((first, second)):
        os.utime(book.path, ns=(place, place))
    assert journal.interrupted(journal.history(tmp_path, "f7")).run == "r1"


def test_what_was_there_before_is_written_before_the_act(tmp_path):
    """An action's facts stand with its beginning, so that a run that is killed then loses none."""
    book = made(tmp_path)
    book.began(replace(action("x"), facts={"mode": "640"}))
    book.began(action("y"))
    first, second = journal.read(book.path)[1:]
    assert {"mode": "640"} == first.facts["facts"]
    assert "facts" not in second.facts


def test_facts_of_a_step_are_read_back_and_never_written_empty(tmp_path):
    """They are for the way back; most steps have none."""
    book = made(tmp_path)
    book.ended(step("x", facts={"entries": [["f", "640"]]}))
    book.ended(step("y"))
    assert ["facts" in event.facts for event in journal.read(book.path)[1:]] == [True, False]
    assert [{"entries": [["f", "640"]]}, {}] == [one.facts for one in journal.steps(journal.read(book.path))]


def test_secrets_in_facts_are_masked(tmp_path):
    """Facts go through the same gate as everything else."""
    secrets.register("hunter3-token")
    book = made(tmp_path)
    book.ended(step("x", facts={"rows": [["hunter3-token"]]}))
    assert "hunter3" not in book.path.read_text()
