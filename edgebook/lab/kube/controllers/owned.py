"""What an owner owns, and pods made from its template.

Not a decision: how many pods there should be is each controller's.
"""

from __future__ import annotations

import hashlib
import json

from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, clone, condition, dig, name_of, namespace_of, owners_of

LETTERS = "bcdfghjklmnpqrstvwxz2456789"
HASH_LENGTH = 10
ENDED = ("Succeeded", "Failed")


def reference(owner: Tree) -> Tree:
    """Return what a dependent writes about its controller."""
    meta = owner["metadata"]
    head = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
    return {**head, "controller": True, "blockOwnerDeletion": True}


def owned(store: Store, owner: Tree, kind: str) -> list[Tree]:
    """Return the objects of a kind that an owner owns; read only."""
    table = store.registry.named(kind).table
    names = (found for found in store.garbage.dependents(owner["metadata"]["uid"]) if found[0] == table)
    items = (store.item(kind, name, namespace) for _, namespace, name in names)
    return [item.obj for item in items if item is not None]


def active(pods: list[Tree]) -> list[Tree]:
    """Return the pods that count: not ended and not going."""
    return [pod for pod in pods if dig(pod, "status.phase") not in ENDED and not dig(pod, "metadata.deletionTimestamp")]


def is_ready(pod: Tree) -> bool:
    """Whether a pod serves."""
    return condition(pod, "Ready").get("status") == "True"


def make_pod(
    store: Store, owner: Tree, template: Tree, *, name: str = "", prefix: str = "", spec: Tree | None = None
) -> Tree:
    """Create a pod from a template and return it."""
    meta: Tree = clone(dig(template, "metadata", {}))
    meta.pop("creationTimestamp", None)
    meta |= {"name": name} if name else {"generateName": prefix or f"{name_of(owner)}-"}
    meta["ownerReferences"] = [reference(owner)]
    body = {"metadata": meta, "spec": {**clone(dig(template, "spec", {})), **(spec or {})}}
    return store.create("pods", body, namespace_of(owner))


def drop_pod(store: Store, pod: Tree) -> None:
    """Delete a pod."""
    if store.item("pods", name_of(pod), namespace_of(pod)):
        store.delete("pods", name_of(pod), namespace_of(pod))


def report(store: Store, kind: str, obj: Tree, status: Tree) -> None:
    """Write parts of a status, when they differ; what is null goes."""

    def change(fresh: Tree) -> None:
        merged = {**fresh.get("status", {}), **status}
        fresh["status"] = {key: value for key, value in merged.items() if value is not None}

    store.modify(kind, name_of(obj), change, namespace_of(obj), "status")


def conditions(
    store: Store, obj: Tree, wanted: list[tuple[str, str, str, str]], *, beside: str = "lastUpdateTime"
) -> list[Tree]:
    """Return an object's conditions with some of them set: type, status, reason, message.

    `beside` names the time a kind keeps beside that of the transition.
    """
    known = {item["type"]: item for item in dig(obj, "status.conditions", [])}
    for sort, status, reason, message in wanted:
        now, old = stamp(store.now()), known.get(sort, {})
        since = old.get("lastTransitionTime", now) if old.get("status") == status else now
        same = (old.get("status"), old.get("reason"), old.get("message")) == (status, reason, message)
        fresh = {"type": sort, "status": status, **({beside: now} if beside else {}), "lastTransitionTime": since}
        known[sort] = old if same else {**fresh, "reason": reason, "message": message}
    return list(known.values())


def digest(tree: Tree) -> str:
    """Return ten letters for a template, the same for the same."""
    number = int(hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest(), 16)
    return "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(HASH_LENGTH))


def belongs(obj: Tree, uid: str) -> bool:
    """Whether an object has an owner of this uid."""
    return any(owner["uid"] == uid for owner in owners_of(obj))


def share(wanted: int | str, whole: int, *, up: bool) -> int:
    """Return a number of pods from `25%` or `3`."""
    if isinstance(wanted, str) and wanted.endswith("%"):
        exact = whole * int(wanted[:-1])
        return -(-exact // 100) if up else exact // 100
    return int(wanted)
