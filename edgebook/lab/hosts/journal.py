"""The journal of one practice host: what its services and its systemd said.

Not journalctl: a program filters and formats these entries.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

KEPT = 20_000
"""How many entries a host keeps; the oldest go first."""
WARNING, NOTICE, INFO = 4, 5, 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `unit` is the service it is about (also when systemd says it)."""

    number: int
    time: datetime
    identifier: str
    pid: int
    unit: str
    message: str
    priority: int = INFO
    boot: int = 0


class Journal:
    """All entries of one host, oldest first.

    `journal.add("text", unit="k3s.service", identifier="k3s", pid=812)`; several lines make several
    entries. `journal.entries(unit="k3s")` filters; `await journal.more(number)` waits for one after
    that number, for `journalctl -f`.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._waiters: set[asyncio.Future[None]] = set()
        self._count = 0
        self.boot = 0

    def add(
        self, message: str, *, unit: str = "", identifier: str = "systemd", pid: int = 1, priority: int = INFO
    ) -> None:
        """Append a message at the host's own time."""
        for line in message.splitlines():
            self._count += 1
            self._entries.append(Entry(self._count, self._now(), identifier, pid, unit, line, priority, self.boot))
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    def entries(
        self, *, unit: str = "", identifier: str = "", after: int = 0, since: datetime | None = None
    ) -> Iterator[Entry]:
        """Yield the entries that match, oldest first; a unit without a suffix is a service."""
        wanted = unit if not unit or "." in unit else f"{unit}.service"
        for entry in list(self._entries):
            if entry.number <= after or (since is not None and entry.time < since):
                continue
            if (not wanted or entry.unit == wanted) and (not identifier or entry.identifier == identifier):
                yield entry

    def messages(self, unit: str = "") -> list[str]:
        """Return the messages of a unit, or all of them."""
        return [entry.message for entry in self.entries(unit=unit)]

    @property
    def last(self) -> int:
        """The number of the newest entry."""
        return self._count

    async def more(self, after: int) -> None:
        """Wait until there is an entry newer than this number."""
        while self._count <= after:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            await waiter
