"""Programs about processes: ps, kill, pkill, pgrep, xargs, true, false.

Not the table of processes: `hosts/processes.py`.
"""

from __future__ import annotations

import asyncio
import re

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.processes import Process
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, tool
from edgebook.lab.hosts.programs.ps import command

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "ABRT": 6, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13,
           "TERM": 15, "CONT": 18, "STOP": 19}  # fmt: skip


def signal_number(text: str) -> int:
    """Read a signal's name or number."""
    name = text.removeprefix("SIG")
    if not text.isdigit() and name not in SIGNALS:
        raise UsageError(f'unknown signal "{text}"')
    return int(text) if text.isdigit() else SIGNALS[name]


def split_signal(args: list[str]) -> tuple[int, list[str]]:
    """Take the signal off the front of `kill`'s and `pkill`'s arguments."""
    if len(args) > 1 and args[0] in ("-s", "--signal"):
        return signal_number(args[1]), args[2:]
    if (
        args
        and re.fullmatch(r"-([0-9]+|(SIG)?[A-Z]+[12]?)", args[0])
        and args[0][1:].removeprefix("SIG") in (*SIGNALS, *map(str, range(65)))
    ):
        return signal_number(args[0][1:]), args[1:]
    return SIGNALS["TERM"], args


@program("kill")
async def kill(call: Call) -> int:
    """Send processes a signal."""
    try:
        number, words = split_signal(call.argv[1:])
    except UsageError as exc:
        return complain(call, str(exc))
    code = 0
    for word in words:
        if not word.isdigit():
            code = complain(call, f'failed to parse argument: "{word}"')
            continue
        process = call.host.processes.get(int(word))
        if process is None:
            code = refused(call, word, "No such process")
        elif call.uid and process.user != call.user:
            code = refused(call, word, "Operation not permitted")
        else:
            call.host.processes.kill(process.pid, number)
    # Whoever was killed and waits for this program ends here, not at the next thing it waits for.
    await asyncio.sleep(0)
    return code


def refused(call: Call, word: str, why: str) -> int:
    """Say behind the program's name as typed why a process gets no signal."""
    call.err(f"{call.argv[0]}: ({word}): {why}\n")
    return 1


def matching(call: Call, pattern: str, *, full: bool, exact: bool) -> list[Process]:
    """Return the processes whose name, or with `full` whole command line, matches; never the one that asks."""
    found = []
    for process in call.host.processes:
        text = " ".join(process.argv) if full else command(process)
        hit = re.fullmatch(pattern, text) if exact else re.search(pattern, text)
        if hit and process.pid not in (call.pid, 2) and process is not call.process:
            found.append(process)
    return found


@tool("pgrep", short="flaxcu:no", long=("full", "list-name", "exact", "count"))
async def pgrep(call: Call, options: Options) -> int:
    """List the processes that match."""
    if not options.words:
        raise UsageError("no matching criteria specified", 2)
    found = matching(call, options.words[0], full=options.has("f", "full"), exact=options.has("x", "exact"))
    if options.has("c", "count"):
        call.out(f"{len(found)}\n")
        return int(not found)
    for process in found:
        name = " " + " ".join(process.argv) if options.has("a") else f" {command(process)}" if options.has("l") else ""
        call.out(f"{process.pid}{name}\n")
    return 0 if found else 1


@program("pkill", "killall")
async def pkill(call: Call) -> int:
    """Send the processes that match a signal."""
    try:
        number, words = split_signal(call.argv[1:])
    except UsageError as exc:
        return complain(call, str(exc))
    full = any(word in ("-f", "--full") for word in words)
    exact = call.argv[0].endswith("killall") or "-x" in words
    patterns = [word for word in words if not word.startswith("-")]
    found = [process for pattern in patterns for process in matching(call, pattern, full=full, exact=exact)]
    allowed = [process for process in found if not call.uid or process.user == call.user]
    for process in allowed:
        call.host.processes.kill(process.pid, number)
    await asyncio.sleep(0)
    if not found and patterns and call.argv[0].endswith("killall"):
        call.err(f"{patterns[0]}: no process found\n")
    return 0 if allowed else 1


@tool("pidof", short="sx", folder="/usr/bin")
async def pidof(call: Call, options: Options) -> int:
    """Print the numbers of the processes with a name."""
    found = [str(process.pid) for process in call.host.processes if command(process) in options.words]
    call.out(" ".join(reversed(found)) + "\n" if found else "")
    return 0 if found else 1


@tool("true")
async def true(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Do nothing, well."""
    return 0


@tool("false")
async def false(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Do nothing, badly."""
    return 1
