"""Batch: runbooks run headless on one site or many, with a verdict and files for each run.

Not a scheduler, and not the runbook: what happens on a site is decided by the notebook.
papermill and nbclient are imported by the first run, not with this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgebook.batch.job import Failure, Job, Result, RunStatus, worst
from edgebook.batch.prepare import Request, prepare

if TYPE_CHECKING:
    from edgebook.batch.run import Observer

__all__ = ["Failure", "Job", "Request", "Result", "RunStatus", "prepare", "run", "run_all", "worst"]


def run(job: Job, *, observer: Observer | None = None) -> Result:
    """Run one job and return its result."""
    return run_all([job], observer=observer)[0]


def run_all(
    jobs: Sequence[Job], *, at_once: int = 4, observer: Observer | None = None, beside: bool | None = None
) -> tuple[Result, ...]:
    """Run jobs side by side and return their results in the same order; see `edgebook.batch.run`."""
    from edgebook.batch.run import run_all as run_jobs  # noqa: PLC0415 - papermill takes a second to import

    return run_jobs(jobs, at_once=at_once, observer=observer, beside=beside)
