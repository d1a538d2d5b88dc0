"""A practice host as its kubelet's machine: containers, images, time, and what kills everything at once.

Not the kubelet's decisions, which are made in `edgebook.lab.kube.kubelet`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.images import Images
from edgebook.lab.k3s.registry import Registry
from edgebook.lab.kube.kubelet.worker import ByNode, PodWorker

KEY = "k3s.containerd"


@dataclass
class Containerd:
    """One host's container runtime. It outlives K3s: containers go on while the service is stopped."""

    host: Host
    name: str
    images: Images
    network_ready: bool = False
    killed: int = 0
    """How often k3s-killall.sh has ended every container."""

    @property
    def epoch(self) -> int:
        """Count the power cuts and the kills."""
        return self.host.journal.boot + self.killed

    def elapsed_s(self) -> float:
        """Return the practice seconds since the world began."""
        return self.host.world.clock.elapsed_s()

    def wall(self, at_s: float) -> datetime:
        """Return the time of day at a moment in practice seconds."""
        clock = self.host.world.clock
        return clock.now() - timedelta(seconds=clock.real_s(clock.elapsed_s() - at_s))

    def real_s(self, seconds: float) -> float:
        """Return how long practice seconds really take."""
        return self.host.world.clock.real_s(seconds)

    def has_image(self, image: str) -> bool:
        """Whether containerd has an image."""
        return self.images.has(image)

    def pull_image(self, image: str) -> str:
        """Get an image from its registry; return what went wrong, empty when it is there now."""
        return self.images.pull(image)

    def fetch(self, url: str) -> str:
        """Ask a web server; return what went wrong, empty when it answers."""
        return self.images.fetch(url)


@dataclass
class Runtimes:
    """The pods of every host that runs K3s, and which pods are bound where in each cluster."""

    workers: dict[tuple[str, int], PodWorker] = field(default_factory=dict)
    bound: dict[int, ByNode] = field(default_factory=dict)
    machines: dict[str, Containerd] = field(default_factory=dict)

    def worker(self, host: Host, cluster: Cluster, node: str, data_dir: str) -> PodWorker:
        """Return a host's pods in a cluster, known from an earlier run of K3s or new."""
        key = (host.name, cluster.number)
        found = self.workers.get(key)
        if found is None or found.machine.name != node:
            machine = self.machines[host.name] = Containerd(host, node, Images(host, data_dir))
            bound = self.bound.get(cluster.number) or ByNode(cluster.store)
            self.bound[cluster.number] = bound
            found = self.workers[key] = PodWorker(cluster.store, machine, bound)
        return found

    def kill_all(self, host: Host) -> None:
        """End every container of a host."""
        if host.name in self.machines:
            self.machines[host.name].killed += 1

    def forget(self, host: Host) -> None:
        """Forget a host's containers: its data folder is gone."""
        for key in [key for key in self.workers if key[0] == host.name]:
            del self.workers[key]
        self.machines.pop(host.name, None)


def runtimes(found: Registry) -> Runtimes:
    """Return the world's container runtimes, made on first use."""
    known = found.world.extensions.setdefault(KEY, Runtimes())
    assert isinstance(known, Runtimes)  # noqa: S101 - the key is ours
    return known
