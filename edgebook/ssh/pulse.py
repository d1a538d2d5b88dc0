"""The pulse: finds out within a stated time that a host is frozen or its link is cut.

Not TCP keepalive: a frozen host's kernel goes on answering that, and paramiko's own keepalive
expects no reply. This asks as `ssh -o ServerAliveInterval` does, and only when the host is quiet.
"""

from __future__ import annotations

import threading

import paramiko

from edgebook.ssh.wire import QUIET_LIMIT_S, Wire

TICK_S = 1.0
ASK_AFTER_TICKS = 3
LOST_AFTER_TICKS = QUIET_LIMIT_S
REQUEST = "keepalive@openssh.com"


class Pulse(threading.Thread):
    """Watches one connection: asks after 3 quiet seconds, closes it after 15.

    It counts its own ticks instead of reading a clock, so that a computer that was asleep, or a
    stopped process, does not take its own absence for the host's.
    """

    def __init__(self, transport: paramiko.Transport, wire: Wire) -> None:
        super().__init__(name="edgebook-pulse", daemon=True)
        self.lost = False
        self._transport = transport
        self._wire = wire
        self._stopped = threading.Event()

    def run(self) -> None:
        """Watch until the connection ends or is found lost."""
        quiet = 0
        heard = self._wire.heard_bytes
        while not self._stopped.wait(TICK_S) and self._transport.is_active():
            quiet = quiet + 1 if heard == self._wire.heard_bytes else 0
            heard = self._wire.heard_bytes
            if quiet >= LOST_AFTER_TICKS:
                self.lost = True
                self._transport.close()
            elif quiet == ASK_AFTER_TICKS:
                # In its own thread: sending blocks when a frozen host has left the send buffer full.
                threading.Thread(target=self.ask, name="edgebook-pulse-ask", daemon=True).start()

    def ask(self) -> bool:
        """Ask the host for a sign of life; return whether the connection still stands afterwards."""
        try:
            self._transport.global_request(REQUEST, wait=True)
        except (paramiko.SSHException, EOFError, OSError):
            return False
        return self._transport.is_active()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()
