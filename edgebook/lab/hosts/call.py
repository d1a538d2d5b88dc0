r"""Programs of a practice host: how one is registered, found and run.

Not a shell: `hosts/shell` reads command lines and makes calls; not the programs themselves either.

A program is a coroutine that reads its `Call` and returns the exit code:

    @program("uname")
    async def uname(call: Call) -> int:
        call.out("Linux\n")
        return 0

It is then a file /usr/bin/uname on every host, whose first line `#!practice:uname` names it.
"""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edgebook.lab.hosts.files import EXECUTE, READ, FileTree
from edgebook.lab.hosts.processes import Killed, Process
from edgebook.lab.hosts.streams import Nothing, Pipe, Reader, Writer

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host
    from edgebook.lab.world import World

HEADER = b"#!practice:"
HEADER_BYTES = 256
NOT_FOUND, NOT_EXECUTABLE, BROKEN_PIPE = 127, 126, 141
SOFTWARE_ERROR = 70


@dataclass
class Call:
    """One run of a program: who runs what, where, and with which streams.

    `argv[0]` is the name as typed. `built` are the words after the name in the executable's first
    line (`#!practice:k3s v1.31.9+k3s1` gives `("v1.31.9+k3s1",)`). `env` is this call's own copy.
    """

    world: World
    host: Host
    argv: list[str]
    env: dict[str, str]
    user: str = "root"
    cwd: str = "/"
    stdin: Reader = field(default_factory=Nothing)
    stdout: Writer = field(default_factory=Nothing)
    stderr: Writer = field(default_factory=Nothing)
    umask: int = 0o022
    built: tuple[str, ...] = ()
    process: Process | None = None
    tty: bool = False

    @property
    def uid(self) -> int:
        """The user's number."""
        return self.host.user(self.user).uid

    @property
    def files(self) -> FileTree:
        """The host's files with this user's rights, this folder and this umask."""
        user = self.host.user(self.user)
        return self.host.files.as_user(user.uid, gids=user.gids, cwd=self.cwd, umask=self.umask)

    @property
    def pid(self) -> int:
        """The number of this process."""
        return self.process.pid if self.process else 1

    def out(self, text: str | bytes) -> None:
        """Write to standard output."""
        self.stdout.write(text.encode() if isinstance(text, str) else text)

    def err(self, text: str | bytes) -> None:
        """Write to standard error."""
        self.stderr.write(text.encode() if isinstance(text, str) else text)

    def child(self, argv: Sequence[str], *, stdin: Reader | bytes | None = None, user: str = "") -> Call:
        """Make the call of a sub-command with the same streams, folder and a copy of the environment.

        Change the rest with `dataclasses.replace(call.child(argv), cwd="/", stdout=pipe)`.
        """
        source = Pipe(stdin, closed=True) if isinstance(stdin, bytes) else stdin or self.stdin
        return replace(
            self, argv=list(argv), env=dict(self.env), stdin=source, user=user or self.user, built=(), process=None
        )

    async def run(
        self,
        argv: Sequence[str],
        *,
        stdin: Reader | bytes | None = None,
        user: str = "",
        env: Mapping[str, str] | None = None,
    ) -> int:
        """Run a sub-command with this call's streams and return its exit code, 127 when there is none."""
        call = self.child(argv, stdin=stdin, user=user)
        call.env.update(env or {})
        call.process = self.process
        return await run(call)

    async def capture(self, argv: Sequence[str], *, stdin: bytes = b"", user: str = "") -> tuple[int, bytes, bytes]:
        """Run a sub-command and return its exit code, its output and its errors."""
        out, err = Pipe(), Pipe()
        call = replace(self.child(argv, stdin=stdin, user=user), stdout=out, stderr=err, process=self.process)
        code = await run(call)
        return code, out.taken(), err.taken()


Program = Callable[[Call], Awaitable[int]]
CallFactory = Callable[[Sequence[str]], Call]
"""Makes a call of the session with these words, e.g. `make(["sh", "-c", text])`."""
Shell = Callable[[CallFactory, str], Awaitable[int]]
"""Runs one command line, as sshd lets the login shell do: `await run_command(make, text)`."""

PROGRAMS: dict[str, Program] = {}
FOLDERS: dict[str, str] = {}


