"""What a shell remembers: variables, options, positional parameters, descriptors, jobs.

Not here: running anything (`interpret`).
"""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Self

from edgebook.lab.hosts.call import NOT_FOUND
from edgebook.lab.hosts.processes import Killed, Process
from edgebook.lab.hosts.shell.redirect import Descriptors
from edgebook.lab.hosts.shell.streams import Descriptor
from edgebook.lab.hosts.shell.syntax import Command

if TYPE_CHECKING:
    from edgebook.lab.hosts.call import Call


KILLED_BY = {1: "Hangup", 2: "", 3: "Quit", 6: "Aborted", 9: "Killed", 11: "Segmentation fault", 13: "",
             15: "Terminated"}  # fmt: skip
"""What dash says of a child that a signal ended; nothing of those that a person or a pipe ends."""


class Exit(Exception):
    """The shell ends."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code if isinstance(code, Killed) else code & 255


class Return(Exit):
    """A function, or a script read with `.`, ends."""


class LoopJump(Exception):
    """`break`, or with `again` `continue`, out of so many loops."""

    def __init__(self, levels: int, *, again: bool) -> None:
        super().__init__(levels)
        self.levels = levels
        self.again = again


class ShellFailure(Exception):
    """An error that ends a non-interactive shell; the text is dash's own."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


class ShellState:
    """The memory of one shell process."""

    def __init__(self, call: Call, name: str, positional: list[str]) -> None:
        self.call = call
        self.name = name
        self.positional = positional
        self.variables = dict(call.env)
        self.exported = set(call.env)
        self.readonly: set[str] = set()
        self.functions: dict[str, Command] = {}
        self.options: set[str] = set()
        self.descriptors: Descriptors = {
            0: Descriptor(reader=call.stdin),
            1: Descriptor(writer=call.stdout),
            2: Descriptor(writer=call.stderr),
        }
        self.files = call.files
        self.traps: dict[str, str] = {}
        self.locals: list[dict[str, str | None]] = []
        self.jobs: dict[int, Process] = {}
        self.status = self.substituted = 0
        self.loops = self.depth = 0
        self.line = 1
        self.last_job = self.obituary = ""
        self.pid = call.pid
        self.variables.setdefault("PWD", self.cwd)

    @property
    def cwd(self) -> str:
        """The folder the shell is in."""
        return self.files.cwd

    def enter(self, folder: str) -> None:
        """Go to another folder; only this shell and what it starts see it."""
        view = self.files
        self.files = view.as_user(view.uid, gids=view.gids, cwd=folder, umask=view.umask)
        self.variables["OLDPWD"], self.variables["PWD"] = self.variables.get("PWD", ""), folder

    def set_umask(self, umask: int) -> None:
        """Take away these permission bits from new files."""
        view = self.files
        self.files = view.as_user(view.uid, gids=view.gids, cwd=view.cwd, umask=umask)

    def copy(self) -> Self:
        """Return a shell like this one whose changes stay its own, as fork(2) gives."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        for name in ("variables", "functions", "descriptors", "locals"):
            setattr(made, name, getattr(self, name).copy())
        made.exported, made.readonly, made.options = set(self.exported), set(self.readonly), set(self.options)
        made.positional, made.traps, made.jobs = list(self.positional), {}, {}
        return made

    def get(self, name: str) -> str | None:
        """Return a variable's or special parameter's value, or None when it is not set."""
        if name.isdigit():
            number = int(name)
            at = self.positional[number - 1 : number] if number else [self.name]
            return at[0] if at else None
        special = {"?": self.status, "#": len(self.positional), "$": self.pid, "!": self.last_job or None}
        if name in special:
            value = special[name]
            return None if value is None else str(value)
        if name == "-":
            return "".join(letter for letter in "ubaCEVvxsnmiIfe" if letter in self.options)
        if name in ("@", "*"):
            return " ".join(self.positional) if self.positional else None
        return str(self.line) if name == "LINENO" else self.variables.get(name)

    def put(self, name: str, value: str) -> None:
        """Set a variable."""
        if name in self.readonly:
            raise ShellFailure(f"{name}: is read only")
        self.variables[name] = value
        if "a" in self.options:
            self.exported.add(name)

    def unset(self, name: str) -> None:
        """Forget a variable."""
        if name in self.readonly:
            raise ShellFailure(f"unset: {name}: is read only")
        self.variables.pop(name, None)
        self.exported.discard(name)

    def make_local(self, name: str) -> None:
        """Let a function's variable go back to what it was when the function ends."""
        self.locals[-1].setdefault(name, self.variables.get(name))

    def restore_locals(self) -> None:
        """Put back what a function made local."""
        for name, value in self.locals.pop().items():
            if value is None:
                self.variables.pop(name, None)
            else:
                self.variables[name] = value

    def environment(self) -> dict[str, str]:
        """Return what a program is given."""
        return {name: self.variables[name] for name in sorted(self.exported) if name in self.variables}

    def fail(self, message: str) -> Exception:
        """Make the error that ends a non-interactive shell."""
        return ShellFailure(message)

    def listdir(self, path: str) -> list[str]:
        """Return a folder's names; none where there is no such folder."""
        try:
            return self.files.listdir(path)
        except OSError:
            return []

    def note(self, code: int) -> int:
        """Remember how a child was killed: dash says it before its next command, and never of its last one."""
        if isinstance(code, Killed) and not self.is_bash:
            self.obituary = KILLED_BY.get(code.signal, f"Signal {code.signal}")
        return code

    def tell(self) -> None:
        """Say what was noted."""
        if self.obituary:
            self.descriptor(2).writer.write(encoded(f"{self.obituary}\n"))
            self.obituary = ""

    def descriptor(self, fd: int) -> Descriptor:
        """Return what stands behind a descriptor; one that is closed gives nothing and takes nothing."""
        return self.descriptors.get(fd) or Descriptor()

    def complain(self, message: str, *, line: int = 0) -> None:
        """Say what went wrong, where dash says it."""
        if message:
            number = f"line {line or self.line}" if self.is_bash else str(line or self.line)
            self.descriptor(2).writer.write(encoded(f"{self.name}: {number}: {message}\n"))

    @property
    def is_bash(self) -> bool:
        """Whether the shell was called as bash, whose words for a missing command differ."""
        return posixpath.basename(self.name) == "bash"

    def start(self, act: Callable[[], Coroutine[Any, Any, int]]) -> asyncio.Task[Any]:
        """Let a background job run; it outlives the shell."""
        processes = self.call.host.processes
        process = processes.begin([self.name], user=self.call.user, parent=self.pid)

        async def job() -> int:
            return await act()

        process.task = self.call.world.spawn(job(), name=f"{self.call.host.name}: {self.name}")
        process.task.add_done_callback(lambda _: processes.end(process))
        self.jobs[process.pid] = process
        self.last_job = str(process.pid)
        return process.task

    async def job_code(self, pid: int) -> int:
        """Wait for a background job and return its exit code; 127 says that there is none."""
        process = self.jobs.get(pid)
        if process is None or process.task is None:
            return NOT_FOUND
        await asyncio.wait({process.task})
        if process.task.cancelled():
            return self.note(Killed.by(process.killed_by))
        code = process.task.result()
        return self.note(code) if isinstance(code, int) else 0


def encoded(text: str) -> bytes:
    """Return the bytes of a text; what was no UTF-8 when it came in goes out as it was."""
    return text.encode(errors="surrogateescape")
