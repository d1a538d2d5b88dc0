"""ps: the program that lists processes.

Not the table: `hosts/processes.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.processes import Process
from edgebook.lab.hosts.programs.options import Options, UsageError, tool


def command(process: Process) -> str:
    """Return a process's short name."""
    if process.pid == 1:
        return "systemd"
    return process.argv[0].strip("[]").rsplit("/", 1)[-1].lstrip("-")[:15]


KERNEL_PIDS = 2
"""Up to here are systemd and the kernel, which nobody started."""
COLUMNS: dict[str, tuple[str, Callable[[Process], str]]] = {
    "pid": ("PID", lambda process: str(process.pid)),
    "%cpu": ("%CPU", lambda _: "0.0"),
    "%mem": ("%MEM", lambda _: "0.1"),
    "vsz": ("VSZ", lambda process: "0" if process.argv[0].startswith("[") else "16384"),
    "c": ("C", lambda _: "0"),
    "start": ("START", lambda process: process.since.strftime("%H:%M")),
    "stime": ("STIME", lambda process: process.since.strftime("%H:%M")),
    "tname": ("TTY", lambda _: "?"),
    "uid_name": ("UID", lambda process: process.user),
    "short": ("CMD", command),
    "cmd": ("CMD", lambda process: " ".join(process.argv)),
    "ppid": ("PPID", lambda process: str(process.parent)),
    "user": ("USER", lambda process: process.user),
    "comm": ("COMMAND", command),
    "args": ("COMMAND", lambda process: " ".join(process.argv)),
    "stat": ("STAT", lambda process: "Ss" if process.pid == 1 else "S"),
    "tty": ("TT", lambda _: "?"),
    "time": ("TIME", lambda _: "00:00:00"),
    "cputime": ("TIME", lambda _: "0:00"),
    "etimes": ("ELAPSED", lambda _: "0"),
    "lstart": ("STARTED", lambda process: process.since.strftime("%a %b %e %H:%M:%S %Y")),
    "unit": ("UNIT", lambda process: process.unit or "-"),
    "rss": ("RSS", lambda process: "0" if process.argv[0].startswith("[") else "9216"),
}


WIDTHS = {"pid": 7, "ppid": 7, "user": 8, "uid_name": 8, "tname": 8, "time": 8, "vsz": 6, "rss": 5,
          "stat": 4, "etimes": 7, "c": 2, "cputime": 6}  # fmt: skip
RIGHT = frozenset({"pid", "ppid", "rss", "etimes", "time", "cputime", "%cpu", "%mem", "vsz", "c", "start", "stime"})
LAYOUTS = {
    "u": ["user", "pid", "%cpu", "%mem", "vsz", "rss", "tname", "stat", "start", "cputime", "args"],
    "x": ["pid", "tname", "stat", "cputime", "args"],
    "f": ["uid_name", "pid", "ppid", "c", "stime", "tname", "time", "cmd"],
    "": ["pid", "tname", "time", "short"],
}
"""Columns of `ps aux`, `ps x`, `ps -f` and `ps`."""
ALIASES = {"command": "args", "uname": "user", "tt": "tty", "state": "stat", "s": "stat"}


@tool(
    "ps",
    short="p:o:efAaC:u:xlwF",
    long=("no-headers", "no-heading", "pid=", "format=", "sort=", "ppid="),
    folder="/usr/bin",
)
async def ps(call: Call, options: Options) -> int:
    """List processes."""
    bsd = "".join(word for word in options.words if word.isalpha())
    found = selected(call, options, everything="a" in bsd or "x" in bsd)
    names = [part for value in options.values("o", "format") for part in value.split(",")]
    if not names:
        names = LAYOUTS["u" if "u" in bsd else "x" if bsd else "f" if options.has("f", "F") else ""]
    titles, keys = zip(*(column(name) for name in names), strict=True)
    rows = [list(titles)] if any(titles) and not options.has("no-headers", "no-heading") else []
    rows += [[COLUMNS[key][1](process) for key in keys] for process in found]
    widths = [max(WIDTHS.get(key, 0), *(len(row[index]) for row in rows), 0) for index, key in enumerate(keys)]
    for row in rows:
        cells = [f"{cell:>{width}}" if key in RIGHT else f"{cell:<{width}}"
                 for cell, key, width in zip(row, keys, widths, strict=True)]  # fmt: skip
        call.out((" ".join([*cells[:-1], row[-1]])).rstrip() + "\n")
    return 0 if found else 1


def column(name: str) -> tuple[str, str]:
    """Return a column's title and key; `name=` is without a title."""
    key, equals, title = name.strip().partition("=")
    key = ALIASES.get(key, key)
    if key not in COLUMNS:
        raise UsageError(f'error: unknown user-defined format specifier "{key}"')
    return (title if equals else COLUMNS[key][0]), key


def selected(call: Call, options: Options, *, everything: bool) -> list[Process]:
    """Return the processes that the options name."""
    table = list(call.host.processes)
    numbers = {int(number) for value in [*options.values("p", "pid"),
        *(word for word in options.words if word[:1].isdigit())]
               for number in re.split("[ ,]+", value) if number.isdigit()}  # fmt: skip
    if numbers:
        return [process for process in table if process.pid in numbers]
    if options.has("C"):
        return [process for process in table if command(process) in options.value("C").split(",")]
    if options.has("ppid"):
        return [process for process in table if str(process.parent) == options.value("ppid")]
    if everything or options.has("e", "A", "a", "x"):
        return table
    return [
        process for process in table if process.user == call.user and process.pid > KERNEL_PIDS and not process.unit
    ]
