"""What one server of a cluster does for all: watch the leases, keep the packaged pods, tend etcd.

Not per host: the first server that has a quorum ticks these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from edgebook.lab.k3s import nodes, pace
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.kubelet import record_event
from edgebook.lab.k3s.log import stamp
from edgebook.lab.k3s.packaged import NAMESPACE, is_not_packaged
from edgebook.lab.k3s.pods import Packaged
from edgebook.lab.k3s.registry import Registry
from edgebook.lab.kube.controllers.workloads import Workloads
from edgebook.lab.kube.watches import Change

LEASES = "leases.coordination.k8s.io"
LEASE_NAMESPACE = "kube-node-lease"


@dataclass
class Controllers:
    """The controllers of one cluster and what they remember between two ticks."""

    registry: Registry
    cluster: Cluster
    packaged: Packaged
    workloads: Workloads
    _renewed: dict[str, tuple[str, float]] = field(default_factory=dict)
    _lost_at_s: dict[str, float] = field(default_factory=dict)
    _learner_at_s: dict[str, float] = field(default_factory=dict)
    _ticked_at_s: float = 0.0

    @property
    def _now_s(self) -> float:
        return self.registry.world.clock.elapsed_s()

    def tick(self, disabled: frozenset[str]) -> None:
        """Do one round."""
        if self._now_s - self._ticked_at_s > pace.GRACE_S:
            # After a time without a leader nobody knows who was alive: every node gets a full grace period.
            self._renewed.clear()
        self._ticked_at_s = self._now_s
        for node in self.cluster.store.list("nodes"):
            self._watch(node)
        self._drop_stalled_learners()
        self.packaged.tick(disabled)
        self.workloads.run()

    def _watch(self, node: dict[str, Any]) -> None:
        name = node["metadata"]["name"]
        lease = self.cluster.store.find(LEASES, name, LEASE_NAMESPACE)
        renewed = str(lease["spec"].get("renewTime", "")) if lease else ""
        if name not in self._renewed or self._renewed[name][0] != renewed:
            self._renewed[name] = (renewed, self._now_s)
            self._lost_at_s.pop(name, None)
            if nodes.is_ready(node) and _tainted(node):
                self.cluster.store.modify("nodes", name, _untaint)
        elif self._now_s - self._renewed[name][1] > pace.GRACE_S and name not in self._lost_at_s:
            self._lose(name)
        if self._now_s - self._lost_at_s.get(name, self._now_s) > pace.EVICTION_S:
            self._evict(name)

    def _lose(self, name: str) -> None:
        self._lost_at_s[name] = self._now_s
        now = self.cluster.store.now()
        self.cluster.store.modify("nodes", name, lambda node: _set_unknown(node, now), subresource="status")
        self.cluster.store.modify("nodes", name, lambda node: _taint(node, now))
        record_event(
            self.cluster, name, "NodeNotReady", f"Node {name} status is now: NodeNotReady", source="node-controller"
        )

    def _evict(self, name: str) -> None:
        for pod in self.cluster.store.list("pods", fields=f"spec.nodeName={name}"):
            owners = pod["metadata"].get("ownerReferences", [])
            if not any(owner["kind"] == "DaemonSet" for owner in owners):
                self.cluster.store.delete("pods", pod["metadata"]["name"], pod["metadata"]["namespace"], grace_s=0)

    def _drop_stalled_learners(self) -> None:
        leader = self.registry.leader(self.cluster)
        alive = self.registry.alive(self.cluster, leader.host) if leader else set()
        for member in [found for found in self.cluster.members.members.values() if found.learner]:
            if member.name in alive:
                self._learner_at_s[member.name] = self._now_s
            elif self._now_s - self._learner_at_s.setdefault(member.name, self._now_s) > pace.LEARNER_STALL_S:
                self.cluster.members.remove(member.node)

    def forget(self, change: Change) -> None:
        """Clean up after a node that was deleted: its etcd member, its password, its lease."""
        if change.type != "DELETED" or change.kind.kind != "Node":
            return
        name = change.object["metadata"]["name"]
        self.cluster.members.remove(name)
        self._renewed.pop(name, None)
        self._lost_at_s.pop(name, None)
        store = self.cluster.store
        for kind, item, namespace in (
            ("secrets", f"{name}.node-password.k3s", NAMESPACE),
            (LEASES, name, LEASE_NAMESPACE),
        ):
            if store.find(kind, item, namespace):
                store.delete(kind, item, namespace)


def _set_unknown(node: dict[str, Any], now: Any) -> None:
    for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready"):
        nodes.set_condition(node, kind, nodes.UNKNOWN, now)


def _tainted(node: dict[str, Any]) -> bool:
    return any(taint["key"] == nodes.UNREACHABLE for taint in node["spec"].get("taints", []))


def _untaint(node: dict[str, Any]) -> None:
    left = [taint for taint in node["spec"].pop("taints") if taint["key"] != nodes.UNREACHABLE]
    if left:
        node["spec"]["taints"] = left


def _taint(node: dict[str, Any], now: Any) -> None:
    taints = node["spec"].setdefault("taints", [])
    for effect in ("NoSchedule", "NoExecute"):
        if not any(taint["key"] == nodes.UNREACHABLE and taint["effect"] == effect for taint in taints):
            taints.append({"key": nodes.UNREACHABLE, "effect": effect, "timeAdded": stamp(now)})


def controllers(registry: Registry, cluster: Cluster) -> Controllers:
    """Return a cluster's controllers, made on first use."""
    known = registry.world.extensions.setdefault("k3s.controllers", {})
    if cluster.number not in known:
        clock = registry.world.clock
        seed = f"{registry.world.spec.seed} {cluster.number}"
        packaged = Packaged(cluster.store, clock.now, clock.elapsed_s, seed)
        workloads = Workloads(cluster.store, is_not_packaged)
        known[cluster.number] = Controllers(registry, cluster, packaged, workloads)
        cluster.store.observe(known[cluster.number].forget)
    found = known[cluster.number]
    assert isinstance(found, Controllers)  # noqa: S101 - the key is ours
    return found
