"""The tables of one cluster: objects by kind, namespace and name, and one version for all of them.

Not the rules of writing; `Store` adds those. Nothing outside this package commits.
"""

from __future__ import annotations

import random
import uuid
from collections import deque
from collections.abc import Callable
from datetime import datetime

from edgebook.lab.kube import selectors
from edgebook.lab.kube.errors import not_found
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.registry import Registry
from edgebook.lab.kube.trees import Tree, clone, name_of, namespace_of
from edgebook.lab.kube.watches import Change, ChangeType, History, Item, Scope, Subscription, rolled_back

Key = tuple[str, str]
Trees = list[Tree]
Items = list[Item]
SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
SUFFIX_LENGTH = 5
HISTORY_LENGTH = 20_000


class State:
    """What is stored, read by everybody and written by `commit` only."""

    def __init__(self, clock_now: Callable[[], datetime], *, seed: int, registry: Registry | None = None) -> None:
        self.now = clock_now
        self.registry = registry or Registry()
        self.history = History(HISTORY_LENGTH)
        self._uids = random.Random(seed)  # noqa: S311 - names that are the same in every run, not secrets
        self._suffixes = random.Random(seed)  # noqa: S311 - as above; apart, so that one does not move the other
        self._tables: dict[str, dict[Key, Item]] = {}
        self._version = 0
        self._observers: list[Callable[[Change], None]] = []
        self._untold: deque[Change] = deque()
        self._telling = False

    @property
    def resource_version(self) -> int:
        """The version of the last write; it only grows."""
        return self._version

    def new_uid(self) -> str:
        """Return the next uid of this store's seed."""
        return str(uuid.UUID(int=self._uids.getrandbits(128), version=4))

    def new_suffix(self) -> str:
        """Return five letters and digits for a generated name."""
        return "".join(self._suffixes.choices(SUFFIX_LETTERS, k=SUFFIX_LENGTH))

    def item(self, kind: str | Kind, name: str, namespace: str = "") -> Item | None:
        """Find an object without copying it."""
        kind = self.registry.named(kind)
        place = (namespace or "default") if kind.namespaced else ""
        return self._tables.get(kind.table, {}).get((place, name))

    def need(self, kind: str | Kind, name: str, namespace: str = "") -> Item:
        """Find an object without copying it.

        Raises:
            ApiError: 404 when there is none.
        """
        found = self.item(kind, name, namespace)
        if found is None:
            raise not_found(self.registry.named(kind), name)
        return found

    def find(self, kind: str | Kind, name: str, namespace: str = "") -> Tree | None:
        """Return a copy of an object, or None when there is none."""
        found = self.item(kind, name, namespace)
        return clone(found.shown(self.registry.named(kind))) if found else None

    def get(self, kind: str | Kind, name: str, namespace: str = "") -> Tree:
        """Return a copy of an object.

        Raises:
            ApiError: 404 when there is none.
        """
        shown: Tree = clone(self.need(kind, name, namespace).shown(self.registry.named(kind)))
        return shown

    def scope(self, kind: str | Kind, namespace: str = "", labels: str = "", fields: str = "") -> Scope:
        """Describe what a list or a watch is about."""
        kind = self.registry.named(kind)
        test = selectors.both(selectors.label_test(labels), selectors.field_test(fields, kind.selectable))
        return Scope(kind, namespace, test)

    def items(self, scope: Scope, *, at: int | None = None) -> Items:
        """List objects without copying, ordered by namespace and name, now or as they were at a version."""
        table = self._tables.get(scope.kind.table, {})
        if at is not None and at < self._version:
            changes = [change for change in self.history.since(at) if change.kind.table == scope.kind.table]
            table = rolled_back(table, changes)
        return [table[key] for key in sorted(table) if scope.holds(table[key])]

    def list(self, kind: str | Kind, namespace: str = "", labels: str = "", fields: str = "") -> Trees:
        """Return copies of the objects that selectors select, in all namespaces when none is given."""
        scope = self.scope(kind, namespace, labels, fields)
        return [clone(item.shown(scope.kind)) for item in self.items(scope)]

    def in_namespace(self, namespace: str) -> Items:
        """List everything that lives in a namespace."""
        return [item for table in self._tables.values() for (place, _), item in table.items() if place == namespace]

    def watch(
        self,
        kind: str | Kind,
        namespace: str = "",
        labels: str = "",
        fields: str = "",
        *,
        since: int | None = None,
        wake: Callable[[], None] | None = None,
    ) -> Subscription:
        """Listen to changes from a version on, or from now; `wake` is called after each.

        Raises:
            ApiError: 410 when the version is older than what is remembered.
        """
        return self.history.subscribe(self.scope(kind, namespace, labels, fields), since, wake)

    def observe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call back after every change, in order; return what stops that.

        A callback may write to the store; what it writes is told after what is being told.
        """
        self._observers.append(callback)

        def stop() -> None:
            if callback in self._observers:
                self._observers.remove(callback)

        return stop

    def commit(self, change_type: ChangeType, kind: Kind, obj: Tree, previous: Item | None) -> Item:
        """Store a state of an object under the next version, or take it away, and tell."""
        self._version += 1
        meta = {**obj["metadata"], "resourceVersion": str(self._version)}
        item = Item({**obj, "metadata": meta})
        table, key = self._tables.setdefault(kind.table, {}), (namespace_of(obj), name_of(obj))
        if change_type == "DELETED":
            table.pop(key, None)
        else:
            table[key] = item
        change = Change(change_type, kind, self._version, item, previous)
        self.history.record(change)
        self._untold.append(change)
        self._tell()
        return item

    def _tell(self) -> None:
        if self._telling:
            return
        self._telling = True
        try:
            while self._untold:
                change = self._untold.popleft()
                for observer in tuple(self._observers):
                    observer(change)
        finally:
            self._telling = False
