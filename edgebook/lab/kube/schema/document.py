"""OpenAPI schemas of the built-in types, in the forms of version 2 and version 3.

Not paths; which requests there are is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from edgebook.lab.kube.schema import prose
from edgebook.lab.kube.schema.types import Field, Type, named
from edgebook.lab.kube.trees import Tree

V2, V3 = "#/definitions/", "#/components/schemas/"
MACHINERY = "io.k8s.apimachinery.pkg"
PACKAGES = {
    "meta": f"{MACHINERY}.apis.meta",
    "apiextensions": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    "apiregistration": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
    "metrics": "io.k8s.metrics.pkg.apis.metrics",
}
SHARED = {
    "T": f"{MACHINERY}.apis.meta.v1.Time",
    "U": f"{MACHINERY}.apis.meta.v1.MicroTime",
    "Q": f"{MACHINERY}.api.resource.Quantity",
    "I": f"{MACHINERY}.util.intstr.IntOrString",
    "D": f"{MACHINERY}.apis.meta.v1.Duration",
    "R": f"{MACHINERY}.runtime.RawExtension",
    "F": f"{MACHINERY}.apis.meta.v1.FieldsV1",
}
SHARED_SCHEMAS: dict[str, Tree] = {
    "T": {"type": "string", "format": "date-time"},
    "U": {"type": "string", "format": "date-time"},
    "Q": {"type": "string", "description": "Quantity is a fixed-point representation of a number."},
    "I": {"type": "string", "format": "int-or-string"},
    "D": {"type": "string"},
    "R": {"type": "object"},
    "F": {"type": "object"},
}
PLAIN: dict[str, Tree] = {
    "s": {"type": "string"},
    "i": {"type": "integer", "format": "int32"},
    "l": {"type": "integer", "format": "int64"},
    "b": {"type": "boolean"},
    "d": {"type": "number", "format": "double"},
    "y": {"type": "string", "format": "byte"},
    "E": {"type": "array", "items": {"type": "string"}},
    "J": {},
}
IDENTITY = {
    "apiVersion": {
        "type": "string",
        "description": "APIVersion defines the versioned schema of this representation of an object.",
    },
    "kind": {
        "type": "string",
        "description": "Kind is a string value representing the REST resource this object represents.",
    },
}


def schema_name(type_name: str) -> str:
    """Return the name of a type's schema: `io.k8s.api.core.v1.Pod`."""
    group, rest = type_name.split(".", 1)
    return f"{PACKAGES.get(group, f'io.k8s.api.{group}')}.{rest}"


def schemas(tops: Iterable[Type], *, prefix: str) -> Tree:
    """Return the schemas of types and of all they are made of."""
    found: Tree = {}
    waiting = list(tops)
    tops_named = {kind.name for kind in waiting}
    while waiting:
        kind = waiting.pop()
        if schema_name(kind.name) in found:
            continue
        found[schema_name(kind.name)] = _schema(kind, prefix, top=kind.name in tops_named)
        for field in kind.fields.values():
            if field.type in SHARED:
                found[SHARED[field.type]] = SHARED_SCHEMAS[field.type]
            elif not field.is_scalar:
                waiting.append(named(field.type))
    return dict(sorted(found.items()))


@cache
def _schema(kind: Type, prefix: str, *, top: bool) -> Tree:
    words = prose.of_type(kind.name)
    properties = {name: _property(field, words.get(name, ""), prefix) for name, field in sorted(kind.fields.items())}
    made: Tree = {"type": "object", "properties": {**IDENTITY, **properties} if top else properties}
    if words.get(""):
        made["description"] = words[""]
    required = sorted(name for name, field in kind.fields.items() if field.required)
    if required:
        made["required"] = required
    if kind.atomic:
        made["x-kubernetes-map-type"] = "atomic"
    return made


def _property(field: Field, words: str, prefix: str) -> Tree:
    item = _item(field, prefix)
    if field.is_list:
        made: Tree = {"type": "array", "items": item, **_list_marks(field)}
    elif field.is_map:
        made = {"type": "object", "additionalProperties": item}
    elif "$ref" in item and prefix == V3:
        made = {"allOf": [item], "default": {}}
    else:
        made = dict(item)
    return {**made, "description": words} if words else made


def _item(field: Field, prefix: str) -> Tree:
    if field.is_scalar and field.type not in SHARED:
        return PLAIN[field.type]
    return {"$ref": prefix + SHARED.get(field.type, "" if field.is_scalar else schema_name(field.type))}


def _list_marks(field: Field) -> Tree:
    marks: Tree = {}
    if field.map_keys:
        marks |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(field.map_keys)}
    elif field.is_set:
        marks["x-kubernetes-list-type"] = "set"
    if field.merges:
        marks["x-kubernetes-patch-strategy"] = "merge"
    if field.merge_key:
        marks["x-kubernetes-patch-merge-key"] = field.merge_key
    return marks
