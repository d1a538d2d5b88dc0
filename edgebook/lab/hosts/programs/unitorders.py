"""The orders of systemctl: start and stop units, enable and mask them, reload, forget failures.

Not the questions (`systemctl`), nor what an order does to a unit (`hosts/units.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import Options
from edgebook.lab.hosts.programs.unitstatus import in_locale
from edgebook.lab.hosts.units import UnitError, full_name

NO_PERMISSION, NOT_APPLICABLE, NOT_INSTALLED = 4, 3, 5
"""Exit codes of systemctl (systemd: `translate_bus_error_to_exit_status`)."""
SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "ABRT": 6, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12, "TERM": 15}
WHY = {
    "exit-code": "the control process exited with error code",
    "signal": "a fatal signal was delivered to the control process",
    "core-dump": "a fatal signal was delivered causing the control process to dump core",
    "timeout": "a timeout was exceeded",
    "protocol": "the service did not take the steps required by its unit configuration",
    "resources": "of unavailable resources or another system error",
    "start-limit-hit": "start of the service was attempted too often",
}
NOT_MEANT = """\
The unit files have no installation config (WantedBy=, RequiredBy=, Also=,
Alias= settings in the [Install] section, and DefaultInstance= for template
units). This means they are not meant to be enabled using systemctl.
\x20
Possible reasons for having this kind of units are:
* A unit may be statically enabled by being symlinked from another unit's
  .wants/ or .requires/ directory.
* A unit's purpose may be to act as a helper for some other unit which has
  a requirement dependency on it.
* A unit may be started when needed via activation (socket, path, timer,
  D-Bus, udev, scripted systemctl call, ...).
* In case of template units, the unit is meant to be enabled with some
  instance name specified.
