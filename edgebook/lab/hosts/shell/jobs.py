"""The shell's built-in commands about commands: input, other processes, what a name means.

Not those that change the shell's variables and options (`builtin`).
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from edgebook.lab.hosts.call import CommandDenied, CommandNotFound, find
from edgebook.lab.hosts.processes import SIGNALLED
from edgebook.lab.hosts.shell import launch, simple
from edgebook.lab.hosts.shell.builtin import BUILTINS, SPECIAL, Misuse, builtin, number
from edgebook.lab.hosts.shell.conditions import ConditionInvalid, holds
from edgebook.lab.hosts.shell.state import Exit

if TYPE_CHECKING:
    from edgebook.lab.hosts.shell.interpret import Shell

KEYWORDS = frozenset(
    ["!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while"]
)


@builtin("test", "[")
async def test(shell: Shell, args: list[str]) -> int:
    """Work out a condition."""
    return condition(shell, args)


def condition(shell: Shell, args: list[str]) -> int:
    """Return 0 when a condition holds, 1 when not."""
    try:
        return int(not holds(args, shell.files))
    except ConditionInvalid as exc:
        raise Misuse(str(exc)) from exc


@builtin("[")
async def bracket(shell: Shell, args: list[str]) -> int:
    """Work out a condition in brackets."""
    if args[-1:] != ["]"]:
        raise Misuse("missing ]")
    return condition(shell, args[:-1])


@builtin("exec")
async def exec_(shell: Shell, args: list[str]) -> int:
    """Go on as another program; without one, the redirects stay."""
    if not args:
        return 0
    try:
        find(launch.prepare(shell, args, shell.environment()), args[0])
    except CommandNotFound:
        raise Misuse(f"{args[0]}: not found", 127) from None
    except CommandDenied as exc:
        raise Misuse(f"{args[0]}: {exc}", 126) from exc
    shell.traps.clear()
    raise Exit(await launch.program(shell, args, shell.environment()))


@builtin("command")
async def command(shell: Shell, args: list[str]) -> int:
    """Run a command that is no function, or with `-v` say what a name means."""
    if args[:1] in (["-v"], ["-V"]):
        found = meaning(shell, args[1]) if len(args) > 1 else ""
        shell.write(1, f"{found}\n" if found else "")
        return 0 if found else 127
    args = [arg for index, arg in enumerate(args) if index or arg not in ("-p", "--")]
    if not args:
        return 0
    return await simple.call(shell, args, [], functions=False)


def meaning(shell: Shell, name: str) -> str:
    """Return what a name runs: itself for what the shell knows, a path for a program, or nothing."""
    if name in KEYWORDS or name in BUILTINS or name in shell.functions:
        return name
    try:
        return find(launch.prepare(shell, [name], shell.variables), name).path
    except (CommandNotFound, CommandDenied):
        return ""


@builtin("type")
async def type_(shell: Shell, args: list[str]) -> int:
    """Describe what names mean."""
    code = 0
    for name in args:
        found = meaning(shell, name)
        kind = ("is a shell keyword" if name in KEYWORDS else "is a shell function" if name in shell.functions
                else "is a special shell builtin" if name in SPECIAL else "is a shell builtin")  # fmt: skip
        text = f"{name} is {found}" if "/" in found else f"{name} {kind}" if found else f"{name}: not found"
        shell.write(1, text + "\n")
        code = code if found else 127
    return code


@builtin("wait")
async def wait(shell: Shell, args: list[str]) -> int:
    """Wait for background jobs; a number asks for one job's exit code."""
    for pid in shell.jobs if not args else ():
        await shell.job_code(pid)
    code = 0
    for arg in args:
        code = await shell.job_code(int(arg) if arg.isdigit() else -1)
    return code


@builtin("jobs")
async def jobs(shell: Shell, args: list[str]) -> int:  # noqa: ARG001 - the shape of a built-in
    """List the background jobs that run."""
    for index, process in enumerate(shell.jobs.values(), start=1):
        if process.task is not None and not process.task.done():
            shell.write(1, f"[{index}] + Running\n")
    return 0


@builtin("kill")
async def kill(shell: Shell, args: list[str]) -> int:
    """Send a signal to processes."""
    signal = "TERM"
    if args[:1] == ["-l"]:
        return names(shell, args[1:])
    if args[:1] == ["-s"]:
        signal, args = args[1], args[2:]
    elif args[:1] and re.fullmatch(r"-[A-Z0-9]+", args[0]):
        signal, args = args[0][1:], args[1:]
    wanted = int(signal) if signal.isdigit() else SIGNALS.get(signal.removeprefix("SIG"))
    if wanted is None or not args:
        raise Misuse(f"invalid signal number or name: {signal}" if wanted is None else USAGE)
    code = 0
    for arg in args:
        if not arg.isdigit():
            raise Misuse(f"Illegal number: {arg}")
        code = code or signalled(shell, int(arg), wanted)
    # A shell that killed itself ends here, not at the next thing it waits for.
    await asyncio.sleep(0)
    return code


def signalled(shell: Shell, pid: int, number: int) -> int:
    """Send one process a signal; return 1, with the reason said, when that cannot be done."""
    process = shell.call.host.processes.get(pid)
    if process is None:
        shell.complain("kill: No such process\n")
    elif shell.call.uid and process.user != shell.call.user:
        shell.complain("kill: Operation not permitted\n")
    else:
        shell.call.host.processes.kill(pid, number)
        return 0
    return 1


def names(shell: Shell, args: list[str]) -> int:
    """Print the names of signals: of the numbers, or exit codes, given, or of all."""
    wanted = [number(arg) & ~SIGNALLED for arg in args] or list(SIGNALS.values())
    known = {value: name for name, value in SIGNALS.items()}
    shell.write(1, "".join(f"{known.get(value, value)}\n" for value in wanted))
    return 0


@builtin("ulimit")
async def ulimit(shell: Shell, args: list[str]) -> int:
    """Print a limit: open files have one, as systemd sets it for sessions; the rest have none."""
    shell.write(1, "1024\n" if args[:1] == ["-n"] else "unlimited\n")
    return 0


USAGE = "Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]"
SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "ABRT": 6, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13,
           "TERM": 15, "CONT": 18, "STOP": 19}  # fmt: skip
