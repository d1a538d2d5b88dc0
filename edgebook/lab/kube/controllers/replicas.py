"""Replica sets and replication controllers: so many pods, no more and no fewer.

Not which template; a deployment chooses between sets.
"""

from __future__ import annotations

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.owned import active, drop_pod, is_ready, make_pod, owned, report
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of

SOURCES = {"ReplicaSet": "replicaset-controller", "ReplicationController": "replication-controller"}


def sync(store: Store, obj: Tree) -> None:
    """Make or delete pods until their number is right, and report it."""
    pods, wanted = active(owned(store, obj, "pods")), int(dig(obj, "spec.replicas", 0))
    source = SOURCES[obj["kind"]]
    if not dig(obj, "metadata.deletionTimestamp"):
        for _ in range(wanted - len(pods)):
            made = make_pod(store, obj, dig(obj, "spec.template", {}))
            event(store, obj, "SuccessfulCreate", f"Created pod: {name_of(made)}", source)
        for pod in sorted(pods, key=_first_to_go)[: max(0, len(pods) - wanted)]:
            drop_pod(store, pod)
            event(store, obj, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}", source)
    _report(store, obj)


def _first_to_go(pod: Tree) -> tuple[bool, bool, str]:
    return bool(dig(pod, "spec.nodeName")), is_ready(pod), name_of(pod)


def _report(store: Store, obj: Tree) -> None:
    pods = active(owned(store, obj, "pods"))
    ready = sum(is_ready(pod) for pod in pods)
    status: Tree = {"replicas": len(pods), "fullyLabeledReplicas": len(pods)}
    status |= {"readyReplicas": ready, "availableReplicas": ready}
    status["observedGeneration"] = dig(obj, "metadata.generation", 1)
    kind = "replicationcontrollers" if obj["kind"] == "ReplicationController" else "replicasets"
    report(store, kind, obj, status)
