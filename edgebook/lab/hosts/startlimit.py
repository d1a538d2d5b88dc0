"""The start limit of a unit: how often it may be started within how long.

Not the unit: `service.py` asks here before each start.
"""

from __future__ import annotations

from collections import deque

from edgebook.lab.hosts.unitfile import UnitFile


class StartLimit:
    """Counts a unit's starts; `StartLimitBurst` of them within `StartLimitIntervalSec` are let through."""

    def __init__(self) -> None:
        self._starts: deque[float] = deque()

    def refuses(self, file: UnitFile, *, now_s: float) -> bool:
        """Say whether one more start is too many, and count it when it is not."""
        burst, interval_s = file.start_limit
        while self._starts and self._starts[0] <= now_s - interval_s:
            self._starts.popleft()
        if interval_s and len(self._starts) >= burst:
            return True
        self._starts.append(now_s)
        return False

    def clear(self) -> None:
        """Forget all starts, as `systemctl reset-failed` does."""
        self._starts.clear()
