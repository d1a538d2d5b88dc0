"""The meter: how much of several files is there, in one line that is rewritten on a terminal.

Not a log: where the output is no terminal it says nothing, the table at the end does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from typing import TextIO

from edgebook.cli.line import TerminalLine

EVERY_S = 0.2
UNITS = ("B", "kB", "MB", "GB", "TB")
THOUSAND = 1000


def size(count: float) -> str:
    """Write a number of bytes for people: 71.2 MB."""
    unit = 0
    while count >= THOUSAND and unit < len(UNITS) - 1:
        count, unit = count / THOUSAND, unit + 1
    return f"{count:.1f} {UNITS[unit]}" if unit else f"{count:.0f} B"


class Meter(TerminalLine):
    """Shows what is under way."""

    def __init__(self, to: TextIO | None = None) -> None:
        super().__init__(to)
        self._lock = threading.Lock()
        self._there: dict[Hashable, tuple[int, int]] = {}
        self._first = 0
        self._began = self._drawn = time.monotonic()

    def tell(self, what: Hashable, done: int, total: int) -> None:
        """Take in how much of one file is there; `total` is 0 where nobody knows."""
        if not self._terminal:
            return
        with self._lock:
            if what not in self._there:
                self._first += done  # was there before, and says nothing of the speed
            self._there[what] = (done, total)
            now = time.monotonic()
            if now - self._drawn < EVERY_S:
                return
            self._drawn = now
            self._draw(self._line(now))

    def _line(self, now: float) -> str:
        done = sum(there for there, _ in self._there.values())
        total = sum(max(pair) for pair in self._there.values())
        speed = (done - self._first) / max(now - self._began, EVERY_S)
        under_way = [what for what, (there, whole) in self._there.items() if there < whole or not whole]
        names = ", ".join(str(what[-1] if isinstance(what, tuple) else what) for what in under_way)
        return f"{size(done)} of {size(total)}, {size(speed)}/s: {names}"
