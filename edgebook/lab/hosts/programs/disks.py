"""Programs of a host's disks: df, lsblk, swapon, sync.

Not the files on them, nor where they are mounted (`mounts`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.nodes import Disk
from edgebook.lab.hosts.programs.options import Options, complain, reason, tool

FIELDS: dict[str, tuple[str, Callable[[Disk], int | str]]] = {
    "source": ("Filesystem", lambda disk: disk.device),
    "fstype": ("Type", lambda disk: disk.fstype),
    "size": ("1K-blocks", lambda disk: disk.size_kb),
    "used": ("Used", lambda disk: disk.used_kb),
    "avail": ("Available", lambda disk: disk.free_kb),
    "pcent": ("Use%", lambda disk: percent(disk.used_kb, disk.size_kb)),
    "itotal": ("Inodes", lambda disk: disk.inodes),
    "iused": ("IUsed", lambda disk: disk.used_inodes),
    "iavail": ("IFree", lambda disk: disk.inodes - disk.used_inodes),
    "ipcent": ("IUse%", lambda disk: percent(disk.used_inodes, disk.inodes)),
    "target": ("Mounted on", lambda disk: disk.mount),
}
WIDTHS = {"source": 14, "size": 5, "used": 5, "avail": 5, "pcent": 4, "itotal": 5, "iused": 5, "iavail": 5, "ipcent": 4}
BYTES = ("size", "used", "avail")
LEFT = ("source", "fstype", "target")

KIBI, TEN, ONE_PLACE = 1024, 10, 9.9
"""Under ten units, sizes are shown with one place behind the point."""


def percent(used: int, size: int) -> str:
    """Return how full something is, rounded up as df does."""
    return f"{math.ceil(100 * used / size)}%" if size else "-"


@tool("df", short="PkhiTmaB:Hlx:t:", long=("human-readable", "inodes", "print-type", "portability", "output=?",
    "local", "type=",
                                            "block-size=", "exclude-type=", "all", "total"))  # fmt: skip
async def df(call: Call, options: Options) -> int:
    """Print how full the disks are."""
    disks: list[Disk] = []
    code = 0
    for path in options.words:
        try:
            call.files.stat(path)
            disks.append(call.host.files.disk(call.files.absolute(path)))
        except OSError as exc:
            code = complain(call, f"{path}: {reason(exc)}")
    if not options.words:
        disks = [disk for disk in call.host.disks.values() if disk.size_kb]
    if disks:
        call.out(table(disks, columns(options), options))
    return code


def columns(options: Options) -> list[str]:
    """Return the fields that were asked for."""
    if options.has("output"):
        return options.value("output").split(",") if options.value("output") else list(FIELDS)
    kind = ["itotal", "iused", "iavail", "ipcent"] if options.has("i", "inodes") else ["size", "used", "avail", "pcent"]
    return ["source", *(["fstype"] if options.has("T", "print-type") else []), *kind, "target"]


def table(disks: Sequence[Disk], names: Sequence[str], options: Options) -> str:
    """Lay the fields of disks out as df does."""
    rows = [[header(name, options) for name in names]]
    rows += [[shown(name, disk, options) for name in names] for disk in disks]
    widths = [max(WIDTHS.get(name, 0), *(len(row[index]) for row in rows)) for index, name in enumerate(names)]
    return "".join(_line(row, names, widths) for row in rows)


def _line(row: Sequence[str], names: Sequence[str], widths: Sequence[int]) -> str:
    cells = [f"{cell:<{width}}" if name in LEFT else f"{cell:>{width}}"
             for cell, name, width in zip(row, names, widths, strict=True)]  # fmt: skip
    text = " ".join(cells)
    return (text.rstrip() if names[-1] in LEFT else text) + "\n"


def header(name: str, options: Options) -> str:
    """Return a column's title, which depends on the units."""
    title = FIELDS[name][0]
    if options.has("h", "human-readable", "H"):
        return {"size": "Size", "avail": "Avail"}.get(name, title)
    if options.has("P", "portability"):
        title = {"size": "1024-blocks", "pcent": "Capacity"}.get(name, title)
    if name == "size" and (options.has("m") or options.value("B", "block-size")):
        bytes_name = "" if options.has("P", "portability") else "B"
        unit = "M" if options.has("m") else options.value("B", "block-size").lstrip("1") or bytes_name
        return f"1{unit}-blocks"
    return "Avail" if name == "avail" and options.has("output") else title


def shown(name: str, disk: Disk, options: Options) -> str:
    """Return a field in the units that were asked for."""
    value = FIELDS[name][1](disk)
    if isinstance(value, str) or name not in BYTES:
        human = isinstance(value, int) and options.has("h", "human-readable")
        return human_size(int(value)) if human else str(value)
    if options.has("h", "human-readable"):
        return human_size(value * 1024)
    unit = "M" if options.has("m") else options.value("B", "block-size", default="K").lstrip("1")
    return str(math.ceil(value * 1024 / {"K": 1024, "M": 1 << 20, "G": 1 << 30, "": 1}.get(unit, 1024)))


