"""The shell: one gate to a host's wire, through which every command goes.

Not a terminal, and not public: `edgebook.ssh.host` says what may be done here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from edgebook.errors import ConnectionLost, HostTimeout
from edgebook.records import Completed, SshTarget
from edgebook.ssh.command import Command, build, raise_if_refused
from edgebook.ssh.connection import Connection, Gates
from edgebook.ssh.exchange import NO_CODE, Overdue, Reply, exchange, stream
from edgebook.ssh.failures import HINTS, Phase, translated
from edgebook.ssh.link import Link

OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024
COMMAND_TIMEOUT_S = 60.0
SHOWN_SCRIPT_CHARS = 100


class Shell:
    """Runs command lines on one host, each on a channel of its own."""

    def __init__(self, target: SshTarget, gates: Gates, *, retries: int) -> None:
        self.name = target.name
        self.target = target
        self.connection = Connection(target, gates, retries=retries)

    def ask(
        self,
        command: Command,
        *,
        stdin: bytes = b"",
        timeout_s: float = COMMAND_TIMEOUT_S,
        limit_bytes: int = OUTPUT_LIMIT_BYTES,
    ) -> Reply:
        """Run a command and return its bytes; raise when sudo, the time or the connection ended it."""
        with (
            translated(self.name, Phase.COMMAND, f"running `{command.shown}`"),
            self.connection.session() as (link, channel),
        ):
            reply = exchange(
                channel, command.line, command.prologue + stdin, timeout_s=timeout_s, limit_bytes=limit_bytes
            )
            self._raise_if_lost(link, command, reply)
        raise_if_refused(self.name, command, reply.code, reply.err.decode(errors="replace"))
        return reply

    def feed(self, command: Command, pieces: Iterable[bytes], *, stalled_s: float, ends_s: float) -> Reply:
        """Run a command that reads a long input; raise as `ask` does, and when the host stops taking it in."""
        doing = f"running `{command.shown}`"
        with (
            translated(self.name, Phase.TRANSFER, doing, alive=lambda: self.connection.alive),
            self.connection.session() as (link, channel),
        ):
            whole = itertools.chain([command.prologue] if command.prologue else [], pieces)
            reply = stream(channel, command.line, whole, stalled_s=stalled_s, ends_s=ends_s)
            self._raise_if_lost(link, command, reply)
        raise_if_refused(self.name, command, reply.code, reply.err.decode(errors="replace"))
        return reply

    def complete(self, command: Command, *, stdin: bytes = b"", timeout_s: float = COMMAND_TIMEOUT_S) -> Completed:
        """Run a command and return its text."""
        try:
            reply = self.ask(command, stdin=stdin, timeout_s=timeout_s)
        except Overdue as late:
            raise self.too_late(command.shown, timeout_s, late) from None
        return Completed(
            self.name,
            command.shown,
            reply.code,
            reply.out.decode(errors="replace"),
            reply.err.decode(errors="replace"),
            reply.seconds,
            reply.truncated,
        )

    def script(
        self,
        text: str,
        args: Sequence[str] = (),
        *,
        sudo: bool = False,
        stdin: bytes = b"",
        timeout_s: float = COMMAND_TIMEOUT_S,
        shown: str = "",
    ) -> Completed:
        """Run a shell text with arguments."""
        if not shown and len(text) > SHOWN_SCRIPT_CHARS:
            shown = f"sh -c '{text.strip().splitlines()[0]} …'"
        command = build(self.target, ["sh", "-c", text, "edgebook", *args], sudo=sudo, shown=shown)
        return self.complete(command, stdin=stdin, timeout_s=timeout_s)

    def too_late(self, shown: str, timeout_s: float, late: Overdue) -> HostTimeout:
        """Make the error for a command that took too long: closing a channel ends nothing on the host."""
        if late.ended:
            text = f"`{shown}` ended, but something it started still holds its output after {timeout_s:g} s"
            return HostTimeout(self.name, text, hint="start services with systemctl, not with `&`")
        text = f"`{shown}` did not end within {timeout_s:g} s; it may still be running on the host"
        return HostTimeout(self.name, text, hint="look on the host with ps, or allow more time")

    def _raise_if_lost(self, link: Link, command: Command, reply: Reply) -> None:
        """Tell a lost connection from a command that a signal ended: paramiko reports both as -1."""
        if (reply.code == NO_CODE or not reply.whole) and not link.answers():
            text = f"the connection broke while `{command.shown}` was running, which may go on: {link.loss}"
            raise ConnectionLost(self.name, text, hint=HINTS[ConnectionLost])
