"""The faults that a lab on kind can have: those of any practice host in Docker, and those of a cluster's node.

Not the means: those inside a node are the scripts in `faults/`, the others are Docker's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from edgebook.lab.catalogue import Value
from edgebook.lab.docker.catalogue import FAULTS as HOSTS
from edgebook.lab.docker.catalogue import DockerFault
from edgebook.lab.docker.means import Script

SCRIPTS = Path(__file__).parent / "faults"
UNITS = {"server": "kubelet", "agent": "kubelet", "edge": "edgecore"}
WORKER, EDGE = ("worker", "control-plane"), ("e1",)
TARGETS: Mapping[str, tuple[str, ...]] = {
    "clock-skew": EDGE,
    "disk-full": EDGE,
    "read-only-path": EDGE,
    "no-default-route": EDGE,
    "sudo-refused": EDGE,
    "unit-stopped": WORKER,
    "host-down": WORKER,
    "host-frozen": WORKER,
    "link-lost": EDGE,
    "link-cut": WORKER,
    "packet-loss": WORKER,
    "slow-link": EDGE,
}
"""What can be broken as on other practice sites, and where. What is K3s's own cannot: its files are not there."""
OPTIONS: Mapping[str, Mapping[str, Value]] = {
    "disk-full": {"path": "/var/lib/containerd"},
    "read-only-path": {"path": "/var/lib/containerd"},
}
"""What differs: edge hosts have no /var/lib/rancher to speak of."""


def _here(name: str, targets: tuple[str, ...]) -> DockerFault:
    return replace(HOSTS[name], targets=targets, options={**HOSTS[name].options, **OPTIONS.get(name, {})})


FAULTS: dict[str, DockerFault] = {
    **{name: _here(name, targets) for name, targets in TARGETS.items()},
    "unit-stopped": replace(
        _here("unit-stopped", WORKER),
        cause="somebody stopped its unit; without -o unit= it is a node's kubelet, or an edge host's EdgeCore",
        means=Script(units=UNITS),
    ),
    "disk-pressure": DockerFault(
        "disk-pressure",
        "A node's disk is fuller than its kubelet allows",
        "the kubelet's evictionHard wants more of the disk free than there is",
        "the node's condition DiskPressure is True, it has the taint node.kubernetes.io/disk-pressure, "
        "and its pods are evicted",
        "put the old threshold back into /var/lib/kubelet/config.yaml, and systemctl restart kubelet",
        WORKER,
        options={"available": "99%"},
        means=Script(folder=SCRIPTS),
    ),
}
