"""The pod garbage collector: pods of a node that is no more are taken away by force.

Not the garbage collection of owners. The rules are those of pkg/controller/podgc in Kubernetes 1.31.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

QUARANTINE_S = 40.0
"""A node that is missing for less may only be late in a cache."""
ENDED = ("Succeeded", "Failed")


@dataclass
class PodCollector:
    """Takes orphaned pods away; `elapsed_s` counts practice seconds."""

    store: Store
    elapsed_s: Callable[[], float]
    _missing_s: dict[str, float] = field(default_factory=dict)

    def tick(self) -> None:
        """Look for pods whose node is gone."""
        nodes = {name_of(item.obj) for item in self.store.items(self.store.scope("nodes"))}
        now_s, orphans = self.elapsed_s(), []
        for item in self.store.items(self.store.scope("pods")):
            node = str(dig(item.obj, "spec.nodeName", ""))
            if node and node not in nodes:
                orphans.append((node, item.obj))
        missing = {node for node, _ in orphans}
        self._missing_s = {node: self._missing_s.get(node, now_s) for node in missing}
        for node, pod in orphans:
            if now_s - self._missing_s[node] >= QUARANTINE_S:
                self._take(pod)

    def _take(self, pod: Tree) -> None:
        name, place, now = name_of(pod), namespace_of(pod), stamp(self.store.now())
        if dig(pod, "status.phase") not in ENDED:
            self.store.modify("pods", name, lambda fresh: _fail(fresh, now), place, "status")
        self.store.delete("pods", name, place, grace_s=0)


def _fail(pod: Tree, now: str) -> None:
    mark: Tree = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC"}
    mark |= {"message": "PodGC: node no longer exists", "lastProbeTime": None, "lastTransitionTime": now}
    status = pod.setdefault("status", {})
    others = [item for item in status.get("conditions") or [] if item["type"] != mark["type"]]
    status |= {"phase": "Failed", "conditions": [*others, mark]}