def program(*names: str, folder: str = "/usr/bin") -> Callable[[Program], Program]:
    """Register a program under one or more names; `folder=""` when no fresh host has it (apt brings it)."""

    def keep(run_program: Program) -> Program:
        for name in names:
            PROGRAMS[name] = run_program
            FOLDERS[name] = folder
        return run_program

    return keep


@dataclass(frozen=True)
class Executable:
    """What a file runs: a program's name, the words its first line adds, words that go before the arguments."""

    path: str
    name: str
    built: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


class CommandNotFound(Exception):
    """There is no such command: exit code 127."""


class CommandDenied(Exception):
    """The file is there but may not, or cannot, be run: exit code 126."""


def header(first: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Read `#!practice:NAME WORD…` from the start of a file; None when it is something else."""
    if not first.startswith(HEADER):
        return None
    name, *words = first.splitlines()[0].removeprefix(HEADER).decode(errors="replace").split()
    return name, tuple(words)


def executable_at(files: FileTree, path: str) -> Executable:
    """Say what the file at a path runs; raise CommandNotFound or CommandDenied with the kernel's words."""
    if not files.exists(path):
        raise CommandNotFound("No such file or directory")
    if not files.is_file(path) or not files.may(path, EXECUTE):
        raise CommandDenied("Permission denied")
    first = files.as_user(0).open(files.absolute(path)).read(0, HEADER_BYTES)
    ours = header(first)
    if ours is not None:
        return Executable(path, ours[0], ours[1])
    if first.startswith(b"#!") and files.may(path, READ):
        words = first.splitlines()[0][2:].decode(errors="replace").split()
        return Executable(path, posixpath.basename(words[0]), before=(*words[1:], path))
    if b"\0" in first:
        raise CommandDenied("cannot execute binary file: Exec format error")
    return Executable(path, "sh", before=(path,))


def find(call: Call, name: str) -> Executable:
    """Find a command as execvp(3) does: a path as it is, a bare name along PATH."""
    files = call.files
    if "/" in name:
        return executable_at(files, name)
    denied = False
    for folder in call.env.get("PATH", "").split(":"):
        path = posixpath.join(folder or ".", name)
        if files.is_file(path):
            if files.may(path, EXECUTE):
                return executable_at(files, path)
            denied = True
    if denied:
        raise CommandDenied("Permission denied")
    raise CommandNotFound("command not found")


async def execute(call: Call) -> int:
    """Run what `call.argv` names and return its exit code; raise CommandNotFound or CommandDenied."""
    target = find(call, call.argv[0])
    run_program = call.world.programs.get(target.name)
    if run_program is None:
        raise CommandNotFound("No such file or directory")
    parent = call.pid
    process = call.host.processes.begin(call.argv, user=call.user, parent=parent)
    name = target.name if target.before else call.argv[0]
    argv = [name, *target.before, *call.argv[1:]]
    call = replace(call, argv=argv, built=target.built, process=process)
    try:
        return await _guarded(run_program, call)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not process.killed_by or task is None:
            raise
        task.uncancel()
        return Killed.by(process.killed_by)
    finally:
        call.host.processes.end(process)


async def run(call: Call) -> int:
    """Run a call like `execute`, and say on standard error when the command is not found or refused."""
    try:
        return await execute(call)
    except CommandNotFound as exc:
        call.err(f"{call.argv[0]}: {exc}\n")
        return NOT_FOUND
    except CommandDenied as exc:
        call.err(f"{call.argv[0]}: {exc}\n")
        return NOT_EXECUTABLE


async def _guarded(run_program: Program, call: Call) -> int:
    """Run a program; a broken pipe ends it, a system error it did not handle is said as usual."""
    try:
        return await run_program(call)
    except BrokenPipeError:
        return BROKEN_PIPE
    except OSError as exc:
        where = f"{exc.filename}: " if exc.filename else ""
        call.err(f"{posixpath.basename(call.argv[0])}: {where}{exc.strerror}\n")
        return 1
    except Exception:
        call.world.log.exception("%s: %s failed", call.host.name, call.argv)
        call.err(f"{call.argv[0]}: the practice site failed here; its log has the reason\n")
        return SOFTWARE_ERROR