"""
SEE_LOGS = "See system logs and 'systemctl status {unit}' for details.\n"
SILENT = ("not found.", "not loaded.", "is masked.")
"""Refusals that name their own cause: systemctl points to no logs after these."""
DENIED = "Access denied"
"""What D-Bus answers where no polkit is installed, as on a small Debian."""
Verb = Callable[[Call, Options, list[str]], Awaitable[int]]


def order(verb: str) -> Verb:
    """Make the verb that starts, stops or restarts units."""

    async def run(call: Call, options: Options, names: list[str]) -> int:
        if call.uid:
            return max(refused(call, verb, full_name(name), DENIED, NO_PERMISSION) for name in names)
        if options.has("no-block"):
            return max(queue(call, verb, name) for name in names)
        return max(await asyncio.gather(*(one_order(call, verb, name) for name in names)))

    return run


def queue(call: Call, verb: str, name: str) -> int:
    """Begin an order that nobody waits for: what becomes of it, the journal says."""
    try:
        call.host.units.check(verb, name)
    except UnitError as exc:
        return refused(call, verb, full_name(name), str(exc), exc.code)

    async def work() -> None:
        with contextlib.suppress(UnitError):  # the unit went away meanwhile
            await acts(call, verb)(name)

    call.world.spawn(work(), name=f"{call.host.name} systemctl {verb} {name}")
    return 0


def acts(call: Call, verb: str) -> Callable[[str], Awaitable[str]]:
    """Return what a verb does to a unit."""
    units = call.host.units
    return {"start": units.start, "stop": units.stop}.get(verb, units.restart)


async def one_order(call: Call, verb: str, name: str) -> int:
    """Give one unit an order, wait for it and say when it failed."""
    units, unit = call.host.units, full_name(name)
    if units.load_state(name) == "loaded" and units.needs_reload(name):
        warn_reload(call, unit)
    if verb in ("reload", "try-restart") and units.load_state(name) == "not-found":
        return refused(call, verb, unit, f"Unit {unit} not found.", NOT_INSTALLED)
    idle = units.is_active(name) not in ("active", "activating")
    if verb == "try-restart" and idle:
        return 0
    file = units.file(name)
    if verb == "reload" and (file is None or not file.every("Service", "ExecReload")):
        return refused(call, verb, unit, f"Job type reload is not applicable for unit {unit}.", NOT_APPLICABLE)
    if verb == "reload" and idle:
        return refused(call, verb, unit, f"Unit {unit} is not active.", 1)
    try:
        result = await acts(call, verb)(name)
    except UnitError as exc:
        return refused(call, verb, unit, str(exc), exc.code)
    return said(call, unit, result)


def refused(call: Call, verb: str, unit: str, why: str, code: int) -> int:
    """Say that systemd does not even try, and return the code."""
    call.err(f"Failed to {verb} {unit}: {why}\n")
    if not why.endswith(SILENT) and code != NOT_APPLICABLE:
        call.err(SEE_LOGS.format(unit=unit))
    return code


def said(call: Call, unit: str, result: str) -> int:
    """Return 0 for a job that was done, else say what became of it and return 1."""
    if result == "done":
        return 0
    if result == "canceled":
        call.err(f"Job for {unit} canceled.\n")
        return 1
    cause = call.host.units.state(unit).result
    why = WHY.get("timeout" if result == "timeout" else cause, WHY["exit-code"])
    call.err(f"Job for {unit} failed because {why}.\n"
             f'See "systemctl status {unit}" and "journalctl -xeu {unit}" for details.\n')  # fmt: skip
    if cause == "start-limit-hit":
        call.err(f'To force a start use "systemctl reset-failed {unit}"\nfollowed by "systemctl start {unit}" again.\n')
    return 1


def warn_reload(call: Call, unit: str) -> None:
    """Say that systemd has not read the newest unit file."""
    call.err(f"Warning: The unit file, source configuration file or drop-ins of {unit} changed on disk. "
             "Run 'systemctl daemon-reload' to reload units.\n")  # fmt: skip


def forbidden(call: Call, what: str) -> int:
    """Say that only root may."""
    call.err(f"{what}: {DENIED}\n")
    return 1


def linking(verb: str) -> Verb:
    """Make the verb that enables, disables, masks or unmasks units."""

    async def run(call: Call, options: Options, names: list[str]) -> int:
        if call.uid:
            return forbidden(call, f"Failed to {verb} unit")
        try:
            for name in names:
                said = in_locale(call, link(call, verb, name))
                call.err("" if options.has("q", "quiet") else said)
        except UnitError as exc:
            call.err(f"{exc}\n")
            return exc.code
        follow = {"enable": "start", "disable": "stop", "mask": "stop", "reenable": "start"}.get(verb, "")
        return await order(follow)(call, options, names) if options.has("now") and follow else 0

    return run


def link(call: Call, verb: str, name: str) -> str:
    """Enable, disable, mask or unmask one unit and return what is said of it."""
    units, unit = call.host.units, full_name(name)
    mask, text = f"/etc/systemd/system/{unit}", ""
    if verb in ("disable", "reenable"):
        text += "".join(f'Removed "{path}".\n' for path in units.disable(name))
    if verb in ("enable", "reenable"):
        made = units.enable(name)
        text += "".join(f"Created symlink {path} → {target}.\n" for path, target in made)
        text += NOT_MEANT if not made and units.is_enabled(name) == "static" else ""
    if verb == "mask":
        missing = units.load_state(name) == "not-found"
        units.mask(name)
        text += f"Unit {unit} does not exist, proceeding anyway.\n" if missing else ""
        text += f"Created symlink {mask} → /dev/null.\n"
    if verb == "unmask":
        text += f'Removed "{mask}".\n' if units.load_state(name) == "masked" else ""
        units.unmask(name)
    return text


async def daemon_reload(call: Call, options: Options, names: list[str]) -> int:  # noqa: ARG001 - the shape of a verb
    """Read the unit files again."""
    if call.uid:
        return forbidden(call, "Reload daemon failed")
    call.host.units.daemon_reload()
    return 0


async def reset_failed(call: Call, options: Options, names: list[str]) -> int:  # noqa: ARG001 - the shape of a verb
    """Forget failures."""
    code = 0
    for name in names:
        code = code or not_loaded(call, "reset failed state of", name)
    if code:
        return code
    if call.uid:
        return forbidden(call, "Failed to execute operation")
    for name in names or [""]:
        call.host.units.reset_failed(name)
    return 0


async def kill(call: Call, options: Options, names: list[str]) -> int:
    """Send the main processes of units a signal."""
    wanted = options.value("s", "signal", default="TERM").removeprefix("SIG")
    if not wanted.isdigit() and wanted not in SIGNALS:
        call.err(f'Failed to parse signal string "{wanted}".\n')
        return 1
    code = 0
    for name in names:
        code = not_loaded(call, "kill", name) or code
    if code:
        return code
    if call.uid:
        return forbidden(call, f"Failed to kill unit {full_name(names[0])}")
    for name in names:
        call.host.units.kill(name, int(wanted) if wanted.isdigit() else SIGNALS[wanted])
    return 0


def not_loaded(call: Call, what: str, name: str) -> int:
    """Say that systemd has no such unit in memory, and return 1; 0 when it has."""
    if call.host.units.is_loaded(name):
        return 0
    unit = full_name(name)
    call.err(f"Failed to {what} unit {unit}: Unit {unit} not loaded.\n")
    return 1
