"""The pods that wait for a node: those to be tried now, and those that did not fit until something changes.

Not the trying.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

NAME = "default-scheduler"
SOCIAL = ("affinity.podAffinity", "affinity.podAntiAffinity", "topologySpreadConstraints")
Names = dict[str, tuple[str, str]]


@dataclass
class Waiting:
    """Pods by uid, in the order in which they came."""

    active: Names = field(default_factory=dict)
    parked: Names = field(default_factory=dict)
    _social: set[str] = field(default_factory=set)

    def note(self, pod: Tree, old: Tree | None) -> None:
        """Take note of a pod without a node; one that was refused waits on, unless it is another now."""
        uid = pod["metadata"]["uid"]
        paths = ("spec", "metadata.labels")
        if uid in self.parked and old is not None and all(dig(old, path) == dig(pod, path) for path in paths):
            return
        self.parked.pop(uid, None)
        self.active[uid] = (namespace_of(pod), name_of(pod))

    def park(self, pod: Tree) -> None:
        """Keep a pod that does not fit now."""
        uid = pod["metadata"]["uid"]
        self.parked[uid] = (namespace_of(pod), name_of(pod))
        if any(dig(pod["spec"], path) for path in SOCIAL):
            self._social.add(uid)

    def forget(self, uid: str) -> None:
        """Forget a pod that waits no longer."""
        self.active.pop(uid, None)
        self.parked.pop(uid, None)
        self._social.discard(uid)

    def wake(self) -> None:
        """Try everything again."""
        self.active, self.parked = {**self.parked, **self.active}, {}
        self._social.clear()

    def wake_social(self) -> None:
        """Try those again for whom it matters where others are."""
        for uid in sorted(self._social & self.parked.keys()):
            self.active[uid] = self.parked.pop(uid)
        self._social.clear()

    def take(self, store: Store) -> Iterator[Tree]:
        """Give the pods to be tried now, the weightiest first."""
        batch, self.active = self.active, {}
        found = ((uid, store.item("pods", name, place)) for uid, (place, name) in batch.items())
        pods = [item.obj for uid, item in found if item is not None and item.obj["metadata"]["uid"] == uid]
        yield from sorted(pods, key=lambda pod: -int(dig(pod, "spec.priority", 0)))


def waits(pod: Tree) -> bool:
    """Whether a pod is the scheduler's to place."""
    spec = pod["spec"]
    if spec.get("nodeName") or spec.get("schedulerName", NAME) != NAME or spec.get("schedulingGates"):
        return False
    return not dig(pod, "metadata.deletionTimestamp")
