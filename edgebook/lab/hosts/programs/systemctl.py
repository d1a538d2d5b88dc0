"""systemctl: the program that asks and orders a host's units.

Not the units: `hosts/units.py` has them, and decides what an order does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs import power
from edgebook.lab.hosts.programs.options import Options, tool
from edgebook.lab.hosts.programs.unitstatus import list_files, list_units, print_status
from edgebook.lab.hosts.units import UnitError, full_name

NOT_RUNNING, UNKNOWN_UNIT = 3, 4
LONG = ("now", "no-pager", "property=", "value", "quiet", "all", "full", "no-block", "type=", "state=", "no-legend",
        "plain", "failed", "lines=", "output=", "force", "system", "no-ask-password", "signal=", "runtime", "version",
        "no-wall", "kill-whom=", "wait", "job-mode=", "legend=")  # fmt: skip
SIGNALS = {"HUP": 1, "INT": 2, "KILL": 9, "TERM": 15, "USR1": 10, "USR2": 12}
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
"""
Verb = Callable[[Call, Options, list[str]], Awaitable[int]]
ORDERS = ("start", "stop", "restart", "try-restart", "reload", "reload-or-restart")


@tool("systemctl", short="p:qalt:n:o:fs:H:iM:T", long=LONG)
async def systemctl(call: Call, options: Options) -> int:
    """Ask or order units."""
    if options.has("version"):
        call.out("systemd 252 (252.31-1~deb12u1)\n")
        return 0
    verb, *names = options.words or ["list-units"]
    act = VERBS.get(verb)
    if act is None:
        call.err(f"Unknown command verb {verb}.\n")
        return 1
    if not names and verb not in ALONE:
        call.err("Too few arguments.\n")
        return 1
    return await act(call, options, names)


async def is_active(call: Call, options: Options, names: list[str]) -> int:
    """Print the states of units; 0 when one of them is active."""
    states = [call.host.units.is_active(name) for name in names]
    if not options.has("q", "quiet"):
        call.out("".join(f"{state}\n" for state in states))
    if "active" in states or "reloading" in states:
        return 0
    missing = any(call.host.units.load_state(name) == "not-found" for name in names)
    return UNKNOWN_UNIT if missing else NOT_RUNNING


async def is_failed(call: Call, options: Options, names: list[str]) -> int:
    """Print the states of units; 0 when one of them failed."""
    states = [call.host.units.is_active(name) for name in names]
    if not options.has("q", "quiet"):
        call.out("".join(f"{state}\n" for state in states))
    return int("failed" not in states)


async def is_enabled(call: Call, options: Options, names: list[str]) -> int:
    """Print whether units start at boot; 0 when one of them does."""
    code = 1
    for name in names:
        state = call.host.units.is_enabled(name)
        if not state:
            call.err(f"Failed to get unit file state for {full_name(name)}: No such file or directory\n")
            return 1
        if not options.has("q", "quiet"):
            call.out(f"{state}\n")
        if state in ("enabled", "static", "alias", "indirect", "generated"):
            code = 0
    return code


async def status(call: Call, options: Options, names: list[str]) -> int:
    """Print what units do, with the end of their journal."""
    code = 0
    for name in names or []:
        if call.host.units.load_state(name) == "not-found" and call.host.units.is_active(name) == "inactive":
            call.err(f"Unit {full_name(name)} could not be found.\n")
            code = UNKNOWN_UNIT
            continue
        print_status(call, options, full_name(name))
        active = call.host.units.is_active(name) in ("active", "reloading", "activating")
        code = code or (0 if active else NOT_RUNNING)
    if not names:
        call.out(f"● {call.host.hostname}\n    State: running\n    Units: {len(call.host.units.names())} loaded\n")
    return code


async def show(call: Call, options: Options, names: list[str]) -> int:
    """Print the properties of units."""
    wanted = [name for value in options.values("p", "property") for name in value.split(",")]
    for index, name in enumerate(names):
        call.out("\n" if index else "")
        for key, value in call.host.units.show(name).items():
            if not wanted or key in wanted:
                call.out(f"{value}\n" if options.has("value") else f"{key}={value}\n")
    if not names:
        call.out("Version=252.31-1~deb12u1\nSystemState=running\n")
    return 0


async def cat(call: Call, options: Options, names: list[str]) -> int:  # noqa: ARG001 - the shape of a verb
    """Print unit files."""
    for name in names:
        file = call.host.units.file(name)
        if file is None:
            call.err(f"No files found for {full_name(name)}.\n")
            return 1
        call.out(f"# {file.path}\n{call.host.files.text(file.path)}")
    return 0


def order(verb: str) -> Verb:
    """Make the verb that starts, stops or restarts units."""

    async def run(call: Call, options: Options, names: list[str]) -> int:
        if denied(call, f"{verb} {full_name(names[0])}"):
            return 1
        if options.has("no-block"):
            for name in names:
                call.world.spawn(one_order(call, verb, name), name=f"{call.host.name} systemctl {verb} {name}")
            return 0
        return max(await asyncio.gather(*(one_order(call, verb, name) for name in names)))

    return run


