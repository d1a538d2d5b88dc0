"""What a lab in Docker is made of: its id, its hosts and their addresses.

Not the containers: this is arithmetic on names and numbers.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgebook.errors import LabError

LABEL = "edgebook.lab"
"""Every container, network and volume of a lab carries it, with the lab's id."""
ROLES = (("server", "s"), ("agent", "a"), ("edge", "e"))
BANDS = {"server": 11, "agent": 21, "edge": 31}
"""The last number of the first address of a role, as at the embedded site."""
SMALL_GROUP = 9
"""Up to so many hosts of a role fit between one role's first address and the next one's."""
VIP, LAST = 10, 250
SSH_PORT = 22


@dataclass(frozen=True)
class HostPlan:
    """One host: its name, role and address, and the name of its container."""

    name: str
    role: str
    address: str
    container: str


@dataclass(frozen=True)
class LabPlan:
    """What a lab is made from. The id follows from the folder, so that two folders are two labs."""

    id: str
    servers: int
    agents: int
    edges: int
    image: str
    subnet: str

    @property
    def network(self) -> str:
        """The name of the lab's network, and of its bridge on this machine: at most 15 characters."""
        return self.id

    @property
    def label(self) -> str:
        """The label that everything of this lab carries."""
        return f"{LABEL}={self.id}"

    @property
    def vip(self) -> str:
        """The registration address of the cluster to come."""
        return address(self.subnet, VIP)

    @property
    def gateway(self) -> str:
        """This machine's address in the lab's network."""
        return address(self.subnet, 1)

    def hosts(self) -> tuple[HostPlan, ...]:
        """List the hosts: s1… at .11, a1… at .21, e1… at .31; one after the other where a role has more than nine."""
        counts = {"server": self.servers, "agent": self.agents, "edge": self.edges}
        names = [(f"{letter}{n}", role, n) for role, letter in ROLES for n in range(1, counts[role] + 1)]
        small = max(counts.values()) <= SMALL_GROUP
        numbers = [BANDS[role] + n - 1 if small else BANDS["server"] + at for at, (_, role, n) in enumerate(names)]
        return tuple(
            HostPlan(name, role, address(self.subnet, number), f"{self.id}-{name}")
            for (name, role, _), number in zip(names, numbers, strict=True)
        )

    def ssh_hosts(self) -> tuple[HostPlan, ...]:
        """List the hosts that let users in over SSH: all of them, where they are made from the hosts' image."""
        return self.hosts()

    def as_facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def from_facts(facts: Mapping[str, Any]) -> LabPlan:
    """Read a plan from plain data."""
    return LabPlan(**{name: facts[name] for name in LabPlan.__dataclass_fields__})


def lab_id(folder: Path) -> str:
    """Return the id of the lab of a folder, which is a name for a bridge too."""
    return "eb" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:6]


def address(subnet: str, number: int) -> str:
    """Return the address with this number in a network."""
    return str(ipaddress.ip_network(subnet)[number])


def check_counts(servers: int, agents: int, edges: int) -> None:
    """Raise `LabError` for numbers of hosts that one network cannot hold."""
    if servers < 1 or min(agents, edges) < 0:
        raise LabError("a lab needs one server at least, and no negative numbers of hosts")
    most = LAST - BANDS["server"]
    if servers + agents + edges > most:
        raise LabError(f"one lab holds {most} hosts at most, not {servers + agents + edges}")
