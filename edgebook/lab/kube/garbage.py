"""What goes when something else has gone: dependents of an owner, contents of a namespace.

Not a controller with a queue: it acts within the write that made the garbage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of, owners_of
from edgebook.lab.kube.watches import Change

if TYPE_CHECKING:
    from edgebook.lab.kube.store import Store

Reference = tuple[str, str, str]
"""Resource, namespace and name of an object."""


FOREGROUND = "foregroundDeletion"


def _release(obj: Tree) -> None:
    """Take out what held an owner until its dependents were gone."""
    obj["metadata"]["finalizers"] = [item for item in obj["metadata"]["finalizers"] if item != FOREGROUND]


class Garbage:
    """Watches a store and removes what nobody owns any more."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dependents: dict[str, set[Reference]] = {}
        store.observe(self.see)

    def see(self, change: Change) -> None:
        """Take note of who owns what, and act when an owner or a namespace goes."""
        self._index(change)
        if change.type == "DELETED":
            self._owner_gone(str(change.object["metadata"]["uid"]))
            self._dependent_gone(change.object)
            self._namespace_emptied(namespace_of(change.object))
        elif FOREGROUND in dig(change.object, "metadata.finalizers", []):
            self._delete_dependents(str(change.object["metadata"]["uid"]))
        elif change.type == "ADDED" and owners_of(change.object):
            self._collect_ghosts(change)
        elif change.kind.resource == "namespaces" and dig(change.object, "metadata.deletionTimestamp"):
            self._purge(name_of(change.object))

    def dependents(self, uid: str) -> list[Reference]:
        """Name what an owner owns."""
        return self._of(uid)

    def has_dependents(self, obj: Tree) -> bool:
        """Whether an object owns anything."""
        return bool(self._of(str(obj["metadata"]["uid"])))

    def _delete_dependents(self, uid: str) -> None:
        for resource, namespace, name in self._of(uid):
            item = self._store.item(resource, name, namespace)
            if item is not None and not dig(item.obj, "metadata.deletionTimestamp"):
                self._store.delete(resource, name, namespace)

    def _dependent_gone(self, obj: Tree) -> None:
        """Let an owner go that waited for its last dependent."""
        for owner in owners_of(obj):
            kind = self._store.registry.of(str(owner.get("apiVersion", "")), str(owner.get("kind", "")))
            found = self._store.item(kind, str(owner["name"]), namespace_of(obj)) if kind else None
            waits = found is not None and FOREGROUND in dig(found.obj, "metadata.finalizers", [])
            if kind and found and waits and not self._of(str(found.obj["metadata"]["uid"])):
                self._store.modify(kind, name_of(found.obj), _release, namespace_of(found.obj))

    def _collect_ghosts(self, change: Change) -> None:
        """Delete what only says it is owned by what is not there."""
        if not any(self._is_there(owner, namespace_of(change.object)) for owner in owners_of(change.object)):
            self._store.delete(change.kind, name_of(change.object), namespace_of(change.object))

    def _is_there(self, owner: Tree, namespace: str) -> bool:
        kind = self._store.registry.of(str(owner.get("apiVersion", "")), str(owner.get("kind", "")))
        if kind is None:
            return True  # nobody can tell
        found = self._store.item(kind, str(owner.get("name", "")), namespace)
        return found is not None and found.obj["metadata"]["uid"] == owner.get("uid")

    def orphan(self, uid: str) -> None:
        """Let the dependents of an owner live on without it."""
        for reference in self._of(uid):
            self._disown(reference, uid)

    def _index(self, change: Change) -> None:
        reference = (change.kind.table, namespace_of(change.object), name_of(change.object))
        for owner in owners_of(change.old or {}):
            self._dependents.get(owner["uid"], set()).discard(reference)
        if change.type != "DELETED":
            for owner in owners_of(change.object):
                self._dependents.setdefault(owner["uid"], set()).add(reference)

    def _of(self, uid: str) -> list[Reference]:
        return sorted(self._dependents.get(uid, ()))

    def _owner_gone(self, uid: str) -> None:
        for reference in self._of(uid):
            resource, namespace, name = reference
            item = self._store.item(resource, name, namespace)
            if item is None:
                continue
            if len(owners_of(item.obj)) > 1:
                self._disown(reference, uid)
            elif not dig(item.obj, "metadata.deletionTimestamp"):
                self._store.delete(resource, name, namespace)
        self._dependents.pop(uid, None)

    def _disown(self, reference: Reference, uid: str) -> None:
        def change(obj: Tree) -> None:
            left = [owner for owner in owners_of(obj) if owner["uid"] != uid]
            obj["metadata"]["ownerReferences"] = left
            if not left:
                del obj["metadata"]["ownerReferences"]

        resource, namespace, name = reference
        self._store.modify(resource, name, change, namespace)

    def _purge(self, namespace: str) -> None:
        for item in self._store.in_namespace(namespace):
            kind = self._kind(item.obj)
            if not dig(item.obj, "metadata.deletionTimestamp") and self._store.item(kind, name_of(item.obj), namespace):
                self._store.delete(kind, name_of(item.obj), namespace)
        self._namespace_emptied(namespace)

    def _kind(self, obj: Tree) -> Kind:
        found = self._store.registry.of(str(obj["apiVersion"]), str(obj["kind"]))
        if found is None:
            raise LookupError(f"{obj['apiVersion']} {obj['kind']} is not served")
        return found

    def _namespace_emptied(self, namespace: str) -> None:
        found = self._store.item("namespaces", namespace) if namespace else None
        if found is None or not dig(found.obj, "metadata.deletionTimestamp"):
            return
        if dig(found.obj, "spec.finalizers") and not self._store.in_namespace(namespace):
            self._store.modify("namespaces", namespace, lambda obj: obj["spec"].update(finalizers=[]))
