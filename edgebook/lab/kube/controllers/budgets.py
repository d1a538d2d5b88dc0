"""Disruption budgets and services: what their status and their addresses follow from the pods.

Not evictions, which reckon anew each time.
"""

from __future__ import annotations

from edgebook.lab.kube.controllers.owned import is_ready, reference, report
from edgebook.lab.kube.disruption import reckon
from edgebook.lab.kube.selectors import object_test
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

SERVICE_NAME = "kubernetes.io/service-name"


def sync_budgets(store: Store, obj: Tree) -> None:
    """Report how many pods of a budget are healthy and how many may go."""
    found = reckon(store, obj)
    pods = [pod for pod in store.list("pods", namespace_of(obj)) if object_test(dig(obj, "spec.selector"))(pod)]
    status = {"currentHealthy": found.healthy, "desiredHealthy": found.desired, "disruptionsAllowed": found.allowed}
    status |= {"expectedPods": len(pods), "observedGeneration": dig(obj, "metadata.generation", 1)}
    report(store, "poddisruptionbudgets", obj, status)


def sync_services(store: Store, obj: Tree) -> None:
    """Keep the endpoints and the slice of a service that selects pods."""
    selector = dig(obj, "spec.selector")
    if not selector or dig(obj, "metadata.deletionTimestamp"):
        return
    test = object_test({"matchLabels": selector})
    pods = [pod for pod in store.list("pods", namespace_of(obj)) if test(pod) and dig(pod, "status.podIP")]
    _put(store, "endpoints", _endpoints(obj, pods))
    _put(store, "endpointslices", _slice(obj, pods))


def _put(store: Store, kind: str, wanted: Tree) -> None:
    found = store.find(kind, name_of(wanted), namespace_of(wanted))
    if found is None:
        store.create(kind, wanted)
    else:
        keep = {key: value for key, value in found.items() if key in ("kind", "apiVersion", "metadata")}
        store.update(kind, {**keep, **{key: value for key, value in wanted.items() if key != "metadata"}})


def _meta(obj: Tree, name: str, labels: Tree) -> Tree:
    return {"name": name, "namespace": namespace_of(obj), "labels": labels, "ownerReferences": [reference(obj)]}


def _target(pod: Tree) -> Tree:
    return {"kind": "Pod", "name": name_of(pod), "namespace": namespace_of(pod), "uid": pod["metadata"]["uid"]}


def _port(port: Tree) -> Tree:
    number = port.get("targetPort")
    wanted = number if isinstance(number, int) else port.get("port")
    return {"name": port.get("name", ""), "port": wanted, "protocol": port.get("protocol", "TCP")}


def _endpoints(obj: Tree, pods: list[Tree]) -> Tree:
    labels = dict(dig(obj, "metadata.labels", {}))
    meta = {"name": name_of(obj), "namespace": namespace_of(obj), "labels": labels}
    groups = {True: "addresses", False: "notReadyAddresses"}
    subset: Tree = {}
    for pod in pods:
        address = {"ip": dig(pod, "status.podIP"), "nodeName": dig(pod, "spec.nodeName"), "targetRef": _target(pod)}
        subset.setdefault(groups[is_ready(pod)], []).append(address)
    ports = [{key: value for key, value in _port(port).items() if value} for port in dig(obj, "spec.ports", [])]
    return {"metadata": meta, "subsets": [{**subset, "ports": ports}] if subset else []}


def _slice(obj: Tree, pods: list[Tree]) -> Tree:
    labels = {SERVICE_NAME: name_of(obj), "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}
    ends = [
        {
            "addresses": [dig(pod, "status.podIP")],
            "conditions": {"ready": is_ready(pod), "serving": is_ready(pod), "terminating": False},
            "nodeName": dig(pod, "spec.nodeName"),
            "targetRef": _target(pod),
        }
        for pod in pods
    ]
    ports = [_port(port) for port in dig(obj, "spec.ports", [])]
    name = f"{name_of(obj)}-{obj['metadata']['uid'][:5]}"
    return {"metadata": _meta(obj, name, labels), "addressType": "IPv4", "endpoints": ends, "ports": ports}
