"""An object's metadata: what the server fills in, keeps, and counts.

Not validation: what a client may write there is checked elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from edgebook.lab.kube.errors import ApiError, bad_request, conflict, internal_text, invalid, invalid_value
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, clone, dig, name_of, namespace_of

GENERATED_BASE = 58
"""A generated name keeps so much of what was asked for."""

SERVER_OWNED = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
)
"""What an update cannot change, whatever it says."""

LABELLED_BY_STATUS = ("nodes", "pods", "services", "namespaces", "persistentvolumes", "persistentvolumeclaims")
"""The kinds whose labels and annotations a write of the status changes too."""

METADATA_OF_STATUS = ("managedFields", "resourceVersion")


def prepared(kind: Kind, obj: Tree, *, namespace: str, uid: str, suffix: Callable[[], str], now: datetime) -> Tree:
    """Return a copy of a new object with everything the server decides at creation."""
    fresh: Tree = {"kind": kind.kind, "apiVersion": kind.api_version, **clone(obj)}
    meta = dict(fresh.get("metadata") or {})
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = f"{meta['generateName'][:GENERATED_BASE]}{suffix()}"
    for stale in ("resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
        meta.pop(stale, None)
    if kind.namespaced:
        meta["namespace"] = placed(kind, obj, namespace)
    else:
        meta.pop("namespace", None)
    meta.update(uid=uid, creationTimestamp=stamp(now))
    if counts_generations(kind):
        meta["generation"] = 1
    return {**fresh, "metadata": meta}


def placed(kind: Kind, obj: Tree, namespace: str) -> str:
    """Return the namespace an object goes to; the request's must agree with the object's."""
    if not kind.namespaced:
        return ""
    own = namespace_of(obj)
    if own and namespace and own != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return own or namespace or "default"


def counts_generations(kind: Kind) -> bool:
    """Whether objects of the kind carry `metadata.generation`."""
    return kind.custom or (kind.has_status if kind.counted is None else kind.counted)


def check_unchanged(kind: Kind, old: Tree, new: Tree) -> None:
    """Refuse a write that was made from another state, or another object, than the stored one."""
    version = str(dig(new, "metadata.resourceVersion", ""))
    if version and not (version.isascii() and version.isdigit()):
        raise internal_text(f'strconv.ParseUint: parsing "{version}": invalid syntax')
    if version.strip("0") and version != dig(old, "metadata.resourceVersion"):
        raise conflict(kind, name_of(old))
    check_uid(kind, old, dig(new, "metadata.uid", ""))


def check_uid(kind: Kind, old: Tree, uid: str) -> None:
    """Refuse a write meant for an earlier object of the same name."""
    have = dig(old, "metadata.uid", "")
    if uid and uid != have:
        raise precondition_failed(kind, old, f"UID in precondition: {uid}, UID in object meta: {have}")


def check_kept(kind: Kind, old: Tree, new: Tree) -> None:
    """Refuse a patch that makes another object of the stored one, or deletes it."""
    for field in ("uid", "deletionTimestamp"):
        given = dig(new, f"metadata.{field}")
        if given and given != dig(old, f"metadata.{field}"):
            raise invalid(kind, name_of(old), [invalid_value(f"metadata.{field}", given, "field is immutable")] * 2)


def precondition_failed(kind: Kind, old: Tree, why: str) -> ApiError:
    """Say which precondition of a request does not hold."""
    return conflict(kind, name_of(old), f"Precondition failed: {why}")


def updated(kind: Kind, old: Tree, new: Tree, *, part: str = "") -> Tree:
    """Return what would be stored when `new` is written over `old`.

    Args:
        kind: the kind of both.
        old: the stored object.
        new: the object as the client wrote it.
        part: `main` keeps the status as it is, `status` everything else; empty writes all of it.
    """
    fresh: Tree = {**clone(new), "kind": old["kind"], "apiVersion": old["apiVersion"]}
    if part in ("main", "scale") and kind.has_status:
        fresh = _with(fresh, "status", old.get("status"))
    if part == "status":
        carried = fresh.get("metadata") or {} if kind.resource in LABELLED_BY_STATUS else _status_metadata(old, fresh)
        fresh = _with({**clone(old), "metadata": carried}, "status", fresh.get("status"))
    meta = {key: value for key, value in (fresh.get("metadata") or {}).items() if key not in SERVER_OWNED}
    meta.update({key: value for key, value in old["metadata"].items() if key in SERVER_OWNED or key == "namespace"})
    meta["name"], meta["resourceVersion"] = name_of(old), dig(old, "metadata.resourceVersion")
    if counts_generations(kind) and _spec(old) != _spec(fresh):
        meta["generation"] = int(meta.get("generation", 1)) + 1
    return {**fresh, "metadata": meta}


def _status_metadata(old: Tree, new: Tree) -> Tree:
    carried = {key: value for key, value in (new.get("metadata") or {}).items() if key in METADATA_OF_STATUS}
    return {**clone(old["metadata"]), **carried}


def _with(tree: Tree, key: str, value: object) -> Tree:
    rest = {name: item for name, item in tree.items() if name != key}
    return rest if value is None else {**rest, key: clone(value)}


def _spec(obj: Tree) -> Tree:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status", "kind", "apiVersion")}
