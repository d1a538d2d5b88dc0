"""What one server of a cluster does for all: watch the leases, keep the packaged pods, tend etcd.

Not per host: the first server that has a quorum ticks these.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edgebook.lab.k3s import pace
from edgebook.lab.k3s.charts import Charts
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.mirrored import Mirrored
from edgebook.lab.k3s.packaged import NAMESPACE, is_not_packaged
from edgebook.lab.k3s.pods import Packaged
from edgebook.lab.k3s.registry import Registry
from edgebook.lab.kube.controllers.nodehealth import GRACE_S, LEASE_NAMESPACE, LEASES, NodeHealth
from edgebook.lab.kube.controllers.podgc import PodCollector
from edgebook.lab.kube.controllers.tainteviction import TaintEviction
from edgebook.lab.kube.controllers.workloads import Folder, Workloads
from edgebook.lab.kube.watches import Change

FOLDER_MODE = 0o777
"""The local-path provisioner's setup script makes folders that every user may write to."""


@dataclass
class Controllers:
    """The controllers of one cluster and what they remember between two ticks."""

    registry: Registry
    cluster: Cluster
    packaged: Packaged
    workloads: Workloads
    _learner_at_s: dict[str, float] = field(default_factory=dict)
    _ticked_at_s: float = 0.0

    def __post_init__(self) -> None:
        store, elapsed_s = self.cluster.store, self.registry.world.clock.elapsed_s
        self._health = NodeHealth(store, elapsed_s)
        self._eviction = TaintEviction(store, elapsed_s)
        self._collector = PodCollector(store, elapsed_s)
        self._mirrored, self._charts = Mirrored(store), Charts(store)

    @property
    def _now_s(self) -> float:
        return self.registry.world.clock.elapsed_s()

    def tick(self, disabled: frozenset[str]) -> None:
        """Do one round."""
        if self._now_s - self._ticked_at_s > GRACE_S:
            # After a time without a leader nobody knows who was alive: every node gets a full grace period.
            self._health.start_over()
        self._ticked_at_s = self._now_s
        self._health.tick()
        self._eviction.tick()
        self._collector.tick()
        self._drop_stalled_learners()
        self.packaged.tick(disabled)
        if (leader := self.registry.leader(self.cluster)) is not None:
            self._mirrored.tick(leader, self.registry.running(self.cluster))
        self._charts.tick(disabled)
        self.workloads.run()

    def _drop_stalled_learners(self) -> None:
        leader = self.registry.leader(self.cluster)
        alive = self.registry.alive(self.cluster, leader.host) if leader else set()
        for member in [found for found in self.cluster.members.members.values() if found.learner]:
            if member.name in alive:
                self._learner_at_s[member.name] = self._now_s
            elif self._now_s - self._learner_at_s.setdefault(member.name, self._now_s) > pace.LEARNER_STALL_S:
                self.cluster.members.remove(member.node)

    def notice(self, change: Change) -> None:
        """See to a node that has changed, while there is a leader, or that was deleted."""
        if change.kind.kind != "Node":
            return
        name = change.object["metadata"]["name"]
        if change.type == "DELETED":
            self._forget(name)
        elif change.type == "MODIFIED" and self._now_s - self._ticked_at_s <= GRACE_S:
            self._health.notice(name)

    def _forget(self, name: str) -> None:
        """Clean up after a node that was deleted: its etcd member, its password, its lease."""
        self.cluster.members.remove(name)
        self._health.forget(name)
        store = self.cluster.store
        for kind, item, namespace in (
            ("secrets", f"{name}.node-password.k3s", NAMESPACE),
            (LEASES, name, LEASE_NAMESPACE),
        ):
            if store.find(kind, item, namespace):
                store.delete(kind, item, namespace)


def _folders(registry: Registry) -> Folder:
    """Return what makes and removes the folders of volumes on the hosts that are nodes."""

    def keep(node: str, path: str, there: bool) -> None:  # noqa: FBT001 - the shape of Folder
        host = registry.world.hosts.get(node)
        if host is None:
            return
        if there and not host.files.exists(path):
            host.files.mkdir(path, FOLDER_MODE, parents=True)
        elif not there and host.files.exists(path):
            host.files.remove(path, recursive=True)

    return keep


def controllers(registry: Registry, cluster: Cluster) -> Controllers:
    """Return a cluster's controllers, made on first use."""
    known = registry.world.extensions.setdefault("k3s.controllers", {})
    if cluster.number not in known:
        seed = f"{registry.world.spec.seed} {cluster.number}"
        packaged = Packaged(cluster.store, seed)
        workloads = Workloads(cluster.store, is_not_packaged, folder=_folders(registry))
        known[cluster.number] = Controllers(registry, cluster, packaged, workloads)
        cluster.store.observe(known[cluster.number].notice)
    found = known[cluster.number]
    assert isinstance(found, Controllers)  # noqa: S101 - the key is ours
    return found
