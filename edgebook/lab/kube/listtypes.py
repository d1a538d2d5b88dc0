"""Which lists of Kubernetes objects are maps or sets in truth, and by which keys.

Not schemas: this is the one thing strategic merge and server-side apply need of them. A list that is
not named here is atomic: whoever writes it writes all of it. So are `taints` and `tolerations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ListType:
    """How a list merges: by `merge_key` in a strategic patch, by `map_keys` in an apply, or as a set."""

    merge_key: str = ""
    map_keys: tuple[str, ...] = ()
    is_set: bool = False


def _by(*keys: str) -> ListType:
    return ListType(keys[0], keys)


ATOMIC = ListType()
SET = ListType(is_set=True)
POD_LISTS = {
    "containers": _by("name"),
    "initContainers": _by("name"),
    "ephemeralContainers": _by("name"),
    "volumes": _by("name"),
    "env": _by("name"),
    "volumeMounts": _by("mountPath"),
    "volumeDevices": _by("devicePath"),
    "imagePullSecrets": _by("name"),
    "hostAliases": _by("ip"),
    "topologySpreadConstraints": _by("topologyKey", "whenUnsatisfiable"),
    "schedulingGates": _by("name"),
    "resourceClaims": _by("name"),
    "podIPs": _by("ip"),
}
OTHER_LISTS = {
    "conditions": _by("type"),
    "addresses": ListType("type", ("type",)),
    "ownerReferences": _by("uid"),
    "finalizers": SET,
    "podCIDRs": SET,
    "secrets": _by("name"),
    "volumesAttached": ListType("name"),
}
NAMED = {**POD_LISTS, **OTHER_LISTS}
CONTAINER_PORTS = _by("containerPort", "protocol")
SERVICE_PORTS = _by("port", "protocol")
DEFAULT_KEYS = {"protocol": "TCP"}
"""What a key of a list item is when the item does not say."""
IN_EVERY_KIND = ("finalizers", "ownerReferences")


def list_type(path: Sequence[str], *, custom: bool = False) -> ListType:
    """Return how the list at a path of field names merges; those of custom kinds are atomic.

    Items of a list add nothing to the path: `spec.containers.ports`.
    """
    name = path[-1] if path else ""
    if custom:
        return NAMED[name] if name in IN_EVERY_KIND and path[0] == "metadata" else ATOMIC
    if name == "ports":
        return _ports(path)
    if name == "addresses" and path[0] != "status":
        return ATOMIC
    return NAMED.get(name, ATOMIC)


def _ports(path: Sequence[str]) -> ListType:
    if len(path) > 1 and path[-2] in ("containers", "initContainers", "ephemeralContainers"):
        return CONTAINER_PORTS
    return SERVICE_PORTS if tuple(path) == ("spec", "ports") else ATOMIC
