"""Streams between practice programs behave as pipes and /dev/null do."""

import asyncio

from edgebook.lab.hosts.streams import Nothing, Pipe


def with_loop(body):
    """Run a coroutine function in a loop."""
    return asyncio.run(body())


def test_pipe_gives_lines_as_they_come():
    """A reader gets whole lines, and at the end what is left."""

    async def body():
        pipe = Pipe()
        reading = asyncio.ensure_future(pipe.readline())
        await asyncio.sleep(0)
        pipe.write(b"one\ntw")
        first = await reading
        pipe.write(b"o")
        pipe.close()
        return first, await pipe.readline(), await pipe.readline()

    assert (b"one\n", b"two", b"") == with_loop(body)


def test_pipe_gives_parts_and_the_rest():
    """A reader may take a part; reading without a size waits for the end."""

    async def body():
        pipe = Pipe(b"hello")
        part = await pipe.read(2)
        pipe.write(b"!")
        pipe.close()
        return part, await pipe.read(), await pipe.read()

    assert (b"he", b"llo!", b"") == with_loop(body)


def test_nothing_is_dev_null():
    """There is nothing to read, and what is written is gone."""

    async def body():
        null = Nothing()
        null.write(b"x")
        return await null.read(), await null.readline()

    assert (b"", b"") == with_loop(body)
