"""Programs of a host's clock: date, timedatectl, uptime, sleep, timeout.

Not the clock itself: a host's time is the world's plus the host's own error.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.kernelfiles import uptime_s
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, start, tool

SYSTEMD = "%a %Y-%m-%d %H:%M:%S UTC"
TIMED_OUT = 124
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}
ISO_SHORT = {"d": "date", "h": "hours", "m": "minutes", "s": "seconds", "": "date"}
ISO = {"date": "%Y-%m-%d", "hours": "%Y-%m-%dT%H+00:00", "minutes": "%Y-%m-%dT%H:%M+00:00",
       "seconds": "%Y-%m-%dT%H:%M:%S+00:00", "ns": "%Y-%m-%dT%H:%M:%S,%N+00:00"}  # fmt: skip
RELATIVE = re.compile(r"([-+]?\d+)\s*(second|sec|minute|min|hour|day|week)s?( ago)?")
SECONDS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "day": 86400, "week": 604800}


@tool(
    "date",
    short="d:s:uRI::r:f:",
    long=("date=", "set=", "utc", "universal", "iso-8601=?", "rfc-email", "rfc-3339=", "reference="),
    folder="/usr/bin",
)
async def date(call: Call, options: Options) -> int:
    """Print the host's time, or set it."""
    moment = call.host.now()
    text = options.value("d", "date") or options.value("s", "set")
    if text:
        parsed = parse_time(text, moment)
        if parsed is None:
            return complain(call, f"invalid date '{text}'")
        moment = parsed
    if options.has("r", "reference"):
        moment = datetime.fromtimestamp(call.files.stat(options.value("r", "reference")).mtime, UTC)
    code = set_clock(call, moment) if options.has("s", "set") else 0
    if code:
        complain(call, "cannot set date: Operation not permitted")
    call.out(formatted(moment, pattern(options)) + "\n")
    return code


def pattern(options: Options) -> str:
    """Return the format that was asked for."""
    wanted = next((word[1:] for word in options.words if word.startswith("+")), "")
    if options.words and not wanted and not options.words[0].startswith("+"):
        raise UsageError(f"invalid date '{options.words[0]}'", hint=False)
    if options.has("I", "iso-8601"):
        precision = options.value("I", "iso-8601")
        return ISO.get(ISO_SHORT.get(precision, precision), ISO["date"])
    if options.has("R", "rfc-email"):
        return "%a, %d %b %Y %H:%M:%S +0000"
    if options.has("rfc-3339"):
        return "%Y-%m-%d %H:%M:%S+00:00"
    return wanted or ("" if options.words else "%a %b %e %H:%M:%S UTC %Y")


def formatted(moment: datetime, wanted: str) -> str:
    """Format a time as date(1) does, nanoseconds included."""
    nanoseconds = f"{moment.microsecond * 1000:09d}"

    def one(found: re.Match[str]) -> str:
        flag, width, letter = found.groups()
        if letter == "N":
            return nanoseconds[: int(width)] if width else nanoseconds
        special = {"s": str(int(moment.timestamp())), "%": "%", "n": "\n", "t": "\t", "z": "+0000", "Z": "UTC",
                   "F": moment.strftime("%Y-%m-%d"), "T": moment.strftime("%H:%M:%S"), "e": f"{moment.day:2d}",
                   "D": moment.strftime("%m/%d/%y"), "R": moment.strftime("%H:%M")}  # fmt: skip
        text = special.get(letter) or moment.strftime(f"%{letter}")
        return (text.lstrip("0 ") or "0") if flag == "-" else text

    return re.sub(r"%([-_0:^]?)(\d*)([a-zA-Z%])", one, wanted)


def parse_time(text: str, now: datetime) -> datetime | None:
    """Read a time as `date -d` and `journalctl --since` take it; None for what is no time."""
    text = text.strip()
    if text.startswith("@"):
        return datetime.fromtimestamp(float(text[1:]), UTC)
    named = {"now": now, "today": now.replace(hour=0, minute=0, second=0, microsecond=0)}
    named |= {"yesterday": named["today"] - timedelta(days=1), "tomorrow": named["today"] + timedelta(days=1)}
    if text in named:
        return named[text]
    shift = RELATIVE.fullmatch(text)
    if shift:
        number = int(shift[1]) * SECONDS[shift[2]] * (-1 if shift[3] else 1)
        return now + timedelta(seconds=number)
    try:
        parsed = datetime.fromisoformat(text.removesuffix(" UTC").removesuffix("Z").replace(",", "."))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def set_clock(call: Call, moment: datetime) -> int:
    """Set the host's clock; 1 says that the user may not."""
    if call.uid:
        return 1
    call.host.clock_offset_s = (moment - call.world.clock.now()).total_seconds()
    return 0


@tool("timedatectl", short="p:a", long=("property=", "value", "all", "no-pager", "no-ask-password"))
async def timedatectl(call: Call, options: Options) -> int:
    """Show the clock's state, or change it."""
    verb, *words = options.words or ["status"]
    if verb == "show":
        return show_clock(call, options)
    if verb == "status":
        return clock_status(call)
    if verb in ("set-time", "set-ntp", "set-timezone") and words:
        return change_clock(call, verb, words[0])
    call.err(f"Unknown command verb {verb}.\n")
    return 1


