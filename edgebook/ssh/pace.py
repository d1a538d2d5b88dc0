"""The pace: at most so many bytes a second, shared by whoever sends.

Not a clock of single uploads: several at once share one pace, each as fast as the others leave it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

BURST_S = 0.25
"""What was not used in the last quarter of a second may be used now; older time is lost."""


class Pace:
    """A cap on the bytes that all its users together send in a second.

    Args:
        bytes_per_s: the cap.
        clock: tells the time, in seconds.
        sleep: waits, in seconds.
    """

    def __init__(
        self,
        bytes_per_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if bytes_per_s <= 0:
            raise ValueError("a pace is more than nothing")
        self.bytes_per_s = float(bytes_per_s)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()

    def wait(self, size: int) -> None:
        """Wait until this many more bytes may go; who asks first goes first."""
        with self._lock:
            now = self._clock()
            begins = max(self._free_at, now - BURST_S)
            self._free_at = begins + size / self.bytes_per_s
        if begins > now:
            self._sleep(begins - now)
