"""One unit of a practice host at work: started, watched, restarted, stopped, as systemd does it.

Not the table of units nor `systemctl`: those ask here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from edgebook.lab.hosts.execution import SERVICE_PATH, Execution, execution
from edgebook.lab.hosts.mainprocess import Ending, MainProcess, run_program
from edgebook.lab.hosts.processes import SIGKILL, SIGTERM
from edgebook.lab.hosts.startlimit import StartLimit
from edgebook.lab.hosts.unitfile import UnitFile
from edgebook.lab.hosts.unitstate import UnitState

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host

WAITING_TYPES = ("notify", "notify-reload", "dbus", "forking", "exec")
"""Types whose start is over only when the process says so; `exec` says it once the program is there."""


class Service(UnitState):
    """One unit, and the task that runs it."""

    def __init__(self, host: Host, name: str) -> None:
        super().__init__(host, name)
        self._life: asyncio.Task[None] | None = None
        self._main: MainProcess | None = None
        self._job: asyncio.Future[str] | None = None
        self._limit = StartLimit()
        self._down = asyncio.Event()

    # orders

    async def start(self, file: UnitFile) -> str:
        """Start, and wait until it is up or failed; return the job's result: done, failed, timeout, canceled."""
        if self.active == "deactivating":
            await self._down.wait()
        if self.active == "active":
            return "done"
        if self.active == "activating" and self.sub != "auto-restart" and self._job is not None:
            return await asyncio.shield(self._job)
        self._end_life()
        self.file, self.restarts = file, 0
        if self._skipped(file):
            return "done"
        self._job = asyncio.get_running_loop().create_future()
        self._be("activating", "start-pre")
        self._life = self.host.world.spawn(self._live(file), name=f"{self.host.name} {self.name}")
        return await asyncio.shield(self._job)

    async def stop(self) -> None:
        """Stop, and wait until it is down: politely first, by force after the time-out."""
        if self.active == "deactivating":
            await self._down.wait()
            return
        if self.active in ("inactive", "failed") or self.file is None:
            return
        self._down.clear()
        self._settle("canceled")
        self._end_life()
        if self.sub != "auto-restart":
            self._say(f"Stopping {self._titled()}...")
            await self._stop_main(self.file)
        if self.active != "failed":
            self._be("inactive", "dead")
        self._say(f"Stopped {self._titled()}.")
        self._down.set()

    def kill(self, signal: int) -> None:
        """Send the main process a signal."""
        if self._main is not None:
            self._main.kill(signal)

    def cut_power(self) -> None:
        """Be gone at once, without a word in the journal."""
        self._end_life()
        if self._main is not None:
            self._main.kill(SIGKILL)
        self._main = None
        self._settle("canceled")
        self.active, self.sub, self.result = "inactive", "dead", "success"
        self.main_pid = self.restarts = 0
        self.ending = None
        self._limit.clear()
        self._down.set()

    def forget_failure(self) -> None:
        """Reset a failed state and the counters, as `systemctl reset-failed` does."""
        self._limit.clear()
        self.restarts = 0
        if self.active == "failed":
            self.result = "success"
            self._be("inactive", "dead")

    # life

    async def _live(self, file: UnitFile) -> None:
        """Run the service again and again until it is not to be restarted."""
        while await self._once(file):
            self._be("activating", "auto-restart")
            await self.host.world.clock.sleep(file.restart_s)
            self.restarts += 1
            self._say(f"{self.name}: Scheduled restart job, restart counter is at {self.restarts}.")
            self._say(f"Stopped {self._titled()}.")
            self._job = asyncio.get_running_loop().create_future()

    async def _once(self, file: UnitFile) -> bool:
        """Start, watch until the end, and say whether to start again."""
        if self._limit.refuses(file, now_s=self.host.world.clock.elapsed_s()):
            self._say(f"{self.name}: Start request repeated too quickly.", priority=4)
            self._fail("start-limit-hit" if self.result == "success" else self.result, started=False)
            return False
        self._be("activating", "start-pre")
        self.result = "success"
        if not file.at_once:
            self._say(f"Starting {self._titled()}...")
        ending = await self._begin(file)
        if ending is None:
            ending = await self._watch(file)
        return self._again(file, ending)

    async def _begin(self, file: UnitFile) -> Ending | None:
        """Bring it up: None when it runs, else how the start failed (or, for oneshot, ended)."""
        try:
            setup = execution(self.host, file)
        except OSError as exc:
            self._say(f"{self.name}: Failed to load environment files: {exc.strerror}", priority=3)
            self._say(f"{self.name}: Failed to run 'start' task: {exc.strerror}", priority=4)
            return self._failed_start(Ending(1), "resources")
        failed = await self._control("ExecStartPre", file, setup)
        if failed is not None:
            self._say(f"{self.name}: Control process exited, {failed}", priority=5)
            return self._failed_start(failed)
        self._be("activating", "start")
        if file.type == "oneshot":
            return await self._oneshot(file, setup)
        return await self._main_up(file, setup)

    async def _main_up(self, file: UnitFile, setup: Execution) -> Ending | None:
        """Start the main process and wait until it says it is ready, where the type asks for that."""
        words = file.commands("ExecStart", setup.env)[-1].words
        main = self._main = MainProcess(self.host, self.name, words, setup, ready_at_once=file.type == "exec")
        self.main_pid = self.last_pid = main.pid
        self.main_at, self.ending = self.host.now(), None
        if file.type in WAITING_TYPES:
            if not await main.wait_ready(file.start_timeout_s or None):
                self._say(f"{self.name}: start operation timed out. Terminating.", priority=4)
                self.ending = await self._terminate(main, file)
                return self._failed_start(self.ending, "timeout")
            if not main.ready:
                ending = self._note_end(await main.wait() or Ending())
                return self._failed_start(ending, "protocol" if ending.clean else "")
        self._up("running", "Started")
        return None

    async def _oneshot(self, file: UnitFile, setup: Execution) -> Ending:
        failed = await self._control("ExecStart", file, setup)
        if failed is not None:
            return self._failed_start(self._note_end(failed))
        self.ending = Ending()
        if file.remains:
            self._up("exited", "Finished")
            await asyncio.Event().wait()
        self._be("inactive", "dead")
        self._say(f"{self.name}: Deactivated successfully.")
        self._say(f"Finished {self._titled()}.")
        self._settle("done")
        return Ending()

    async def _watch(self, file: UnitFile) -> Ending:
        """Wait for the main process to end on its own."""
        assert self._main is not None  # noqa: S101 - it runs
        ending = self._note_end(await self._main.wait() or Ending())
        self._main = None
        if not ending.clean:
            self._fail(ending.result, started=True)
        elif file.remains:
            self._be("active", "exited")
            await asyncio.Event().wait()
        else:
            self._be("inactive", "dead")
            self._say(f"{self.name}: Deactivated successfully.")
        return ending

    def _again(self, file: UnitFile, ending: Ending) -> bool:
        """Say whether Restart= asks for another start."""
        if file.type == "oneshot" and ending.clean:
            return False
        abnormal = bool(ending.signal) or self.result == "timeout"
        wanted = {"always": True, "on-failure": self.result != "success", "on-success": self.result == "success"}
        return {**wanted, "on-abnormal": abnormal, "on-abort": abnormal}.get(file.restart, False)

    async def _control(self, key: str, file: UnitFile, setup: Execution) -> Ending | None:
        """Run the Exec lines of one kind; return the first ending that counts as a failure."""
        for command in file.commands(key, setup.env):
            ending = await run_program(self.host, self.name, command.words, setup)
            if not ending.clean and command.must_succeed:
                return ending
        return None

    async def _stop_main(self, file: UnitFile) -> None:
        """End the main process: ExecStop, SIGTERM, and SIGKILL when that takes too long."""
        self._be("deactivating", "stop-sigterm")
        env = {"PATH": SERVICE_PATH, "MAINPID": str(self._main.pid if self._main else 0)}
        failed = await self._control("ExecStop", file, Execution(env))
        if failed is not None:
            self._say(f"{self.name}: Control process exited, {failed}", priority=5)
            self.result = failed.result
        if self._main is not None:
            self.ending = await self._terminate(self._main, file)
            self._main = None
        if self.result != "success":
            self._fail(self.result, started=True)
        else:
            self._say(f"{self.name}: Deactivated successfully.")

    async def _terminate(self, main: MainProcess, file: UnitFile) -> Ending:
        main.kill(SIGTERM)
        ending = await main.wait(file.stop_timeout_s or None)
        if ending is None:
            self._say(f"{self.name}: State 'stop-sigterm' timed out. Killing.", priority=4)
            self.result = "timeout"
            main.kill(SIGKILL)
            ending = await main.wait() or Ending(signal=SIGKILL)
        return ending

    def _end_life(self) -> None:
        life, self._life = self._life, None
        if life is not None:
            life.cancel()

    # states

    def _up(self, sub: str, verb: str) -> None:
        self._be("active", sub)
        self._say(f"{verb} {self._titled()}.")
        self._settle("done")

    def _failed_start(self, ending: Ending, result: str = "") -> Ending:
        self._main = None
        self._fail(result or ending.result, started=False)
        return ending

    def _fail(self, result: str, *, started: bool) -> None:
        self.result = result
        self._be("failed", "failed")
        self._say(f"{self.name}: Failed with result '{result}'.", priority=4)
        if not started:
            self._say(f"Failed to start {self._titled()}.", priority=3)
        self._settle("timeout" if result == "timeout" else "failed")

    def _settle(self, result: str) -> None:
        if self._job is not None and not self._job.done():
            self._job.set_result(result)
