"""A practice host at a prompt, for tests: one command line in, exit code, output and errors out.

Not SSH: the shell is called directly.
"""

import asyncio
import functools
import inspect
import json
from pathlib import Path
from typing import NamedTuple

from edgebook.lab.hosts.call import Call, run
from edgebook.lab.hosts.debian import ROOT_PATH, USER_PATH
from edgebook.lab.hosts.streams import Pipe
from edgebook.lab.world import WorldSpec, build
from tests.lab.bare import TEST_LIMIT_S, booted, until

GOLDEN = Path(__file__).parent / "golden"
EXTENSIONS = ("edgebook.lab.hosts.programs", "edgebook.lab.hosts.shell")
SPEED = 200.0
FOLDER = "/tmp/bench"


class Ran(NamedTuple):
    """How a command line ended."""

    code: int
    out: str
    err: str


class Prompt:
    """A world of few hosts, and a shell on each."""

    def __init__(self, world):
        self.world = world
        self.host = world.hosts["s1"]

    async def __call__(self, text, *, user="root", stdin=b"", host="s1", argv=None, cwd="", **env):
        """Run a command line."""
        target = self.world.hosts[host]
        account = target.user(user)
        path = USER_PATH if user != "root" else ROOT_PATH
        env = {"PATH": path, "HOME": account.home, "USER": user, **env}
        stdin = Pipe(stdin, closed=True)
        call = Call(
            self.world, target, argv or ["sh", "-c", text], env, user, cwd or account.home, stdin, Pipe(), Pipe()
        )
        code = await run(call)
        return Ran(code, *(pipe.taken().decode(errors="replace") for pipe in (call.stdout, call.stderr)))


def at_prompt(test=None, **spec):
    """Run an async test with a prompt as its first argument; other arguments are fixtures and parameters."""
    if test is None:
        return functools.partial(at_prompt, **spec)
    first, *others = inspect.signature(test).parameters.values()

    def body(**arguments):
        asyncio.run(_in_world(lambda prompt: test(**{first.name: prompt}, **arguments), spec))

    body.__name__, body.__doc__, body.__module__ = test.__name__, test.__doc__, test.__module__
    body.__signature__ = inspect.Signature(others)
    body.pytestmark = getattr(test, "pytestmark", [])
    return body


def sh(text, **options):
    """Run one command line on a fresh host; `before` is called with the host first."""
    before = options.pop("before", None)

    async def act(prompt):
        if before is not None:
            before(prompt.host)
        return await prompt(text, **options)

    return asyncio.run(_in_world(act, {}))


async def _in_world(act, spec):
    world = build(WorldSpec(**{"servers": 1, "agents": 0, "edges": 0, "speed": SPEED, **spec}), extensions=EXTENSIONS)
    try:
        await until(lambda: all(map(booted, world.hosts.values())))
        async with asyncio.timeout(TEST_LIMIT_S):
            return await act(Prompt(world))
    finally:
        await world.close()


def golden(name):
    """Read what the real tools printed: a list of cases and the files they start with."""
    found = json.loads((GOLDEN / f"{name}.json").read_text())
    return found["cases"], found["files"]
