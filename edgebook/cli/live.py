"""The progress of runs while they go: one line rewritten on a terminal, a line a stage in a log.

Not the record; that is the journal.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TextIO

from edgebook.batch import Job

BAR = 16
CLEAR = "\r\x1b[K"


class Live:
    """Shows what runs are doing; a context manager that leaves a clean line behind.

    Args:
        runs: how many runs there will be.
        to: where to write; standard error, so that standard output stays for results.
    """

    def __init__(self, runs: int, to: TextIO | None = None) -> None:
        self._to = to or sys.stderr
        self._terminal = self._to.isatty()
        self._runs = runs
        self._now: dict[str, Mapping[str, Any]] = {}
        self._last: tuple[Job, Mapping[str, Any]] | None = None
        self._began = time.monotonic()

    def tell(self, job: Job, event: Mapping[str, Any]) -> None:
        """Take in what a run said."""
        before = self._now.get(job.site_name, {})
        self._now[job.site_name] = event
        self._last = (job, event)
        if not self._terminal and before.get("stage") != event.get("stage"):
            print(
                f"{job.site_name}: {event.get('done', 0)}/{event.get('total', '?')} {event.get('stage', '')}",
                file=self._to,
                flush=True,
            )

    def tick(self) -> None:
        """Draw the line anew, so that a long step is seen to be alive."""
        if self._terminal:
            self._to.write(CLEAR + self._line()[: shutil.get_terminal_size().columns - 1])
            self._to.flush()

    def _line(self) -> str:
        clock = time.strftime("%M:%S", time.gmtime(time.monotonic() - self._began))
        if self._last is None:
            return f"{clock} starting"
        job, event = self._last
        done, total = int(event.get("done", 0)), int(event.get("total", 0))
        full = BAR * done // total if total else 0
        several = f"{len(self._now)} of {self._runs} sites · " if self._runs > 1 else ""
        where = f"{event.get('stage', '')} · {event.get('target', '')} · {event.get('step', '')}"
        return f"{clock} [{'█' * full}{'░' * (BAR - full)}] {done}/{total} {several}{job.site_name}: {where}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal:
            self._to.write(CLEAR)
            self._to.flush()
