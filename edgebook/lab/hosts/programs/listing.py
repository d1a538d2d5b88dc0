"""Programs that show which files there are: ls, stat, find, du, readlink, realpath, test.

Not their content (`text`).
"""

from __future__ import annotations

import posixpath
import stat as flags
from collections.abc import Callable
from datetime import UTC, datetime

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.nodes import Kind, Stat
from edgebook.lab.hosts.programs.disks import human_size
from edgebook.lab.hosts.programs.options import Options, complain, encode, reason, tool
from edgebook.lab.hosts.programs.system import account, group_name
from edgebook.lab.hosts.shell.conditions import ConditionInvalid, holds

MISUSE = 2
HALF_YEAR_S = 15_778_476
FILE_FORM = "  File: %N\n  Size: %s\t%F\nAccess: (%04a/%A)  Uid: (%u/%U)   Gid: (%g/%G)\nModify: %y"
FILESYSTEM_FORM = '  File: "%n"\n    Type: %T'
FILESYSTEMS = {"ext4": "ext2/ext3", "ext3": "ext2/ext3", "vfat": "msdos", "nfs4": "nfs", "cgroup2": "cgroup2fs",
    "devtmpfs": "tmpfs",
               "overlay": "overlayfs"}  # fmt: skip


@tool(
    "ls",
    short="1AaldhRrtSinFpLkgo",
    long=(
        "all",
        "almost-all",
        "directory",
        "human-readable",
        "color=?",
        "recursive",
        "full-time",
        "time-style=",
        "size",
    ),
    misuse=2,
)
async def ls(call: Call, options: Options) -> int:
    """List folders and files."""
    paths = sorted(options.words) or ["."]
    single: list[str] = []
    folders: list[str] = []
    code = 0
    for path in paths:
        try:
            call.files.stat(path, follow=False)
        except OSError as exc:
            code = complain(call, f"cannot access '{path}': {reason(exc)}") and MISUSE
            continue
        long_link = options.has("l") and call.files.stat(path, follow=False).is_link
        folder = call.files.is_folder(path) and not options.has("d", "directory") and not long_link
        (folders if folder else single).append(path)
    if single:
        call.out(rows(call, options, "", single))
    for index, path in enumerate(folders):
        if len(paths) > 1 or options.has("R", "recursive"):
            call.out(("\n" if single or index else "") + f"{path}:\n")
        code = max(code, folder_rows(call, options, path))
    return code


def folder_rows(call: Call, options: Options, path: str) -> int:
    """List one folder."""
    try:
        names = call.files.listdir(path)
    except OSError as exc:
        complain(call, f"cannot open directory '{path}': {reason(exc)}")
        return 2
    if not options.has("a", "all", "A", "almost-all"):
        names = [name for name in names if not name.startswith(".")]
    if options.has("a", "all"):
        names = [".", "..", *names]
    if options.has("l"):
        call.out(f"total {sum(blocks(call.files.stat(posixpath.join(path, name), follow=False)) for name in names)}\n")
    call.out(rows(call, options, path, names))
    if options.has("R", "recursive"):
        for name in names:
            below = posixpath.join(path, name)
            if name not in (".", "..") and call.files.stat(below, follow=False).is_folder:
                call.out(f"\n{below}:\n")
                folder_rows(call, options, below)
    return 0


def blocks(seen: Stat) -> int:
    """Return how many KiB a file takes on the disk."""
    return 0 if seen.is_link else (seen.size + 4095) // 4096 * 4


