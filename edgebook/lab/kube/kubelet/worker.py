"""All pods of one node: those that are new, those that go on, those that are to go.

Not the node itself; its lease and conditions are another part of the kubelet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.kubelet import statuses
from edgebook.lab.kube.kubelet.machine import Machine
from edgebook.lab.kube.kubelet.podlife import PodLife
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of
from edgebook.lab.kube.watches import Change

ENDED = ("Succeeded", "Failed")
Key = tuple[str, str]


class ByNode:
    """Which pods are bound to which node, kept as they change."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._pods: dict[str, dict[Key, None]] = {}
        for item in store.items(store.scope("pods")):
            self._note(item.obj)
        store.observe(self._see)

    def pods(self, node: str) -> list[Tree]:
        """Return the pods of a node; read only."""
        found = (self.store.item("pods", name, place) for place, name in self._pods.get(node, ()))
        return [item.obj for item in found if item is not None]

    def _note(self, pod: Tree) -> None:
        node = dig(pod, "spec.nodeName")
        if node:
            self._pods.setdefault(str(node), {})[namespace_of(pod), name_of(pod)] = None

    def _see(self, change: Change) -> None:
        if change.kind.resource != "pods":
            return
        if change.type == "DELETED":
            place = self._pods.get(str(dig(change.object, "spec.nodeName", "")), {})
            place.pop((namespace_of(change.object), name_of(change.object)), None)
        else:
            self._note(change.object)


@dataclass
class PodWorker:
    """A kubelet's pods. Call `resume` when the kubelet starts, `tick` while it runs and reaches the API."""

    store: Store
    machine: Machine
    bound: ByNode
    lives: dict[str, PodLife] = field(default_factory=dict)
    _seen_s: float = 0.0
    _versions: dict[str, str] = field(default_factory=dict)

    def _mine(self) -> list[Tree]:
        return self.bound.pods(self.machine.name)

    def resume(self) -> None:
        """Begin to look again: what was due while nobody looked is due now."""
        self._seen_s = self.machine.elapsed_s()

    def tick(self) -> None:
        """Bring every pod up to now."""
        now_s, there = self.machine.elapsed_s(), set()
        for pod in self._mine():
            uid = str(pod["metadata"]["uid"])
            there.add(uid)
            self._sync(uid, pod, now_s)
        for uid in [uid for uid in self.lives if uid not in there]:
            self.lives.pop(uid).kill(now_s)
            self._versions.pop(uid, None)
        self._seen_s = now_s

    def _sync(self, uid: str, pod: Tree, now_s: float) -> None:
        if uid not in self.lives:
            if dig(pod, "status.phase") in ENDED:
                return
            self.lives[uid] = PodLife(self.store, self.machine, pod, now_s, self._mine)
        life, version = self.lives[uid], str(pod["metadata"]["resourceVersion"])
        if version == self._versions.get(uid) and life.next_s(now_s) > now_s and life.epoch == self.machine.epoch:
            return
        life.pod = pod
        life.advance(now_s, self._seen_s)
        self._report(uid, life)

    def _report(self, uid: str, life: PodLife) -> None:
        name, place = name_of(life.pod), namespace_of(life.pod)
        item = self.store.item("pods", name, place)
        if item is None or item.obj["metadata"]["uid"] != uid:
            return
        life.pod = item.obj
        node = self.store.item("nodes", self.machine.name)
        wanted = statuses.status(life, node.obj if node else {}, self.store.now())
        if wanted != dig(life.pod, "status"):
            self.store.modify("pods", name, lambda fresh: fresh.update(status=wanted), place, "status")
        if life.ending_s is not None and life.is_stopped:
            self._take(uid, name, place)
        elif (left := self.store.item("pods", name, place)) is not None:
            self._versions[uid] = str(left.obj["metadata"]["resourceVersion"])

    def _take(self, uid: str, name: str, place: str) -> None:
        """Delete a pod whose containers are gone, unless somebody was faster."""
        try:
            self.store.delete("pods", name, place, grace_s=0, preconditions={"uid": uid})
        except ApiError as exc:
            if exc.code not in (404, 409):
                raise
