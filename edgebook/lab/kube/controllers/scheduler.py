"""The scheduler: every pod without a node gets one, or is told why not.

Not preemption: nobody is thrown out for a pod of more weight.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.placement import refusal, requests
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, condition, dig, name_of, namespace_of

Used = defaultdict[str, Decimal]
NAME = "default-scheduler"
ENDED = ("Succeeded", "Failed")


def run(store: Store, waiting: list[Tree]) -> None:
    """Place pods that wait."""
    nodes = {name_of(node): node for node in store.list("nodes")}
    used: dict[str, Used] = {name: defaultdict(Decimal) for name in nodes}
    for item in store.items(store.scope("pods")):
        place = dig(item.obj, "spec.nodeName")
        if place in used and dig(item.obj, "status.phase") not in ENDED:
            _count(used[place], item.obj)
    for pod in waiting:
        _place(store, pod, nodes, used)


def _count(used: Used, pod: Tree) -> None:
    for name, wanted in requests(pod["spec"]).items():
        used[name] += wanted


def _place(store: Store, pod: Tree, nodes: dict[str, Tree], used: dict[str, Used]) -> None:
    reasons: Counter[str] = Counter()
    fitting = []
    for name, node in nodes.items():
        words = refusal(node, pod, used=used[name])
        reasons[words] += 1
        if not words:
            fitting.append((used[name]["pods"], name))
    if fitting:
        chosen = min(fitting)[1]
        _count(used[chosen], pod)
        store.modify("pods", name_of(pod), lambda item: _bind(item, chosen, stamp(store.now())), namespace_of(pod))
        event(store, pod, "Scheduled", f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {chosen}", NAME)
        return
    counted = ", ".join(f"{count} {words}" for words, count in sorted(reasons.items()))
    told = f"{counted}. " if counted else ""
    _refuse(store, pod, f"0/{len(nodes)} nodes are available: {told}preemption: not eligible.")


def _bind(pod: Tree, node: str, now: str) -> None:
    pod["spec"]["nodeName"] = node
    others = [item for item in dig(pod, "status.conditions", []) if item["type"] != "PodScheduled"]
    mark = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    pod.setdefault("status", {})["conditions"] = [*others, mark]


def _refuse(store: Store, pod: Tree, words: str) -> None:
    if condition(pod, "PodScheduled").get("message") == words:
        return
    mark = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}
    mark["lastTransitionTime"] = stamp(store.now())

    def change(item: Tree) -> None:
        item.setdefault("status", {})["conditions"] = [mark]

    store.modify("pods", name_of(pod), change, namespace_of(pod), "status")
    event(store, pod, "FailedScheduling", words, NAME, sort="Warning")
