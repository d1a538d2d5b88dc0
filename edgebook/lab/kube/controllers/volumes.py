"""Claims and volumes: who gets which, which is made, what becomes of it when the claim goes.

Not a disk: a volume is an object, and whoever keeps hosts is told of its folder.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgebook.lab.kube.controllers import claims, localpath, matching
from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.owned import report
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

NAME = "persistentvolume-controller"
IN_USE, KEPT = "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"
BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
PROVISIONERS = ("volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner")
NOTHING = "no persistent volumes available for this claim and no storage class is set"
NO_CONSUMER = "waiting for first consumer to be created before binding"
EXTERNAL = (
    "Waiting for a volume to be created either by the external provisioner '{}' or manually by the system "
    "administrator. If volume creation is delayed, please verify that the provisioner is running and correctly "
    "registered."
)


def sync_claims(store: Store, claim: Tree) -> None:
    """Bind a claim, have a volume made for it, or say what it waits for; let it go when nobody uses it."""
    if dig(claim, "metadata.deletionTimestamp"):
        if not _users(store, claim, placed=True):
            _let_go(store, "persistentvolumeclaims", claim, IN_USE)
        return
    if matching.is_bound(claim):
        _check(store, claim)
        return
    volume = _found(store, claim)
    if volume is not None:
        bind(store, volume, claim)
        return
    report(store, "persistentvolumeclaims", claim, {"phase": "Pending"})
    if not matching.class_of(claim) and "storageClassName" not in claim["spec"]:
        _default_class(store, claim)
    elif matching.is_late(store, claim) and matching.SELECTED not in dig(claim, "metadata.annotations", {}):
        _await(store, claim)
    else:
        _provision(store, claim)


def _found(store: Store, claim: Tree) -> Tree | None:
    """Return the volume a claim gets: the one it names, one that is kept for it, or the smallest that suits."""
    wanted = dig(claim, "spec.volumeName")
    volumes: Iterable[Tree] = (item.obj for item in store.items(store.scope("persistentvolumes")))
    if wanted:
        return next((item for item in volumes if name_of(item) == wanted and not _taken(item, claim)), None)
    if matching.is_late(store, claim):
        volumes = [item for item in volumes if matching.is_for(item, claim)]
    return matching.smallest(volumes, claim)


def _taken(volume: Tree, claim: Tree) -> bool:
    return bool(dig(volume, "spec.claimRef")) and not matching.is_for(volume, claim)


def bind(store: Store, volume: Tree, claim: Tree) -> None:
    """Bind a claim and a volume to each other."""
    claims.keep(store, volume, claim)
    report(store, "persistentvolumes", volume, {"phase": "Bound"})
    chosen = not dig(claim, "spec.volumeName")

    def change(item: Tree) -> None:
        item["spec"]["volumeName"] = name_of(volume)
        marks = {matching.BOUND: "yes", **({BY_CONTROLLER: "yes"} if chosen else {})}
        item["metadata"]["annotations"] = {**dig(item, "metadata.annotations", {}), **marks}

    store.modify("persistentvolumeclaims", name_of(claim), change, namespace_of(claim))
    has = {"accessModes": dig(volume, "spec.accessModes", []), "capacity": dig(volume, "spec.capacity", {})}
    report(store, "persistentvolumeclaims", claim, {"phase": "Bound", **has})


def _check(store: Store, claim: Tree) -> None:
    """Say that a bound claim is lost when its volume is gone."""
    if store.item("persistentvolumes", claim["spec"]["volumeName"]) is None and dig(claim, "status.phase") != "Lost":
        words = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
        event(store, claim, "ClaimLost", words, NAME, sort="Warning")
        report(store, "persistentvolumeclaims", claim, {"phase": "Lost"})


def _default_class(store: Store, claim: Tree) -> None:
    """Give a claim the default class that came after it, or say that it has none."""
    classes = (item.obj for item in store.items(store.scope("storageclasses")))
    found = [item for item in classes if dig(item, "metadata.annotations", {}).get(DEFAULT_CLASS) == "true"]
    if found:
        change = {"spec": {"storageClassName": name_of(found[0])}}
        store.patch("persistentvolumeclaims", name_of(claim), change, namespace_of(claim))
    else:
        event(store, claim, "FailedBinding", NOTHING, NAME)


def _await(store: Store, claim: Tree) -> None:
    waiting = sorted(name_of(pod) for pod in _users(store, claim, placed=False))
    if not waiting:
        event(store, claim, "WaitForFirstConsumer", NO_CONSUMER, NAME)
        return
    words = f"waiting for pod{'s' if len(waiting) > 1 else ''} {','.join(waiting)} to be scheduled"
    event(store, claim, "WaitForPodScheduled", words, NAME)


def _provision(store: Store, claim: Tree) -> None:
    name = matching.class_of(claim)
    if not name:
        event(store, claim, "FailedBinding", NOTHING, NAME)
        return
    sort = matching.storage_class(store, claim)
    if sort is None or sort["provisioner"] == matching.NO_PROVISIONER:
        missing = f'storageclass.storage.k8s.io "{name}" not found'
        words = missing if sort is None else f"no volume plugin matched name: {sort['provisioner']}"
        event(store, claim, "ProvisioningFailed", words, NAME, sort="Warning")
        return

    def change(item: Tree) -> None:
        notes = dict.fromkeys(PROVISIONERS, sort["provisioner"])
        item["metadata"]["annotations"] = {**dig(item, "metadata.annotations", {}), **notes}

    store.modify("persistentvolumeclaims", name_of(claim), change, namespace_of(claim))
    event(store, claim, "ExternalProvisioning", EXTERNAL.format(sort["provisioner"]), NAME)
    if sort["provisioner"] == localpath.PROVISIONER:
        localpath.provision(store, claim, sort)


def _users(store: Store, claim: Tree, *, placed: bool) -> list[Tree]:
    """Return the pods that name a claim and have a node, or have none."""
    pods = (item.obj for item in store.items(store.scope("pods", namespace_of(claim))))
    return [
        pod for pod in pods
        if name_of(claim) in claims.names(pod) and bool(dig(pod, "spec.nodeName")) is placed
    ]  # fmt: skip


def _let_go(store: Store, kind: str, obj: Tree, finalizer: str) -> None:
    held = dig(obj, "metadata.finalizers", [])
    if finalizer in held:
        left = [name for name in held if name != finalizer]
        change = {"metadata": {"finalizers": left or None}}
        store.patch(kind, name_of(obj), change, namespace_of(obj))


def sync_volumes(store: Store, volume: Tree) -> None:
    """Say what a volume is to its claim; give it back when the claim is gone."""
    if dig(volume, "metadata.deletionTimestamp") and dig(volume, "status.phase") != "Bound":
        _let_go(store, "persistentvolumes", volume, KEPT)
        return
    held = dig(volume, "spec.claimRef")
    if held is None or not held.get("uid"):
        report(store, "persistentvolumes", volume, {"phase": "Available"})
        return
    item = store.item("persistentvolumeclaims", held["name"], held["namespace"])
    if item is not None and item.obj["metadata"]["uid"] == held["uid"]:
        return
    if dig(volume, "status.phase") != "Released":
        report(store, "persistentvolumes", volume, {"phase": "Released"})
    if dig(volume, "spec.persistentVolumeReclaimPolicy", "Retain") == "Delete":
        _reclaim(store, store.get("persistentvolumes", name_of(volume)))


def _reclaim(store: Store, volume: Tree) -> None:
    made_by = dig(volume, "metadata.annotations", {}).get("pv.kubernetes.io/provisioned-by", "")
    if made_by == localpath.PROVISIONER:
        store.delete("persistentvolumes", name_of(volume))
    elif not made_by and dig(volume, "status.phase") != "Failed":
        words = (
            f'error getting deleter volume plugin for volume "{name_of(volume)}": no deletable volume plugin matched'
        )
        event(store, volume, "VolumeFailedDelete", words, NAME, sort="Warning")
        report(store, "persistentvolumes", volume, {"phase": "Failed", "message": words})
