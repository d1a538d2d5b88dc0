"""The units of one practice host: what `systemctl` asks and orders.

Not a unit at work (`service.py`) nor its file (`unitfile.py`).
"""

from __future__ import annotations

import asyncio
import posixpath
from typing import TYPE_CHECKING

from edgebook.lab.hosts.processes import SIGTERM
from edgebook.lab.hosts.properties import Known, properties
from edgebook.lab.hosts.service import Service
from edgebook.lab.hosts.unitfile import FOLDERS, UnitFile, load

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host

ETC, SHIPPED = "/etc/systemd/system", "/lib/systemd/system"
BOOT_TARGETS = ("sysinit.target", "multi-user.target", "timers.target", "sockets.target")


class UnitError(Exception):
    """systemd refuses; the text is what it says, `code` the exit code of systemctl."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def full_name(name: str) -> str:
    """Add `.service` to a name without a suffix."""
    return name if "." in posixpath.basename(name) else f"{name}.service"


class UnitTable:
    """All units of one host. Names may come without `.service`.

    Orders are coroutines that return when the job is over, with its result: `done`, `failed`,
    `timeout` or `canceled`; `UnitError` when systemd does not even try. A unit that was changed on
    the disk after it was loaded is used as loaded until `daemon_reload` (`needs_reload` tells).
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._services: dict[str, Service] = {}
        self._loaded: dict[str, UnitFile] = {}

    # asking

    def state(self, name: str) -> Service:
        """Return the state of a unit, known or not."""
        name = full_name(name)
        return self._services.setdefault(name, Service(self._host, name))

    def file(self, name: str) -> UnitFile | None:
        """Return the unit as systemd has it loaded; None when there is none or it is masked."""
        name = full_name(name)
        if name not in self._loaded or not self._pinned(name):
            fresh = load(self._host.files, name)
            if fresh is None:
                self._loaded.pop(name, None)
                return None
            self._loaded[name] = fresh
        return self._loaded[name]

    def needs_reload(self, name: str) -> bool:
        """Say whether the file changed after systemd loaded it."""
        loaded = self.file(name)
        fresh = load(self._host.files, full_name(name))
        return loaded is not None and (fresh is None or fresh.text != loaded.text)

    def is_active(self, name: str) -> str:
        """Return active, inactive, activating, deactivating or failed."""
        return self.state(name).active

    def is_enabled(self, name: str) -> str:
        """Return enabled, disabled, static, masked, or nothing when there is no such unit file."""
        name = full_name(name)
        if self._masked(name):
            return "masked"
        file = load(self._host.files, name)
        if file is None:
            return ""
        if not file.wanted_by:
            return "static"
        return "enabled" if self._links(file, existing=True) else "disabled"

    def load_state(self, name: str) -> str:
        """Return loaded, masked, bad-setting or not-found."""
        if self._masked(full_name(name)):
            return "masked"
        file = self.file(name)
        if file is None:
            return "not-found"
        return "bad-setting" if file.bad else "loaded"

    def is_loaded(self, name: str) -> bool:
        """Say whether systemd keeps the unit in memory: it runs, failed, or another wants it."""
        file = self.file(name)
        if file is None:
            return self.is_active(name) != "inactive"
        return self._pinned(full_name(name))

    def names(self) -> list[str]:
        """Return the names of all units with a file, and of those that run without one."""
        known = {name for name, service in self._services.items() if service.active != "inactive"}
        for folder in FOLDERS:
            if self._host.files.is_folder(folder):
                known.update(name for name in self._host.files.listdir(folder) if _is_unit(name))
        return sorted(known)

    def show(self, name: str) -> dict[str, str]:
        """Return the unit's properties as `systemctl show` names and prints them."""
        name, file = full_name(name), self.file(name)
        wanted_by = (
            tuple(link.split("/")[-2].removesuffix(".wants") for link in self._links(file, existing=True))
            if file
            else ()
        )
        # systemd forgets a unit that neither runs, nor failed, nor is wanted by another: all it tells is as at first.
        unit = self.state(name) if self.is_loaded(name) else Service(self._host, name)
        known = Known(
            name, unit, file, self.load_state(name), self.is_enabled(name), self.needs_reload(name), wanted_by
        )
        return properties(known)

    # orders

    async def start(self, name: str) -> str:
        """Start a unit; for Type=notify this waits until it is ready, for ever when TimeoutStartSec=0."""
        file = self._startable(full_name(name))
        if not self.is_loaded(name):
            self._services.pop(full_name(name), None)  # what it was in an earlier life is forgotten
        return await self.state(name).start(file)

    async def stop(self, name: str) -> str:
        """Stop a unit; one that is not loaded is refused with code 5."""
        self.check("stop", name)
        await self.state(name).stop()
        return "done"

    async def restart(self, name: str) -> str:
        """Stop a unit when it runs, and start it."""
        file = self._startable(full_name(name))
        unit = self.state(name)
        await unit.stop()
        return await unit.start(file)

    def check(self, verb: str, name: str) -> None:
        """Raise `UnitError` when systemd would refuse an order at once."""
        if verb != "stop":
            self._startable(full_name(name))
        elif self.is_active(name) == "inactive" and self.file(name) is None:
            raise UnitError(f"Unit {full_name(name)} not loaded.", 5)

    def kill(self, name: str, signal: int = SIGTERM) -> None:
        """Send the main process of a unit a signal."""
        self.state(name).kill(signal)

    def reset_failed(self, name: str = "") -> None:
        """Forget the failure of one unit, or of all."""
        for unit in [self.state(name)] if name else list(self._services.values()):
            unit.forget_failure()

    def daemon_reload(self) -> None:
        """Read all unit files again."""
        self._loaded.clear()
        for name, unit in self._services.items():
            fresh = self.file(name)
            unit.file = fresh or unit.file

    def enable(self, name: str) -> list[tuple[str, str]]:
        """Link a unit into what wants it; return the links made, as (link, target). It reloads, as systemctl does."""
        name = full_name(name)
        file = self._file_for(name, "enable")
        made = [link for link in self._links(file) if not self._host.files.exists(link, follow=False)]
        for link in made:
            self._host.files.mkdir(posixpath.dirname(link), parents=True)
            self._host.files.symlink(file.path, link)
        self.daemon_reload()
        return [(link, file.path) for link in made]

    def disable(self, name: str) -> list[str]:
        """Remove the links that `enable` makes; return those removed."""
        name = full_name(name)
        file = self._file_for(name, "disable")
        gone = self._links(file, existing=True)
        for link in gone:
            self._host.files.remove(link)
        self.daemon_reload()
        return gone

    def mask(self, name: str) -> None:
        """Make a unit impossible to start, with a link to /dev/null."""
        path = f"{ETC}/{full_name(name)}"
        if not self._masked(full_name(name)):
            if self._host.files.exists(path, follow=False):
                raise UnitError(f"Failed to mask unit: File {path} already exists.")
            self._host.files.symlink("/dev/null", path)
        self.daemon_reload()

    def unmask(self, name: str) -> None:
        """Take the mask away."""
        if self._masked(full_name(name)):
            self._host.files.remove(f"{ETC}/{full_name(name)}")
        self.daemon_reload()

    # power

    def boot(self) -> None:
        """Start everything the boot targets want, in the background."""
        self._loaded.clear()
        for folder in (f"{place}/{target}.wants" for target in BOOT_TARGETS for place in (ETC, SHIPPED)):
            for name in self._host.files.listdir(folder) if self._host.files.is_folder(folder) else []:
                file = self.file(name)
                if file is not None:
                    self._host.world.spawn(self.state(name).start(file), name=f"{self._host.name} boot {name}")

    def cut_power(self) -> None:
        """End every unit at once."""
        for unit in self._services.values():
            unit.cut_power()

    async def shut_down(self) -> None:
        """Stop every running unit, as a reboot does."""
        await asyncio.gather(*(unit.stop() for unit in list(self._services.values())))

    # inside

    def _pinned(self, name: str) -> bool:
        """Say whether systemd keeps the unit loaded: it runs, failed, or a target wants it."""
        return self.state(name).active != "inactive" or bool(self._links(self._loaded[name], existing=True))

    def _startable(self, name: str) -> UnitFile:
        if self._masked(name):
            raise UnitError(f"Unit {name} is masked.", 1)
        file = self.file(name)
        if file is None:
            raise UnitError(f"Unit {name} not found.", 5)
        if file.bad:
            raise UnitError(f"Unit {name} has a bad unit file setting.", 1)
        return file

    def _file_for(self, name: str, verb: str) -> UnitFile:
        if self._masked(name):
            raise UnitError(f"Failed to {verb} unit: Unit file {ETC}/{name} is masked.")
        file = load(self._host.files, name)
        if file is None:
            raise UnitError(f"Failed to {verb} unit: Unit file {name} does not exist.")
        return file

    def _masked(self, name: str) -> bool:
        path = f"{ETC}/{name}"
        files = self._host.files
        return files.exists(path, follow=False) and files.realpath(path) == "/dev/null"

    def _links(self, file: UnitFile, *, existing: bool = False) -> list[str]:
        links = [f"{ETC}/{target}.wants/{file.name}" for target in file.wanted_by]
        return [link for link in links if self._host.files.exists(link, follow=False)] if existing else links


def _is_unit(name: str) -> bool:
    return name.endswith((".service", ".timer", ".socket"))
