"""The wire in front of a practice port: a TCP relay that can lag, freeze, break and refuse.

Not the network between the hosts (`network.py`): this is the way a person's computer takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 16
QUEUED_CHUNKS = 64
"""How many chunks are under way on a slow wire before the sender is held back."""
BACKLOG = 128
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Streams]]
"""Opens the far end for one connection; raises OSError to refuse it."""


def free_port() -> socket.socket:
    """Bind a port chosen by the system, without listening: until somebody does, connections are refused."""
    return _bound(0)


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # The port stays ours while nobody listens on it: a second socket of this process may bind it too.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.setblocking(False)
    sock.bind((LOOPBACK, port))
    return sock


class Wire:
    """One port on this computer and the way from it to a practice server.

    `latency_ms` delays every byte, each way. `cut(refuse_s)` breaks all connections and refuses new
    ones for so many real seconds. `freeze()` and `thaw()` stop and go on forwarding; the port still
    accepts. `passable` says whether there is anybody at the far end: while not, the port refuses.
    Call `update()` when that may have changed.
    """

    def __init__(self, dial: Dial, *, passable: Callable[[], bool] = lambda: True) -> None:
        self.latency_ms = 0.0
        self._dial = dial
        self._passable = passable
        self._reserved = free_port()
        self._listening: socket.socket | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refuse_until = 0.0
        self._open: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        port: int = self._reserved.getsockname()[1]
        return port

    @property
    def listening(self) -> bool:
        """Whether the port takes connections now."""
        return self._listening is not None

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    @property
    def frozen(self) -> bool:
        """Whether what is sent waits."""
        return not self._flowing.is_set()

    def update(self) -> None:
        """Listen or stop listening, as the far end and the refusal ask for."""
        loop = asyncio.get_running_loop()
        wanted = loop.time() >= self._refuse_until and self._passable()
        if wanted and self._listening is None:
            self._listening = _bound(self.port)
            self._listening.listen(BACKLOG)
            loop.add_reader(self._listening, self._accept)
        elif not wanted and self._listening is not None:
            loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    def cut(self, refuse_s: float = 0.0) -> None:
        """Break every connection now; refuse new ones for so many real seconds."""
        loop = asyncio.get_running_loop()
        if refuse_s:
            self._refuse_until = max(self._refuse_until, loop.time() + refuse_s)
            loop.call_at(self._refuse_until, self.update)
        self.update()
        for task in list(self._open):
            task.cancel()

    def freeze(self) -> None:
        """Stop forwarding; what is sent waits."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Forward again, with what waited."""
        self._flowing.set()

    def restore(self) -> None:
        """Be as new: no latency, not frozen, not refusing."""
        self.latency_ms = 0.0
        self._refuse_until = 0.0
        self.thaw()
        self.update()

    async def close(self) -> None:
        """Break every connection and give the port back."""
        self._passable = lambda: False
        open_now = list(self._open)
        self.cut()
        await asyncio.gather(*open_now, return_exceptions=True)
        await asyncio.sleep(0)  # transports close their sockets in the loop's next turn
        self._reserved.close()

    def _accept(self) -> None:
        if self._listening is None:
            return
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = asyncio.get_running_loop().create_task(self._carry(connection))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _carry(self, connection: socket.socket) -> None:
        """Connect the near end to the far end until both are closed or the wire is cut."""
        near_reader, near_writer = await asyncio.open_connection(sock=connection)
        ends = [near_writer]
        whole = False
        try:
            far_reader, far_writer = await self._dial()
            ends.append(far_writer)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._forward(near_reader, far_writer))
                both.create_task(self._forward(far_reader, near_writer))
            whole = True
        except (OSError, ExceptionGroup):
            pass  # one side broke: the other is broken too, below
        finally:
            if not whole:
                _reset(connection)
            for end in ends:
                end.close() if whole else end.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one direction; each chunk leaves `latency_ms` after it came."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(QUEUED_CHUNKS)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._deliver(under_way, writer))
            while True:
                data = await reader.read(CHUNK)
                await under_way.put((asyncio.get_running_loop().time() + self.latency_ms / 1000, data))
                if not data:
                    return

    async def _deliver(self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await under_way.get()
            wait_s = due - asyncio.get_running_loop().time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            await self._flowing.wait()
            if not data:
                with contextlib.suppress(OSError, RuntimeError):
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()


def _reset(connection: socket.socket) -> None:
    """Make the close a reset, as a cable that was cut shows up in the end."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
