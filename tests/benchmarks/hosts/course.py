"""The course: one row run by all its entrants in turn, in an order of chance, as often as asked.

Not parallel: while one runs, no other does.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.benchmarks.hosts.entrants import Entrant, Once, RunFailed
from tests.benchmarks.hosts.figures import Measured, Timing, shuffled
from tests.benchmarks.hosts.ground import Ground
from tests.benchmarks.hosts.rows import Row


@dataclass
class Runner:
    """An entrant in a row: how it is called, and what has come of it so far."""

    entrant: Entrant
    missing: str = ""
    once: Once | None = None
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def start(self, started: ExitStack) -> None:
        """Start what has to run beforehand, or learn that it cannot."""
        self.missing = self.entrant.missing()
        if self.missing:
            return
        started.callback(self.entrant.after)
        try:
            self.once = started.enter_context(self.entrant.ready())
        except RunFailed as failed:
            self.missing = f"failed: {failed}"

    def run(self, row: Row, ground: Ground) -> None:
        """Do the work once, and note its seconds or why it failed."""
        if self.once is None:
            return
        self.entrant.before()
        row.before(ground)
        try:
            seconds = self.once()
            row.after(ground)
        except RunFailed as failed:
            self.failures.append(str(failed))
        else:
            self.seconds.append(seconds)

    def forget(self) -> None:
        """Drop what was timed so far."""
        self.seconds.clear()

    def timing(self) -> Timing:
        """Return what came of it."""
        never = f"failed: {self.failures[-1]}" if self.failures and not self.seconds else ""
        return self.entrant.timing(self.seconds, self.missing or never, self.failures)


def measure(row: Row, ground: Ground, *, repeats: int, chance: random.Random) -> Measured:
    """Run a row: every entrant once untimed, because caches fill and Python compiles, then `repeats` rounds of all."""
    load = os.getloadavg()[0]
    runners = [Runner(entrant) for entrant in row.entrants(ground)]
    with ground.slow(row.hosts, row.rtt_ms) as wire, ExitStack() as started:
        for runner in runners:
            runner.start(started)
        _round(runners, range(len(runners)), row, ground)
        for runner in runners:
            runner.forget()
        for order in shuffled(len(runners), repeats * row.often, chance):
            _round(runners, order, row, ground)
    notes = (*row.notes, *([wire] if wire else []))
    timings = tuple(runner.timing() for runner in runners)
    return Measured(row.id, row.title, row.aim, timings, notes, (load, os.getloadavg()[0]))


def _round(runners: Sequence[Runner], order: Sequence[int], row: Row, ground: Ground) -> None:
    for at in order:
        runners[at].run(row, ground)
