"""Definitions that are written: checked, then served at once, and at their end taken away with their objects.

Not what a definition does to objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgebook.lab.kube.custom import structural, versions
from edgebook.lab.kube.errors import Cause, invalid_value, required_value, unsupported_value
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, clone, dig, name_of, namespace_of
from edgebook.lab.kube.watches import Change

if TYPE_CHECKING:
    from edgebook.lab.kube.store import Store

RESOURCE = "customresourcedefinitions.apiextensions.k8s.io"
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
SCOPES = ("Cluster", "Namespaced")
ACCEPTED = ("NamesAccepted", "NoConflicts", "no conflicts found")
SERVED = ("Established", "InitialNamesAccepted", "the initial names have been accepted")


def fill(obj: Tree) -> None:
    """Put defaults into a definition, in place."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return
    names = spec.setdefault("names", {})
    if names.get("kind"):
        names.setdefault("listKind", f"{names['kind']}List")
        names.setdefault("singular", names["kind"].lower())
    spec.setdefault("conversion", {"strategy": "None"})


def causes(obj: Tree) -> Iterator[Cause]:
    """Yield the mistakes of a definition."""
    spec = obj.get("spec") or {}
    names, found = spec.get("names") or {}, spec.get("versions") or []
    for key in ("plural", "kind"):
        if not names.get(key):
            yield required_value(f"spec.names.{key}")
    if not spec.get("group"):
        yield required_value("spec.group")
    if name_of(obj) != f"{names.get('plural', '')}.{spec.get('group', '')}":
        yield invalid_value("metadata.name", name_of(obj), 'must be spec.names.plural+"."+spec.group')
    if spec.get("scope") not in SCOPES:
        yield unsupported_value("spec.scope", spec.get("scope", ""), SCOPES)
    if sum(1 for item in found if item.get("storage")) != 1:
        words = "Invalid value: must have exactly one version marked as storage version"
        yield Cause("spec.versions", "FieldValueInvalid", words)
    for index, item in enumerate(found):
        place, schema = f"spec.versions[{index}].schema.openAPIV3Schema", dig(item, "schema.openAPIV3Schema")
        if schema is None:
            yield required_value(place, "schemas are required")
            continue
        for field, words in structural.untyped(schema, place):
            yield required_value(field, words)


class Definitions:
    """Follows the definitions in a store and keeps its registry to them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.observe(self.see)

    def see(self, change: Change) -> None:
        """Serve, serve otherwise, or serve no more."""
        if change.kind.resource != RESOURCE:
            self._finish(change)
        elif change.type == "DELETED":
            self._withdraw(change.object)
        elif dig(change.object, "metadata.deletionTimestamp"):
            self._purge(change.object)
        else:
            self._serve(change.object)

    def _serve(self, definition: Tree) -> None:
        spec = definition["spec"]
        self._store.registry.remove(spec["group"], spec["names"]["plural"])
        for kind in versions.kinds(definition):
            self._store.registry.add(kind)
        self._establish(name_of(definition))

    def _establish(self, name: str) -> None:
        now = stamp(self._store.now())

        def change(obj: Tree) -> None:
            held = obj["metadata"].get("finalizers") or []
            obj["metadata"]["finalizers"] = [*held, *([] if CLEANUP in held else [CLEANUP])]
            status = obj.setdefault("status", {})
            status["conditions"] = _conditions(status.get("conditions") or [], now)
            status["acceptedNames"] = clone(obj["spec"]["names"])
            stored = [item["name"] for item in obj["spec"]["versions"] if item.get("storage")]
            status["storedVersions"] = list(dict.fromkeys([*(status.get("storedVersions") or []), *stored]))

        self._store.modify(RESOURCE, name, change)

    def _withdraw(self, definition: Tree) -> None:
        self._store.registry.remove(definition["spec"]["group"], definition["spec"]["names"]["plural"])

    def _purge(self, definition: Tree) -> None:
        """Delete the objects of a definition that goes; the last one to go ends it."""
        kind = next(iter(versions.kinds(definition)), None)
        for item in self._store.items(self._store.scope(kind)) if kind else ():
            if kind and not dig(item.obj, "metadata.deletionTimestamp"):
                self._store.delete(kind, name_of(item.obj), namespace_of(item.obj))
        self._release(definition)

    def _finish(self, change: Change) -> None:
        if change.type != "DELETED" or not change.kind.custom:
            return
        found = self._store.item(RESOURCE, change.kind.resource)
        if found is not None and dig(found.obj, "metadata.deletionTimestamp"):
            self._release(found.obj)

    def _release(self, definition: Tree) -> None:
        kind = next(iter(versions.kinds(definition)), None)
        if kind and self._store.items(self._store.scope(kind)):
            return
        if CLEANUP in dig(definition, "metadata.finalizers", []):
            self._store.modify(RESOURCE, name_of(definition), _without_cleanup)


def _without_cleanup(obj: Tree) -> None:
    obj["metadata"]["finalizers"] = [item for item in obj["metadata"].get("finalizers") or [] if item != CLEANUP]


def _conditions(have: list[Tree], now: str) -> list[Tree]:
    known = {item["type"]: item for item in have}
    for sort, reason, message in (ACCEPTED, SERVED):
        fresh = {"type": sort, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message}
        known.setdefault(sort, fresh)
    return list(known.values())
