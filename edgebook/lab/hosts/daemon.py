"""Daemons of a practice host: what a unit's ExecStart runs.

Not units: `units.py` starts, watches and restarts them.

    @daemon("k3s")
    async def k3s(d: DaemonCall) -> None:
        if not d.host.files.exists("/etc/rancher/k3s/config.yaml"):
            d.log('level=fatal msg="no config"')
            raise DaemonExit(1)
        d.listen("tcp", 6443, http=answer)
        d.ready()
        await d.stopped.wait()
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgebook.lab.hosts.processes import Process

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Answer, Host, Listener
    from edgebook.lab.world import World


class DaemonExit(Exception):
    """A daemon ends itself with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


@dataclass
class DaemonCall:
    """One run of a daemon. Return when `stopped` is set, or earlier: returning is exit code 0.

    `built` are the words after the name in the executable's first line. Listeners made with
    `listen` go when the daemon ends, however it ends. Tasks the daemon starts itself are its own
    to end, in a `finally`. A power cut or SIGKILL cancels it.
    """

    world: World
    host: Host
    argv: list[str]
    env: dict[str, str]
    unit: str
    process: Process
    built: tuple[str, ...] = ()
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: list[Listener] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """The number of the main process."""
        return self.process.pid

    @property
    def name(self) -> str:
        """The name of the program, as the journal and `ss` show it."""
        return self.argv[0].rsplit("/", 1)[-1]

    def log(self, message: str) -> None:
        """Write to standard error, which is the journal."""
        self.host.journal.add(message, unit=self.unit, identifier=self.name, pid=self.pid)

    def ready(self) -> None:
        """Tell systemd that the service is up (Type=notify)."""
        self.started.set()

    def listen(self, proto: str, port: int, *, address: str = "0.0.0.0", http: Answer | None = None) -> Listener:  # noqa: S104
        """Open a port of the host; raise OSError(EADDRINUSE) when another process has it.

        `http(method, path)` answers what `curl` asks there: a status and a body.
        """
        listener = self.host.listen(proto, port, process=self.name, pid=self.pid, address=address, http=http)
        self.listeners.append(listener)
        return listener

    async def sleep(self, seconds: float) -> bool:
        """Wait so many practice seconds or until stopped; say whether to go on."""
        return not await self.world.clock.wait(self.stopped, seconds)


Daemon = Callable[[DaemonCall], Awaitable[None]]

DAEMONS: dict[str, Daemon] = {}


def daemon(*names: str) -> Callable[[Daemon], Daemon]:
    """Register a daemon: units whose executable's first line is `#!practice:NAME` run it."""

    def keep(run_daemon: Daemon) -> Daemon:
        for name in names:
            DAEMONS[name] = run_daemon
        return run_daemon

    return keep
