"""The processes a unit runs on a practice host: its main process and its control processes.

Not the unit: `service.py` decides what their endings mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgebook.lab.hosts.call import Call, CommandDenied, CommandNotFound, executable_at, execute
from edgebook.lab.hosts.daemon import DaemonCall, DaemonExit
from edgebook.lab.hosts.execution import NO_FOLDER, NO_USER, Execution
from edgebook.lab.hosts.processes import SIGKILL, SIGTERM, Killed

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host

EXIT_NAMES = {
    0: "SUCCESS", 1: "FAILURE", 2: "INVALIDARGUMENT", 3: "NOTIMPLEMENTED", 4: "NOPERMISSION", 5: "NOTINSTALLED",
    6: "NOTCONFIGURED", 7: "NOTRUNNING", 200: "CHDIR", 203: "EXEC", 217: "USER",
}  # fmt: skip
SIGNAL_NAMES = {1: "HUP", 2: "INT", 3: "QUIT", 6: "ABRT", 9: "KILL", 11: "SEGV", 13: "PIPE", 15: "TERM"}
EXEC_FAILED = 203
SETUP_FAILED = {NO_FOLDER: ("CHDIR", "No such file or directory"), NO_USER: ("USER", "No such process")}
CRASHED = 2
"""The exit code of a Go program that panics."""


@dataclass(frozen=True)
class Ending:
    """How a process ended: an exit status, or the signal that killed it."""

    status: int = 0
    signal: int = 0

    @property
    def clean(self) -> bool:
        """Whether systemd counts it as success."""
        return self.status == 0 and self.signal in (0, SIGTERM)

    @property
    def result(self) -> str:
        """The unit's Result after it."""
        if self.clean:
            return "success"
        return "signal" if self.signal else "exit-code"

    def __str__(self) -> str:
        if self.signal:
            return f"code=killed, status={self.signal}/{SIGNAL_NAMES.get(self.signal, 'n/a')}"
        return f"code=exited, status={self.status}/{EXIT_NAMES.get(self.status, 'n/a')}"


