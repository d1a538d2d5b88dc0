"""The streams of an SSH session: what a program reads and writes, and how long they keep the session open.

Not the session: `ssh.py` runs the command in it.
"""

from __future__ import annotations

import asyncio
import contextlib

import asyncssh
from asyncssh.packet import UInt32

CLOSED = (asyncssh.Error, OSError)
Bytes = asyncssh.SSHServerProcess[bytes]
Held = set[asyncio.Task[object]]
"""The background jobs that have a session's output."""


class Input:
    """What the client sends, as a program's standard input; a lost connection is its end."""

    def __init__(self, process: Bytes) -> None:
        self._reader = process.stdin

    async def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all until the end when negative."""
        with contextlib.suppress(*CLOSED):
            return await self._reader.read(size)
        return b""

    async def readline(self) -> bytes:
        """Return the next line."""
        with contextlib.suppress(*CLOSED):
            return await self._reader.readline()
        return b""


class Output:
    """A program's output on its way to the client. After the client is gone it goes nowhere.

    sshd would keep reading too until it notices that the link is dead, so the program runs on.
    """

    def __init__(self, writer: asyncssh.SSHWriter[bytes], *, tty: bool, held: Held) -> None:
        self._writer = writer
        self._tty = tty
        self._held = held

    def hold(self, job: asyncio.Task[object]) -> None:
        """Keep the session open until a background job, which has this output, has ended."""
        self._held.add(job)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        with contextlib.suppress(*CLOSED):
            self._writer.write(data.replace(b"\n", b"\r\n") if self._tty else data)


async def until_let_go(process: Bytes, code: int, held: Held) -> None:
    """Tell the exit code, and close the session when the last job that has its output has ended, or the client has."""
    # asyncssh's own `exit` closes at once; sshd tells the code as soon as there is one.
    process.channel._send_request(b"exit-status", UInt32(code & 255))  # noqa: SLF001
    gone = asyncio.ensure_future(process.wait_closed())
    try:
        while not gone.done() and (jobs := {job for job in held if not job.done()}):
            await asyncio.wait({gone, *jobs}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        process.close()
