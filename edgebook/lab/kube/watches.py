"""What happened in a store, in order, and those who want to know.

Not a connection: a subscription is taken from, and says when there is something to take.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from edgebook.lab.kube.errors import expired
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.selectors import Test
from edgebook.lab.kube.trees import Tree, namespace_of
from edgebook.lab.kube.views import shown

ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


class Item:
    """One stored state of one object; it never changes, so its JSON is written once."""

    __slots__ = ("_json", "obj")

    def __init__(self, obj: Tree) -> None:
        self.obj = obj
        self._json: dict[str, bytes] = {}

    def shown(self, kind: Kind) -> Tree:
        """Return the object as a kind shows it; read only."""
        return shown(kind, self.obj)

    def json(self, kind: Kind) -> bytes:
        """Return the object's JSON as a kind shows it."""
        if kind.api_version not in self._json:
            self._json[kind.api_version] = json.dumps(self.shown(kind), separators=(",", ":")).encode()
        return self._json[kind.api_version]

    def in_list(self, kind: Kind) -> bytes:
        """Return the JSON as a list carries it: without kind and version, where a custom kind keeps them."""
        if kind.custom:
            return self.json(kind)
        key = f"{kind.api_version} in list"
        if key not in self._json:
            bare = {name: value for name, value in self.shown(kind).items() if name not in ("kind", "apiVersion")}
            self._json[key] = json.dumps(bare, separators=(",", ":")).encode()
        return self._json[key]


@dataclass(frozen=True)
class Change:
    """One write to a store. The objects in it are shared: read only."""

    type: ChangeType
    kind: Kind
    resource_version: int
    item: Item = field(repr=False)
    previous: Item | None = field(repr=False, default=None)

    @property
    def object(self) -> Tree:
        """The object after the change; after a deletion, its last state."""
        return self.item.obj

    @property
    def old(self) -> Tree | None:
        """The object before the change."""
        return self.previous.obj if self.previous else None


class Event(NamedTuple):
    """One change as a watcher with its selectors sees it."""

    type: ChangeType
    item: Item
    resource_version: int

    @property
    def object(self) -> Tree:
        """The object; read only."""
        return self.item.obj


@dataclass(frozen=True)
class Scope:
    """What a list or a watch is about: a kind, perhaps one namespace, perhaps a selector's test."""

    kind: Kind
    namespace: str = ""
    test: Test | None = field(default=None, repr=False)

    def holds(self, item: Item) -> bool:
        """Tell whether an object is within the scope."""
        if self.namespace and namespace_of(item.obj) != self.namespace:
            return False
        return self.test is None or self.test(item.shown(self.kind))

    def event(self, change: Change) -> Event | None:
        """Say how a change looks from here; an object that leaves the selection is a deletion."""
        is_in = change.type != "DELETED" and self.holds(change.item)
        was_in = change.previous is not None and self.holds(change.previous)
        if not is_in and not was_in:
            return None
        if is_in:
            return Event("MODIFIED" if was_in else "ADDED", change.item, change.resource_version)
        return Event("DELETED", change.item, change.resource_version)


PENDING_EVENTS = 20_000
"""How many events wait for one taker. Who falls further behind is dropped, as the API server drops a watcher that
does not read: it lists again, and others do not pay for it."""


class Subscription:
    """The changes within a scope, from a point in history on."""

    def __init__(self, scope: Scope, *, wake: Callable[[], None] | None, close: Callable[[Subscription], None]) -> None:
        self.scope = scope
        self._wake = wake
        self._close = close
        self._events: deque[Event] = deque()
        self.is_behind = False
        """Whether the taker did not take, and is told nothing more."""

    def offer(self, change: Change) -> None:
        """Take note of a change when it is within the scope, and wake the taker."""
        event = self.scope.event(change)
        if event is None:
            return
        self._events.append(event)
        if len(self._events) > PENDING_EVENTS:
            self.is_behind = True
            self._events.clear()
            self.close()
        if self._wake:
            self._wake()

    def take(self) -> list[Event]:
        """Return what happened since the last call."""
        taken = list(self._events)
        self._events.clear()
        return taken

    def close(self) -> None:
        """Stop listening; safe twice."""
        self._close(self)


class History:
    """The last changes of a store, and who listens to which resource."""

    def __init__(self, limit: int) -> None:
        self._changes: deque[Change] = deque(maxlen=limit)
        self._forgotten = 0
        self._listening: dict[str, list[Subscription]] = {}

    def record(self, change: Change) -> None:
        """Add a change and tell those who listen."""
        if len(self._changes) == self._changes.maxlen:
            self._forgotten = self._changes[0].resource_version
        self._changes.append(change)
        for subscription in tuple(self._listening.get(change.kind.table, ())):
            subscription.offer(change)

    def forget(self, resource_version: int) -> None:
        """Drop what happened up to a version, as etcd's compaction does."""
        while self._changes and self._changes[0].resource_version <= resource_version:
            self._changes.popleft()
        self._forgotten = max(self._forgotten, resource_version)

    def since(self, resource_version: int) -> list[Change]:
        """Return the changes after a version, oldest first.

        Raises:
            ApiError: 410 when some of them are forgotten.
        """
        if resource_version < self._forgotten:
            raise expired(f"too old resource version: {resource_version} ({self._forgotten})")
        newer: deque[Change] = deque()
        for change in reversed(self._changes):
            if change.resource_version <= resource_version:
                break
            newer.appendleft(change)
        return list(newer)

    def subscribe(self, scope: Scope, since: int | None, wake: Callable[[], None] | None) -> Subscription:
        """Listen to a scope from a version on, or from now."""
        missed = self.since(since) if since is not None else []
        subscription = Subscription(scope, wake=wake, close=self._leave)
        for change in missed:
            if change.kind.table == scope.kind.table:
                subscription.offer(change)
        self._listening.setdefault(scope.kind.table, []).append(subscription)
        return subscription

    def _leave(self, subscription: Subscription) -> None:
        listening = self._listening.get(subscription.scope.kind.table, [])
        if subscription in listening:
            listening.remove(subscription)


def rolled_back(items: dict[tuple[str, str], Item], changes: Iterable[Change]) -> dict[tuple[str, str], Item]:
    """Return what a table held before some changes, given newest last."""
    past = dict(items)
    for change in _newest_first(changes):
        key = (namespace_of(change.object), str(change.object["metadata"]["name"]))
        if change.previous is None:
            past.pop(key, None)
        else:
            past[key] = change.previous
    return past


def _newest_first(changes: Iterable[Change]) -> Iterator[Change]:
    return reversed(list(changes))
