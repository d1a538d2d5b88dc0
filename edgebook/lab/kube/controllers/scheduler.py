"""The scheduler: every pod without a node gets one, or is told why not.

Not the rules; `outlook` gathers those. What waits is tried again when something has changed.
"""

from __future__ import annotations

from collections.abc import Callable

from edgebook.lab.kube.controllers import claims, queues, verdicts
from edgebook.lab.kube.controllers.guests import Guest, Place, guest
from edgebook.lab.kube.controllers.outlook import Nominees, Outlook, outlook
from edgebook.lab.kube.controllers.placement import Refusal
from edgebook.lab.kube.controllers.places import Places
from edgebook.lab.kube.controllers.preemption import NEVER, NOT_HELPFUL, counted, preempt
from edgebook.lab.kube.controllers.waiting import Waiting, waits
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of
from edgebook.lab.kube.watches import Change

NO_NODES = "no nodes available to schedule pods"
NODE_PARTS = ("spec.unschedulable", "spec.taints", "metadata.labels", "status.allocatable")
WAKING = ("persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io", "namespaces")
Refusals = dict[str, Refusal]


class Scheduler:
    """Places the pods of one cluster.

    Args:
        store: the cluster's objects.
        ours: whether a pod is to be placed.
    """

    def __init__(self, store: Store, ours: Callable[[Tree], bool]) -> None:
        self.store, self.ours = store, ours
        self.places = Places()
        self.nominees: Nominees = {}
        self.looked = 0
        """How many times a node was looked at for a pod: what scheduling costs."""
        self._waiting = Waiting()
        self._promised: dict[str, str] = {}
        self._queues: dict[str, queues.Queue] = {}
        self._failed: dict[str, str] = {}
        self._start = 0
        for item in store.items(store.scope("nodes")):
            self.places.keep_node(item.obj)
        for item in store.items(store.scope("pods")):
            self._pod(item.obj, None)
        store.observe(self._see)

    def run(self) -> None:
        """Place what waits until nothing more fits."""
        while self._waiting.active:
            for pod in self._waiting.take(self.store):
                if waits(pod) and self.ours(pod):
                    self._place(pod)

    def _see(self, change: Change) -> None:
        resource = change.kind.resource
        if resource == "pods":
            self._pod_changed(change)
        elif resource == "nodes":
            self._node_changed(change)
        elif resource in WAKING and self._waiting.parked:
            self._wake()

    def _wake(self) -> None:
        self._failed.clear()
        self._waiting.wake()

    def _node_changed(self, change: Change) -> None:
        node, old = change.object, change.old or {}
        if change.type == "DELETED":
            self.places.drop_node(name_of(node))
        elif change.type == "ADDED" or any(dig(old, path) != dig(node, path) for path in NODE_PARTS):
            self.places.keep_node(node)
        else:
            return
        self._wake()

    def _pod_changed(self, change: Change) -> None:
        before, uid = self.places.changes, change.object["metadata"]["uid"]
        if change.type == "DELETED":
            self._waiting.forget(uid)
            self._promised.pop(uid, None)
            self._nominate(uid, None, "")
            self.places.drop_pod(uid)
        else:
            self._pod(change.object, change.old)
        if self.places.changes != before:
            self._wake()

    def _pod(self, pod: Tree, old: Tree | None) -> None:
        uid = pod["metadata"]["uid"]
        self.places.keep_pod(pod, self._promised.get(uid, ""))
        if not dig(pod, "spec.nodeName"):
            self._nominate(uid, pod, str(dig(pod, "status.nominatedNodeName", "")))
            self._waiting.note(pod, old)
        elif uid in self._promised or not dig(old, "spec.nodeName"):
            self._promised.pop(uid, None)
            self._nominate(uid, None, "")
            self._waiting.forget(uid)
            self._waiting.wake_social()

    def _nominate(self, uid: str, pod: Tree | None, node: str) -> None:
        for name in [name for name, found in self.nominees.items() if uid in found and name != node]:
            self.nominees[name].pop(uid)
            if not self.nominees[name]:
                self.nominees.pop(name)
        if pod is not None and node:
            self.nominees.setdefault(node, {})[uid] = guest(pod)

    def _place(self, pod: Tree) -> None:
        """Try one pod."""
        uid = pod["metadata"]["uid"]
        if self._promised.get(uid) in self.places.by_name:
            self._keep_promise(pod, self.places.by_name[self._promised[uid]])
            return
        self._promised.pop(uid, None)
        one, wants = guest(pod), claims.needs(self.store, pod)
        if not len(self.places):
            self._fail(pod, NO_NODES)
        elif wants is not None and wants.wrong:
            self._fail(pod, self._nowhere(pod, wants.wrong))
        else:
            self._choose(pod, one, outlook(self.store, self.places, one, self.nominees, wants=wants))

    def _nowhere(self, pod: Tree, why: str) -> str:
        total = len(self.places)
        never = dig(pod, "spec.preemptionPolicy") == "Never"
        helps = NEVER if never else counted([NOT_HELPFUL] * total, total)
        return f"0/{total} nodes are available: {why}. preemption: {helps}"

    def _choose(self, pod: Tree, one: Guest, view: Outlook) -> None:
        likeness = queues.likeness(one) if view.plain else ""
        if likeness and likeness in self._failed:
            self._fail(pod, self._failed[likeness])
            return
        place = self._nominated(pod, view) or (self._quick(view, likeness) if likeness else None)
        refusals = dict[str, Refusal]()
        if place is None:
            place, refusals = self._search(view)
        if place is not None:
            self._give(pod, place)
            return
        node, why = preempt(self.store, self.places, one, refusals, lambda: self._look(one))
        words = counted(refusals.values(), len(self.places)) + (f" preemption: {why}" if why else "")
        if likeness and not node:
            self._failed[likeness] = words
        self._fail(pod, words, node)
        if node and self._look(one).refuses(self.places.by_name[node]) is None:
            # The victims went at once, before there was anybody to be woken.
            self._waiting.wake()

    def _look(self, one: Guest) -> Outlook:
        return outlook(self.store, self.places, one, self.nominees)

    def _nominated(self, pod: Tree, view: Outlook) -> Place | None:
        place = self.places.by_name.get(str(dig(pod, "status.nominatedNodeName", "")))
        return place if place is not None and view.refuses(place) is None else None

    def _quick(self, view: Outlook, likeness: str) -> Place | None:
        found = self._queues.get(likeness)
        if found is None or found.changes != self.places.changes:
            self._queues = {key: item for key, item in self._queues.items() if item.changes == self.places.changes}
            found = self._queues[likeness] = queues.queue(view, self.places)
            self.looked += len(self.places)
        before = found.looked
        place = found.best(view, self.places)
        self.looked += found.looked - before
        return place

    def _search(self, view: Outlook) -> tuple[Place | None, Refusals]:
        """Look at the nodes, on a large site only until enough of them fit, and take the best."""
        rows, refusals, fitting = list(self.places), dict[str, Refusal](), list[Place]()
        enough = verdicts.enough(len(rows))
        for number in range(len(rows)):
            place = rows[(self._start + number) % len(rows)]
            self.looked += 1
            why = view.refuses(place)
            if why is None:
                fitting.append(place)
            else:
                refusals[place.name] = why
            if len(fitting) >= enough:
                break
        if enough < len(rows):
            self._start = (self._start + len(fitting) + len(refusals)) % len(rows)
        scores = view.scores(fitting)
        ranked = [(-score, len(place.guests), place.name) for score, place in zip(scores, fitting, strict=True)]
        return (self.places.by_name[min(ranked)[-1]] if ranked else None), refusals

    def _give(self, pod: Tree, place: Place) -> None:
        self.places.keep_pod(pod, place.name)
        if claims.settle(self.store, pod, place):
            verdicts.bind(self.store, pod, place.name)
            return
        self._promised[pod["metadata"]["uid"]] = place.name
        self._waiting.park(pod)

    def _keep_promise(self, pod: Tree, place: Place) -> None:
        """Give a pod its node when its volumes are there."""
        self.places.keep_pod(pod, place.name)
        if claims.settle(self.store, pod, place):
            verdicts.bind(self.store, pod, place.name)
        else:
            self._waiting.park(pod)

    def _fail(self, pod: Tree, words: str, node: str = "") -> None:
        self._waiting.park(pod)
        if node:
            verdicts.unnominate(self.store, self.nominees.get(node, {}).values(), int(dig(pod, "spec.priority", 0)))
        verdicts.refuse(self.store, pod, words, node)
