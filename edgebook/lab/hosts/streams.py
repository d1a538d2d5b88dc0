"""The byte streams between practice programs: what a shell connects with `|`, `<` and `>`.

Not sockets: the SSH server has its own reader and writer of the same shape.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Reader(Protocol):
    """Where a program reads its standard input."""

    async def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all until the end when negative, and nothing only at the end."""

    async def readline(self) -> bytes:
        """Return the next line with its newline; at the end what is left, or nothing."""


class Writer(Protocol):
    """Where a program writes its output or its errors."""

    def write(self, data: bytes) -> None:
        """Take the bytes; raise BrokenPipeError when nobody reads any more."""


class Pipe:
    """A pipe: one side writes and closes, the other reads until the end.

    `Pipe(b"text", closed=True)` is an input that is all there; `Pipe()` one to write to.
    """

    def __init__(self, data: bytes = b"", *, closed: bool = False) -> None:
        self._data = bytearray(data)
        self._closed = closed
        self._dropped = False
        self._changed = asyncio.Event()

    def write(self, data: bytes) -> None:
        """Add bytes for the reader."""
        if self._dropped or self._closed:
            raise BrokenPipeError
        self._data += data
        self._changed.set()

    def close(self) -> None:
        """End the writing side; the reader sees the end after what is still there."""
        self._closed = True
        self._changed.set()

    def drop(self) -> None:
        """End the reading side; the next write raises BrokenPipeError."""
        self._dropped = True
        self._data.clear()

    async def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all until the end when negative, and nothing only at the end."""
        while not self._closed and (size < 0 or not self._data):
            await self._wait()
        end = len(self._data) if size < 0 else min(size, len(self._data))
        return self._take(end)

    async def readline(self) -> bytes:
        """Return the next line with its newline; at the end what is left, or nothing."""
        while not self._closed and b"\n" not in self._data:
            await self._wait()
        end = self._data.find(b"\n") + 1
        return self._take(end or len(self._data))

    def taken(self) -> bytes:
        """Return what is there now, without waiting."""
        return self._take(len(self._data))

    def _take(self, end: int) -> bytes:
        data = bytes(memoryview(self._data)[:end])
        del self._data[:end]
        return data

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class Nothing:
    """/dev/null: no input, and output that goes nowhere."""

    async def read(self, size: int = -1) -> bytes:  # noqa: ARG002 - the shape of Reader
        """Return the end at once."""
        return b""

    async def readline(self) -> bytes:
        """Return the end at once."""
        return b""

    def write(self, data: bytes) -> None:
        """Forget the bytes."""
