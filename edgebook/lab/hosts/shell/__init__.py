"""A small POSIX shell for practice hosts, after dash.

Not a general shell: no job control, no aliases, no line editing; traps of signals never fire.

`sh` is a program like any other (`sh -c TEXT NAME ARG…`, `sh FILE ARG…`, `sh -s ARG…`). The SSH
server runs command lines through `run_command`, as sshd does through the user's login shell.
"""

from __future__ import annotations

import errno
import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from edgebook.lab.hosts.call import HEADER_BYTES, Call, CallFactory, header, program
from edgebook.lab.hosts.shell import getopts, jobs, lines  # noqa: F401 - they fill the table of built-ins
from edgebook.lab.hosts.shell.builtin import OPTIONS
from edgebook.lab.hosts.shell.interpret import Shell

if TYPE_CHECKING:
    from edgebook.lab.world import World

__all__ = ["Shell", "install", "run_command"]


def install(world: World) -> None:
    """Make this the shell of a world's hosts."""
    world.shell = run_command


async def run_command(make: CallFactory, text: str) -> int:
    """Run one command line as the user's login shell would and return its exit code."""
    call = make(["sh", "-c", text])
    shell = Shell(call, name=posixpath.basename(call.host.user(call.user).shell))
    return await shell.run_text(text)


@program("sh", "dash", "bash", folder="/bin")
async def sh(call: Call) -> int:
    """Run a script given as text (`-c`), as a file, or on standard input."""
    args, options = call.argv[1:], set()
    reads = text = False
    while args and args[0][:1] in ("-", "+") and len(args[0]) > 1:
        flag = args.pop(0)
        if flag == "--":
            break
        if flag.startswith("--"):
            continue
        text, reads = text or "c" in flag, reads or "s" in flag
        options.update(set(flag[1:]) - set("csilo"))
        if "o" in flag and args:
            options.add(OPTIONS.get(args.pop(0), ""))
    args = args[1:] if args[:1] == ["-"] else args
    return await _run(call, args, options, text=text, reads=reads)


async def _run(call: Call, args: list[str], options: set[str], *, text: bool, reads: bool) -> int:
    name = call.argv[0]
    if text:
        if not args:
            call.err(f"{name}: 0: -c requires an argument\n")
            return 2
        script, name, args = args[0], (args[1] if len(args) > 1 else name), args[2:]
    elif reads or not args:
        script = (await call.stdin.read()).decode(errors="surrogateescape")
    else:
        try:
            script, name, args = call.files.read(args[0]).decode(errors="surrogateescape"), args[0], args[1:]
        except OSError as exc:
            reason = "No such file" if exc.errno == errno.ENOENT else exc.strerror
            call.err(f"{name}: 0: cannot open {args[0]}: {reason}\n")
            return 2
    ours = header(script[:HEADER_BYTES].encode(errors="surrogateescape"))
    if ours is not None and ours[0] in call.world.programs:
        # What a real host reads as a script, `curl … | sh` or `sh FILE`, may be a program of the practice site.
        return await call.world.programs[ours[0]](replace(call, argv=[name, *args], built=ours[1]))
    shell = Shell(call, name=name, positional=args)
    shell.options |= options
    return await shell.run_text(script)
