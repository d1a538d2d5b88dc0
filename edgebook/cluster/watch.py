"""Watching and waiting: changes as they come, and one object until it is as wanted, under one deadline.

Not polling, except where a watch ends early: then the object is read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgebook.cluster.failures import STATUSES
from edgebook.cluster.resources import Resource
from edgebook.cluster.wire import Ask, Wire
from edgebook.errors import ClusterError, ClusterUnreachable, ObjectNotFound, WaitTimeout

Tree = dict[str, Any]
Test = Callable[[Tree], bool]

LONGEST_WATCH_S = 15.0
"""A wait watches in pieces, so that a server that vanished without a word is noticed."""

PAUSE_S = 0.5
GONE = 410


@dataclass(frozen=True)
class WatchEvent:
    """One change: `ADDED`, `MODIFIED` or `DELETED`, and the object after it."""

    type: str
    object: Tree


@dataclass(frozen=True)
class Watched:
    """What a watch is about."""

    resource: Resource
    namespace: str = ""
    labels: str = ""
    fields: str = ""


class HistoryGone(ClusterError):
    """The changes since a version are no longer known; read again and watch from there."""


def events(wire: Wire, watched: Watched, *, since: str, timeout_s: float) -> Iterator[WatchEvent]:
    """Yield changes after a version, until the time is over or the server ends the watch."""
    query: dict[str, str | int | None] = {
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": since,
        "labelSelector": watched.labels,
        "fieldSelector": watched.fields,
        "timeoutSeconds": max(1, round(timeout_s)),
    }
    ask = Ask("GET", watched.resource.path(namespace=watched.namespace), query)
    for line in wire.lines(ask, timeout_s=timeout_s):
        if line["type"] == "ERROR":
            raise _failure(line["object"])
        if line["type"] != "BOOKMARK":
            yield WatchEvent(line["type"], line["object"])


def _failure(status: Mapping[str, Any]) -> ClusterError:
    message = str(status.get("message", "the watch failed"))
    if status.get("code") == GONE:
        return HistoryGone(message)
    remedy = STATUSES.get(int(status.get("code", 0)))
    return remedy.error(message, hint=remedy.hint) if remedy else ClusterError(message)


@dataclass
class Wait:
    """One object that is waited for."""

    wire: Wire
    resource: Resource
    name: str
    namespace: str
    test: Callable[[Tree | None], bool]
    what: str
    timeout_s: float
    seen: str = "nothing"

    def run(self) -> Tree | None:
        """Read, test, then watch and test, until the test holds.

        Raises:
            WaitTimeout: with the last thing seen, which may be that the API does not answer.
            ClusterDenied: at once; waiting does not help.
        """
        deadline = time.monotonic() + self.timeout_s
        while True:
            try:
                found = next((obj for obj in self._states(deadline) if self._holds(obj)), False)
                if found is not False:
                    return found if isinstance(found, dict) else None
            except HistoryGone:
                continue
            except ClusterUnreachable as exc:
                self.seen = exc.message
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise WaitTimeout(f"{self.what}: not within {self.timeout_s:.0f} s; last seen: {self.seen}")
            time.sleep(min(PAUSE_S, left_s))

    def _holds(self, obj: Tree | None) -> bool:
        self.seen = "no such object" if obj is None else summary(obj)
        return self.test(obj)

    def _states(self, deadline: float) -> Iterator[Tree | None]:
        """Yield the object as it is, then as it becomes; None where it is not there."""
        try:
            now: Tree = self.wire.json(Ask("GET", self.resource.path(self.name, self.namespace)))
        except ObjectNotFound:
            yield None
            return
        yield now
        left_s = min(LONGEST_WATCH_S, deadline - time.monotonic())
        if left_s <= 0:
            return
        watched = Watched(self.resource, self.namespace, fields=f"metadata.name={self.name}")
        for event in events(self.wire, watched, since=now["metadata"]["resourceVersion"], timeout_s=left_s):
            yield None if event.type == "DELETED" else event.object


def summary(obj: Tree) -> str:
    """Say in a few words how an object stands: phase and conditions, those with a message in full."""
    status = obj.get("status") or {}
    words = [str(status["phase"])] if status.get("phase") else []
    for item in status.get("conditions") or ():
        told = f" ({item['message']})" if item.get("message") and item.get("status") != "True" else ""
        words.append(f"{item['type']}={item['status']}{told}")
    if (obj.get("metadata") or {}).get("deletionTimestamp"):
        words.append("being deleted")
    return ", ".join(words) or "there, without a status"
