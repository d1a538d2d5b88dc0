"""Which lists of Kubernetes objects are maps or sets in truth, and by which keys.

Not schemas: this is the one thing strategic merge and server-side apply need of them. A list that is
not named here is atomic: whoever writes it writes all of it. So are `taints` and `tolerations`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from edgebook.lab.kube.custom.structural import below
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.schema import types
from edgebook.lab.kube.schema.types import Type
from edgebook.lab.kube.trees import Tree


@dataclass(frozen=True)
class ListType:
    """How a list merges: by `merge_key` in a strategic patch, by `map_keys` in an apply, or as a set."""

    merge_key: str = ""
    map_keys: tuple[str, ...] = ()
    is_set: bool = False


Lists = Callable[[Sequence[str]], ListType]
"""How the list at a path merges."""


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


def list_type(path: Sequence[str]) -> ListType:
    """Return how the list at a path of field names merges, going by the names alone.

    Items of a list add nothing to the path: `spec.containers.ports`.
    """
    name = path[-1] if path else ""
    if name == "ports":
        return _ports(path)
    if name == "addresses" and path[0] != "status":
        return ATOMIC
    return NAMED.get(name, ATOMIC)


def list_types(kind: Kind) -> Lists:
    """Return how the lists of a kind merge in an apply, as its type or its definition says."""
    if kind.custom:
        return partial(_defined, getattr(kind.definition, "schema", None) or {})
    known = types.of_kind(kind.group, kind.version, kind.kind)
    return partial(_typed, known) if known else list_type


def _defined(schema: Tree, path: Sequence[str]) -> ListType:
    if path and path[0] == "metadata":
        return NAMED[path[-1]] if path[-1] in IN_EVERY_KIND else ATOMIC
    found = below(schema, tuple(path))
    sort = found.get("x-kubernetes-list-type")
    if sort == "map":
        keys = tuple(found["x-kubernetes-list-map-keys"])
        return ListType(keys[0], keys)
    return SET if sort == "set" else ATOMIC


def _typed(kind: Type, path: Sequence[str]) -> ListType:
    place, field = kind, None
    for name in path:
        if field is not None and field.is_map:
            continue
        field = place.fields.get(name)
        if field is None:
            return ATOMIC
        if not field.is_scalar:
            place = types.named(field.type)
    if field is None or field.is_set:
        return SET if field else ATOMIC
    return ListType(field.merge_key or "".join(field.map_keys[:1]), field.map_keys)


def _ports(path: Sequence[str]) -> ListType:
    if len(path) > 1 and path[-2] in ("containers", "initContainers", "ephemeralContainers"):
        return CONTAINER_PORTS
    return SERVICE_PORTS if tuple(path) == ("spec", "ports") else ATOMIC
