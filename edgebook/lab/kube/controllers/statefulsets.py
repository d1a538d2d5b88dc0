"""Stateful sets: numbered pods in their order, each with claims of its own.

Not volumes; what claims get is theirs to wait for.
"""

from __future__ import annotations

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.owned import active, digest, drop_pod, is_ready, make_pod, owned, reference, report
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, clone, dig, labels_of, name_of, namespace_of

HASH = "controller-revision-hash"
NAME = "statefulset-controller"


def sync(store: Store, obj: Tree) -> None:
    """Bring pods up from the first and down from the last, and change them from the last to the first."""
    if dig(obj, "metadata.deletionTimestamp"):
        return
    revision = f"{name_of(obj)}-{digest(obj['spec']['template'])}"
    pods = {name_of(pod): pod for pod in owned(store, obj, "pods")}
    first, wanted = int(dig(obj, "spec.ordinals.start", 0)), int(dig(obj, "spec.replicas", 0))
    names = [f"{name_of(obj)}-{number}" for number in range(first, first + wanted)]
    if _fill(store, obj, names, pods, revision) and not _shrink(store, obj, names, pods):
        _renew(store, obj, names, pods, revision)
    _report(store, obj, revision)


def _together(obj: Tree) -> bool:
    return bool(dig(obj, "spec.podManagementPolicy") == "Parallel")


def _fill(store: Store, obj: Tree, names: list[str], pods: dict[str, Tree], revision: str) -> bool:
    """Make the pods that are missing; whether all are there and ready, or need not be."""
    for name in names:
        pod = pods.get(name)
        if pod is not None and dig(pod, "status.phase") in ("Failed", "Succeeded"):
            drop_pod(store, pod)
        elif pod is None:
            _make(store, obj, name, revision)
        if not _together(obj) and (pod is None or not is_ready(pod) or dig(pod, "metadata.deletionTimestamp")):
            return False
    return True


def _make(store: Store, obj: Tree, name: str, revision: str) -> None:
    template: Tree = clone(obj["spec"]["template"])
    meta = template.setdefault("metadata", {})
    number = name.rpartition("-")[2]
    marks = {"statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": number, HASH: revision}
    meta["labels"] = {**(meta.get("labels") or {}), **marks}
    volumes = list(dig(template, "spec.volumes", []))
    for claim in dig(obj, "spec.volumeClaimTemplates", []):
        own = f"{name_of(claim)}-{name}"
        _claim(store, obj, claim, own, name)
        volumes = [item for item in volumes if item["name"] != name_of(claim)]
        volumes.append({"name": name_of(claim), "persistentVolumeClaim": {"claimName": own}})
    spec: Tree = {"hostname": name, "subdomain": dig(obj, "spec.serviceName", "")}
    make_pod(store, obj, template, name=name, spec={**spec, **({"volumes": volumes} if volumes else {})})
    event(store, obj, "SuccessfulCreate", f"create Pod {name} in StatefulSet {name_of(obj)} successful", NAME)


def _claim(store: Store, obj: Tree, template: Tree, own: str, pod: str) -> None:
    if store.item("persistentvolumeclaims", own, namespace_of(obj)) is not None:
        return
    labels = {**labels_of(template), **dig(obj, "spec.selector.matchLabels", {})}
    meta: Tree = {"name": own, "labels": labels}
    if dig(obj, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted") == "Delete":
        owner = reference(obj)
        meta["ownerReferences"] = [{key: owner[key] for key in ("apiVersion", "kind", "name", "uid")}]
    body = {"metadata": meta, "spec": clone(template["spec"])}
    store.create("persistentvolumeclaims", body, namespace_of(obj))
    words = f"create Claim {own} Pod {pod} in StatefulSet {name_of(obj)} success"
    event(store, obj, "SuccessfulCreate", words, NAME)


def _drop(store: Store, obj: Tree, pod: Tree) -> None:
    if dig(pod, "metadata.deletionTimestamp"):
        return
    drop_pod(store, pod)
    words = f"delete Pod {name_of(pod)} in StatefulSet {name_of(obj)} successful"
    event(store, obj, "SuccessfulDelete", words, NAME)


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _shrink(store: Store, obj: Tree, names: list[str], pods: dict[str, Tree]) -> bool:
    """Take away pods beyond the number, the last first; whether there are any."""
    extra = sorted(set(pods) - set(names), key=_number, reverse=True)
    for name in extra[: None if _together(obj) else 1]:
        _drop(store, obj, pods[name])
    return bool(extra)


def _renew(store: Store, obj: Tree, names: list[str], pods: dict[str, Tree], revision: str) -> None:
    """Replace the last pod of another revision, once those after it are ready."""
    if dig(obj, "spec.updateStrategy.type", "RollingUpdate") != "RollingUpdate":
        return
    least = int(dig(obj, "spec.updateStrategy.rollingUpdate.partition", 0))
    for name in sorted((name for name in names if _number(name) >= least), key=_number, reverse=True):
        pod = pods.get(name)
        if pod is None:
            return
        if labels_of(pod).get(HASH) != revision:
            _drop(store, obj, pod)
            return
        if not is_ready(pod):
            return


def _report(store: Store, obj: Tree, revision: str) -> None:
    living = active(owned(store, obj, "pods"))
    ready = sum(is_ready(pod) for pod in living)
    updated = sum(labels_of(pod).get(HASH) == revision for pod in living)
    current = dig(obj, "status.currentRevision", revision)
    if updated == len(living) == int(dig(obj, "spec.replicas", 0)) and ready == updated:
        current = revision
    status = {"replicas": len(living), "readyReplicas": ready, "availableReplicas": ready, "collisionCount": 0}
    on_current = sum(labels_of(pod).get(HASH) == current for pod in living)
    marks = {"currentRevision": current, "updateRevision": revision}
    status |= {"updatedReplicas": updated, "currentReplicas": on_current}
    report(store, "statefulsets", obj, {**status, **marks, "observedGeneration": dig(obj, "metadata.generation", 1)})
