"""journalctl: the program that filters and prints a host's journal.

Not the journal: `hosts/journal.py` keeps it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.debian import machine_id
from edgebook.lab.hosts.journal import Entry
from edgebook.lab.hosts.kernelfiles import boot_id
from edgebook.lab.hosts.programs.options import Options, UsageError, tool
from edgebook.lab.hosts.programs.times import parse_time

LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
NO_ACCESS = """\
Hint: You are currently not seeing messages from other users and the system.
      Users in groups 'adm', 'systemd-journal' can see all messages.
      Pass -q to turn off this notice.
No journal files were opened due to insufficient permissions.
"""
QUIET = ("cat", "json", "json-pretty", "export")
"""Forms for programs, which get no hint and no word that there is nothing."""
LONG = ("unit=", "lines=", "no-pager", "output=", "since=", "until=", "follow", "reverse", "boot=?", "pager-end",
        "catalog", "priority=", "grep=", "identifier=", "dmesg", "quiet", "list-boots", "no-hostname", "utc", "all",
        "vacuum-time=", "vacuum-size=", "rotate", "flush", "disk-usage", "no-tail", "full", "case-sensitive=?",
        "output-fields=", "after-cursor=", "show-cursor", "merge", "sync")  # fmt: skip


@tool("journalctl", short="u:n:o:S:U:frbexp:g:t:kqlamM:D:", long=LONG)
async def journalctl(call: Call, options: Options) -> int:
    """Print the journal."""
    output = options.value("o", "output", default="short")
    quiet = options.has("q", "quiet") or output in QUIET
    if call.uid:
        call.err("" if quiet else NO_ACCESS)
        return 1
    if options.has("rotate", "flush", "sync", "vacuum-time", "vacuum-size", "disk-usage"):
        call.out("Archived and active journals take up 8.0M in the file system.\n" if options.has("disk-usage") else "")
        return 0
    if options.has("list-boots"):
        return list_boots(call)
    if output not in FORMATS:
        call.err(f"Unknown output format '{output}'.\n")
        return 1
    try:
        after = number_at(call, options.value("after-cursor")) if options.has("after-cursor") else 0
        found = chosen(call, options, after=after)
    except UsageError as exc:
        call.err(f"{exc}\n")
        return 1
    shown = limited(found, options)
    call.out("".join(FORMATS[output](entry, call) for entry in shown))
    if not shown and not quiet and not options.has("f", "follow"):
        call.out("-- No entries --\n")
    if shown and options.has("show-cursor"):
        call.out(f"-- cursor: {cursor(call, shown[-1])}\n")
    if options.has("f", "follow"):
        await follow(call, options, FORMATS[output])
    return 0


def chosen(call: Call, options: Options, *, after: int) -> list[Entry]:
    """Return the entries that the options name, oldest first."""
    now = call.host.now()
    since, until = (moment(options.value(*names), now) for names in (("S", "since"), ("U", "until")))
    units = {name if "." in name else f"{name}.service" for name in options.values("u", "unit")}
    names = set(options.values("t", "identifier")) | ({"kernel"} if options.has("k", "dmesg") else set())
    this_boot = options.has("b", "boot", "k", "dmesg")
    level = priority(options.value("p", "priority", default="debug"))
    pattern = re.compile(options.value("g", "grep"))
    return [entry for entry in call.host.journal.entries(after=after, since=since)
            if (until is None or entry.time <= until) and (not units or entry.unit in units)
            and (not names or entry.identifier in names) and (not this_boot or entry.boot == call.host.journal.boot)
            and entry.priority <= level and pattern.search(entry.message)]  # fmt: skip


def cursor(call: Call, entry: Entry) -> str:
    """Return the name of an entry's place in the journal."""
    return f"s={machine_id(call.host)};i={entry.number:x};b={boot_id(call.host).replace('-', '')}"


def number_at(call: Call, text: str) -> int:
    """Return the number of the entry that a cursor names."""
    found = re.search(r"(?:^|;)i=([0-9a-f]+)(?:;|$)", text)
    if not found:
        raise UsageError(f"Failed to seek to cursor: Invalid argument ({text})")
    return min(int(found[1], 16), call.host.journal.last)


def moment(text: str, now: datetime) -> datetime | None:
    """Read a `--since` or `--until`."""
    if not text:
        return None
    parsed = parse_time(text, now)
    if parsed is None:
        raise UsageError(f"Failed to parse timestamp: {text}")
    return parsed


def priority(text: str) -> int:
    """Read a priority's name or number; of a range the less urgent end."""
    last = text.rpartition("..")[2]
    if last not in LEVELS and not (last.isdigit() and int(last) < len(LEVELS)):
        raise UsageError(f"Unknown log level {last}")
    return int(last) if last.isdigit() else LEVELS.index(last)


def limited(found: list[Entry], options: Options) -> list[Entry]:
    """Keep the newest so many, and turn the order round when asked to."""
    count = options.value("n", "lines", default="10" if options.has("f", "follow") else "all")
    if count != "all":
        found = found[-int(count) :] if int(count) else []
    elif options.has("e", "pager-end"):
        found = found[-1000:]
    return found[::-1] if options.has("r", "reverse") else found


