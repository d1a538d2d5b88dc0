"""All K3s clusters of a practice world, and the servers that run now.

Not the network: who reaches whom is the world's network's to say.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from edgebook.lab.clock import utc_now
from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s import customs
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.kube.pki import Pki
from edgebook.lab.kube.store import new_store
from edgebook.lab.world import World

if TYPE_CHECKING:
    from edgebook.lab.k3s.process import ServerProcess

KEY = "k3s"
ETCD_PEER, API = 2380, 6443


@dataclass
class Registry:
    """The clusters in the order they were made, and the server processes by their host's name."""

    world: World
    clusters: list[Cluster] = field(default_factory=list)
    servers: dict[str, ServerProcess] = field(default_factory=dict)
    _drawn: dict[tuple[str, str], int] = field(default_factory=dict)

    def digits(self, host: Host, purpose: str, length: int) -> str:
        """Draw hexadecimal digits: random to the reader, the same in every world made from one seed."""
        count = self._drawn[host.name, purpose] = self._drawn.get((host.name, purpose), 0) + 1
        text = f"{self.world.spec.seed} {host.name} {purpose} {count}"
        return hashlib.sha256(text.encode()).hexdigest()[:length]

    def found(
        self,
        host: Host,
        *,
        secret: str,
        agent_secret: str,
        critical: dict[str, str],
        version: str,
        pki: Pki | None = None,
    ) -> Cluster:
        """Make a new cluster; its certificates carry the time its first server believes it is."""
        skew = timedelta(seconds=host.clock_offset_s)
        pki = pki or Pki.new(lambda: utc_now() + skew)
        cluster = Cluster(
            number=len(self.clusters) + 1,
            pki=pki,
            store=new_store(self.world.clock.now, seed=self.world.spec.seed, graceful_pods=True, ca_pem=pki.ca_pem),
            secret=secret,
            agent_secret=agent_secret,
            critical=critical,
            version=version,
            born=host.now(),
        )
        customs.define(cluster.store)
        self.clusters.append(cluster)
        return cluster

    def by_ca(self, pem: str) -> Cluster | None:
        """Return the newest cluster that has this CA."""
        return next((cluster for cluster in reversed(self.clusters) if cluster.pki.ca_pem == pem), None)

    def alive(self, cluster: Cluster, viewer: Host) -> set[str]:
        """Name the etcd members that a host sees running, itself included."""
        return {
            process.member
            for process in self.servers.values()
            if process.cluster is cluster and process.member and self._sees(viewer, process)
        }

    def _sees(self, viewer: Host, process: ServerProcess) -> bool:
        if process.host is viewer:
            return True
        try:
            self.world.network.connect(viewer, process.address, ETCD_PEER)
        except OSError:
            return False
        return True

    def running(self, cluster: Cluster) -> list[ServerProcess]:
        """Return the servers of a cluster that run, in the order of their hosts."""
        return [
            self.servers[name]
            for name in self.world.hosts
            if name in self.servers and self.servers[name].cluster is cluster
        ]

    def leader(self, cluster: Cluster) -> ServerProcess | None:
        """Return the server whose controllers act: the first that serves and has a quorum."""
        return next((process for process in self.running(cluster) if process.serving and process.healthy()), None)


def registry(world: World) -> Registry:
    """Return the world's registry, made on first use."""
    if KEY not in world.extensions:
        world.extensions[KEY] = Registry(world)
    found = world.extensions[KEY]
    assert isinstance(found, Registry)  # noqa: S101 - the key is ours
    return found
