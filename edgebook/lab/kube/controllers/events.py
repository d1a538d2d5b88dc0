"""Events about objects, counted when they happen again, as the recorder of client-go keeps them.

Not who has something to say; those are the controllers and the kubelets.
"""

from __future__ import annotations

import hashlib

from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, name_of, namespace_of

SUFFIX_DIGITS = 16


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
    about = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], "name": name_of(obj), "uid": obj["metadata"]["uid"]}
    about |= {"namespace": namespace_of(obj)} if namespace_of(obj) else {}
    about |= {"fieldPath": field} if field else {}
    place, now = namespace_of(obj) or "default", stamp(store.now())
    key = "\n".join((source, host, about["uid"], field, sort, reason, words))
    name = f"{name_of(obj)}.{hashlib.sha256(key.encode()).hexdigest()[:SUFFIX_DIGITS]}"
    if store.item("events", name, place) is not None:
        store.modify("events", name, lambda seen: _again(seen, now), place)
        return
    body = {
        "metadata": {"name": name}, "involvedObject": about, "reason": reason, "message": words,
        "type": sort, "count": 1, "firstTimestamp": now, "lastTimestamp": now,
        "source": {"component": source, **({"host": host} if host else {})}, "reportingComponent": source,
    }  # fmt: skip
    store.create("events", body, place)


def _again(seen: Tree, now: str) -> None:
    seen["count"] = int(seen.get("count", 1)) + 1
    seen["lastTimestamp"] = now
