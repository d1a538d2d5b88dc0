"""Verdicts: how a run ended, from the exception it ended with and the journal it wrote.

Cell metadata is not asked: papermill calls the cells of a killed kernel "completed".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from edgebook import book, journal
from edgebook.batch.job import Failure, Job, Result, RunStatus, exit_code
from edgebook.errors import PreflightFailed, VerifyFailed
from edgebook.journal import Event
from edgebook.records import Check, Step, StepStatus

CANCELLED = Failure("Cancelled", "the run was cancelled", "run it again: it goes on from what is already so")


def conclude(job: Job, began: datetime, ended: datetime, failure: Failure | None, *, cancelled: bool) -> Result:
    """Put the result of a run together."""
    path = job.file(journal.ENDING)
    events = journal.read(path) if path.exists() else ()
    steps, checks = journal.steps(events), journal.checks(events)
    apply = next((event.facts.get("apply") for event in events if event.kind == journal.RUN), None)
    why = CANCELLED if cancelled else _best(failure, events)
    return Result(
        notebook=job.notebook.stem,
        title=book.describe(job.notebook).title,
        site=job.site_name,
        run_id=job.run_id,
        began=began,
        ended=ended,
        status=_status(why, apply=apply),
        apply=apply,
        changed=sum(step.changed for step in steps),
        parameters=job.parameters,
        plan=_plan(events),
        steps=steps,
        checks=checks,
        failed_step=_failed_step(why, steps, checks) if why else "",
        kind=why.kind if why else "",
        error=why.error if why else "",
        hint=why.hint if why else "",
    )


def _status(why: Failure | None, *, apply: bool | None) -> RunStatus:
    if why is CANCELLED:
        return RunStatus.CANCELLED
    if why is None:
        return RunStatus.PLANNED if apply is False else RunStatus.DONE
    return RunStatus.FAILED if exit_code(why.kind) == 1 else RunStatus.REFUSED


def _best(failure: Failure | None, events: Sequence[Event]) -> Failure | None:
    """Keep the exception's words; take the hint from the journal where the exception has none."""
    if failure is None or failure.hint:
        return failure
    told = [
        str(event.facts["hint"])
        for event in events
        if event.kind in ("failed", journal.CLOSED) and event.facts.get("hint")
    ]
    return replace(failure, hint=told[-1]) if told else failure


def _failed_step(why: Failure, steps: Sequence[Step], checks: Sequence[Check]) -> str:
    """Name the step that failed as `id (target)`, or the first check that did not pass where that ended the run."""
    failed = [(step.id, step.target) for step in steps if step.status is StepStatus.FAILED]
    if why.kind in (PreflightFailed.__name__, VerifyFailed.__name__):
        failed += [(check.id, check.target) for check in checks if not check.ok]
    return "{} ({})".format(*failed[0]) if failed else ""


def _plan(events: Sequence[Event]) -> Mapping[str, Any]:
    """Return the last plan that the run showed: its title, stages and actions."""
    plans = [event.facts for event in events if event.kind == journal.PLAN]
    return plans[-1] if plans else {}