class JournalWriter:
    """The standard output of a service's program: whole lines go to the journal."""

    def __init__(self, host: Host, unit: str, identifier: str, pid: int) -> None:
        self._host, self._unit, self._identifier, self._pid = host, unit, identifier, pid
        self._rest = b""

    def write(self, data: bytes) -> None:
        """Take bytes and pass on the lines that are complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            self._host.journal.add(text, unit=self._unit, identifier=self._identifier, pid=self._pid)

    def end(self) -> None:
        """Pass on what came without a newline."""
        if self._rest:
            self.write(b"\n")


async def run_program(host: Host, unit: str, words: Sequence[str], setup: Execution) -> Ending:
    """Run a program for a unit, its output to the journal."""
    if setup.failure:
        return _not_set_up(host, unit, words[0], setup.failure)
    pid = host.processes.upcoming
    writer = JournalWriter(host, unit, words[0].rsplit("/", 1)[-1], pid)
    env = {"SYSTEMD_EXEC_PID": str(pid), **setup.env}
    call = Call(host.world, host, list(words), env, setup.user, setup.cwd, stdout=writer, stderr=writer)
    try:
        code = await execute(call)
        return Ending(signal=code.signal) if isinstance(code, Killed) else Ending(code)
    except (CommandNotFound, CommandDenied) as exc:
        _report_exec(host, unit, words[0], exc)
        return Ending(EXEC_FAILED)
    finally:
        writer.end()


class MainProcess:
    """A unit's main process: starts on construction; `wait` tells how it ended.

    A file that names a daemon runs the daemon, any other executable its program. With `ready_at_once`
    it counts as ready as soon as the executable is found (Type=exec).
    """

    def __init__(
        self, host: Host, unit: str, words: Sequence[str], setup: Execution, *, ready_at_once: bool = False
    ) -> None:
        self.host = host
        self._setup = setup
        self._ready_at_once = ready_at_once
        process = host.processes.begin(words, unit=unit, user=setup.user)
        process.task, process.on_signal, process.on_ready = None, self.kill, self.tell_ready
        self.call = DaemonCall(host.world, host, list(words), dict(setup.env), unit, process)
        self.pid = process.pid
        self._task = host.world.spawn(self._run(), name=f"{host.name} {words[0]}")

    async def wait(self, timeout_s: float | None = None) -> Ending | None:
        """Wait for the end and return it; None when it has not ended in so many practice seconds."""
        real_s = None if timeout_s is None else self.host.world.clock.real_s(timeout_s)
        await asyncio.wait({self._task}, timeout=real_s)
        if not self._task.done():
            return None
        return Ending(signal=SIGKILL) if self._task.cancelled() else self._task.result()

    async def wait_ready(self, timeout_s: float | None) -> bool:
        """Wait until it is ready, has ended, or the time is over; say whether one of the first two came."""
        ready = asyncio.ensure_future(self.call.started.wait())
        real_s = None if timeout_s is None else self.host.world.clock.real_s(timeout_s)
        try:
            done, _ = await asyncio.wait({ready, self._task}, timeout=real_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        return bool(done)

    @property
    def ready(self) -> bool:
        """Whether it said that it is ready."""
        return self.call.started.is_set()

    def tell_ready(self) -> None:
        """Take it that the service is up, as `systemd-notify --ready` says."""
        self.call.ready()

    def kill(self, signal: int) -> None:
        """Take a signal: SIGKILL ends it here and now, SIGTERM asks it to end, others do nothing."""
        if signal in (SIGKILL, SIGTERM):
            self.call.process.killed_by = signal
        if signal == SIGKILL:
            self._task.cancel()
        elif signal == SIGTERM:
            self.call.stopped.set()

    async def _run(self) -> Ending:
        call = self.call
        try:
            return await self._daemon_or_program()
        except DaemonExit as exc:
            return Ending(exc.code)
        except asyncio.CancelledError:
            return Ending(signal=call.process.killed_by or SIGKILL)
        except Exception as exc:
            self.host.world.log.exception("%s: %s crashed", self.host.name, call.unit)
            call.log(f"panic: {exc!r}")
            return Ending(CRASHED)
        finally:
            self.host.processes.end(call.process)
            for listener in call.listeners:
                self.host.unlisten(listener)

    async def _daemon_or_program(self) -> Ending:
        call = self.call
        if self._setup.failure:
            return _not_set_up(self.host, call.unit, call.argv[0], self._setup.failure)
        try:
            target = executable_at(self.host.files, call.argv[0])
        except (CommandNotFound, CommandDenied) as exc:
            _report_exec(self.host, call.unit, call.argv[0], exc)
            return Ending(EXEC_FAILED)
        if self._ready_at_once:
            call.ready()
        run_daemon = self.host.world.daemons.get(target.name)
        if run_daemon is None:
            return await self._program()
        call.built = target.built
        await run_daemon(call)
        return Ending()

    def _as_main(self) -> Execution:
        """Name this process as the one that may speak to systemd, as `SYSTEMD_EXEC_PID` does."""
        return replace(self._setup, env={**self._setup.env, "SYSTEMD_EXEC_PID": str(self.pid)})

    async def _program(self) -> Ending:
        """Run a program until it ends or is asked to: it does not know `stopped`, so SIGTERM kills it."""
        call = self.call
        work = asyncio.ensure_future(run_program(self.host, call.unit, call.argv, self._as_main()))
        stop = asyncio.ensure_future(call.stopped.wait())
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else Ending(signal=SIGTERM)
        finally:
            work.cancel()
            stop.cancel()


def _not_set_up(host: Host, unit: str, path: str, code: int) -> Ending:
    step, why = SETUP_FAILED[code]
    host.journal.add(f"{unit}: Failed at step {step} spawning {path}: {why}", unit=unit, priority=3)
    return Ending(code)


def _report_exec(host: Host, unit: str, path: str, exc: Exception) -> None:
    host.journal.add(f"{unit}: Failed to locate executable {path}: {exc}", unit=unit, priority=3)
    host.journal.add(f"{unit}: Failed at step EXEC spawning {path}: {exc}", unit=unit, priority=3)
