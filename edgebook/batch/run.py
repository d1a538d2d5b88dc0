"""Headless runs: jobs in, their files and results out.

Not the place where what a runbook does is decided; that is the notebook's.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill import execute_notebook
from papermill.exceptions import PapermillExecutionError

from edgebook import report
from edgebook.batch.job import Failure, Job, Result, is_ours, write_result, write_whole
from edgebook.batch.kernel import ENGINE, KERNEL, KernelSession
from edgebook.batch.outcome import conclude
from edgebook.batch.tidy import stopped_itself, tidy
from edgebook.report import document
from edgebook.secrets import ANSWERS

AT_ONCE = 4
"""Runs at the same time; each mostly waits for its hosts, so twice the cores of a small laptop pay."""
POLL_S = 0.1
PROGRESS_FILE, ANSWERS_FILE = "progress.jsonl", "answers.json"


class Observer(Protocol):
    """Is told what the runs are doing, in the thread that waits for them."""

    def tell(self, job: Job, event: Mapping[str, Any]) -> None:
        """Take in a run's stage, step, target, status, done and total."""

    def tick(self) -> None:
        """Show that time goes by; called several times a second."""


class Running:
    """One job under way: its kernel and how far its progress was read."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.session = KernelSession(job.folder)
        self._seen = 0

    def execute(self, *, beside: bool) -> Result:
        """Run the job to its end and write its files; never raises for what goes wrong in the run."""
        began = datetime.now(UTC)
        with self.session:
            self.session.env = self._env()
            self._write_answers()
            failure = self._attempt()
        ended = datetime.now(UTC)
        self.job.learn_secrets()
        result = conclude(self.job, began, ended, failure, cancelled=self.session.cancelled.is_set())
        return write_files(self.job, self.session.notebook, result, beside=beside)

    def news(self) -> list[dict[str, Any]]:
        """Return what the run has said about its progress since the last call."""
        try:
            with self._progress().open(encoding="utf-8") as file:
                file.seek(self._seen)
                text = file.read()
        except OSError:
            return []  # not begun, or over
        whole = text[: text.rfind("\n") + 1]
        self._seen += len(whole.encode())
        return [json.loads(line) for line in whole.splitlines()]

    def _progress(self) -> Path:
        return self.session.home / PROGRESS_FILE

    def _answers(self) -> Path:
        return self.session.home / ANSWERS_FILE

    def _write_answers(self) -> None:
        """Leave the answers to `prompt:` secrets where only this user's kernel reads them, never in its environment."""
        with os.fdopen(os.open(self._answers(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(dict(self.job.answers), file)

    def _env(self) -> dict[str, str]:
        own = {
            "EDGEBOOK_HEADLESS": "1",
            "EDGEBOOK_RUN_ID": self.job.run_id,
            "EDGEBOOK_RUNS": str(self.job.out),
            "EDGEBOOK_PROGRESS": str(self._progress()),
            ANSWERS: str(self._answers()),
        }
        return {**own, **self.job.env}

    def _attempt(self) -> Failure | None:
        """Execute the notebook; the exception is the verdict, for cell metadata lies about dead kernels."""
        if self.session.cancelled.is_set():
            return None
        try:
            execute_notebook(
                str(self.job.notebook),
                None,
                parameters=dict(self.job.parameters),
                engine_name=ENGINE,
                kernel_name=KERNEL,
                language="python",  # notebooks that were never opened do not say so
                progress_bar=False,
                session=self.session,
            )
        except PapermillExecutionError as exc:
            return _failure(exc.ename, exc.evalue)
        except DeadKernelError:
            return _dead(self.session)
        except Exception as exc:  # noqa: BLE001  # one site's surprise must not lose the results of the others
            return Failure(
                type(exc).__name__, f"the run could not be carried out: {exc}", "see the journal for what was done"
            )
        return stopped_itself(self.session.notebook)


def run_all(
    jobs: Sequence[Job], *, at_once: int = AT_ONCE, observer: Observer | None = None, beside: bool | None = None
) -> tuple[Result, ...]:
    """Run jobs in threads, a kernel each, and return their results in the same order.

    A `KeyboardInterrupt` cancels all of them; what had not ended comes back as cancelled.
    `beside` puts plotly.js next to the reports instead of into each (default: for more than one job).
    """
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # our own messages say it better
    several = len(jobs) > 1 if beside is None else beside
    running = [Running(job) for job in jobs]
    with ThreadPoolExecutor(max(1, at_once)) as pool:
        futures = [pool.submit(one.execute, beside=several) for one in running]
        try:
            _watch(running, futures, observer)
        except KeyboardInterrupt:
            _cancel(running)
        return tuple(future.result() for future in futures)


def write_files(job: Job, notebook: NotebookNode | None, result: Result, *, beside: bool = False) -> Result:
    """Write the executed notebook, its report and, last, the result that names them."""
    artefacts = {"journal": job.file(".jsonl")} if job.file(".jsonl").exists() else {}
    if notebook is not None:
        clean = tidy(notebook)
        artefacts |= {"notebook": job.file(".ipynb"), "html": job.file(".html")}
        write_whole(artefacts["notebook"], document.text(clean))
        write_whole(artefacts["html"], report.page(clean, result.as_dict(), beside=beside))
        if beside:
            report.put_script(artefacts["html"].parent)
    artefacts["result"] = job.file(".result.json")
    whole = result.with_artefacts(artefacts)
    write_result(artefacts["result"], whole)
    return whole


def _watch(running: Sequence[Running], futures: Sequence[Future[Result]], observer: Observer | None) -> None:
    pending = set(futures)
    while pending:
        _, pending = wait(pending, timeout=POLL_S)
        if observer is None:
            continue
        for one in running:
            for event in one.news():
                observer.tell(one.job, event)
        observer.tick()


def _cancel(running: Sequence[Running]) -> None:
    with contextlib.suppress(KeyboardInterrupt), ThreadPoolExecutor(len(running)) as pool:
        for one in running:
            pool.submit(one.session.cancel)


def _failure(kind: str, text: str) -> Failure:
    """Take an `EdgebookError`'s text apart again, whose hint stands on the last line; other errors are defects."""
    if not is_ours(kind):
        return Failure(kind, f"{kind}: {text}", "the notebook holds the traceback")
    error, found, hint = text.rpartition("\n  hint: ")
    return Failure(kind, error, hint) if found else Failure(kind, text)


def _dead(session: KernelSession) -> Failure:
    number = session.cell()
    where = f" in cell {number}" if number else ""
    return Failure(
        "KernelDied",
        f"the kernel died{where}: killed, or out of memory",
        "run it again: it goes on from what is already so",
    )
