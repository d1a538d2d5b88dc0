"""What a lab on kind is made of: the cluster's nodes as kind names them, and the edge hosts.

Not the containers: this is arithmetic on names and numbers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgebook.errors import LabError
from edgebook.lab.docker.plan import BANDS, HostPlan, LabPlan, address

PARTS = (("server", "control-plane"), ("agent", "worker"))
"""kind's words for the roles: its nodes are CLUSTER-control-plane, CLUSTER-control-plane2, CLUSTER-worker."""
BALANCER = "external-load-balancer"
"""What kind puts before the API of more than one control plane."""
FIRST_DYNAMIC = 128


@dataclass(frozen=True)
class KindPlan(LabPlan):
    """What a lab on kind is made from.

    `image` is that of the edge hosts. `api_port` is the API's on 127.0.0.1, 0 until kind has chosen one.
    `patch` is more configuration for kubeadm and the kubelets. `addresses` are those that Docker gave the nodes.
    """

    node_image: str = ""
    api_port: int = 0
    patch: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def dynamic(self) -> str:
        """The part of the network from which Docker gives the nodes their addresses: its upper half."""
        return str(list(ipaddress.ip_network(self.subnet).subnets())[1])

    @property
    def endpoint(self) -> str:
        """The name of the API in the lab's network, which its name service knows."""
        return f"{self.id}-{BALANCER if self.servers > 1 else PARTS[0][1]}"

    def hosts(self) -> tuple[HostPlan, ...]:
        """List the nodes, then the edge hosts."""
        return (*self.nodes(), *self.ssh_hosts())

    def nodes(self) -> tuple[HostPlan, ...]:
        """List the cluster's nodes under their names without the cluster's: control-plane, worker, worker2."""
        counts = {"server": self.servers, "agent": self.agents}
        named = [(role, f"{part}{n if n > 1 else ''}") for role, part in PARTS for n in range(1, counts[role] + 1)]
        return tuple(HostPlan(name, role, self.addresses.get(name, ""), f"{self.id}-{name}") for role, name in named)

    def ssh_hosts(self) -> tuple[HostPlan, ...]:
        """List the edge hosts: e1… at .31, as on the other practice sites."""
        return tuple(
            HostPlan(f"e{n}", "edge", address(self.subnet, BANDS["edge"] + n - 1), f"{self.id}-e{n}")
            for n in range(1, self.edges + 1)
        )


def from_facts(facts: Mapping[str, Any]) -> KindPlan:
    """Read a plan from plain data."""
    return KindPlan(**{name: facts[name] for name in KindPlan.__dataclass_fields__})


def check_counts(servers: int, agents: int, edges: int) -> None:
    """Raise `LabError` for numbers of nodes and hosts that make no site, or that one network cannot hold."""
    if servers < 1 or agents < 0:
        raise LabError("a cluster needs one control plane at least, and no negative number of workers")
    most = FIRST_DYNAMIC - BANDS["edge"]
    if not 1 <= edges <= most:
        raise LabError(f"a lab on kind has 1 to {most} edge hosts, not {edges}: they are what site.yaml lists")
    if servers + agents > FIRST_DYNAMIC - 4:  # the load balancer, and what no network gives out
        raise LabError(f"a lab on kind holds {FIRST_DYNAMIC - 4} nodes at most, not {servers + agents}")
