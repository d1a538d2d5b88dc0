"""The node lifecycle controller: who has not been heard of is Unknown, and conditions become taints.

Not the eviction that follows from the taints, and not the kubelet, which says what the conditions are.
Words and order are those of pkg/controller/nodelifecycle in Kubernetes 1.31.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, condition, dig, name_of

SOURCE = "node-controller"
LEASES, LEASE_NAMESPACE = "leases.coordination.k8s.io", "kube-node-lease"
PREFIX = "node.kubernetes.io/"
NOT_READY, UNREACHABLE = f"{PREFIX}not-ready", f"{PREFIX}unreachable"
REPORTED = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
"""What a kubelet says about its node, and nobody knows once it is silent."""
SILENT = ("NodeStatusUnknown", "Kubelet stopped posting node status.")
NEVER = ("NodeStatusNeverUpdated", "Kubelet never posted node status.")
TAINTS = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): f"{PREFIX}memory-pressure",
    ("DiskPressure", "True"): f"{PREFIX}disk-pressure",
    ("NetworkUnavailable", "True"): f"{PREFIX}network-unavailable",
    ("PIDPressure", "True"): f"{PREFIX}pid-pressure",
}
UNSCHEDULABLE = f"{PREFIX}unschedulable"
KEPT = frozenset({*TAINTS.values(), UNSCHEDULABLE})
GRACE_S, STARTUP_GRACE_S = 40.0, 60.0
UNHEALTHY_NODES, UNHEALTHY_SHARE = 2, 0.55


class Zone(StrEnum):
    """How much of the site is lost; see ComputeZoneState."""

    NORMAL = "Normal"
    PARTIAL = "PartialDisruption"
    FULL = "FullDisruption"


@dataclass
class Seen:
    """What was last heard of a node, and when."""

    heartbeat: str
    at_s: float


@dataclass
class NodeHealth:
    """Judges the nodes of one cluster; `elapsed_s` counts practice seconds."""

    store: Store
    elapsed_s: Callable[[], float]
    zone: Zone = Zone.NORMAL
    _seen: dict[str, Seen] = field(default_factory=dict)

    def tick(self) -> None:
        """Look at every node once."""
        nodes = [item.obj for item in self.store.items(self.store.scope("nodes"))]
        for node in nodes:
            self._judge(node)
        self._judge_zone(nodes)
        for node in nodes:
            self._taint(self.store.need("nodes", name_of(node)).obj)

    def notice(self, name: str) -> None:
        """Taint a node whose conditions have changed; that waits for no round."""
        item = self.store.item("nodes", name)
        if item is not None:
            self._taint(item.obj)

    def start_over(self) -> None:
        """Give every node a full grace period: nobody has looked for a while."""
        self._seen.clear()

    def forget(self, name: str) -> None:
        """Forget a node that is gone."""
        self._seen.pop(name, None)

    def _judge(self, node: Tree) -> None:
        name, now_s = name_of(node), self.elapsed_s()
        lease = self.store.item(LEASES, name, LEASE_NAMESPACE)
        renewed = str(dig(lease.obj, "spec.renewTime", "")) if lease else ""
        ready = condition(node, "Ready")
        heartbeat = f"{renewed} {ready.get('lastHeartbeatTime', '')}"
        seen = self._seen.get(name)
        if seen is None or seen.heartbeat != heartbeat:
            self._seen[name] = Seen(heartbeat, now_s)
        elif now_s - seen.at_s > (GRACE_S if ready else STARTUP_GRACE_S) and ready.get("status") != "Unknown":
            self._lose(node)
            # The controller's own words about the node are no sign of life.
            heard = condition(self.store.need("nodes", name).obj, "Ready").get("lastHeartbeatTime", "")
            self._seen[name] = Seen(f"{renewed} {heard}", seen.at_s)

    def _lose(self, node: Tree) -> None:
        now = stamp(self.store.now())
        self.store.modify("nodes", name_of(node), lambda fresh: _set_unknown(fresh, now), subresource="status")
        if condition(node, "Ready").get("status") == "True":
            event(self.store, node, "NodeNotReady", f"Node {name_of(node)} status is now: NodeNotReady", SOURCE)
            mark_pods_not_ready(self.store, name_of(node))

    def _judge_zone(self, nodes: list[Tree]) -> None:
        fresh = [self.store.need("nodes", name_of(node)).obj for node in nodes]
        ready = sum(condition(node, "Ready").get("status") == "True" for node in fresh)
        lost = len(fresh) - ready
        if self.zone is Zone.FULL and ready:
            for seen in self._seen.values():
                seen.at_s = self.elapsed_s()
        partial = lost > UNHEALTHY_NODES and lost / len(fresh) >= UNHEALTHY_SHARE
        self.zone = Zone.FULL if lost and not ready else Zone.PARTIAL if partial else Zone.NORMAL

    def _taint(self, node: Tree) -> None:
        """Keep the taints that follow from a node's conditions: NoSchedule at once, NoExecute as the zone allows."""
        have = dig(node, "spec.taints", [])
        kept = [taint for taint in have if not _is_ours(taint)]
        mine = [(taint["key"], taint["effect"]) for taint in have if _is_ours(taint)]
        wanted = [*_no_schedule(node), *self._no_execute(node, mine)]
        if sorted(mine) != sorted(wanted):
            known = {(taint["key"], taint["effect"]): taint for taint in have}
            now = stamp(self.store.now())
            fresh = [known.get(pair) or {"key": pair[0], "effect": pair[1], "timeAdded": now} for pair in wanted]
            self.store.modify("nodes", name_of(node), lambda item: _set_taints(item, [*kept, *fresh]))

    def _no_execute(self, node: Tree, mine: list[tuple[str, str]]) -> list[tuple[str, str]]:
        status = condition(node, "Ready").get("status")
        key = {"False": NOT_READY, "Unknown": UNREACHABLE}.get(str(status), "")
        pair = (key, "NoExecute")
        if not key or self.zone is Zone.FULL:
            return []
        # In a partial disruption a small cluster taints nobody anew, and takes no taint back either.
        swapped = any(effect == "NoExecute" for _, effect in mine)
        return [pair] if swapped or self.zone is Zone.NORMAL else []


