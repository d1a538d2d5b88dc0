"""Daemon sets: a pod a node.

Not deployments and their sets.
"""

from __future__ import annotations

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.owned import active, digest, drop_pod, is_ready, make_pod, owned, report
from edgebook.lab.kube.controllers.placement import admits
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, clone, dig, name_of

FAILING = ("not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
HASH = "controller-revision-hash"
NAME = "daemonset-controller"


def sync(store: Store, obj: Tree) -> None:
    """Keep one pod on every node that admits it."""
    template = _daemon_template(obj)
    pods, want, keep = active(owned(store, obj, "pods")), {}, set()
    for node in store.list("nodes"):
        if admits(node, {"spec": template["spec"]}):
            want[name_of(node)] = node
        if admits(_settled(node), {"spec": template["spec"]}):
            keep.add(name_of(node))
    have = {dig(pod, "spec.nodeName"): pod for pod in pods}
    for name in sorted(set(want) - set(have)):
        made = make_pod(store, obj, template, spec={"nodeName": name})
        event(store, obj, "SuccessfulCreate", f"Created pod: {name_of(made)}", NAME)
    for name, pod in have.items():
        if name not in keep or dig(pod, "metadata.labels", {}).get(HASH) != template["metadata"]["labels"][HASH]:
            drop_pod(store, pod)
            event(store, obj, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}", NAME)
    pods = active(owned(store, obj, "pods"))
    ready = sum(is_ready(pod) for pod in pods)
    placed = sum(dig(pod, "spec.nodeName") in want for pod in pods)
    names = ("currentNumberScheduled", "updatedNumberScheduled")
    status = {**dict.fromkeys(names, placed), "desiredNumberScheduled": len(want)}
    status |= {"numberMisscheduled": len(pods) - placed, "numberReady": ready, "numberAvailable": ready}
    status["numberUnavailable"] = max(0, len(want) - ready)
    report(store, "daemonsets", obj, {**status, "observedGeneration": dig(obj, "metadata.generation", 1)})


def _daemon_template(obj: Tree) -> Tree:
    template: Tree = clone(obj["spec"]["template"])
    labels = template.setdefault("metadata", {}).setdefault("labels", {})
    labels[HASH] = digest(obj["spec"]["template"])
    tolerated = [
        {"key": f"node.kubernetes.io/{name}", "operator": "Exists",
         "effect": "NoExecute" if name in FAILING[:2] else "NoSchedule"}
        for name in FAILING
    ]  # fmt: skip
    # What the template says of the same taint is written over: a daemon does not leave a node that is lost.
    marks = [_mark(item) for item in tolerated]
    own = [item for item in template["spec"].get("tolerations") or () if _mark(item) not in marks]
    template["spec"]["tolerations"] = [*own, *tolerated]
    return template


def _mark(toleration: Tree) -> tuple[str, ...]:
    return tuple(str(toleration.get(key, "")) for key in ("key", "effect", "operator", "value"))


def _settled(node: Tree) -> Tree:
    """Return a node as one sees it who is there already: only what evicts matters (nodeShouldRunDaemonPod)."""
    taints = [taint for taint in dig(node, "spec.taints", []) if taint.get("effect") == "NoExecute"]
    return {**node, "spec": {**node["spec"], "taints": taints, "unschedulable": False}}
