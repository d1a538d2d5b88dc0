"""The wire in front of a practice port lags, freezes, breaks and refuses as it is told."""

import asyncio
import contextlib
import functools
import inspect
import socket
import time

import pytest

from edgebook.lab.wire import LOOPBACK, Wire
from tests.lab.bare import until

LIMIT_S = 10.0


class Echo:
    """A server that sends back what it gets, with a wire in front of it."""

    def __init__(self):
        self.passable = True
        self.refusing = False
        self._tasks = set()
        self.wire = None
        self._server = None

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self.wire = Wire(self._dial, passable=lambda: self.passable)
        self.wire.update()
        return self

    async def __aexit__(self, *_):
        await self.wire.close()
        self._server.close()
        await asyncio.gather(*self._tasks)
        await asyncio.sleep(0)

    async def connect(self):
        """Open a connection through the wire."""
        return await asyncio.open_connection(LOOPBACK, self.wire.port)

    async def _dial(self):
        if self.refusing:
            raise ConnectionRefusedError
        return await asyncio.open_connection(LOOPBACK, self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            while data := await reader.read(65536):
                writer.write(data)


def over_a_wire(test):
    """Run an async test with an echo server behind a wire."""
    _, *others = inspect.signature(test).parameters.values()

    def run(**arguments):
        async def body():
            async with asyncio.timeout(LIMIT_S), Echo() as echo:
                await test(echo, **arguments)

        asyncio.run(body())

    functools.update_wrapper(run, test)
    del run.__wrapped__
    run.__signature__ = inspect.Signature(others)
    return run


async def exchange(ends, data=b"x"):
    """Send bytes, wait until they are back, and say how many seconds that took."""
    reader, writer = ends
    began = time.monotonic()
    writer.write(data)
    assert data == await reader.readexactly(len(data))
    return time.monotonic() - began


async def broken(ends):
    """Say whether the connection has ended."""
    try:
        return await ends[0].read() == b""
    except ConnectionError:
        return True


async def refused(echo):
    """Say whether a new connection is refused."""
    try:
        _, writer = await echo.connect()
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


@over_a_wire
async def test_bytes_pass_unchanged(echo):
    """A megabyte comes back as it went."""
    ends = await echo.connect()
    await exchange(ends, bytes(range(256)) * 4096)
    ends[1].close()


@over_a_wire
async def test_end_of_input_is_passed_on(echo):
    """Closing one direction reaches the far end, and what is under way still comes back."""
    reader, writer = await echo.connect()
    writer.write(b"last words")
    writer.write_eof()
    assert b"last words" == await reader.read()
    writer.close()


@over_a_wire
async def test_latency_counts_each_way(echo):
    """Thirty milliseconds each way make a round trip of at least sixty."""
    ends = await echo.connect()
    echo.wire.latency_ms = 30
    assert 0.06 <= await exchange(ends) < 0.5
    ends[1].close()


@over_a_wire
async def test_latency_does_not_add_up(echo):
    """Chunks that follow each other are under way at the same time."""
    reader, writer = await echo.connect()
    echo.wire.latency_ms = 30
    began = time.monotonic()
    for _ in range(20):
        writer.write(b"x")
        await asyncio.sleep(0)
    await reader.readexactly(20)
    assert time.monotonic() - began < 0.6
    writer.close()


@over_a_wire
async def test_cut_breaks_open_connections(echo):
    """Every connection ends at once, with a reset."""
    connections = [await echo.connect() for _ in range(3)]
    for ends in connections:
        await exchange(ends)
    echo.wire.cut()
    assert [True, True, True] == [await broken(ends) for ends in connections]
    for _, writer in connections:
        writer.close()


@over_a_wire
async def test_after_a_cut_the_port_is_open_again(echo):
    """A cut without a time lets new connections in at once."""
    echo.wire.cut()
    ends = await echo.connect()
    await exchange(ends)
    ends[1].close()


@over_a_wire
async def test_cut_refuses_for_its_time(echo):
    """New connections are refused until the time is over."""
    echo.wire.cut(0.1)
    began = time.monotonic()
    assert await refused(echo)
    await until(lambda: echo.wire.listening)
    assert 0.05 < time.monotonic() - began
    assert not await refused(echo)


@over_a_wire
async def test_frozen_wire_keeps_what_is_sent(echo):
    """A frozen wire still accepts, delivers nothing, and goes on with everything when thawed."""
    echo.wire.freeze()
    reader, writer = await echo.connect()
    writer.write(b"hello")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.05)
    echo.wire.thaw()
    assert b"hello" == await reader.readexactly(5)
    writer.close()


@over_a_wire
async def test_port_is_closed_while_nobody_is_there(echo):
    """When the far end is gone the port refuses; when it is back the same port is open."""
    port = echo.wire.port
    echo.passable = False
    echo.wire.update()
    closed = await refused(echo)
    echo.passable = True
    echo.wire.update()
    assert (True, False, port) == (closed, await refused(echo), echo.wire.port)


@over_a_wire
async def test_closed_port_stays_ours(echo):
    """Nobody else can bind the port while it refuses."""
    echo.passable = False
    echo.wire.update()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, echo.wire.port))


@over_a_wire
async def test_far_end_that_refuses_resets(echo):
    """A connection that cannot go on ends at once."""
    echo.refusing = True
    ends = await echo.connect()
    assert await broken(ends)
    ends[1].close()


@over_a_wire
async def test_restore_takes_everything_back(echo):
    """Latency, freeze and refusal are gone after a restore."""
    echo.wire.latency_ms = 1000
    echo.wire.freeze()
    echo.wire.cut(60)
    echo.wire.restore()
    ends = await echo.connect()
    assert await exchange(ends) < 0.5
    ends[1].close()


@over_a_wire
async def test_ended_connections_are_forgotten(echo):
    """The count of connections follows what is open."""
    ends = await echo.connect()
    await exchange(ends)
    during = echo.wire.connections
    ends[1].close()
    await until(lambda: echo.wire.connections == 0)
    assert 1 == during


@over_a_wire
async def test_only_this_computer_is_served(echo):
    """The port is bound to 127.0.0.1 and nothing else."""
    assert "127.0.0.1" == echo.wire._reserved.getsockname()[0]
