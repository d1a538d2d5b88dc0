"""free: the program that tells how much memory there is.

Not the memory itself: a number of the host.
"""

from __future__ import annotations

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import Options, tool

KIBI, ONE_PLACE = 1024, 9.95


@tool("free", short="bkmgh", long=("bytes", "kibi", "mebi", "gibi", "human"))
async def free(call: Call, options: Options) -> int:
    """Print how much memory there is."""
    rows = dict(line.split(":") for line in call.files.text("/proc/meminfo").splitlines())
    kb = {name: int(value.split()[0]) for name, value in rows.items()}
    used = kb["MemTotal"] - kb["MemAvailable"]
    cached = kb["Buffers"] + kb["Cached"]
    memory = [kb["MemTotal"], used, kb["MemFree"], 0, cached, kb["MemAvailable"]]
    swap = [kb["SwapTotal"], kb["SwapTotal"] - kb["SwapFree"], kb["SwapFree"]]
    header = "".join(f"{name:>12}" for name in ("total", "used", "free", "shared", "buff/cache", "available"))
    call.out("   " + " " * 5 + header[0:] + "\n")
    for name, values in (("Mem:", memory), ("Swap:", swap)):
        call.out(f"{name:<8}" + "".join(f"{shown_kb(value, options):>12}" for value in values) + "\n")
    return 0


def shown_kb(value: int, options: Options) -> str:
    """Return an amount of memory in the unit asked for."""
    if options.has("h", "human"):
        return human_kib(value)
    divisors = {"m": 1024, "mebi": 1024, "g": 1 << 20, "gibi": 1 << 20}
    unit = options.last("b", "bytes", "k", "kibi", "m", "mebi", "g", "gibi")
    return str(value * 1024) if unit in ("b", "bytes") else str(value // divisors.get(unit, 1))


def human_kib(value: int) -> str:
    """Return KiB as `free -h` shows them."""
    size, unit = float(value), 0
    while size >= KIBI:
        size, unit = size / KIBI, unit + 1
    name = ("Ki", "Mi", "Gi", "Ti")[unit]
    return "0B" if not value else f"{size:.1f}{name}" if size < ONE_PLACE else f"{int(size)}{name}"
