"""What the scheduler writes: a pod's node, or why it has none.

Not the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgebook.lab.kube.controllers.events import series
from edgebook.lab.kube.controllers.guests import Guest
from edgebook.lab.kube.controllers.waiting import NAME
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, condition, dig, name_of, namespace_of

ALL_UNDER, SHARE, SHARE_STEP, LEAST_SHARE = 100, 50, 125, 5
NOTE_LIMIT = 1024
"""Longer words are cut in an event; apis/core/validation, NoteLengthLimit."""


def enough(nodes: int) -> int:
    """Return how many fitting nodes are enough to choose from; scheduler.go, numFeasibleNodesToFind."""
    if nodes < ALL_UNDER:
        return nodes
    share = max(LEAST_SHARE, SHARE - nodes // SHARE_STEP)
    return max(ALL_UNDER, nodes * share // 100)


def bind(store: Store, pod: Tree, node: str) -> None:
    """Give a pod its node."""
    now = stamp(store.now())
    mark = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}

    def change(item: Tree) -> None:
        item["spec"]["nodeName"] = node
        others = [found for found in dig(item, "status.conditions", []) if found["type"] != "PodScheduled"]
        item.setdefault("status", {})["conditions"] = [*others, mark]
        item["status"].pop("nominatedNodeName", None)

    store.modify("pods", name_of(pod), change, namespace_of(pod))
    words = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {node}"
    series(store, pod, "Scheduled", words, "Binding", source=NAME)


def refuse(store: Store, pod: Tree, words: str, node: str = "") -> None:
    """Say why a pod has no node, and on which it waits for others to go."""
    known = condition(pod, "PodScheduled")
    if known.get("message") == words and dig(pod, "status.nominatedNodeName", "") == node:
        return
    now = stamp(store.now())
    since = known.get("lastTransitionTime", now) if known.get("status") == "False" else now
    mark: Tree = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}
    mark |= {"lastProbeTime": None, "lastTransitionTime": since}

    def change(item: Tree) -> None:
        others = [found for found in dig(item, "status.conditions", []) if found["type"] != "PodScheduled"]
        status = item.setdefault("status", {})
        status["conditions"] = [*others, mark]
        status.pop("nominatedNodeName", None)
        status |= {"nominatedNodeName": node} if node else {}

    store.modify("pods", name_of(pod), change, namespace_of(pod), "status")
    told = words if len(words) <= NOTE_LIMIT else f"{words[: NOTE_LIMIT - 4]} ..."
    series(store, pod, "FailedScheduling", told, "Scheduling", source=NAME, sort="Warning")


def unnominate(store: Store, waiting: Iterable[Guest], priority: int) -> None:
    """Send pods of less weight that waited for a node back to look for another."""
    for one in [one for one in waiting if one.priority < priority]:
        if store.item("pods", one.name, one.namespace) is not None:
            store.modify("pods", one.name, _clear, one.namespace, "status")


def _clear(item: Tree) -> None:
    item.get("status", {}).pop("nominatedNodeName", None)
