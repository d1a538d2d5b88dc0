"""A practice site that runs: its world, the wires and servers in front of it, and its folder.

Not the orders from outside: `control.py` takes those; not the process: `__main__.py` is that.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncssh

from edgebook.lab import site
from edgebook.lab.catalogue import Value
from edgebook.lab.causes import Grip
from edgebook.lab.clock import utc_now
from edgebook.lab.faults import Broken
from edgebook.lab.hosts.model import Host
from edgebook.lab.hosts.ssh import serve as serve_ssh
from edgebook.lab.processid import birth_of
from edgebook.lab.wire import Streams, Wire
from edgebook.lab.world import EXTENSIONS, World, WorldSpec, build

KEY_TYPE = "ssh-ed25519"
SSH_PORT = 22
GATE_S = 0.05
"""How often each wire looks whether there is anybody at its far end, in real seconds."""

BOOT_TIMEOUT_S = 5.0


class Lab:
    """The running site. Keys, ports and wires live as long as it does; the world is new at each reset."""

    def __init__(
        self, folder: Path, spec: WorldSpec, *, fixed_clock: bool = False, extensions: Iterable[str] = EXTENSIONS
    ) -> None:
        self.folder = folder
        self._extensions = tuple(extensions)
        user_key = asyncssh.generate_private_key(KEY_TYPE, comment="edgebook practice site")
        self._private_key = user_key.export_private_key("openssh")
        self.spec = replace(spec, authorized_key=_public(user_key))
        self.fixed_clock = fixed_clock
        self.broken = Broken()
        self.since: datetime = utc_now()
        self.wires: dict[str, Wire] = {}
        self.api_wire: Wire
        self.world: World
        self._keys = {host.name: asyncssh.generate_private_key(KEY_TYPE) for host in self.spec.hosts()}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def site_folder(self) -> Path:
        """The folder that describes the site."""
        return self.folder / "site"

    async def start(self) -> None:
        """Build the world, open the ports and write the site folder."""
        self._build()
        for name in self._keys:
            self.wires[name] = Wire(lambda name=name: self._dial_ssh(name), passable=lambda name=name: self._up(name))  # type: ignore[misc]
        self.api_wire = Wire(self._dial_api, passable=lambda: self.world.api_target() is not None)
        self._write_site()
        await self._all_up()
        self._spawn(self._keep_gates())

    async def reset(self) -> None:
        """Begin again: a new world behind the same ports and keys, no sessions, the folder as at first."""
        for wire in self._all_wires():
            wire.cut()
            wire.restore()
        self.broken = Broken()
        await self.world.close()
        self._build()
        self._write_site()
        await self._all_up()

    async def stop(self) -> None:
        """Close everything; what describes a site that is no more goes too, so that its users are told to start one."""
        for task in list(self._tasks):
            task.cancel()
        for wire in self._all_wires():
            await wire.close()
        await self.world.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        shutil.rmtree(self.site_folder, ignore_errors=True)

    def break_(self, fault: str, target: str = "", options: Mapping[str, Value] | None = None) -> str:
        """Put a fault in and return the host it went to."""
        return self.broken.inject(fault, self._grip, self.world.hosts, target=target, options=options)

    def heal(self, fault: str = "", target: str = "") -> list[tuple[str, str]]:
        """Take faults out and return which."""
        return self.broken.heal(fault, target)

    def describe(self) -> dict[str, Any]:
        """Return the status as plain data."""
        hosts = [
            {
                "name": h.name,
                "role": h.role,
                "address": h.node_ip,
                "port": self.wires[h.name].port,
                "powered": h.powered,
            }
            for h in self.world.hosts.values()
        ]
        return {
            "pid": os.getpid(),
            "since": self.since.isoformat(),
            "hosts": hosts,
            "api_port": self.api_wire.port,
            "faults": [{"fault": fault, "host": host} for fault, host in self.broken.present()],
            "cluster": self.world.summary(),
        }

    # inside

    def _build(self) -> None:
        self.world = build(self.spec, extensions=self._extensions)
        self.world.power_hooks.append(self._power_changed)

    def _write_site(self) -> None:
        access = site.Access(
            ports={name: wire.port for name, wire in self.wires.items()},
            host_keys={name: _public(key) for name, key in self._keys.items()},
            api_port=self.api_wire.port,
            private_key=self._private_key,
        )
        site.write(self.site_folder, self.spec, access, fixed_clock=self.fixed_clock)

    def _all_wires(self) -> list[Wire]:
        return [*self.wires.values(), self.api_wire]

    def _grip(self, host: Host) -> Grip:
        return Grip(host, self.wires[host.name])

    def _up(self, name: str) -> bool:
        host = self.world.hosts[name]
        return host.powered and ("tcp", SSH_PORT) in host.listeners

    def _power_changed(self, host: Host) -> None:
        wire = self.wires.get(host.name)
        if wire is not None:
            wire.cut()

    def _update_gates(self) -> None:
        for wire in self._all_wires():
            wire.update()

    async def _all_up(self) -> None:
        """Wait until the fresh hosts have booted as far as their SSH servers."""
        async with asyncio.timeout(BOOT_TIMEOUT_S):
            while not all(map(self._up, self.wires)):  # noqa: ASYNC110 - hosts are plain state, without events
                await asyncio.sleep(0)
        self._update_gates()

    async def _keep_gates(self) -> None:
        while True:
            self._update_gates()
            await asyncio.sleep(GATE_S)

    async def _dial_ssh(self, name: str) -> Streams:
        if not self._up(name):
            raise ConnectionRefusedError
        return await asyncio.open_connection(sock=self._into(self.world.hosts[name]))

    async def _dial_api(self) -> Streams:
        target = self.world.api_target()
        if target is None:
            raise ConnectionRefusedError
        return await asyncio.open_connection(*target)

    def _into(self, host: Host) -> socket.socket:
        """Connect a new socket to a host's SSH server and return the near end."""
        near, far = socket.socketpair()
        for end in (near, far):
            end.setblocking(False)
        self._spawn(serve_ssh(far, host, self._keys[host.name], reach=self._reach))
        return near

    def _reach(self, source: Host, name: str, port: int) -> socket.socket:
        network = self.world.network
        target = network.connect(source, network.resolve(source, name), port)
        if port != SSH_PORT:
            raise ConnectionRefusedError
        return self._into(target)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key("openssh").decode().strip()


@contextlib.asynccontextmanager
async def registered(lab: Lab, control_url: str, token: str) -> AsyncIterator[None]:
    """Keep DIR/lab.json, which tells others how to reach this process, while the site runs."""
    path = lab.folder / "lab.json"
    facts = {
        "schema": 1,
        "pid": os.getpid(),
        "birth": birth_of(os.getpid()),
        "control": control_url,
        "token": token,
        "ports": {name: wire.port for name, wire in lab.wires.items()},
        "since": lab.since.isoformat(),
    }
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
