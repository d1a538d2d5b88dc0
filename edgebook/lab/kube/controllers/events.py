"""What controllers tell of objects: events, with like ones counted together as the real recorders do.

Not a log: an object of which much is said is told of less and less.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import micro, stamp
from edgebook.lab.kube.trees import Tree, name_of, namespace_of

LIKE_EVENTS = 10
"""So many different messages of one reason are told apart; client-go's EventAggregator."""
LIKE_S = 600.0
BURST, TOKEN_S = 25.0, 300.0
"""So many events of one source about one object, then one in five minutes; client-go's EventSourceObjectSpamFilter."""
COMBINED = "(combined from similar events): "
SERIES_S = 360.0
"""How long an event of the newer kind is continued; client-go's tools/events."""


@dataclass
class _Spoken:
    """What one source said of one object."""

    tokens: float = BURST
    runs: int = 0
    spent_at: datetime | None = None
    like: dict[tuple[str, ...], dict[str, datetime]] = field(default_factory=dict)

    def may(self, now: datetime) -> bool:
        if self.spent_at is not None:
            self.tokens = min(BURST, self.tokens + (now - self.spent_at).total_seconds() / TOKEN_S)
        self.spent_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def combined(self, kind: tuple[str, ...], words: str, now: datetime) -> bool:
        said = self.like.setdefault(kind, {})
        if said and (now - next(reversed(said.values()))).total_seconds() > LIKE_S:
            said.clear()
        said.pop(words, None)
        said[words] = now
        if len(said) < LIKE_EVENTS:
            return False
        said.pop(next(iter(said)))
        return True


FORBIDDEN = 403
REMEMBERED = 4096
"""Objects beyond these are forgotten, the longest silent first; client-go's maxLruCacheEntries."""

_SPOKEN: WeakKeyDictionary[Store, dict[tuple[str, str, str], _Spoken]] = WeakKeyDictionary()


def _spoken(store: Store, *key: str) -> _Spoken:
    known = _SPOKEN.setdefault(store, {})
    source, about, uid = key
    said = known.pop((source, about, uid), None) or _Spoken()
    known[source, about, uid] = said
    if len(known) > REMEMBERED:
        known.pop(next(iter(known)))
    return said


def event(
    store: Store,
    obj: Tree,
    reason: str,
    words: str,
    source: str,
    *,
    sort: str = "Normal",
    host: str = "",
    field: str = "",
) -> None:
    """Record an event about an object; the same words about the same object are one event, seen once more.

    `field` names the part it is about, such as `spec.containers{web}`.
    """
    now, place = store.now(), namespace_of(obj) or "default"
    said = _spoken(store, source, host, obj["metadata"]["uid"])
    combined = said.combined((sort, reason, field), words, now)
    if not said.may(now):
        return
    name = _name(obj, source, host, field, sort, reason, COMBINED if combined else words)
    shown = COMBINED + words if combined else words
    if store.item("events", name, place) is not None:
        store.modify("events", name, lambda item: _again(item, shown, stamp(now)), place)
        return
    body = _body(obj, name, reason, shown, sort)
    body["involvedObject"] |= {"fieldPath": field} if field else {}
    body |= {"count": 1, "firstTimestamp": stamp(now), "lastTimestamp": stamp(now), "eventTime": None}
    body |= {"source": {"component": source, **({"host": host} if host else {})}}
    body |= {"reportingComponent": source, "reportingInstance": host}
    _create(store, body, place)


def series(
    store: Store,
    obj: Tree,
    reason: str,
    words: str,
    action: str,
    *,
    source: str,
    sort: str = "Normal",
    related: Tree | None = None,
) -> None:
    """Record an event of the newer kind, as the scheduler does; within six minutes the first one is continued."""
    now = store.now()
    said = _spoken(store, source, action, obj["metadata"]["uid"])
    if said.spent_at is None or (now - said.spent_at).total_seconds() > SERIES_S:
        said.runs += 1
    said.spent_at = now
    name, place = _name(obj, source, action, sort, reason, str(said.runs)), namespace_of(obj) or "default"
    if store.item("events", name, place) is not None:
        store.modify("events", name, lambda item: _continue(item, micro(now)), place)
        return
    body = _body(obj, name, reason, words, sort)
    body |= {"eventTime": micro(now), "action": action, "reportingComponent": source}
    body |= {"firstTimestamp": None, "lastTimestamp": None, "source": {}, "reportingInstance": f"{source}-s1"}
    if related is not None:
        body["related"] = _about(related)
    _create(store, body, place)


def _create(store: Store, body: Tree, place: str) -> None:
    try:
        store.create("events", body, place)
    except ApiError as exc:
        # A namespace on its way out takes no event more; the recorder drops what is refused.
        if exc.code != FORBIDDEN:
            raise


def _name(obj: Tree, *parts: str) -> str:
    """Return a name as real ones look: the object's, and sixteen digits."""
    text = "\n".join((obj["metadata"]["uid"], *parts))
    return f"{name_of(obj)}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _about(obj: Tree) -> Tree:
    meta = obj["metadata"]
    about = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], "name": meta["name"], "uid": meta["uid"]}
    about |= {"resourceVersion": meta["resourceVersion"]} if "resourceVersion" in meta else {}
    return {**about, **({"namespace": namespace_of(obj)} if namespace_of(obj) else {})}


def _body(obj: Tree, name: str, reason: str, words: str, sort: str) -> Tree:
    return {"metadata": {"name": name}, "involvedObject": _about(obj), "reason": reason, "message": words, "type": sort}


def _again(item: Tree, words: str, now: str) -> None:
    item["count"] = item.get("count", 1) + 1
    item["lastTimestamp"], item["message"] = now, words


def _continue(item: Tree, now: str) -> None:
    seen = item.get("series") or {"count": 1}
    item["series"] = {"count": seen["count"] + 1, "lastObservedTime": now}
