"""ss: the program that lists the ports processes listen on.

Not opening them: `Host.listen`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.model import Listener
from edgebook.lab.hosts.programs.options import Options, tool


@tool(
    "ss",
    short="Hltunpa46sOe",
    long=("no-header", "listening", "tcp", "udp", "numeric", "processes", "all", "oneline"),
    misuse=255,
)
async def ss(call: Call, options: Options) -> int:
    """List the ports that processes listen on."""
    kinds = [proto for proto, names in (("tcp", ("t", "tcp")), ("udp", ("u", "udp"))) if options.has(*names)]
    found = [item for item in call.host.listeners.values() if item.proto in (kinds or ["tcp", "udp"])]
    found = matching(sorted(found, key=lambda item: (item.proto, item.port)), options.words)
    both = len(kinds) != 1
    rows = [ports_row(item, call, options, both=both) for item in found]
    if not options.has("H", "no-header"):
        rows.insert(
            0,
            [
                *(["Netid"] if both else []),
                "State",
                "Recv-Q",
                "Send-Q",
                "Local Address:Port",
                "Peer Address:Port",
                "Process",
            ],
        )
    call.out("".join(sockets_line(row) for row in rows))
    return 0


def matching(found: list[Listener], words: Sequence[str]) -> list[Listener]:
    """Keep what a filter such as `sport = :6443` names."""
    wanted = [int(port) for port in re.findall(r"sport\s*=+\s*:?(\d+)", " ".join(words))]
    return [item for item in found if item.port in wanted] if wanted else found


def ports_row(item: Listener, call: Call, options: Options, *, both: bool) -> list[str]:
    """Describe one listener; its process only to root."""
    local = f"{item.address}:{item.port}"
    shown = options.has("p", "processes") and call.uid == 0
    process = f'users:(("{item.process}",pid={item.pid},fd=3))' if shown else ""
    state = ("LISTEN", "0", "4096") if item.proto == "tcp" else ("UNCONN", "0", "0")
    return [*([item.proto] if both else []), *state, local, "0.0.0.0:*", process]


def sockets_line(row: Sequence[str]) -> str:
    """Lay a listener out as ss does when its output is no terminal."""
    widths = [5, 6, 6, 6, 18, 17] if row[0] in ("Netid", "tcp", "udp") else [6, 6, 6, 18, 17]
    cells = [f"{cell:>{width}}" if index in (len(row) - 3, len(row) - 2) else f"{cell:<{width}}"
             for index, (cell, width) in enumerate(zip(row[:-1], widths, strict=True))]  # fmt: skip
    return " ".join(cells) + (" " + row[-1] if row[-1] and row[-1] != "Process" else row[-1]) + "\n"
