"""Programs that switch a host off or start it anew: reboot, poweroff, shutdown.

Not the power itself: `Host.power_off` and `power_on`.
"""

from __future__ import annotations

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.model import Host
from edgebook.lab.hosts.programs.options import Options, tool

GRACE_S = 1.0
"""How long the order's own answer has to reach whoever gave it."""
BOOT_S = 25.0


@tool("reboot", short="fpn", long=("force", "no-wall"), folder="/usr/sbin")
async def reboot(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Start the host anew."""
    return begin(call, "reboot")


@tool("poweroff", "halt", short="fpn", long=("force", "no-wall"), folder="/usr/sbin")
async def poweroff(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Switch the host off."""
    return begin(call, "poweroff")


@tool("shutdown", short="rhPHkc", long=("reboot", "poweroff", "halt", "no-wall"), folder="/usr/sbin")
async def shutdown(call: Call, options: Options) -> int:
    """Switch the host off or start it anew; a time later than now is taken as now."""
    if options.has("c"):
        return 0
    return begin(call, "reboot" if options.has("r", "reboot") else "poweroff")


async def order(call: Call, options: Options, names: list[str]) -> int:  # noqa: ARG001 - the shape of a systemctl verb
    """Do what `systemctl reboot` and its kind say."""
    return begin(call, "reboot" if "reboot" in options.words else "poweroff")


def begin(call: Call, what: str) -> int:
    """Let the host go down in the background."""
    if call.uid:
        word = "Reboot" if what == "reboot" else "PowerOff"
        call.err(f"Call to {word} failed: Access denied\n")
        return 1
    call.host.journal.add(
        f"The system will {what if what == 'reboot' else 'power off'} now!", identifier="systemd-logind"
    )
    call.world.spawn(down(call.host, again=what == "reboot"), name=f"{call.host.name} {what}")
    return 0


async def down(host: Host, *, again: bool) -> None:
    """Stop everything, cut the power, and switch it on again for a reboot."""
    clock = host.world.clock
    await clock.sleep(GRACE_S)
    await host.units.shut_down()
    host.power_off()
    if again:
        await clock.sleep(BOOT_S)
        host.power_on()
