"""The run's clock: real time, or a fixed one for reproducible practice runs.

Not a timer or a scheduler: nothing waits on it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

FIXED_STEP_S = 1.0
"""How far a fixed clock moves at each reading, seconds."""


class Clock:
    """Tells the time of a run and the seconds since it began.

    Args:
        fixed: where a fixed clock starts; each reading is one second later, so that a run with the
            same steps gives the same times. None for real time.
    """

    def __init__(self, fixed: datetime | None = None) -> None:
        self.began = (fixed or datetime.now(UTC)).astimezone(UTC)
        self.fixed = fixed is not None
        self._zero_s = time.monotonic()
        self._read_s = 0.0

    def now(self) -> datetime:
        """Read the clock; a fixed one moves on by a second."""
        return self.began + timedelta(seconds=self.elapsed())

    def elapsed(self) -> float:
        """Read the clock as seconds since the run began; a fixed one moves on by a second."""
        if not self.fixed:
            return time.monotonic() - self._zero_s
        seconds, self._read_s = self._read_s, self._read_s + FIXED_STEP_S
        return seconds

    def stamp(self) -> datetime:
        """Return the time for a record, without moving a fixed clock.

        Threads write records in any order; a reading each would make the times depend on it.
        """
        return self.began + timedelta(seconds=self.spent())

    def spent(self) -> float:
        """Return the seconds since the run began, without moving a fixed clock."""
        return max(self._read_s - FIXED_STEP_S, 0.0) if self.fixed else self.elapsed()

    def wave(self) -> Wave:
        """Return the watch for actions that run at the same time."""
        return Wave(self)


class Wave:
    """Times the actions of one wave; under a fixed clock all of them begin together and last a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_s = clock.elapsed()

    def start(self) -> float:
        """Return when an action begins, in seconds since the run began."""
        return self._began_s if self._clock.fixed else self._clock.elapsed()

    def seconds(self, began_s: float) -> float:
        """Return how long an action took that began at `began_s`."""
        return FIXED_STEP_S if self._clock.fixed else round(self._clock.elapsed() - began_s, 3)


def utc(when: datetime) -> str:
    """Write a time the way journals and pages do: `2026-01-15T08:00:00Z`, in UTC."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def run_id(when: datetime, notebook: str) -> str:
    """Name a run after its start and its runbook: `20260115T080000Z-10-install-k3s-ha`."""
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}-{notebook}"
