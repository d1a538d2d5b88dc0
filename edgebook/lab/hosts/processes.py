"""The processes of one practice host: what `ps` lists and `kill` reaches.

Not real processes: each is a task of this program's event loop, or only an entry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

SIGHUP, SIGINT, SIGKILL, SIGTERM = 1, 2, 9, 15
FIRST_PID = 400


SIGNALLED = 128


class Killed(int):
    """The exit code of a process that a signal ended, as a shell tells it: 128 and the signal's number.

    It is handed on as long as nobody makes a code of his own of it, as a shell does with its last
    command, so that the SSH server can tell the client of the signal.
    """

    @classmethod
    def by(cls, signal: int) -> Killed:
        """Make the code for a signal."""
        return cls(SIGNALLED + signal)

    @property
    def signal(self) -> int:
        """The signal's number."""
        return self - SIGNALLED


@dataclass(eq=False)
class Process:
    """One process.

    `on_signal` takes a signal in place of the task, as a service's main process does; `on_ready` takes
    the word of `systemd-notify --ready`.
    """

    pid: int
    parent: int
    user: str
    argv: tuple[str, ...]
    since: datetime
    unit: str = ""
    task: asyncio.Task[object] | None = None
    on_signal: Callable[[int], None] | None = None
    on_ready: Callable[[], None] | None = None
    killed_by: int = 0


class Processes:
    """The table of processes. `begin` enters one, `end` removes it, `kill` signals it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._table: dict[int, Process] = {}
        self._next = FIRST_PID

    @property
    def upcoming(self) -> int:
        """The number the next process will get."""
        return self._next

    def begin(self, argv: Sequence[str], *, user: str = "root", parent: int = 1, unit: str = "") -> Process:
        """Enter a process with the next number, run by the current task if there is one."""
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        process = Process(self._next, parent, user, tuple(argv), self._now(), unit, task)
        self._next += 1
        self._table[process.pid] = process
        return process

    def enter(self, pid: int, argv: Sequence[str]) -> Process:
        """Enter a process that is only an entry, such as the kernel's or systemd's."""
        process = Process(pid, 0 if pid == 1 else 1, "root", tuple(argv), self._now())
        self._table[pid] = process
        return process

    def end(self, process: Process) -> None:
        """Remove a process; twice is once."""
        self._table.pop(process.pid, None)

    def get(self, pid: int) -> Process | None:
        """Return the process with this number, if it lives."""
        return self._table.get(pid)

    def __iter__(self) -> Iterator[Process]:
        return iter([self._table[pid] for pid in sorted(self._table)])

    def kill(self, pid: int, signal: int = SIGTERM) -> None:
        """Send a signal; raise ProcessLookupError when there is no such process."""
        process = self._table.get(pid)
        if process is None:
            raise ProcessLookupError(3, "No such process")
        if signal == 0:
            return
        process.killed_by = signal
        if process.on_signal is not None:
            process.on_signal(signal)
        elif process.task is not None:
            process.task.cancel()

    def clear(self) -> None:
        """End every process at once, as a power cut does."""
        for process in list(self._table.values()):
            if process.task is not None:
                process.task.cancel()
        self._table.clear()
