"""How an object goes: at once, after a grace period, or when its finalizers are gone.

Not the going of what it owns; that is garbage collection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from edgebook.lab.kube.errors import conflict, forbidden
from edgebook.lab.kube.garbage import FOREGROUND
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, clone, dig, name_of
from edgebook.lab.kube.watches import Item

if TYPE_CHECKING:
    from edgebook.lab.kube.store import Store

DEFAULT_GRACE_S = 30
DELETED = "The object might have been deleted and then recreated"
MODIFIED = "The object might have been modified"
KEPT_NAMESPACES = ("default", "kube-system", "kube-public")


@dataclass(frozen=True)
class Wish:
    """How somebody wants an object deleted."""

    grace_s: int | None = None
    propagation: str = ""
    preconditions: Tree | None = None
    dry_run: bool = False


def delete(store: Store, kind: Kind, item: Item, wish: Wish) -> Item:
    """Delete an object or mark it; return its last state."""
    _check(kind, item.obj, wish.preconditions or {})
    grace_s = _grace_s(store, kind, item.obj, wish)
    held = bool(_finalizers(kind, item.obj))
    if wish.dry_run or (held and dig(item.obj, "metadata.deletionTimestamp") and not _hurries(item.obj, grace_s)):
        return item
    if wish.propagation == "Orphan":
        store.garbage.orphan(item.obj["metadata"]["uid"])
        item = store.need(kind, name_of(item.obj), dig(item.obj, "metadata.namespace", ""))
    if wish.propagation == "Foreground" and store.garbage.has_dependents(item.obj):
        return store.commit("MODIFIED", kind, _waiting(store, kind, item.obj), item)
    if not held and grace_s == 0:
        return store.commit("DELETED", kind, item.obj, item)
    return store.commit("MODIFIED", kind, _marked(store, kind, item.obj, grace_s), item)


def _hurries(obj: Tree, grace_s: int) -> bool:
    """Whether an object that is on its way out is to go sooner now, as when its kubelet is done with it."""
    return grace_s < int(dig(obj, "metadata.deletionGracePeriodSeconds", 0))


def is_over(kind: Kind, obj: Tree) -> bool:
    """Whether a marked object has nothing left that holds it."""
    if not dig(obj, "metadata.deletionTimestamp") or _finalizers(kind, obj):
        return False
    return not dig(obj, "metadata.deletionGracePeriodSeconds", 0)


def _finalizers(kind: Kind, obj: Tree) -> list[str]:
    own: list[str] = dig(obj, "metadata.finalizers", [])
    of_namespace: list[str] = dig(obj, "spec.finalizers", []) if kind.resource == "namespaces" else []
    return [*own, *of_namespace]


def _check(kind: Kind, obj: Tree, preconditions: Tree) -> None:
    if kind.resource == "namespaces" and name_of(obj) in KEPT_NAMESPACES:
        raise forbidden(kind, name_of(obj), "this namespace may not be deleted")
    for name, key, what in (("UID", "uid", DELETED), ("ResourceVersion", "resourceVersion", MODIFIED)):
        wanted, have = preconditions.get(key) or "", dig(obj, f"metadata.{key}")
        if wanted and wanted != have:
            told = f"the {name} in the precondition ({wanted}) does not match the {name} in record ({have})"
            raise conflict(kind, name_of(obj), f"{told}. {what}")


def _grace_s(store: Store, kind: Kind, obj: Tree, wish: Wish) -> int:
    """Return how long a pod may take to stop; everything else stops at once."""
    runs = dig(obj, "spec.nodeName") and dig(obj, "status.phase") not in ("Succeeded", "Failed")
    if kind.resource != "pods" or not store.graceful_pods or not runs:
        return 0
    wanted: int = (
        dig(obj, "spec.terminationGracePeriodSeconds", DEFAULT_GRACE_S) if wish.grace_s is None else wish.grace_s
    )
    before = dig(obj, "metadata.deletionGracePeriodSeconds")
    return wanted if before is None else min(wanted, before)


def _waiting(store: Store, kind: Kind, obj: Tree) -> Tree:
    """Return an object marked so that it goes after its dependents."""
    marked = _marked(store, kind, obj, 0)
    held = marked["metadata"].get("finalizers") or []
    marked["metadata"]["finalizers"] = [*held, *([] if FOREGROUND in held else [FOREGROUND])]
    return marked


def _marked(store: Store, kind: Kind, obj: Tree, grace_s: int) -> Tree:
    marked: Tree = clone(obj)
    meta = marked["metadata"]
    if "deletionTimestamp" not in meta or grace_s < meta.get("deletionGracePeriodSeconds", 0):
        meta["deletionTimestamp"] = stamp(store.now() + timedelta(seconds=grace_s))
        meta["deletionGracePeriodSeconds"] = grace_s
    if kind.resource == "namespaces":
        marked.setdefault("status", {})["phase"] = "Terminating"
    return marked