async def one_order(call: Call, verb: str, name: str) -> int:
    """Give one unit an order, wait for it and say when it failed."""
    units, unit = call.host.units, full_name(name)
    if call.host.units.load_state(name) == "loaded" and units.needs_reload(name):
        warn_reload(call, unit)
    idle = units.is_active(name) not in ("active", "activating")
    if verb == "try-restart" and idle:
        return 0
    if verb == "reload" and idle:
        call.err(
            f"Failed to reload {unit}: Unit {unit} is not active.\n"
            if units.file(name)
            else f"Failed to reload {unit}: Unit {unit} not found.\n"
        )
        return 1
    acts = {"start": units.start, "stop": units.stop, "reload": units.restart}
    try:
        result = await acts.get(verb, units.restart)(name)
    except UnitError as exc:
        call.err(f"Failed to {verb} {unit}: {exc}\n")
        return exc.code
    return said(call, unit, result)


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


def denied(call: Call, what: str) -> bool:
    """Say that only root may, when it is somebody else."""
    if call.uid:
        call.err(f"Failed to {what}: Interactive authentication required.\n")
    return call.uid != 0


def linking(verb: str) -> Verb:
    """Make the verb that enables, disables, masks or unmasks units."""

    async def run(call: Call, options: Options, names: list[str]) -> int:
        if denied(call, f"{verb} unit"):
            return 1
        try:
            for name in names:
                link(call, verb, name)
        except UnitError as exc:
            call.err(f"{exc}\n")
            return exc.code
        follow = {"enable": "start", "disable": "stop", "mask": "stop", "reenable": "start"}.get(verb, "")
        return await order(follow)(call, options, names) if options.has("now") and follow else 0

    return run


def link(call: Call, verb: str, name: str) -> None:
    """Enable, disable, mask or unmask one unit and say which links changed."""
    units = call.host.units
    if verb in ("disable", "reenable"):
        gone = units.disable(name)
        call.err("".join(f'Removed "{path}".\n' for path in gone))
    if verb in ("enable", "reenable"):
        made = units.enable(name)
        call.err("".join(f"Created symlink {path} → {target}.\n" for path, target in made))
        if not made and units.is_enabled(name) == "static":
            call.err(NOT_MEANT)
    if verb == "mask":
        units.mask(name)
        call.err(f"Created symlink /etc/systemd/system/{full_name(name)} → /dev/null.\n")
    if verb == "unmask":
        masked = units.load_state(name) == "masked"
        units.unmask(name)
        call.err(f'Removed "/etc/systemd/system/{full_name(name)}".\n' if masked else "")


async def daemon_reload(call: Call, options: Options, names: list[str]) -> int:  # noqa: ARG001 - the shape of a verb
    """Read the unit files again."""
    if denied(call, "reload daemon"):
        return 1
    call.host.units.daemon_reload()
    return 0


async def reset_failed(call: Call, options: Options, names: list[str]) -> int:  # noqa: ARG001 - the shape of a verb
    """Forget failures."""
    if denied(call, "reset failed state"):
        return 1
    for name in names or [""]:
        if name and call.host.units.load_state(name) == "not-found":
            call.err(f"Failed to reset failed state of unit {full_name(name)}: Unit {full_name(name)} not loaded.\n")
            return 1
        call.host.units.reset_failed(name)
    return 0


async def kill(call: Call, options: Options, names: list[str]) -> int:
    """Send the main processes of units a signal."""
    if denied(call, f"kill unit {full_name(names[0])}"):
        return 1
    wanted = options.value("s", "signal", default="TERM").removeprefix("SIG")
    for name in names:
        call.host.units.kill(name, int(wanted) if wanted.isdigit() else SIGNALS.get(wanted, SIGNALS["TERM"]))
    return 0


async def is_system_running(call: Call, options: Options, names: Sequence[str]) -> int:  # noqa: ARG001 - a verb's shape
    """Print whether all is well."""
    units = call.host.units
    failed = any(units.is_active(name) == "failed" for name in units.names())
    call.out("degraded\n" if failed else "running\n")
    return int(failed)


async def get_default(call: Call, options: Options, names: Sequence[str]) -> int:  # noqa: ARG001 - a verb's shape
    """Print the boot target."""
    call.out("multi-user.target\n")
    return 0


VERBS: dict[str, Verb] = {
    **{verb: order(verb) for verb in ORDERS},
    **{verb: linking(verb) for verb in ("enable", "disable", "mask", "unmask", "reenable")},
    "is-active": is_active, "is-failed": is_failed, "is-enabled": is_enabled, "status": status, "show": show,
    "cat": cat,
    "daemon-reload": daemon_reload, "daemon-reexec": daemon_reload, "reset-failed": reset_failed, "kill": kill,
    "list-units": list_units, "list-unit-files": list_files, "is-system-running": is_system_running,
    "get-default": get_default, "reboot": power.order, "poweroff": power.order, "halt": power.order,
}  # fmt: skip
ALONE = frozenset({"daemon-reload", "daemon-reexec", "reset-failed", "list-units", "list-unit-files", "status", "show",
                   "is-system-running", "get-default", "reboot", "poweroff", "halt"})  # fmt: skip