async def follow(call: Call, options: Options, form: Callable[[Entry, Call], str]) -> None:
    """Print what comes, until the program is ended."""
    last = call.host.journal.last
    while True:
        await call.host.journal.more(last)
        for entry in chosen(call, options, after=last):
            call.out(form(entry, call))
        last = call.host.journal.last


def list_boots(call: Call) -> int:
    """List the boots that the journal knows."""
    for boot in range(call.host.journal.boot + 1):
        entries = [entry for entry in call.host.journal.entries() if entry.boot == boot]
        if entries:
            span = f"{entries[0].time:%a %Y-%m-%d %H:%M:%S} UTC—{entries[-1].time:%a %Y-%m-%d %H:%M:%S} UTC"
            call.out(f"{boot - call.host.journal.boot:3d} {boot_id(call.host).replace('-', '')} {span}\n")
    return 0


def short_line(entry: Entry, hostname: str, stamp: str = "%b %d %H:%M:%S") -> str:
    """Lay an entry out as a line of syslog."""
    time = entry.time.strftime(stamp)
    pid = "" if entry.identifier == "kernel" else f"[{entry.pid}]"
    return f"{time} {hostname} {entry.identifier}{pid}: {entry.message}\n"


def _with_stamp(stamp: str) -> Callable[[Entry, Call], str]:
    return lambda entry, call: short_line(entry, call.host.hostname, stamp)


def fields(entry: Entry, call: Call) -> dict[str, str]:
    """Return an entry's fields as the journal export names them."""
    micros = str(int(entry.time.timestamp() * 1_000_000))
    by_systemd = entry.identifier == "systemd"
    found = {"__CURSOR": cursor(call, entry), "__REALTIME_TIMESTAMP": micros,
        "_HOSTNAME": call.host.hostname,
             "_MACHINE_ID": machine_id(call.host), "_BOOT_ID": boot_id(call.host).replace("-", ""),
             "_TRANSPORT": "journal" if by_systemd else "stdout", "_COMM": entry.identifier[:15],
             "PRIORITY": str(entry.priority),
             "SYSLOG_IDENTIFIER": entry.identifier,
             "_PID": str(entry.pid), "_SYSTEMD_UNIT": "init.scope" if by_systemd else entry.unit,
             "MESSAGE": entry.message}  # fmt: skip
    if by_systemd and entry.unit:
        found["UNIT"] = entry.unit
    return {name: value for name, value in found.items() if value}


FORMATS: dict[str, Callable[[Entry, Call], str]] = {
    "cat": lambda entry, _: f"{entry.message}\n",
    "short": _with_stamp("%b %d %H:%M:%S"),
    "short-full": _with_stamp("%a %Y-%m-%d %H:%M:%S UTC"),
    "short-iso": _with_stamp("%Y-%m-%dT%H:%M:%S+0000"),
    "short-iso-precise": _with_stamp("%Y-%m-%dT%H:%M:%S.%f+0000"),
    "short-precise": _with_stamp("%b %d %H:%M:%S.%f"),
    "short-unix": lambda entry, call: (
        f"{entry.time.timestamp():.6f} " + short_line(entry, call.host.hostname, "").lstrip()
    ),
    "with-unit": lambda entry, call: short_line(entry, call.host.hostname, "%a %Y-%m-%d %H:%M:%S UTC"),
    "json": lambda entry, call: json.dumps(fields(entry, call), ensure_ascii=False) + "\n",
    "json-pretty": lambda entry, call: json.dumps(fields(entry, call), indent=8, ensure_ascii=False) + "\n",
    "export": lambda entry, call: "".join(f"{name}={value}\n" for name, value in fields(entry, call).items()) + "\n",
}


@tool("logger", short="t:p:is", long=("tag=", "priority=", "id", "stderr"))
async def logger(call: Call, options: Options) -> int:
    """Write to the journal what the words, or the lines of standard input, say."""
    level = options.value("p", "priority", default="user.notice").rpartition(".")[2]
    words = " ".join(options.words)
    text = words or (await call.stdin.read()).decode(errors="replace")
    tag = options.value("t", "tag", default=call.user)
    call.host.journal.add(text, identifier=tag, pid=call.pid, priority=priority(level))
    return 0


@tool("systemd-notify", long=("ready", "status=", "pid=?", "booted"))
async def systemd_notify(call: Call, options: Options) -> int:
    """Tell systemd that the service this runs in is up."""
    if options.has("booted"):
        return 0
    if not call.env.get("NOTIFY_SOCKET"):
        call.err("No status data could be sent: $NOTIFY_SOCKET was not set\n")
        return 1
    service = call.host.processes.get(int(call.env.get("SYSTEMD_EXEC_PID", "0")))
    if service is not None and service.on_ready is not None and options.has("ready"):
        service.on_ready()
    return 0
