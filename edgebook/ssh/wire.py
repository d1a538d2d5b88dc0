"""The wire: the byte stream under an SSH connection, and what it has heard.

Not SSH: it may be a TCP socket, a channel through a jump host, or a ProxyCommand.
"""

from __future__ import annotations

import contextlib
import errno
import shlex
import socket
import subprocess
import sys
from typing import Any, Protocol

QUIET_LIMIT_S = 15
"""A host that shows no sign of life for this long is lost: found by TCP or by the heartbeat."""

HURRIED_BYTES = 16 * 1024
"""More than a host says before it answers its first command."""


class Stream(Protocol):
    """What paramiko wants of a socket."""

    def recv(self, size: int, /) -> bytes: ...
    def send(self, data: bytes, /) -> int: ...
    def settimeout(self, seconds: float | None, /) -> None: ...
    def close(self) -> None: ...


class Wire:
    """A stream that counts what it hears, so that any byte from the host proves that it lives."""

    def __init__(self, stream: Stream, process: subprocess.Popen[bytes] | None = None) -> None:
        self.heard_bytes = 0
        self.unanswered = False
        """Whether TCP gave up on bytes that nobody acknowledged, before the pulse did on the silence."""
        self._stream = stream
        self._process = process

    def recv(self, size: int) -> bytes:
        """Receive and count."""
        try:
            data = self._stream.recv(size)
        except OSError as exc:
            self._note(exc)
            raise
        self.heard_bytes += len(data)
        return data

    def send(self, data: bytes) -> int:
        """Send, and note when TCP has given up."""
        try:
            return self._stream.send(data)
        except OSError as exc:
            self._note(exc)
            raise

    def close(self) -> None:
        """Close the stream, and end the program that carries it."""
        self._stream.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _note(self, exc: OSError) -> None:
        # The kernel says so once. paramiko takes it for its own short time limit, which has no number, and goes on.
        self.unanswered = self.unanswered or exc.errno == errno.ETIMEDOUT

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class TcpWire(Wire):
    """A TCP socket that acknowledges at once what a host says before its first answer.

    Until it has a session, sshd leaves Nagle's algorithm on: a second short message waits until the
    first is acknowledged, which Linux does 40 ms late. That made a first command 65 ms instead of 25.
    """

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self._sock = sock

    def recv(self, size: int) -> bytes:
        """Receive, and acknowledge now: the kernel forgets the option, so it is set each time (tcp(7))."""
        data = super().recv(size)
        if data and self.heard_bytes < HURRIED_BYTES and hasattr(socket, "TCP_QUICKACK"):
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return data


def tcp(address: str, port: int, timeout_s: float) -> Wire:
    """Connect over TCP, with the options that SSH needs on a bad link."""
    sock = socket.create_connection((address, port), timeout=timeout_s)
    # Without it each command waits for a delayed acknowledgement: 44 ms instead of 1.5 ms on a LAN.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere the heartbeat alone finds a cut link
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, QUIET_LIMIT_S * 1000)
    return TcpWire(sock)


def proxied(command: str) -> Wire:
    """Run a ProxyCommand and speak through it; it is split into words, not given to a shell.

    Not paramiko's ProxyCommand, which spins for ever once its program has ended.
    """
    if sys.platform == "win32":
        raise OSError("ProxyCommand is not supported on Windows: use ProxyJump")
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as undo, theirs:
        undo.callback(ours.close)
        end = theirs.fileno()
        process = subprocess.Popen(shlex.split(command), stdin=end, stdout=end, stderr=subprocess.DEVNULL)
        undo.pop_all()
    return Wire(ours, process)
