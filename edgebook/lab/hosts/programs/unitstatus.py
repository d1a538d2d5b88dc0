"""What systemctl prints for a reader: the status of a unit, the lists of units and unit files.

Not the orders (`systemctl`).
"""

from __future__ import annotations

from datetime import datetime

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.journalctl import short_line
from edgebook.lab.hosts.programs.options import Options

DOTS = {"active": "●", "reloading": "●", "activating": "●", "deactivating": "●", "failed": "×"}
SHOWN_LINES = 10


def print_status(call: Call, options: Options, name: str) -> None:
    """Print one unit as `systemctl status` does."""
    units = call.host.units
    facts, state = units.show(name), units.state(name)
    if units.needs_reload(name):
        call.err(f"Warning: The unit file, source configuration file or drop-ins of {name} changed on disk. "
                 "Run 'systemctl daemon-reload' to reload units.\n")  # fmt: skip
    title = name if facts["Description"] == name else f"{name} - {facts['Description']}"
    call.out(f"{DOTS.get(state.active, '○')} {title}\n")
    call.out(f"     Loaded: {loaded(facts)}\n")
    call.out(f"     Active: {active(call, facts, state.changed_at)}\n")
    if state.ending is not None and not state.main_pid:
        file = units.file(name)
        ran = f"ExecStart={file.one('Service', 'ExecStart')} " if file else ""
        call.out(
            f"    Process: {state.last_pid} {ran}({state.ending})\n   Main PID: {state.last_pid} ({state.ending})\n"
        )
    if state.main_pid:
        process = call.host.processes.get(state.main_pid)
        command = process.argv[0].rsplit("/", 1)[-1] if process else name.removesuffix(".service")
        call.out(f"   Main PID: {state.main_pid} ({command})\n     CGroup: /system.slice/{name}\n")
        call.out(f"             └─{state.main_pid} {' '.join(process.argv) if process else command}\n")
    count = int(options.value("n", "lines", default=str(SHOWN_LINES)))
    entries = list(call.host.journal.entries(unit=name))[-count:] if count and not call.uid else []
    if entries:
        call.out("\n" + "".join(short_line(entry, call.host.hostname) for entry in entries))


def loaded(facts: dict[str, str]) -> str:
    """Describe the unit file."""
    if facts["LoadState"] == "not-found":
        return f"not-found (Reason: Unit {facts['Id']} not found.)"
    if facts["LoadState"] == "masked":
        return f"masked (Reason: Unit {facts['Id']} is masked.)"
    return f"loaded ({facts['FragmentPath']}; {facts['UnitFileState']}; preset: enabled)"


def active(call: Call, facts: dict[str, str], since: datetime | None) -> str:
    """Describe the state and since when."""
    state, result = facts["ActiveState"], facts["Result"]
    text = f"{state} ({facts['SubState']})"
    if state == "failed":
        text = f"failed (Result: {result})"
    elif result != "success":
        text += f" (Result: {result})"
    if since is None:
        return text
    return f"{text} since {since:%a %Y-%m-%d %H:%M:%S} UTC; {ago((call.host.now() - since).total_seconds())} ago"


def ago(seconds: float) -> str:
    """Say a span as systemd does."""
    whole = max(0, int(seconds))
    if whole < 1:
        return f"{max(0, int(seconds * 1000))}ms"
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} day{'s' * (days > 1)} {hours}h"
    if hours:
        return f"{hours}h {minutes}min"
    return f"{minutes}min {whole % 60}s" if minutes else f"{whole}s"


async def list_units(call: Call, options: Options, names: list[str]) -> int:
    """List the units that are loaded."""
    units, rows = call.host.units, []
    for name in units.names():
        state = units.state(name)
        kind = options.value("t", "type")
        wanted = options.value("state") or ("failed" if options.has("failed") else "")
        hidden = state.active == "inactive" and not options.has("a", "all") and not wanted
        if (kind and not name.endswith(f".{kind}")) or hidden or (names and not any(_like(name, one) for one in names)):
            continue
        if wanted and wanted not in (state.active, state.sub):
            continue
        file = units.file(name)
        rows.append((name, units.load_state(name), state.active, state.sub, file.title if file else name))
    if not options.has("no-legend"):
        rows.insert(0, ("UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION"))
    widths = [max((len(row[index]) for row in rows), default=0) for index in range(4)]
    for row in rows:
        call.out(
            "  " + " ".join(f"{cell:<{width}}" for cell, width in zip(row[:4], widths, strict=True)) + f" {row[4]}\n"
        )
    if not options.has("no-legend"):
        call.out(f"\n{len(rows) - 1} loaded units listed.\n")
    return 0


def _like(name: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name in (pattern, f"{pattern}.service")


async def list_files(call: Call, options: Options, names: list[str]) -> int:
    """List the unit files and whether they are enabled."""
    units = call.host.units
    rows = [
        (name, units.is_enabled(name)) for name in units.names() if not names or any(_like(name, one) for one in names)
    ]
    if not options.has("no-legend"):
        call.out("UNIT FILE STATE PRESET\n")
    call.out("".join(f"{name} {state} enabled\n" for name, state in rows if state))
    if not options.has("no-legend"):
        call.out(f"\n{len(rows)} unit files listed.\n")
    return 0 if rows else 1
