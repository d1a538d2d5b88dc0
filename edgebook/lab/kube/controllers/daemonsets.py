"""Daemon sets: a pod a node.

Not deployments and their sets.
"""

from __future__ import annotations

from edgebook.lab.kube.controllers.owned import active, digest, drop_pod, is_ready, make_pod, owned, report
from edgebook.lab.kube.controllers.placement import admits
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, clone, dig, name_of

FAILING = ("not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
HASH = "controller-revision-hash"


def sync(store: Store, obj: Tree) -> None:
    """Keep one pod on every node that admits it."""
    template = _daemon_template(obj)
    pods, want = active(owned(store, obj, "pods")), {}
    for node in store.list("nodes"):
        if admits(node, {"spec": template["spec"]}):
            want[name_of(node)] = node
    have = {dig(pod, "spec.nodeName"): pod for pod in pods}
    for name in sorted(set(want) - set(have)):
        make_pod(store, obj, template, spec={"nodeName": name})
    for name, pod in have.items():
        if name not in want or dig(pod, "metadata.labels", {}).get(HASH) != template["metadata"]["labels"][HASH]:
            drop_pod(store, pod)
    pods = active(owned(store, obj, "pods"))
    ready = sum(is_ready(pod) for pod in pods)
    names = ("currentNumberScheduled", "updatedNumberScheduled")
    status = {**dict.fromkeys(names, len(pods)), "desiredNumberScheduled": len(want), "numberMisscheduled": 0}
    status |= {"numberReady": ready, "numberAvailable": ready, "numberUnavailable": len(want) - ready}
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
    template["spec"]["tolerations"] = [*(template["spec"].get("tolerations") or ()), *tolerated]
    return template
