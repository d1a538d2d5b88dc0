"""The practice site's clock: wall-clock time, and waits that pass faster by a factor.

Not a calendar: a host's own, possibly wrong, time is `Host.now()`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Read this computer's clock."""
    return datetime.now(UTC)


class Clock:
    """Tells the time as it is, and lets practice seconds pass `speed` times faster.

    `await clock.sleep(5)` at speed 20 takes a quarter of a real second. Everything that the real
    software waits for (RestartSec, leases, elections) goes through here with its real number.
    """

    def __init__(self, *, speed: float = 20.0, now: Callable[[], datetime] = utc_now) -> None:
        if speed <= 0:
            raise ValueError(f"speed is {speed}; it must be more than 0")
        self.speed = speed
        self._now = now
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return the wall-clock time, in UTC."""
        return self._now()

    def elapsed_s(self) -> float:
        """Return the practice seconds since this clock was made; it never jumps."""
        return (time.monotonic() - self._began) * self.speed

    def real_s(self, seconds: float) -> float:
        """Return how long a wait of so many practice seconds really takes."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for so many practice seconds."""
        await asyncio.sleep(self.real_s(seconds))

    async def wait(self, event: asyncio.Event, timeout_s: float) -> bool:
        """Wait until the event is set or the practice seconds are over; say whether it was set."""
        try:
            await asyncio.wait_for(event.wait(), self.real_s(timeout_s))
        except TimeoutError:
            return event.is_set()
        return True
