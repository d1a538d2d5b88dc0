"""The state of one cluster, with the rules every Kubernetes API server keeps when it is written.

Not a server and not a controller: nothing here moves by itself, and nothing waits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from edgebook.lab.kube import admission, bootstrap, defaults, deletion, limits, managed, metadata, validation
from edgebook.lab.kube.custom.definitions import Definitions
from edgebook.lab.kube.errors import already_exists, bad_request, forbidden, not_found
from edgebook.lab.kube.garbage import Garbage
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.managed import Writer
from edgebook.lab.kube.patch import json_patch, merge_patch
from edgebook.lab.kube.registry import Registry
from edgebook.lab.kube.state import State
from edgebook.lab.kube.strategic import strategic_merge
from edgebook.lab.kube.trees import Tree, clone, dig, name_of, namespace_of
from edgebook.lab.kube.views import stored
from edgebook.lab.kube.watches import Item

NAMINGS = 8
"""So often a name is made up anew when it is taken; registry/store.go, maxNameGenerationCreateAttempts."""

APART = ("status", "scale")
"""The parts whose writers `managedFields` keeps apart."""

PATCHES: dict[str, Callable[[Tree, Any], Tree]] = {
    "json": json_patch,
    "merge": merge_patch,
    "strategic": strategic_merge,
}


class Store(State):
    """Objects by kind, namespace and name.

    What it returns are copies; what observers and subscriptions are given is shared and read only.
    With `graceful_pods`, deleting a pod that is bound to a node only marks it: whoever plays the
    kubelet ends it by deleting it with `grace_s=0`.
    """

    def __init__(
        self,
        clock_now: Callable[[], datetime],
        *,
        seed: int = 7,
        graceful_pods: bool = False,
        registry: Registry | None = None,
    ) -> None:
        super().__init__(clock_now, seed=seed, registry=registry)
        self.graceful_pods = graceful_pods
        self.keeps_accounts = False
        """Whether every pod needs a service account that is there."""
        self.garbage = Garbage(self)
        self.definitions = Definitions(self)

    def create(
        self, kind: str | Kind, obj: Tree, namespace: str = "", manager: str = "", *, dry_run: bool = False
    ) -> Tree:
        """Store a new object and return it as it is now.

        Raises:
            ApiError: 409 when the name is taken, 404 or 403 for its namespace, 422 with every mistake.
        """
        kind, base = self._kinds(kind)
        uid = self.new_uid()
        for _ in range(NAMINGS):
            named = metadata.prepared(kind, obj, namespace=namespace, uid=uid, suffix=self.new_suffix, now=self.now())
            if dig(obj, "metadata.name") or not self.item(base, name_of(named), namespace_of(named)):
                break
        fresh = stored(kind, base, named)
        self._admit(base, fresh)
        admission.admit(self, base, fresh)
        defaults.fill(base, fresh)
        validation.check(base, fresh)
        if self.item(base, name_of(fresh), namespace_of(fresh)):
            raise already_exists(base, name_of(fresh))
        if manager:
            managed.track(base, {}, fresh, writer=Writer(manager), now=self.now())
        return self._write(kind, fresh, None, dry_run=dry_run)

    def update(
        self, kind: str | Kind, obj: Tree, subresource: str = "", manager: str = "", *, dry_run: bool = False
    ) -> Tree:
        """Write an object over the stored one and return it as it is now; nothing happens when nothing differs.

        `subresource` says which part is written: `main` keeps the status, `status` keeps the rest,
        and empty writes all, which no client may.

        Raises:
            ApiError: 404, 409 when the object's resourceVersion or uid is another, 422.
        """
        kind, base = self._kinds(kind)
        new = stored(kind, base, obj)
        old = self.need(base, name_of(new), metadata.placed(base, new, ""))
        metadata.check_unchanged(base, old.obj, new)
        fresh = metadata.updated(base, old.obj, new, part=subresource)
        admission.revise(base, fresh)
        defaults.fill(base, fresh)
        if fresh == old.obj:
            return _copy(kind, old)
        validation.check(base, fresh, old.obj)
        if manager or dig(fresh, "metadata.managedFields"):
            writer = Writer(manager, subresource=subresource if subresource in APART else "")
            managed.track(base, old.obj, fresh, writer=writer, now=self.now())
        return self._write(kind, fresh, old, dry_run=dry_run)

    def modify(
        self, kind: str | Kind, name: str, change: Callable[[Tree], object], namespace: str = "", subresource: str = ""
    ) -> Tree:
        """Read an object, let `change` edit it in place, and write it back; the usual way for a controller."""
        obj = self.get(kind, name, namespace)
        change(obj)
        return self.update(kind, obj, subresource)

    def put(self, kind: str | Kind, obj: Tree) -> Tree:
        """Create an object, or write over the one of its name."""
        kind = self.registry.named(kind)
        if self.item(kind, name_of(obj), metadata.placed(kind, obj, "")) is None:
            return self.create(kind, obj)
        return self.update(kind, obj)

    def patch(
        self,
        kind: str | Kind,
        name: str,
        patch: Any,
        namespace: str = "",
        how: str = "merge",
        subresource: str = "",
        manager: str = "",
        *,
        force: bool = False,
        dry_run: bool = False,
        settle: Callable[[Tree], Tree] | None = None,
    ) -> Tree:
        """Patch an object: `how` is json, merge, strategic or apply; an apply creates what is not there.

        `settle` may refuse or mend what a patch has made of the object.

        Raises:
            ApiError: as `create` and `update`; 409 naming the fields when an apply meets other managers.
        """
        kind = self.registry.named(kind)
        if how == "apply":
            writer = Writer(manager, "Apply", "status" if subresource == "status" else "")
            return self._apply(kind, name, patch, namespace, writer, force=force, dry_run=dry_run)
        old = self.get(kind, name, namespace)
        new = PATCHES[how](old, patch)
        new = settle(new) if settle else new
        _same_place(new, name, namespace_of(old))
        metadata.check_kept(kind, old, new)
        return self.update(kind, new, subresource, manager, dry_run=dry_run)

    def delete(
        self,
        kind: str | Kind,
        name: str,
        namespace: str = "",
        grace_s: int | None = None,
        propagation: str = "",
        preconditions: Tree | None = None,
        *,
        dry_run: bool = False,
    ) -> Tree:
        """Delete an object, or mark it when finalizers or a grace period hold it; return its last state.

        Raises:
            ApiError: 404; 409 when a precondition (uid, resourceVersion) does not hold; 403 for system namespaces.
        """
        kind, base = self._kinds(kind)
        wish = deletion.Wish(grace_s, propagation, preconditions or {}, dry_run=dry_run)
        return _copy(kind, deletion.delete(self, base, self.need(base, name, namespace), wish))

    def _kinds(self, kind: str | Kind) -> tuple[Kind, Kind]:
        kind = self.registry.named(kind)
        return kind, self.registry.named(kind.table)

    def _admit(self, kind: Kind, obj: Tree) -> None:
        """Refuse an object whose namespace is not there, or is going away."""
        if not kind.namespaced:
            return
        place = namespace_of(obj)
        namespaces = self.registry.named("namespaces")
        found = self.item(namespaces, place)
        if found is None:
            raise not_found(namespaces, place)
        if dig(found.obj, "metadata.deletionTimestamp"):
            why = f"unable to create new content in namespace {place} because it is being terminated"
            cause = {"reason": "NamespaceTerminating", "message": f"namespace {place} is being terminated"}
            raise forbidden(kind, name_of(obj), why, causes=[{**cause, "field": "metadata.namespace"}])

    def _write(self, kind: Kind, fresh: Tree, old: Item | None, *, dry_run: bool) -> Tree:
        base = self.registry.named(kind.table)
        limits.check_size(fresh)
        if dry_run:
            return _copy(kind, Item(fresh))
        if deletion.is_over(base, fresh):
            return _copy(kind, self.commit("DELETED", base, fresh, old))
        return _copy(kind, self.commit("MODIFIED" if old else "ADDED", base, fresh, old))

    def _apply(
        self, kind: Kind, name: str, wanted: Any, namespace: str, writer: Writer, *, force: bool, dry_run: bool
    ) -> Tree:
        if not isinstance(wanted, dict):
            raise bad_request("error decoding YAML: an object is needed")
        if dig(wanted, "metadata.managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        wanted = {**wanted, "metadata": {"name": name, **(wanted.get("metadata") or {})}}
        _same_place(wanted, name)
        live = self.find(kind, name, metadata.placed(kind, wanted, namespace))
        merged = managed.apply(kind, live or {}, wanted, writer=writer, force=force, now=self.now())
        if live is None:
            return self.create(kind, merged, namespace, dry_run=dry_run)
        fields = merged["metadata"].get("managedFields")
        part = "status" if writer.subresource else "main"
        return self._update_applied(kind, merged, fields, part, dry_run=dry_run)

    def _update_applied(self, kind: Kind, merged: Tree, fields: Any, part: str, *, dry_run: bool) -> Tree:
        """Write an applied object with its `managedFields` as they are; `update` would count twice."""
        kind, base = self._kinds(kind)
        old = self.need(base, name_of(merged), namespace_of(merged))
        metadata.check_unchanged(base, old.obj, merged)
        fresh = metadata.updated(base, old.obj, stored(kind, base, merged), part=part)
        defaults.fill(base, fresh)
        fresh["metadata"]["managedFields"] = fields
        if fresh == old.obj:
            return _copy(kind, old)
        validation.check(base, fresh, old.obj)
        return self._write(kind, fresh, old, dry_run=dry_run)


def new_store(
    clock_now: Callable[[], datetime],
    *,
    seed: int = 7,
    graceful_pods: bool = False,
    registry: Registry | None = None,
    ca_pem: str = "",
) -> Store:
    """Return a store with the namespaces every cluster has, and given its certificate with all that belongs to them."""
    store = Store(clock_now, seed=seed, graceful_pods=graceful_pods, registry=registry)
    bootstrap.found(store)
    if ca_pem:
        bootstrap.furnish(store, ca_pem)
    return store


def _copy(kind: Kind, item: Item) -> Tree:
    copied: Tree = clone(item.shown(kind))
    return copied


def _same_place(obj: Tree, name: str, namespace: str = "") -> None:
    if not name_of(obj):
        raise bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")
    if name_of(obj) != name:
        raise bad_request(f"the name of the object ({name_of(obj)}) does not match the name on the URL ({name})")
    if namespace and namespace_of(obj) not in ("", namespace):
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