def rows(call: Call, options: Options, folder: str, names: list[str]) -> str:
    """Lay names out one a line, or with `-l` with all they are."""
    seen = {name: call.files.stat(posixpath.join(folder, name), follow=False) for name in names}
    if options.has("t"):
        names = sorted(names, key=lambda name: -seen[name].mtime)
    if options.has("S"):
        names = sorted(names, key=lambda name: -seen[name].size)
    names = names[::-1] if options.has("r") else names
    if not options.has("l", "n", "g", "o"):
        marks = {name: "/" if seen[name].is_folder and options.has("F", "p") else "" for name in names}
        return encode([name + marks[name] for name in names]).decode(errors="surrogateescape")
    cells = [long_row(call, options, posixpath.join(folder, name), name, seen[name]) for name in names]
    widths = [max((len(row[index]) for row in cells), default=0) for index in range(5)]
    return "".join(
        f"{mode} {links:>{widths[1]}} {owner:<{widths[2]}} {group:<{widths[3]}} {size:>{widths[4]}} {time} {name}\n"
        for mode, links, owner, group, size, time, name in cells
    )


def long_row(call: Call, options: Options, path: str, name: str, seen: Stat) -> list[str]:
    """Return the columns of one line of `ls -l`."""
    moment = datetime.fromtimestamp(seen.mtime, UTC)
    recent = 0 <= (call.host.now() - moment).total_seconds() < HALF_YEAR_S
    shown = f"{moment:%b} {moment.day:2d} " + (f"{moment:%H:%M}" if recent else f" {moment:%Y}")
    size = human_size(seen.size) if options.has("h", "human-readable") else str(seen.size)
    owner, group = (
        (str(seen.uid), str(seen.gid)) if options.has("n") else (user_name(call, seen.uid), group_name(call, seen.gid))
    )
    arrow = f" -> {call.files.readlink(path)}" if seen.is_link else ""
    return [
        flags.filemode(seen.st_mode),
        str(2 if seen.is_folder else seen.links),
        owner,
        group,
        size,
        shown,
        name + arrow,
    ]


def user_name(call: Call, uid: int) -> str:
    """Return a user's name, or the number where there is none."""
    user = account(call, str(uid))
    return user.name if user else str(uid)


@tool("stat", short="c:fLt", long=("format=", "file-system", "dereference", "printf=", "terse"))
async def stat(call: Call, options: Options) -> int:
    """Show what is known of files, or with `-f` of the filesystems they are on."""
    code = 0
    form, end = options.value("c", "format", "printf"), "" if options.has("printf") else "\n"
    whole = options.has("f", "file-system")
    for path in options.words:
        try:
            seen = call.files.stat(path, follow=whole or options.has("L", "dereference"))
        except OSError as exc:
            what = "read file system information for" if whole else "statx"
            code = complain(call, f"cannot {what} '{path}': {reason(exc)}")
            continue
        facts = filesystem_facts(call, path) if whole else file_facts(call, path, seen)
        call.out(filled(form or (FILESYSTEM_FORM if whole else FILE_FORM), facts) + end)
    return code


def filled(form: str, facts: dict[str, Callable[[], str]]) -> str:
    """Fill a format in; `%04a` pads as printf does."""
    made, at = "", 0
    while at < len(form):
        char = form[at]
        if char == "\\" and form[at + 1 : at + 2] in ("n", "t"):
            made, at = made + {"n": "\n", "t": "\t"}[form[at + 1]], at + 2
            continue
        if char != "%":
            made, at = made + char, at + 1
            continue
        end = at + 1
        while form[end : end + 1].isdigit():
            end += 1
        letter = form[end : end + 1]
        value = "%" if letter == "%" else facts[letter]() if letter in facts else "?"
        made, at = (
            made + value.rjust(int(form[at + 1 : end] or 0), "0" if form[at + 1 : at + 2] == "0" else " "),
            end + 1,
        )
    return made


