"""The progress of runs while they go: one line rewritten on a terminal, a line a stage in a log.

Not the record; that is the journal.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TextIO

from edgebook.batch import Job
from edgebook.cli.line import TerminalLine

BAR = 16


class Live(TerminalLine):
    """Shows what runs are doing.

    Args:
        runs: how many runs there will be.
        to: where to write, as a `TerminalLine` does.
    """

    def __init__(self, runs: int, to: TextIO | None = None) -> None:
        super().__init__(to)
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
        self._draw(self._line())

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
