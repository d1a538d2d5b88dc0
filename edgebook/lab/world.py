"""The practice world: all hosts, the network between them, the clock, and what was added to them.

Not a server: this is the state. `serve.py` puts the protocols in front of it.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from edgebook.lab.clock import Clock
from edgebook.lab.hosts.call import FOLDERS, PROGRAMS, Program, Shell
from edgebook.lab.hosts.daemon import DAEMONS, Daemon
from edgebook.lab.hosts.debian import place_program, prepare
from edgebook.lab.hosts.model import Host, HostSpec
from edgebook.lab.hosts.units import UnitTable
from edgebook.lab.network import Network

EXTENSIONS = ("edgebook.lab.hosts.programs", "edgebook.lab.hosts.shell", "edgebook.lab.k3s", "edgebook.lab.kube")
"""Packages that add to a world: importing registers programs and daemons; `install(world)`, if there
is one, is called on every new world and may put objects into `world.extensions`."""

SMALL_GROUP = 9
"""Up to so many hosts of a role have neighbouring addresses in one /24."""


@dataclass(frozen=True)
class WorldSpec:
    """What the world is made from. Same spec, same world."""

    servers: int = 3
    agents: int = 2
    edges: int = 2
    speed: float = 20.0
    seed: int = 7
    vip: str = "10.20.0.10"
    interface: str = "eth0"
    k3s_version: str = "v1.31.9+k3s1"
    authorized_key: str = ""
    """The public key that user `edge` of every host lets in, as a line of authorized_keys."""

    @property
    def prefix(self) -> int:
        """The length of the site network's prefix: 24, or 16 where a group of hosts needs more room."""
        return 24 if max(self.servers, self.agents, self.edges) <= SMALL_GROUP else 16

    def hosts(self) -> list[HostSpec]:
        """List the hosts: s1… at 10.20.0.11, a1… at .21, e1… at .31; a group of more than nine moves to 10.20.1-3.x."""
        groups = (("s", "server", self.servers, 4), ("a", "agent", self.agents, 4), ("e", "edge", self.edges, 2))
        return [
            HostSpec(
                f"{letter}{number}", role, _ip(group, number, many=count > SMALL_GROUP), cpus=cpus, prefix=self.prefix
            )
            for group, (letter, role, count, cpus) in enumerate(groups, start=1)
            for number in range(1, count + 1)
        ]


def _ip(group: int, number: int, *, many: bool) -> str:
    return f"10.20.{group}.{number}" if many else f"10.20.0.{group * 10 + number}"


@dataclass
class World:
    """All state of the practice site.

    Make one with `build(spec)`. In programs and daemons: `world.clock`, `world.hosts["s1"]`,
    `world.network`, `world.random`, `world.extensions["k3s"]`, `world.spawn(coroutine)`.

    Hooks for extensions: `api_target` says where the forwarded API port leads now, as (address,
    port) on this computer, or None to refuse; `summary` describes the cluster in one line;
    `closers` are awaited when the world ends; `power_hooks` hear of hosts going off and on.
    """

    spec: WorldSpec
    clock: Clock
    random: random.Random
    programs: dict[str, Program]
    daemons: dict[str, Daemon]
    hosts: dict[str, Host] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("edgebook.lab"))
    shell: Shell | None = None
    api_target: Callable[[], tuple[str, int] | None] = lambda: None
    summary: Callable[[], str] = lambda: "no cluster"
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    power_hooks: list[Callable[[Host], None]] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.network = Network(self)

    def add_program(self, name: str, run_program: Program, *, folder: str = "/usr/bin") -> None:
        """Put one more program on every host."""
        self.programs[name] = run_program
        for host in self.hosts.values():
            place_program(host, name, folder)

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str = "") -> asyncio.Task[Any]:
        """Run a coroutine in the background until the world is closed; errors go to the log."""
        task = asyncio.get_running_loop().create_task(work, name=name or None)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def power_changed(self, host: Host) -> None:
        """Tell everybody who asked that a host went off or on."""
        for hook in self.power_hooks:
            hook(host)

    async def close(self) -> None:
        """End every service, task and extension."""
        for host in self.hosts.values():
            host.units.cut_power()
            host.processes.clear()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for closer in reversed(self.closers):
            await closer()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.log.error("%s failed", task.get_name(), exc_info=task.exception())


def build(
    spec: WorldSpec | None = None, *, clock: Clock | None = None, extensions: Iterable[str] = EXTENSIONS
) -> World:
    """Make a fresh world: every host prepared, nothing installed, its units booted.

    Call it inside the event loop: units of a fresh host (ssh, cron) start at once. With
    `extensions=()` the hosts are bare, for tests of the hosts themselves.
    """
    spec = spec or WorldSpec()
    modules = [importlib.import_module(name) for name in extensions if _exists(name)]
    world = World(spec, clock or Clock(speed=spec.speed), random.Random(spec.seed), dict(PROGRAMS), dict(DAEMONS))  # noqa: S311
    for host_spec in spec.hosts():
        host = Host(world, host_spec)
        host.units = UnitTable(host)
        world.hosts[host.name] = host
        prepare(host, FOLDERS)
    for module in modules:
        install = getattr(module, "install", None)
        if install is not None:
            install(world)
    for host in world.hosts.values():
        host.units.boot()
    return world


def _exists(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
