"""chronyc: the program that asks a host's chronyd how well it keeps the clock.

Not the clock: `Host.now` is that. The package chrony brings it.
"""

from __future__ import annotations

from collections.abc import Mapping

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import Options, tool

NO_DAEMON = "506 Cannot talk to daemon\n"
SERVER = "A29FC87B"
"""A time server's address as chrony shows it."""


@tool("chronyc", short="ch:p:n", folder="")
async def chronyc(call: Call, options: Options) -> int:
    """Tell what chronyd tracks, as rows or with `-c` as one line of values."""
    if call.host.units.is_active("chrony") != "active":
        call.out(NO_DAEMON)
        return 1
    if options.words[:1] != ["tracking"]:
        call.out("Unrecognized command\n")
        return 1
    rows = dict(tracking(call))
    if options.has("c"):
        call.out(",".join(rows.values()) + "\n")
        return 0
    name = rows.pop("Reference name")
    rows["Reference ID"] += f" ({name})"
    call.out("".join(f"{title:<16}: {value}\n" for title, value in rows.items()))
    return 0


def tracking(call: Call) -> Mapping[str, str]:
    """Return the state by the names that chronyc gives it."""
    kept = call.host.ntp_synchronized
    off = "0.000000000" if kept else f"{call.host.clock_offset_s:.9f}"
    return {
        "Reference ID": SERVER if kept else "00000000",
        "Reference name": "162.159.200.123" if kept else "",
        "Stratum": "4" if kept else "0",
        "Ref time (UTC)": f"{call.host.now().timestamp():.9f}" if kept else "0.000000000",
        "System time": off,
        "Last offset": off,
        "RMS offset": off,
        "Frequency": "1.500",
        "Residual freq": "0.001",
        "Skew": "0.030",
        "Root delay": "0.012000000",
        "Root dispersion": "0.001000000",
        "Update interval": "64.5",
        "Leap status": "Normal" if kept else "Not synchronised",
    }
