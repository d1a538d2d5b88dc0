"""Slots: how many channels one connection may have open at once.

Not a setting: a host has its own limit (MaxSessions, 10 unless somebody lowered it) and tells nobody.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import paramiko

from edgebook.ssh.link import Link

MOST = 8
"""Below sshd's default of 10, so that a person's own use of the connection still finds room."""

Opened = tuple[Link, paramiko.Channel]


class Slots:
    """Hands out channels up to a limit, and learns a lower one when the host refuses."""

    def __init__(self) -> None:
        self._limit = MOST
        self._busy = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def one(self, open_channel: Callable[[], Opened]) -> Iterator[Opened]:
        """Wait for a free slot, open a channel, and close it at the end."""
        opened = self._take(open_channel)
        try:
            yield opened
        finally:
            # A link that broke says so to whoever used it, and must not hide a KeyboardInterrupt here.
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                opened[1].close()
            self._release()

    def _take(self, open_channel: Callable[[], Opened]) -> Opened:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._busy < self._limit)
                others = self._busy
                self._busy += 1
            try:
                return open_channel()
            except paramiko.ChannelException:
                # They may have ended since; what counts is what the host saw when it refused.
                others = max(others, self._release())
                if not others:
                    raise
                self._lower(others)
            except BaseException:
                self._release()
                raise

    def _release(self) -> int:
        """Give a slot back; return how many are still in use."""
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()
            return self._busy

    def _lower(self, limit: int) -> None:
        """Learn from a refusal how many channels the host allows: no more than were open beside it."""
        with self._changed:
            self._limit = min(self._limit, limit)
