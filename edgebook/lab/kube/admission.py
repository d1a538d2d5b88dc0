"""What the API server decides at creation from other objects: accounts, addresses, classes, selectors.

Not defaults, which need nothing but the object, and no policy of anybody's.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING

from edgebook.lab.kube import addresses
from edgebook.lab.kube.errors import forbidden
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

if TYPE_CHECKING:
    from edgebook.lab.kube.store import Store

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a path in every pod
TOKEN_S = 3607
GATED: Tree = {
    "type": "PodScheduled",
    "status": "False",
    "lastProbeTime": None,
    "lastTransitionTime": None,
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
TOKEN_SOURCES: list[Tree] = [
    {"serviceAccountToken": {"expirationSeconds": TOKEN_S, "path": "token"}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    {
        "downwardAPI": {
            "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
        }
    },
]


def admit(store: Store, kind: Kind, obj: Tree) -> None:
    """Change a new object, in place, as the API server would.

    Raises:
        ApiError: 403 for an object that needs what is not there.
    """
    if kind.resource in RULES:
        RULES[kind.resource](store, kind, obj)


def revise(kind: Kind, obj: Tree) -> None:
    """Change an object that is written over another, in place."""
    if kind.resource == "secrets":
        _encode(obj)


def _pod(store: Store, kind: Kind, obj: Tree) -> None:
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return
    if spec.get("schedulingGates"):
        obj["status"] = {**(obj.get("status") or {}), "conditions": [dict(GATED)]}
    if store.keeps_accounts:
        _prioritize(store, kind, obj, spec)
    if store.keeps_accounts and "kubernetes.io/config.mirror" not in dig(obj, "metadata.annotations", {}):
        _account(store, kind, obj, spec)


def _prioritize(store: Store, kind: Kind, obj: Tree, spec: Tree) -> None:
    name = spec.get("priorityClassName")
    if not name:
        return
    found = store.item("priorityclasses", name)
    if found is None:
        raise forbidden(kind, name_of(obj), f"no PriorityClass with name {name} was found")
    spec["priority"] = found.obj["value"]
    spec["preemptionPolicy"] = found.obj.get("preemptionPolicy", "PreemptLowerPriority")


def _account(store: Store, kind: Kind, obj: Tree, spec: Tree) -> None:
    name = spec.setdefault("serviceAccountName", "default") or "default"
    place = namespace_of(obj)
    account = store.item("serviceaccounts", name, place)
    if account is None:
        why = f'error looking up service account {place}/{name}: serviceaccount "{name}" not found'
        raise forbidden(kind, name_of(obj), why)
    wanted = spec.get("automountServiceAccountToken", account.obj.get("automountServiceAccountToken", True))
    if wanted:
        _mount_token(store, spec)


def _mount_token(store: Store, spec: Tree) -> None:
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    bare = [
        item
        for item in containers
        if not any(mount.get("mountPath") == TOKEN_PATH for mount in item.get("volumeMounts") or ())
    ]
    if not bare:
        return
    name = f"kube-api-access-{store.new_suffix()}"
    volume = {"name": name, "projected": {"sources": [dict(source) for source in TOKEN_SOURCES]}}
    spec["volumes"] = [*(spec.get("volumes") or ()), volume]
    for container in bare:
        mount = {"name": name, "mountPath": TOKEN_PATH, "readOnly": True}
        container["volumeMounts"] = [*(container.get("volumeMounts") or ()), mount]


def _service(store: Store, _kind: Kind, obj: Tree) -> None:
    addresses.allot(store, obj)


def _secret(_store: Store, _kind: Kind, obj: Tree) -> None:
    _encode(obj)


def _encode(obj: Tree) -> None:
    """Make a Secret's spoken data data."""
    spoken = obj.pop("stringData", None)
    if isinstance(spoken, dict):
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in spoken.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}


def _job(_store: Store, _kind: Kind, obj: Tree) -> None:
    spec = obj.get("spec")
    if not isinstance(spec, dict) or spec.get("manualSelector") or spec.get("selector"):
        return
    uid, name = obj["metadata"]["uid"], name_of(obj)
    labels = {"controller-uid": uid, "job-name": name}
    labels |= {f"batch.kubernetes.io/{key}": value for key, value in tuple(labels.items())}
    template = spec.get("template")
    if not isinstance(template, dict):
        return
    meta = template.setdefault("metadata", {})
    meta["labels"] = {**(meta.get("labels") or {}), **labels}
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def _claim(store: Store, _kind: Kind, obj: Tree) -> None:
    _protect(obj, "kubernetes.io/pvc-protection")
    spec = obj.setdefault("spec", {})
    if isinstance(spec, dict) and "storageClassName" not in spec:
        for item in store.list("storageclasses"):
            if dig(item, "metadata.annotations", {}).get(DEFAULT_CLASS) == "true":
                spec["storageClassName"] = name_of(item)


def _volume(_store: Store, _kind: Kind, obj: Tree) -> None:
    _protect(obj, "kubernetes.io/pv-protection")


def _protect(obj: Tree, finalizer: str) -> None:
    held = obj["metadata"].get("finalizers") or []
    if finalizer not in held:
        obj["metadata"]["finalizers"] = [*held, finalizer]


def _node(store: Store, _kind: Kind, obj: Tree) -> None:
    if obj.get("spec") is None:
        obj["spec"] = {}
    taints = dig(obj, "spec.taints", [])
    new = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
    # The plugin TaintNodesByCondition: nobody is to be placed before the conditions have been looked at.
    if store.keeps_accounts and isinstance(taints, list) and new not in taints:
        obj["spec"]["taints"] = [*taints, new]


RULES: dict[str, Callable[[Store, Kind, Tree], None]] = {
    "pods": _pod,
    "services": _service,
    "secrets": _secret,
    "jobs.batch": _job,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "nodes": _node,
}