def show_clock(call: Call, options: Options) -> int:
    """Print properties as NAME=VALUE, or only their values."""
    now = call.host.now().strftime(SYSTEMD)
    properties = {"Timezone": "Etc/UTC", "LocalRTC": "no", "CanNTP": "yes", "NTP": yes(ntp_runs(call)),
                  "NTPSynchronized": yes(call.host.ntp_synchronized), "TimeUSec": now, "RTCTimeUSec": now}  # fmt: skip
    wanted = [name for value in options.values("p", "property") for name in value.split(",")] or list(properties)
    for name in wanted:
        if name in properties:
            call.out(f"{properties[name]}\n" if options.has("value") else f"{name}={properties[name]}\n")
    return 0


def clock_status(call: Call) -> int:
    """Print the clock's state for a reader."""
    now = call.host.now().strftime(SYSTEMD)
    rows = {"Local time": now, "Universal time": now, "RTC time": now.removesuffix(" UTC"),
            "Time zone": "Etc/UTC (UTC, +0000)", "System clock synchronized": yes(call.host.ntp_synchronized),
            "NTP service": "active" if ntp_runs(call) else "inactive", "RTC in local TZ": "no"}  # fmt: skip
    call.out("".join(f"{name:>25}: {value}\n" for name, value in rows.items()))
    return 0


def ntp_runs(call: Call) -> bool:
    """Say whether a time service runs."""
    units = call.host.units
    return any(units.is_active(name) == "active" for name in ("systemd-timesyncd", "chrony", "chronyd"))


def change_clock(call: Call, verb: str, value: str) -> int:
    """Set the time, or whether it is kept by NTP."""
    what = {"set-time": "time", "set-ntp": "ntp", "set-timezone": "time zone"}[verb]
    if call.uid:
        call.err(f"Failed to set {what}: Access denied\n")
        return 1
    if verb == "set-ntp":
        wanted = value in ("1", "true", "yes", "on")
        if wanted:
            call.host.clock_offset_s = 0.0
        call.host.ntp_synchronized = wanted
        return 0
    if verb == "set-time":
        if ntp_runs(call):
            call.err("Failed to set time: Automatic time synchronization is enabled\n")
            return 1
        parsed = parse_time(value, call.host.now())
        if parsed is None:
            call.err(f"Failed to parse time specification '{value}': Invalid argument\n")
            return 1
        set_clock(call, parsed)
    return 0


def yes(fact: bool) -> str:  # noqa: FBT001 - it turns a fact into a word
    """Return yes or no."""
    return "yes" if fact else "no"


@tool("uptime", short="ps", long=("pretty", "since"))
async def uptime(call: Call, options: Options) -> int:
    """Print for how long the host has been up."""
    seconds = int(uptime_s(call.host))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if options.has("s", "since"):
        since = call.host.now() - timedelta(seconds=seconds)
        call.out(since.strftime("%Y-%m-%d %H:%M:%S") + "\n")
        return 0
    if options.has("p", "pretty"):
        parts = [f"{number} {name}{'s' * (number != 1)}"
                 for number, name in ((days, "day"), (hours, "hour"), (minutes, "minute")) if number]  # fmt: skip
        call.out("up " + ", ".join(parts or ["0 minutes"]) + "\n")
        return 0
    span = f"{hours:2d}:{minutes:02d}" if hours else f"{minutes} min"
    span = (f"{days} day{'s' * (days != 1)}, " if days else "") + span
    load = ", ".join(call.files.text("/proc/loadavg").split()[:3])
    call.out(f" {call.host.now():%H:%M:%S} up {span},  1 user,  load average: {load}\n")
    return 0


def duration_s(call: Call, text: str) -> float:
    """Read a duration such as `5`, `0.2`, `3m`."""
    found = re.fullmatch(r"(\d+\.?\d*|\.\d+)([smhd]?)", text)
    if found:
        return float(found[1]) * UNITS_S[found[2]]
    if text in ("inf", "infinity"):
        return 1e9
    raise UsageError(f"invalid time interval '{text}'", 125 if call.argv[0].endswith("timeout") else 1)


@tool("sleep")
async def sleep(call: Call, options: Options) -> int:
    """Wait."""
    if not options.words:
        raise UsageError("missing operand")
    await call.world.clock.sleep(sum(duration_s(call, word) for word in options.words))
    return 0


@tool(
    "timeout", short="k:s:v", long=("kill-after=", "signal=", "preserve-status", "foreground"), stops=True, misuse=125
)
async def timeout(call: Call, options: Options) -> int:
    """Run a command and end it when it takes too long: 124."""
    if not options.words[1:]:
        raise UsageError("missing operand")
    limit_s = duration_s(call, options.words[0])
    work = asyncio.ensure_future(start(call, options.words[1:], said="failed to run command '{name}'"))
    try:
        await asyncio.wait({work}, timeout=call.world.clock.real_s(limit_s) if limit_s else None)
        if work.done():
            return work.result()
        return 137 if options.value("s", "signal") in ("KILL", "9", "SIGKILL") else TIMED_OUT
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