def file_facts(call: Call, path: str, seen: Stat) -> dict[str, Callable[[], str]]:
    """Return what each letter of `stat -c` stands for."""
    kind = (
        "directory"
        if seen.is_folder
        else "symbolic link"
        if seen.is_link
        else "character special file"
        if seen.kind is Kind.DEVICE
        else "regular file"
        if seen.size
        else "regular empty file"
    )
    moment = datetime.fromtimestamp(seen.mtime, UTC)
    stamp = f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond:06d}000 +0000"
    arrow = f"'{path}' -> '{call.files.readlink(path)}'" if seen.is_link else path
    values = {"a": f"{seen.mode:o}", "A": flags.filemode(seen.st_mode), "U": user_name(call, seen.uid),
        "G": group_name(call, seen.gid),
              "u": str(seen.uid), "g": str(seen.gid), "s": str(seen.size), "n": path, "N": arrow, "F": kind,
              "y": stamp, "x": stamp,
              "z": stamp, "w": "-", "Y": str(int(seen.mtime)), "X": str(int(seen.mtime)),
              "Z": str(int(seen.mtime)), "h": str(seen.links),
              "f": f"{seen.st_mode:x}", "b": str(blocks(seen) * 2), "B": "512", "o": "4096", "W": "0",
              "m": call.host.files.disk(call.files.absolute(path)).mount, "i": "131072", "d": "2049",
              "D": "801"}  # fmt: skip
    return {letter: lambda value=value: value for letter, value in values.items()}  # type: ignore[misc]


def filesystem_facts(call: Call, path: str) -> dict[str, Callable[[], str]]:
    """Return what each letter of `stat -fc` stands for."""
    absolute = call.files.absolute(path)
    disk = call.host.files.disk(absolute)
    values = {"T": FILESYSTEMS.get(disk.fstype, disk.fstype), "n": path, "S": "4096", "s": "4096",
              "b": str(disk.size_kb // 4), "f": str(disk.free_kb // 4), "a": str(disk.free_kb // 4),
              "c": str(disk.inodes),
              "d": str(disk.inodes - disk.used_inodes)}  # fmt: skip
    return {letter: lambda value=value: value for letter, value in values.items()}  # type: ignore[misc]


@tool(
    "du",
    short="sxkhmabcd:",
    long=("summarize", "one-file-system", "human-readable", "apparent-size", "bytes", "max-depth=", "total"),
)
async def du(call: Call, options: Options) -> int:
    """Print how much files and folders take."""
    code = 0
    for path in options.words or ["."]:
        try:
            sizes = sizes_below(call, path, exact=options.has("b", "bytes"))
        except OSError as exc:
            code = complain(call, f"cannot access '{path}': {reason(exc)}")
            continue
        depth = 0 if options.has("s", "summarize") else int(options.value("d", "max-depth", default="99"))
        for folder, size in sizes:
            if folder.rstrip("/").count("/") - path.rstrip("/").count("/") <= depth:
                call.out(f"{used(size, options)}\t{folder}\n")
    return code


def used(size: int, options: Options) -> str:
    """Return bytes in the unit asked for."""
    if options.has("h", "human-readable"):
        return human_size(size)
    return str(size) if options.has("b", "bytes") else str(size >> 20) if options.has("m") else str(size // 1024)


def sizes_below(call: Call, path: str, *, exact: bool) -> list[tuple[str, int]]:
    """Return folders with the bytes under each, deepest first; of a file itself."""
    totals: dict[str, int] = {}
    for found, seen in call.files.walk(path):
        size = seen.size if exact else blocks(seen) * 1024
        if seen.is_folder or found == path:
            totals.setdefault(found, 0)
        above = found if found in totals else posixpath.dirname(found)
        while True:
            totals[above] = totals.get(above, 0) + size
            if above == path or len(above) <= len(path):
                break
            above = posixpath.dirname(above)
    return sorted(totals.items(), key=lambda item: (-item[0].count("/"), item[0]))


@program("test", "[")
async def test(call: Call) -> int:
    """Work out a condition."""
    args = call.argv[1:]
    if call.argv[0].endswith("["):
        if args[-1:] != ["]"]:
            return complain(call, "missing ']'") + 1
        args = args[:-1]
    try:
        return int(not holds(args, call.files))
    except ConditionInvalid as exc:
        return complain(call, str(exc)) + 1
