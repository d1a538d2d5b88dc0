"""Verdicts from exception and journal, without a kernel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edgebook.batch import Failure, Job
from edgebook.batch.outcome import conclude
from edgebook.clock import Clock
from edgebook.journal import Journal
from tests.headless import notebook

BEGAN = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
STEP = {"id": "write.s1", "stage": "files", "target": "s1", "title": "write the file"}
CHECK = {"id": "host.clock", "title": "clock", "wanted": "right", "seen": "wrong"}


@pytest.fixture
def job(tmp_path):
    """A job whose journal the test writes."""
    return Job(notebook(tmp_path), "hut", "hut", "run-1", tmp_path / "runs")


@pytest.fixture
def write(job):
    """The job's journal, as a function that appends an event."""
    return Journal(job.file(".jsonl"), job.run_id, Clock(BEGAN)).write


def ended(job, failure=None, *, cancelled=False):
    """Return the verdict on a run of two and a half seconds."""
    return conclude(job, BEGAN, BEGAN + timedelta(seconds=2.5), failure, cancelled=cancelled)


def test_a_run_without_a_journal_is_judged_by_its_exception(job):
    """A notebook that never opened a run may still end well or badly."""
    assert ["done", "failed"] == [ended(job).status, ended(job, Failure("ValueError", "x")).status]


def test_a_run_that_only_planned_says_so(job, write):
    """`apply` false in the journal makes a good end a plan."""
    write("run", apply=False)
    assert ("planned", False) == (ended(job).status, ended(job).apply)


def test_time_is_measured_by_the_runner(job):
    """Seconds are those between start and end of the run."""
    assert 2.5 == ended(job).seconds


def test_the_last_plan_is_kept(job, write):
    """The result holds the plan that was shown last, with its stages."""
    write("plan", title="first", stages={}, actions=[])
    write("plan", title="last", stages={"files": "Files"}, actions=[STEP])
    assert ("last", [STEP]) == (ended(job).plan["title"], ended(job).plan["actions"])


def test_a_step_that_never_ended_is_the_failed_one(job, write):
    """After `kill -9` the step that had begun is named."""
    write("began", **STEP)
    result = ended(job, Failure("KernelDied", "the kernel died"))
    assert ("write.s1 (s1)", "failed") == (result.failed_step, result.steps[0].status)


def test_a_failed_check_is_named_where_no_step_failed(job, write):
    """A preflight that fails names its first check."""
    write("check", phase="preflight", target="s1", status="pass", **{**CHECK, "id": "host.disk"})
    write("check", phase="preflight", target="s2", status="fail", **CHECK)
    assert "host.clock (s2)" == ended(job, Failure("PreflightFailed", "1 check fails")).failed_step


def test_a_failed_check_is_not_blamed_for_another_error(job, write):
    """A check that was only shown did not end the run."""
    write("check", phase="check", target="s2", status="fail", **CHECK)
    assert "" == ended(job, Failure("KeyError", "x")).failed_step


def test_a_run_that_ended_well_names_no_failed_step(job, write):
    """A check that only warned about something is nobody's failure."""
    write("check", phase="verify", target="s2", status="fail", **CHECK)
    assert "" == ended(job).failed_step


def test_the_journal_supplies_a_hint_that_the_exception_lacks(job, write):
    """The hint of the last failed line is taken."""
    write("closed", status="failed", hint="look at the disk")
    assert "look at the disk" == ended(job, Failure("KernelDied", "the kernel died")).hint


def test_the_exceptions_own_hint_wins(job, write):
    """What the exception says is not overwritten."""
    write("closed", status="failed", hint="other")
    assert "own" == ended(job, Failure("StepFailed", "x", "own")).hint


def test_a_cancelled_run_is_cancelled_whatever_the_exception(job):
    """The kernel's death by our own hand is no failure of the run."""
    result = ended(job, Failure("KernelDied", "the kernel died"), cancelled=True)
    assert ("cancelled", 130, "the run was cancelled") == (result.status, result.exit_code, result.error)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("ApprovalMissing", "refused", 3),
        ("SiteLocked", "refused", 2),
        ("ParameterInvalid", "refused", 2),
        ("StepFailed", "failed", 1),
        ("HostUnreachable", "failed", 1),
        ("KeyError", "failed", 1),
        ("Sequence", "failed", 1),
    ],
)
def test_the_name_of_an_error_decides_the_exit_code(job, kind, status, code):
    """Input errors are 2, a missing approval is 3, all others 1, also names that are no error."""
    result = ended(job, Failure(kind, "x"))
    assert (status, code) == (result.status, result.exit_code)
