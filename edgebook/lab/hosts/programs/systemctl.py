"""systemctl: the program that asks and orders a host's units.

Not the orders (`unitorders`), nor the units: `hosts/units.py` has them, and decides what an order does.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs import power
from edgebook.lab.hosts.programs.options import Options, tool
from edgebook.lab.hosts.programs.unitorders import Verb, daemon_reload, kill, linking, order, reset_failed
from edgebook.lab.hosts.programs.unitstatus import list_files, list_units, print_status
from edgebook.lab.hosts.units import full_name

NOT_RUNNING, UNKNOWN_UNIT = 3, 4
VERSION = "252.31-1~deb12u1"
LONG = ("now", "no-pager", "property=", "value", "quiet", "all", "full", "no-block", "type=", "state=", "no-legend",
        "plain", "failed", "lines=", "output=", "force", "system", "no-ask-password", "signal=", "runtime", "version",
        "no-wall", "kill-whom=", "wait", "job-mode=", "legend=")  # fmt: skip
ORDERS = ("start", "stop", "restart", "try-restart", "reload", "reload-or-restart")


@tool("systemctl", short="p:qalt:n:o:fs:H:iM:T", long=LONG)
async def systemctl(call: Call, options: Options) -> int:
    """Ask or order units."""
    if options.has("version"):
        call.out(f"systemd 252 ({VERSION})\n")
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
    """Print the states of units; 0 when one of them is active, 3 otherwise, whether they are there or not."""
    states = [call.host.units.is_active(name) for name in names]
    if not options.has("q", "quiet"):
        call.out("".join(f"{state}\n" for state in states))
    return 0 if "active" in states or "reloading" in states else NOT_RUNNING


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
        print_properties(call, options, call.host.units.show(name), wanted)
    if not names:
        print_properties(call, options, {"Version": VERSION, "SystemState": "running"}, wanted)
    return 0


def print_properties(call: Call, options: Options, properties: dict[str, str], wanted: list[str]) -> None:
    """Print the wanted properties in their own order; without a wish all that are not empty."""
    for key, value in properties.items():
        if key in wanted or (value and not wanted):
            call.out(f"{value}\n" if options.has("value") else f"{key}={value}\n")


async def cat(call: Call, options: Options, names: list[str]) -> int:  # noqa: ARG001 - the shape of a verb
    """Print unit files with their drop-ins."""
    files = [call.host.units.file(name) for name in names]
    paths = [path for file in files if file is not None for path in (file.path, *file.drop_ins)]
    call.out("\n".join(f"# {path}\n{call.host.files.text(path)}" for path in paths))
    missing = [full_name(name) for name, file in zip(names, files, strict=True) if file is None]
    call.err("".join(f"No files found for {name}.\n" for name in missing))
    return int(bool(missing))


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


async def list_jobs(call: Call, options: Options, names: Sequence[str]) -> int:  # noqa: ARG001 - a verb's shape
    """List the orders that are being carried out: none, for the model gives them up to the journal."""
    call.out("No jobs running.\n")
    return 0


VERBS: dict[str, Verb] = {
    **{verb: order(verb) for verb in ORDERS},
    **{verb: linking(verb) for verb in ("enable", "disable", "mask", "unmask", "reenable")},
    "is-active": is_active, "is-failed": is_failed, "is-enabled": is_enabled, "status": status, "show": show,
    "cat": cat,
    "daemon-reload": daemon_reload, "daemon-reexec": daemon_reload, "reset-failed": reset_failed, "kill": kill,
    "list-units": list_units, "list-unit-files": list_files, "is-system-running": is_system_running,
    "get-default": get_default, "list-jobs": list_jobs,
    **dict.fromkeys(("reboot", "poweroff", "halt"), power.order),
}  # fmt: skip
ALONE = frozenset({"daemon-reload", "daemon-reexec", "reset-failed", "list-units", "list-unit-files", "status", "show",
                   "is-system-running", "get-default", "list-jobs", "reboot", "poweroff", "halt"})  # fmt: skip