def mark_pods_not_ready(store: Store, node: str) -> None:
    """Take the readiness of a silent node's pods; what else they are, nobody knows."""
    for pod in store.list("pods", fields=f"spec.nodeName={node}"):
        mark = condition(pod, "Ready")
        if mark.get("status") == "True":
            mark |= {"status": "False", "lastTransitionTime": stamp(store.now())}
            store.update("pods", pod, "status")
            event(store, pod, "NodeNotReady", "Node is not ready", SOURCE, sort="Warning")


def _set_unknown(node: Tree, now: str) -> None:
    conditions = node.setdefault("status", {}).setdefault("conditions", [])
    for kind in REPORTED:
        found = condition(node, kind)
        reason, message = SILENT if found else NEVER
        if not found:
            found = {"type": kind, "lastHeartbeatTime": dig(node, "metadata.creationTimestamp")}
            conditions.append(found)
        if found.get("status") != "Unknown":
            found |= {"status": "Unknown", "reason": reason, "message": message, "lastTransitionTime": now}


def _is_ours(taint: Tree) -> bool:
    effect = taint.get("effect")
    return taint.get("key") in KEPT if effect == "NoSchedule" else _evicts(taint)


def _evicts(taint: Tree) -> bool:
    return taint.get("effect") == "NoExecute" and taint.get("key") in (NOT_READY, UNREACHABLE)


def _no_schedule(node: Tree) -> list[tuple[str, str]]:
    found = [TAINTS.get((item.get("type"), item.get("status")), "") for item in dig(node, "status.conditions", [])]
    found += [UNSCHEDULABLE] if dig(node, "spec.unschedulable") else []
    return [(key, "NoSchedule") for key in dict.fromkeys(found) if key]


def _set_taints(node: Tree, taints: list[Tree]) -> None:
    if taints:
        node["spec"]["taints"] = taints
    else:
        node["spec"].pop("taints", None)
