"""Which volume suits a claim, and where it may be used.

Not a binding: nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgebook.lab.kube.controllers.placement import in_terms
from edgebook.lab.kube.quantities import amount
from edgebook.lab.kube.selectors import object_test
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

SELECTED = "volume.kubernetes.io/selected-node"
OLD_CLASS = "volume.beta.kubernetes.io/storage-class"
BOUND = "pv.kubernetes.io/bind-completed"
LATE = "WaitForFirstConsumer"
NO_PROVISIONER = "kubernetes.io/no-provisioner"


def class_of(obj: Tree) -> str:
    """Return the name of the storage class of a claim or a volume."""
    return str(dig(obj, "metadata.annotations", {}).get(OLD_CLASS) or dig(obj, "spec.storageClassName", ""))


def storage_class(store: Store, claim: Tree) -> Tree | None:
    """Find a claim's storage class."""
    name = class_of(claim)
    item = store.item("storageclasses", name) if name else None
    return item.obj if item else None


def is_late(store: Store, claim: Tree) -> bool:
    """Whether a claim waits for a pod's node before it is bound."""
    return bool(dig(storage_class(store, claim), "volumeBindingMode") == LATE)


def is_bound(claim: Tree) -> bool:
    """Whether a claim has its volume for good."""
    return bool(dig(claim, "spec.volumeName")) and BOUND in dig(claim, "metadata.annotations", {})


def reaches(volume: Tree, node: Tree) -> bool:
    """Whether a volume can be used on a node."""
    terms = dig(volume, "spec.nodeAffinity.required.nodeSelectorTerms")
    return terms is None or in_terms(node, terms)


def is_for(volume: Tree, claim: Tree) -> bool:
    """Whether a volume is kept for a claim."""
    held = dig(volume, "spec.claimRef", {})
    if (held.get("namespace"), held.get("name")) != (namespace_of(claim), name_of(claim)):
        return False
    return held.get("uid") in (None, "", claim["metadata"]["uid"])


def suits(volume: Tree, claim: Tree, node: Tree | None = None) -> bool:
    """Whether a volume has what a claim asks for, and can be used on a node."""
    size = amount(str(dig(claim, "spec.resources.requests", {}).get("storage", "0")))
    kind = dig(claim, "spec.volumeMode", "Filesystem"), dig(volume, "spec.volumeMode", "Filesystem")
    small = amount(str(dig(volume, "spec.capacity", {}).get("storage", "0"))) < size
    if dig(volume, "metadata.deletionTimestamp") or kind[0] != kind[1] or small:
        return False
    if node is not None and not reaches(volume, node):
        return False
    return is_for(volume, claim) or _is_free_for(volume, claim)


def _is_free_for(volume: Tree, claim: Tree) -> bool:
    if dig(volume, "spec.claimRef") or dig(volume, "status.phase", "Available") not in ("Available", "Pending"):
        return False
    selector = dig(claim, "spec.selector")
    if selector is not None and not object_test(selector)(volume):
        return False
    modes = set(dig(claim, "spec.accessModes", []))
    return class_of(volume) == class_of(claim) and modes <= set(dig(volume, "spec.accessModes", []))


def smallest(volumes: Iterable[Tree], claim: Tree, node: Tree | None = None) -> Tree | None:
    """Return the smallest volume that suits a claim, and before all others one that is kept for it."""
    found = [volume for volume in volumes if suits(volume, claim, node)]
    if not found:
        return None
    return min(found, key=lambda item: (not is_for(item, claim), amount(str(item["spec"]["capacity"]["storage"]))))
