"""Programs about processes: ps, kill, pkill, pgrep, xargs, true, false.

Not the table of processes: `hosts/processes.py`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.processes import Process
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, encode, tool

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15, "CONT": 18, "STOP": 19}
COLUMNS: dict[str, tuple[str, Callable[[Process], str]]] = {
    "pid": ("PID", lambda process: str(process.pid)),
    "ppid": ("PPID", lambda process: str(process.parent)),
    "user": ("USER", lambda process: process.user),
    "comm": ("COMMAND", lambda process: command(process)),
    "args": ("COMMAND", lambda process: " ".join(process.argv)),
    "stat": ("STAT", lambda process: "Ss" if process.pid == 1 else "S"),
    "tty": ("TT", lambda process: "?"),
    "time": ("TIME", lambda process: "00:00:00"),
    "etimes": ("ELAPSED", lambda process: "0"),
    "lstart": ("STARTED", lambda process: process.since.strftime("%a %b %e %H:%M:%S %Y")),
    "unit": ("UNIT", lambda process: process.unit or "-"),
    "rss": ("RSS", lambda process: "0" if process.argv[0].startswith("[") else "9216"),
}
ALIASES = {"cmd": "args", "command": "args", "uname": "user", "tt": "tty", "tname": "tty", "state": "stat", "s": "stat"}


def command(process: Process) -> str:
    """Return a process's short name."""
    if process.pid == 1:
        return "systemd"
    return process.argv[0].strip("[]").rsplit("/", 1)[-1].lstrip("-")[:15]


@tool("ps", short="p:o:efAaC:u:xlwF", long=("no-headers", "no-heading", "pid=", "format=", "sort=", "ppid="), folder="/usr/bin")
async def ps(call: Call, options: Options) -> int:
    """List processes."""
    bsd = "".join(word for word in options.words if word.isalpha())
    found = selected(call, options, everything="a" in bsd or "x" in bsd)
    names = [part for value in options.values("o", "format") for part in value.split(",")]
    if not names:
        names = ["user", "pid", "stat", "time", "args"] if "u" in bsd else ["pid", "tty", "stat", "time", "args"] if bsd else ["pid", "tty", "time", "comm"]
        names = ["user", "pid", "ppid", "tty", "time", "args"] if options.has("f", "F") else names
    titles, keys = zip(*(column(name) for name in names), strict=True)
    rows = [list(titles)] if any(titles) and not options.has("no-headers", "no-heading") else []
    rows += [[COLUMNS[key][1](process) for key in keys] for process in found]
    widths = [max((len(row[index]) for row in rows), default=0) for index in range(len(keys))]
    for row in rows:
        cells = [f"{cell:>{width}}" if key in ("pid", "ppid", "rss", "etimes", "time") else f"{cell:<{width}}"
                 for cell, key, width in zip(row, keys, widths, strict=True)]  # fmt: skip
        call.out((" ".join(cells[:-1] + [row[-1]])).rstrip() + "\n")
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
    numbers = {int(number) for value in [*options.values("p", "pid"), *(word for word in options.words if word[:1].isdigit())]
               for number in re.split("[ ,]+", value) if number.isdigit()}  # fmt: skip
    if numbers:
        return [process for process in table if process.pid in numbers]
    if options.has("C"):
        return [process for process in table if command(process) in options.value("C").split(",")]
    if options.has("ppid"):
        return [process for process in table if str(process.parent) == options.value("ppid")]
    if everything or options.has("e", "A", "a", "x"):
        return table
    return [process for process in table if process.user == call.user and process.pid > 2 and not process.unit]


def signal_number(text: str) -> int:
    """Read a signal's name or number."""
    name = text.removeprefix("SIG")
    if not text.isdigit() and name not in SIGNALS:
        raise UsageError(f'unknown signal "{text}"')
    return int(text) if text.isdigit() else SIGNALS[name]


def split_signal(args: list[str]) -> tuple[int, list[str]]:
    """Take the signal off the front of `kill`'s and `pkill`'s arguments."""
    if len(args) > 1 and args[0] in ("-s", "--signal"):
        return signal_number(args[1]), args[2:]
    if args and re.fullmatch(r"-([0-9]+|(SIG)?[A-Z]+[12]?)", args[0]) and args[0][1:].removeprefix("SIG") in (*SIGNALS, *map(str, range(65))):
        return signal_number(args[0][1:]), args[1:]
    return SIGNALS["TERM"], args


@program("kill")
async def kill(call: Call) -> int:
    """Send processes a signal."""
    try:
        number, words = split_signal(call.argv[1:])
    except UsageError as exc:
        return complain(call, str(exc))
    code = 0
    for word in words:
        if not word.isdigit():
            code = complain(call, f'failed to parse argument: "{word}"')
            continue
        process = call.host.processes.get(int(word))
        if process is None:
            code = complain(call, f"({word}): No such process")
        elif call.uid and process.user != call.user:
            code = complain(call, f"({word}): Operation not permitted")
        else:
            call.host.processes.kill(process.pid, number)
    return code


