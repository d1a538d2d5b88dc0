"""A bare practice world for tests: fresh hosts without shell, programs of other packages, or K3s.

Not the practice site: nothing listens, everything is called directly.
"""

import asyncio
import functools
import inspect

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.debian import SERVICES
from edgebook.lab.hosts.streams import Pipe
from edgebook.lab.world import WorldSpec, build

FAST = 400.0
"""So many times faster: a RestartSec of five seconds takes an eightieth of one."""
DEADLINE_S = 5.0
TEST_LIMIT_S = 20.0


def in_world(test=None, **spec):
    """Run an async test with a bare world as its first argument; other arguments are fixtures and parameters."""
    if test is None:
        return functools.partial(in_world, **spec)
    first, *others = inspect.signature(test).parameters.values()

    def run(**arguments):
        async def body():
            world = build(WorldSpec(**{"speed": FAST, **spec}), extensions=())
            try:
                await until(lambda: all(map(booted, world.hosts.values())))
                async with asyncio.timeout(TEST_LIMIT_S):
                    await test(**{first.name: world}, **arguments)
            finally:
                await world.close()

        asyncio.run(body())

    run.__name__, run.__doc__, run.__module__ = test.__name__, test.__doc__, test.__module__
    run.__signature__ = inspect.Signature(others)
    run.pytestmark = getattr(test, "pytestmark", [])
    return run


def booted(host):
    """Say whether all base services of a host are up."""
    return all(host.units.is_active(name) == "active" for name, *_ in SERVICES)


async def until(true):
    """Wait until a condition holds; fail when that takes too long."""
    async with asyncio.timeout(DEADLINE_S):
        while not true():  # noqa: ASYNC110 - hosts are plain state, without events
            await asyncio.sleep(0.001)


def call_on(host, *argv, user="root", stdin=b"", **changes):
    """Make a call on a host whose output and errors are pipes."""
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": host.user(user).home}
    streams = {"stdin": Pipe(stdin, closed=True), "stdout": Pipe(), "stderr": Pipe()}
    return Call(host.world, host, list(argv), env, user, **{**streams, **changes})
