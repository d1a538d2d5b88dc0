"""The taint eviction controller: pods leave a node whose NoExecute taints they do not, or no longer, tolerate.

Not the tainting. Words and order are those of pkg/controller/tainteviction in Kubernetes 1.31.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.placement import tolerates
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

SOURCE = "taint-eviction-controller"
REASON = "TaintManagerEviction"
FOREVER_S = float("inf")
DISRUPTED = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByTaintManager",
    "message": "Taint manager: deleting due to NoExecute taint",
}


@dataclass(frozen=True)
class Planned:
    """When a pod was seen on a tainted node, and when it goes."""

    name: str
    namespace: str
    since_s: float
    due_s: float


@dataclass
class TaintEviction:
    """Deletes the pods of tainted nodes in their time; `elapsed_s` counts practice seconds."""

    store: Store
    elapsed_s: Callable[[], float]
    _planned: dict[str, Planned] = field(default_factory=dict)

    def tick(self) -> None:
        """Plan, cancel and carry out."""
        tainted = {
            name_of(item.obj): taints
            for item in self.store.items(self.store.scope("nodes"))
            if (taints := [taint for taint in dig(item.obj, "spec.taints", []) if taint["effect"] == "NoExecute"])
        }
        if not tainted and not self._planned:
            return
        pods = [item.obj for item in self.store.items(self.store.scope("pods"))]
        alive = {pod["metadata"]["uid"]: pod for pod in pods}
        for uid in [uid for uid in self._planned if uid not in alive]:
            del self._planned[uid]
        for pod in pods:
            self._plan(pod, tainted.get(str(dig(pod, "spec.nodeName", "")), []))
        for uid, planned in tuple(self._planned.items()):
            if planned.due_s <= self.elapsed_s():
                del self._planned[uid]
                self._evict(alive[uid])

    def _plan(self, pod: Tree, taints: list[Tree]) -> None:
        uid, now_s = pod["metadata"]["uid"], self.elapsed_s()
        stays_s = tolerated_s(dig(pod, "spec.tolerations", []), taints)
        known = self._planned.get(uid)
        if stays_s == FOREVER_S:
            if known is not None:
                del self._planned[uid]
                self._say(pod, "Cancelling deletion of Pod")
        elif dig(pod, "metadata.deletionTimestamp") is None and (
            known is None or known.since_s + stays_s < known.due_s
        ):
            since_s = known.since_s if known else now_s
            self._planned[uid] = Planned(name_of(pod), namespace_of(pod), since_s, since_s + stays_s)

    def _evict(self, pod: Tree) -> None:
        name, place = name_of(pod), namespace_of(pod)
        self._say(pod, "Marking for deletion Pod")
        mark = {**DISRUPTED, "lastProbeTime": None, "lastTransitionTime": stamp(self.store.now())}
        self.store.modify("pods", name, lambda fresh: _add(fresh, mark), place, "status")
        self.store.delete("pods", name, place)

    def _say(self, pod: Tree, words: str) -> None:
        event(self.store, pod, REASON, f"{words} {namespace_of(pod)}/{name_of(pod)}", SOURCE)


def tolerated_s(tolerations: list[Tree], taints: list[Tree]) -> float:
    """Return how long a pod stays under taints: 0 where one is not tolerated, else the least of its seconds."""
    stays_s = FOREVER_S
    for taint in taints:
        matching = [item for item in tolerations if tolerates(item, taint)]
        if not matching:
            return 0.0
        limits = [float(item["tolerationSeconds"]) for item in matching if item.get("tolerationSeconds") is not None]
        stays_s = min([stays_s, *(max(0.0, limit) for limit in limits)])
    return stays_s


def _add(pod: Tree, mark: Tree) -> None:
    status = pod.setdefault("status", {})
    others = [item for item in status.get("conditions") or [] if item["type"] != mark["type"]]
    status["conditions"] = [*others, mark]