def matching(call: Call, pattern: str, *, full: bool, exact: bool) -> list[Process]:
    """Return the processes whose name, or with `full` whole command line, matches; never the one that asks."""
    found = []
    for process in call.host.processes:
        text = " ".join(process.argv) if full else command(process)
        hit = re.fullmatch(pattern, text) if exact else re.search(pattern, text)
        if hit and process.pid not in (call.pid, 2) and process is not call.process:
            found.append(process)
    return found


@tool("pgrep", short="flaxcu:no", long=("full", "list-name", "exact", "count"))
async def pgrep(call: Call, options: Options) -> int:
    """List the processes that match."""
    if not options.words:
        raise UsageError("no matching criteria specified", 2)
    found = matching(call, options.words[0], full=options.has("f", "full"), exact=options.has("x", "exact"))
    for process in found:
        name = " " + " ".join(process.argv) if options.has("a") else f" {command(process)}" if options.has("l") else ""
        call.out(f"{process.pid}{name}\n")
    return 0 if found else 1


@program("pkill", "killall")
async def pkill(call: Call) -> int:
    """Send the processes that match a signal."""
    try:
        number, words = split_signal(call.argv[1:])
    except UsageError as exc:
        return complain(call, str(exc))
    full = any(word in ("-f", "--full") for word in words)
    exact = call.argv[0].endswith("killall") or "-x" in words
    patterns = [word for word in words if not word.startswith("-")]
    found = [process for pattern in patterns for process in matching(call, pattern, full=full, exact=exact)]
    allowed = [process for process in found if not call.uid or process.user == call.user]
    for process in allowed:
        call.host.processes.kill(process.pid, number)
    if not found and patterns and call.argv[0].endswith("killall"):
        call.err(f"{patterns[0]}: no process found\n")
    return 0 if allowed else 1


@tool("pidof", short="sx", folder="/usr/bin")
async def pidof(call: Call, options: Options) -> int:
    """Print the numbers of the processes with a name."""
    found = [str(process.pid) for process in call.host.processes if command(process) in options.words]
    call.out(" ".join(reversed(found)) + "\n" if found else "")
    return 0 if found else 1


@tool("xargs", short="n:I:0rd:tP:L:i", long=("no-run-if-empty", "null", "max-args=", "replace=?", "delimiter=", "max-procs="), stops=True)
async def xargs(call: Call, options: Options) -> int:
    """Run a command with the words on standard input as arguments."""
    text = (await call.stdin.read()).decode(errors="surrogateescape")
    words = options.words or ["echo"]
    mark = options.value("I", "replace", default="{}" if options.has("i", "replace") else "")
    items = xargs_items(text, options, by_line=bool(mark) or options.has("L"))
    if not items and options.has("r", "no-run-if-empty"):
        return 0
    if mark:
        calls = [[word.replace(mark, item) for word in words] for item in items]
    else:
        size = int(options.value("n", "max-args", "L", default="0")) or max(len(items), 1)
        calls = [[*words, *items[at : at + size]] for at in range(0, max(len(items), 1), size)]
    code = 0
    for argv in calls:
        ended = await call.run(argv, stdin=b"")
        code = code if not ended else ended if ended in (126, 127) else 124 if ended == 255 else 123
        if code in (124, 126, 127):
            break
    return code


def xargs_items(text: str, options: Options, *, by_line: bool) -> list[str]:
    """Split the input: at blanks and quotes, at lines, or at a mark of its own."""
    if options.has("0", "null"):
        return [item for item in text.split("\0") if item]
    if options.has("d", "delimiter"):
        mark = options.value("d", "delimiter").replace("\\n", "\n").replace("\\t", "\t")
        return text.removesuffix(mark).split(mark) if text else []
    if by_line:
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        return shlex.split(text)
    except ValueError:
        raise UsageError("unmatched single quote; by default quotes are special to xargs unless you use the -0 option") from None


@tool("true")
async def true(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Do nothing, well."""
    return 0


@tool("false")
async def false(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Do nothing, badly."""
    return 1


@tool("which", short="as")
async def which(call: Call, options: Options) -> int:
    """Print where commands are."""
    found = []
    for word in options.words:
        folders = [""] if "/" in word else [f"{folder}/" for folder in call.env.get("PATH", "").split(":")]
        hits = [folder + word for folder in folders if call.files.is_file(folder + word) and call.files.may(folder + word, 1)]
        found += hits if options.has("a") else hits[:1]
    call.out(encode(found))
    return 0 if len(found) >= len(options.words) else 1
