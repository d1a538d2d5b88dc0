"""What systemctl prints for a reader: the status of a unit, the lists of units and unit files.

Not the orders (`systemctl`).
"""

from __future__ import annotations

from datetime import datetime

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.journalctl import short_line
from edgebook.lab.hosts.programs.options import Options

DOTS = {"active": "●", "reloading": "●", "activating": "●", "deactivating": "●", "failed": "×"}
IN_ASCII = {"●": "*", "○": "*", "×": "x", "→": "->", "└─": "`-"}
"""What systemd prints in their place where the locale is not UTF-8, as `C`."""
HEADER = ("UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION")
EXPLAINED = """
LOAD   = Reflects whether the unit definition was properly loaded.
ACTIVE = The high-level unit activation state, i.e. generalization of SUB.
SUB    = The low-level unit activation state, values depend on unit type.
"""
SHOWN_LINES = 10


def in_locale(call: Call, text: str) -> str:
    """Return a text with plain characters where the caller's locale has no others."""
    locale = call.env.get("LC_ALL") or call.env.get("LC_CTYPE") or call.env.get("LANG", "")
    if "UTF-8" in locale.upper():
        return text
    for shown, plain in IN_ASCII.items():
        text = text.replace(shown, plain)
    return text


def print_status(call: Call, options: Options, name: str) -> None:
    """Print one unit as `systemctl status` does."""
    units = call.host.units
    facts, state = units.show(name), units.state(name)
    if units.needs_reload(name):
        call.err(f"Warning: The unit file, source configuration file or drop-ins of {name} changed on disk. "
                 "Run 'systemctl daemon-reload' to reload units.\n")  # fmt: skip
    title = name if facts["Description"] == name else f"{name} - {facts['Description']}"
    call.out(in_locale(call, f"{DOTS.get(state.active, '○')} {title}\n"))
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
        call.out(in_locale(call, f"             └─{state.main_pid} {' '.join(process.argv) if process else command}\n"))
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
    preset = "" if facts["UnitFileState"] == "static" else "; preset: enabled"
    return f"loaded ({facts['FragmentPath']}; {facts['UnitFileState']}{preset})"


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
    rows = [_row(call, name) for name in call.host.units.names() if _listed(call, options, name, names)]
    plain, legend = options.has("plain"), not options.has("no-legend")
    shown = [HEADER, *rows] if legend else rows
    widths = [max((len(row[index]) for row in shown), default=0) for index in range(4)]
    for row in shown:
        dot = "" if plain else "● " if row[2] == "failed" and row is not HEADER else "  "
        cells = " ".join(f"{cell:<{width}}" for cell, width in zip(row[:4], widths, strict=True))
        call.out(in_locale(call, f"{dot}{cells} {row[4]}\n"))
    if legend:
        more = " Pass --all to see loaded but inactive units, too." if not _state_wanted(options) else ""
        call.out(f"{EXPLAINED if rows else ''}{len(rows)} loaded units listed.{more}\n")
        call.out("To show all installed unit files use 'systemctl list-unit-files'.\n" if more else "")
    return 0


def _state_wanted(options: Options) -> str:
    return options.value("state") or ("failed" if options.has("failed") else "")


def _listed(call: Call, options: Options, name: str, names: list[str]) -> bool:
    state, kind, wanted = call.host.units.state(name), options.value("t", "type"), _state_wanted(options)
    if (kind and not name.endswith(f".{kind}")) or (names and not any(_like(name, one) for one in names)):
        return False
    if wanted:
        return wanted in (state.active, state.sub)
    return state.active != "inactive" or options.has("a", "all")


def _row(call: Call, name: str) -> tuple[str, str, str, str, str]:
    units = call.host.units
    state, file = units.state(name), units.file(name)
    return name, units.load_state(name), state.active, state.sub, file.title if file else name


def _like(name: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name in (pattern, f"{pattern}.service")


async def list_files(call: Call, options: Options, names: list[str]) -> int:
    """List the unit files and whether they are enabled."""
    units = call.host.units
    found = [name for name in units.names() if not names or any(_like(name, one) for one in names)]
    states = {name: units.is_enabled(name) for name in found}
    rows = [(name, state, "-" if state == "static" else "enabled") for name, state in states.items() if state]
    legend = not options.has("no-legend")
    shown = [("UNIT FILE", "STATE", "PRESET"), *rows] if legend else rows
    widths = [max((len(row[index]) for row in shown), default=0) for index in range(2)]
    call.out("".join(f"{row[0]:<{widths[0]}} {row[1]:<{widths[1]}} {row[2]}\n" for row in shown))
    if legend:
        call.out(f"\n{len(rows)} unit files listed.\n")
    return 0 if rows else 1
