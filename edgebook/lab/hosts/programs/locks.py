"""The program flock: one command at a time under a file's name.

Not the lock of a file descriptor: `flock FILE COMMAND…` and its -n and -w are what scripts use.
"""

from __future__ import annotations

import asyncio

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, reason, tool

NO_COMMAND, NO_FILE = 64, 66
LOCKS = "flock"
"""Where a world keeps its locks; a host that loses power loses the holders' tasks, and they let go."""


@tool("flock", short="nxsw:c:", long=("nonblock", "exclusive", "shared", "timeout=", "command="), stops=True)
async def flock(call: Call, options: Options) -> int:
    """Run a command while holding a file's lock."""
    path, *command = options.words
    if options.has("c", "command"):
        command = ["/bin/sh", "-c", options.value("c", "command")]
    if not command:
        raise UsageError("requires file descriptor, file or directory", NO_COMMAND)
    try:
        call.files.open(path, write=not call.files.exists(path), create=True, mode=0o644)
    except OSError as exc:
        complain(call, f"cannot open lock file {path}: {reason(exc)}")
        return NO_FILE
    held = call.world.extensions.setdefault(LOCKS, {}).setdefault((call.host.name, path), asyncio.Lock())
    if held.locked() and options.has("n", "nonblock"):
        return 1
    if not await _taken(held, call, options.value("w", "timeout")):
        return 1
    try:
        return await call.run(command)
    finally:
        held.release()


async def _taken(held: asyncio.Lock, call: Call, timeout_s: str) -> bool:
    if not timeout_s:
        return await held.acquire()
    try:
        return await asyncio.wait_for(held.acquire(), call.world.clock.real_s(float(timeout_s)))
    except TimeoutError:
        return False
