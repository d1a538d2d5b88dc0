"""An exchange: one command on one channel, from the request to the exit code.

Not a judge: what the exit code means, and whether a missing one is a lost connection, is decided above.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import paramiko

PIECE_BYTES = 32 * 1024
LOOK_EVERY_S = 0.5
"""The wake-up comes with the data; this only bounds how late Ctrl-C is noticed on Windows."""

NO_CODE = -1
STREAM_LIMIT_BYTES = 64 * 1024
"""A command that is fed as a stream has nothing to say but what went wrong."""


@dataclass(frozen=True)
class Reply:
    """What came back.

    `code` is `NO_CODE` when a signal, or a lost connection, ended the command; `whole` says that the
    host itself has ended the output.
    """

    code: int
    out: bytes
    err: bytes
    seconds: float
    whole: bool = True
    truncated: bool = False


class Overdue(Exception):
    """The command did not end in time."""

    def __init__(self, out: bytes, *, ended: bool) -> None:
        super().__init__("the time is up")
        self.out = out
        self.ended = ended
        """Whether the command itself had ended, and something it left behind held its output."""


class Kept:
    """The beginning of a stream; the rest is read, so that the command can go on, and dropped."""

    def __init__(self, limit_bytes: int) -> None:
        self.data = bytearray()
        self.truncated = False
        self._limit = limit_bytes

    def add(self, piece: bytes) -> None:
        """Keep what there is room for."""
        room = self._limit - len(self.data)
        self.truncated = self.truncated or len(piece) > room
        self.data += piece[:room]


class _Wake(threading.Event):
    """An event for two buffers: paramiko clears it when one of them is empty, which the other may not be."""

    def clear(self) -> None:
        """Ignore the buffers' wish."""

    def rest(self) -> None:
        """Clear it for good."""
        super().clear()


def exchange(channel: paramiko.Channel, line: str, stdin: bytes, *, timeout_s: float, limit_bytes: int) -> Reply:
    """Run a command line on a fresh channel and collect its output.

    Raises:
        Overdue: it did not end in time; the caller closes the channel, the command may go on.
    """
    began = time.monotonic()
    wake = _start(channel, line)
    _feed(channel, stdin)
    return _collected(channel, wake, began, deadline_s=began + timeout_s, limit_bytes=limit_bytes)


def stream(channel: paramiko.Channel, line: str, pieces: Iterable[bytes], *, stalled_s: float, ends_s: float) -> Reply:
    """Run a command line on a fresh channel and feed it as fast as it reads; the whole may take as long as it likes.

    Args:
        channel: the fresh channel.
        line: the command line.
        pieces: its input; what making them raises is raised here, and the input ends there.
        stalled_s: give up when the host takes nothing for this long, seconds.
        ends_s: how long the command may take after its input has ended.

    Raises:
        TimeoutError: the host took nothing.
        Overdue: the command did not end in time.
    """
    began = time.monotonic()
    channel.settimeout(stalled_s)
    wake = _start(channel, line)
    _pour(channel, pieces)
    deadline_s = time.monotonic() + ends_s
    return _collected(channel, wake, began, deadline_s=deadline_s, limit_bytes=STREAM_LIMIT_BYTES)


def _collected(channel: paramiko.Channel, wake: _Wake, began: float, *, deadline_s: float, limit_bytes: int) -> Reply:
    out, err = Kept(limit_bytes), Kept(limit_bytes)
    while True:
        wake.rest()
        ended = channel.closed or bool(channel.eof_received and channel.exit_status_ready())
        _drain(channel, out, err)
        if ended:
            break
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise Overdue(bytes(out.data), ended=channel.exit_status_ready())
        wake.wait(min(left_s, LOOK_EVERY_S))
    seconds, whole = time.monotonic() - began, bool(channel.eof_received)
    truncated = out.truncated or err.truncated
    return Reply(channel.exit_status, bytes(out.data), bytes(err.data), seconds, whole=whole, truncated=truncated)


def _start(channel: paramiko.Channel, line: str) -> _Wake:
    wake = _Wake()
    channel.exec_command(line)
    channel.in_buffer.set_event(wake)
    channel.in_stderr_buffer.set_event(wake)
    return wake


def _drain(channel: paramiko.Channel, out: Kept, err: Kept) -> None:
    while channel.recv_ready():
        out.add(channel.recv(PIECE_BYTES))
    while channel.recv_stderr_ready():
        err.add(channel.recv_stderr(PIECE_BYTES))


def _feed(channel: paramiko.Channel, stdin: bytes) -> None:
    pieces = (stdin[start : start + PIECE_BYTES] for start in range(0, len(stdin), PIECE_BYTES))
    if not stdin:
        _pour(channel, pieces)
        return
    # In a thread: a command that answers while it reads would else wait for us, and we for it.
    threading.Thread(target=_send, args=(channel, pieces), name="edgebook-stdin", daemon=True).start()


def _send(channel: paramiko.Channel, pieces: Iterable[bytes]) -> None:
    # How long the host may take in all is decided by who waits for the command's end.
    with contextlib.suppress(TimeoutError):
        _pour(channel, pieces)


def _pour(channel: paramiko.Channel, pieces: Iterable[bytes]) -> None:
    try:
        for piece in pieces:
            channel.sendall(piece)
        _end_input(channel)
    except TimeoutError:
        raise
    except (OSError, EOFError, paramiko.SSHException):
        # A command may end without reading its input; whether that is right, its exit code says.
        return


def _end_input(channel: paramiko.Channel) -> None:
    """Tell the host that the input ends, before anything can say that the channel is closed.

    paramiko's `shutdown_write` makes the message under the channel's lock and sends it after: when a
    command ends at that moment, the transport's own CLOSE overtakes it, and an SSH server ends the
    whole connection on an EOF for a channel that is closed.
    """
    unordered: Any = channel  # nothing public keeps the order, and what does has no types
    with channel.lock:
        message = unordered._send_eof()  # noqa: SLF001 (see above)
        if message is not None:
            unordered.transport._send_user_message(message)  # noqa: SLF001 (see above)