def human_size(size: int) -> str:
    """Return a size as `-h` shows it, rounded up."""
    value, unit = float(size), 0
    while value >= KIBI:
        value, unit = value / KIBI, unit + 1
    if unit == 0:
        return str(size)
    value = math.ceil(value * 10) / 10 if value < ONE_PLACE else math.ceil(value)
    return f"{value:.1f}{'KMGTP'[unit - 1]}" if value < TEN else f"{value:.0f}{'KMGTP'[unit - 1]}"


def block_devices(call: Call) -> list[dict[str, Any]]:
    """Return the disks and partitions behind the mounts, disks first."""
    found: dict[str, dict[str, Any]] = {}
    for disk in call.host.disks.values():
        if not disk.device.startswith("/dev/"):
            continue
        part = disk.device.removeprefix("/dev/")
        parent = re.sub(r"(?<=\dn\d)p\d+$|(?<=blk\d)p\d+$|(?<=[a-z])\d+$", "", part)
        tran = "nvme" if parent.startswith("nvme") else None if parent.startswith("mmc") else "sata"
        whole = found.setdefault(parent, device(parent, "disk", 0, tran, "", ""))
        whole["size_kb"] += disk.size_kb
        if part != parent:
            whole["children"].append(device(part, "part", disk.size_kb, None, disk.mount, disk.fstype))
    return list(found.values())


def device(name: str, kind: str, size_kb: int, tran: str | None, mount: str, fstype: str) -> dict[str, Any]:
    """Describe one block device."""
    return {"name": name, "type": kind, "rota": False, "tran": tran, "size_kb": size_kb, "ro": False, "rm": False,
            "mountpoint": mount or None, "mountpoints": mount, "fstype": fstype or None, "maj:min": "8:0",
            "model": None, "children": []}  # fmt: skip


@tool("lsblk", short="dnJo:bplrfa", long=("nodeps", "noheadings", "json", "output=", "bytes", "paths", "list", "raw"))
async def lsblk(call: Call, options: Options) -> int:
    """List block devices."""
    if options.words:
        return strangers(call, options)
    named = options.value("o", "output", default="NAME,MAJ:MIN,RM,SIZE,RO,TYPE,MOUNTPOINTS").lower().split(",")
    devices = block_devices(call)
    flat = devices if options.has("d", "nodeps") else [row for disk in devices for row in (disk, *disk["children"])]
    for row in flat:
        row["size"] = str(row["size_kb"] * 1024) if options.has("b", "bytes") else human_size(row["size_kb"] * 1024)
    if options.has("J", "json"):
        rows = [{name: row.get(name) for name in named} for row in flat]
        call.out(json_devices(rows))
        return 0
    header_row = [] if options.has("n", "noheadings") else [[name.upper() for name in named]]
    cells = header_row + [[_cell(row, name, tree=not options.has("d", "r", "l")) for name in named] for row in flat]
    widths = [max(len(row[index]) for row in cells) for index in range(len(named))]
    for row in cells:
        text = " ".join(f"{cell:>{width}}" if name in ("size", "rm", "ro", "rota", "maj:min") else f"{cell:<{width}}"
                        for cell, name, width in zip(row, named, widths, strict=True))  # fmt: skip
        call.out(text.rstrip() + "\n" if options.has("d", "nodeps") else text + "\n")
    return 0


def strangers(call: Call, options: Options) -> int:
    """Say of paths that they are no block devices, which nothing in a practice host's /dev is."""
    call.out('{\n   "blockdevices": [\n\n   ]\n}\n' if options.has("J", "json") else "")
    for path in options.words:
        complain(call, f"{path}: not a block device")
    return 32


def _cell(row: dict[str, Any], name: str, *, tree: bool) -> str:
    value = row.get(name)
    text = "" if value is None else str(int(value)) if isinstance(value, bool) else str(value)
    return f"└─{text}" if tree and name == "name" and row["type"] == "part" else text


def json_devices(rows: Sequence[dict[str, Any]]) -> str:
    """Lay devices out as `lsblk -J` does."""
    items = ["{\n" + ",\n".join(f'         "{key}": {json.dumps(value)}' for key, value in row.items()) + "\n      }"
             for row in rows]  # fmt: skip
    return '{\n   "blockdevices": [\n      ' + ",".join(items) + "\n   ]\n}\n"


@tool("swapon", short="s", long=("show=?", "noheadings", "bytes", "raw"), folder="/usr/sbin")
async def swapon(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """List the swap areas."""
    rows = call.files.text("/proc/swaps").splitlines()[1:]
    if rows:
        call.out("NAME      TYPE      SIZE USED PRIO\n" + "".join(f"{row}\n" for row in rows))
    return 0


@tool("swapoff", short="a", folder="/usr/sbin")
async def swapoff(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Switch swap off; a practice host has none."""
    return complain(call, "Not superuser.") if call.uid else 0


@tool("sync", short="df", long=("data", "file-system"))
async def sync(call: Call, options: Options) -> int:
    """Write everything, or the named files, to the disk, where it is already."""
    code = 0
    for path in options.words:
        try:
            call.files.stat(path)
        except OSError as exc:
            code = complain(call, f"error opening '{path}': {reason(exc)}")
    return code
