"""The network of a lab: a /24 that nobody else uses, on a bridge of its own.

Not its rules: Docker makes those, and takes them away with the network.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from edgebook.errors import LabError
from edgebook.lab.docker import engine
from edgebook.lab.docker.plan import LabPlan

POOL = ipaddress.IPv4Network("10.213.0.0/16")
"""Where labs take their networks from: outside of K3s's own 10.42.0.0/16 and 10.43.0.0/16."""
ROUTES = Path("/proc/net/route")
Network = ipaddress.IPv4Network


def free_subnets(lab: str) -> Iterator[str]:
    """Yield the /24s of the pool that no route of this machine and no network of Docker uses.

    They begin at a place that follows from the lab's id, so that labs made at the same moment rarely
    want the same one.
    """
    taken = [*_routed(), *_in_docker()]
    every = list(POOL.subnets(new_prefix=24))
    first = int(lab.removeprefix("eb"), base=16) % len(every)
    for subnet in (*every[first:], *every[:first]):
        if not any(subnet.overlaps(other) for other in taken):
            yield str(subnet)


def create(plan: LabPlan, *, dynamic: str = "") -> bool:
    """Make the lab's network; return False where its addresses were taken a moment ago.

    `dynamic` is the part of it from which Docker gives an address to who asks for none of its own.
    """
    bridge = f"com.docker.network.bridge.name={plan.network}"
    made = engine.ask(
        "network", "create", "--subnet", plan.subnet, "--gateway", plan.gateway,
        *(("--ip-range", dynamic) if dynamic else ()), "-o", bridge, "--label", plan.label, plan.network,
    )  # fmt: skip
    if made.ok:
        return True
    if any(said in made.err for said in ("overlap", "conflicts with network")):
        return False
    raise LabError(f"Docker makes no network: {made.err.strip()}", hint="docker network ls shows those there are")


def exists(plan: LabPlan) -> bool:
    """Say whether the lab's network is there."""
    return engine.ask("network", "inspect", plan.network).ok


def remove(label: str) -> None:
    """Remove the networks with a label."""
    found = labelled(label)
    if found:
        engine.call("network", "rm", *found)


def labelled(label: str) -> list[str]:
    """List the networks with a label."""
    return engine.lines("network", "ls", "--quiet", "--filter", f"label={label}")


def _routed() -> Iterable[Network]:
    try:
        rows = [line.split() for line in ROUTES.read_text(encoding="ascii").splitlines()[1:]]
    except OSError:
        return ()
    found = [(_little_endian(row[1]), _little_endian(row[7])) for row in rows if len(row) > 7]  # noqa: PLR2004 (columns)
    return [ipaddress.IPv4Network(pair) for pair in found if pair[1] != "0.0.0.0"]  # noqa: S104 (the default route)


def _little_endian(word: str) -> str:
    return str(ipaddress.IPv4Address(bytes.fromhex(word)[::-1]))


def _in_docker() -> Iterable[Network]:
    ids = engine.lines("network", "ls", "--quiet")
    shown = engine.ask("network", "inspect", *ids)  # one that is gone by now makes it fail, and the others show
    configs = [item.get("IPAM", {}).get("Config") or [] for item in json.loads(shown.out or "[]")]
    subnets = [ipaddress.ip_network(one["Subnet"]) for config in configs for one in config if one.get("Subnet")]
    return [subnet for subnet in subnets if isinstance(subnet, Network)]
