"""The OpenAPI documents: which paths there are with which parameters, and the schemas of what they take.

Not the schemas themselves; types and definitions bring theirs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.registry import Registry
from edgebook.lab.kube.schema import document as builtin
from edgebook.lab.kube.schema import types
from edgebook.lab.kube.trees import Tree

OF_WRITES = ("dryRun", "fieldManager", "fieldValidation")
OF_PATCHES = (*OF_WRITES, "force")
OF_LISTS = ("allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion",
            "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch")  # fmt: skip
ACTIONS = {
    "list": ("get", "list", OF_LISTS),
    "create": ("post", "post", OF_WRITES),
    "deletecollection": ("delete", "deletecollection", OF_LISTS),
    "get": ("get", "get", ()),
    "update": ("put", "put", OF_WRITES),
    "patch": ("patch", "patch", OF_PATCHES),
    "delete": ("delete", "delete", ("dryRun", "gracePeriodSeconds", "propagationPolicy")),
}
OF_MANY = ("list", "create", "deletecollection")
VERSION_PLACE = "version"
INFO = {"title": "Kubernetes", "version": "v1.31.0"}


def index(registry: Registry) -> Tree:
    """Return what `/openapi/v3` says: where each version's document lies, by the hash of what it describes."""
    places = [_place(group, version) for group, versions in registry.groups().items() for version in versions]
    hashes = {place: _hash(registry, place) for place in (*places, VERSION_PLACE)}
    return {
        "paths": {place: {"serverRelativeURL": f"/openapi/v3/{place}?hash={text}"} for place, text in hashes.items()}
    }


def _hash(registry: Registry, place: str) -> str:
    kinds = [(kind.plural, repr(getattr(kind.definition, "schema", ""))) for kind in _kinds(registry, place)]
    return hashlib.sha512(json.dumps([place, kinds]).encode()).hexdigest().upper()


def _kinds(registry: Registry, place: str) -> list[Kind]:
    parts = place.split("/")
    group, version = ("", parts[-1]) if parts[0] == "api" else (parts[1] if len(parts) > 1 else "", parts[-1])
    kinds = registry.served(group, version)
    return kinds if kinds and place == _place(group, version) else []


def document(registry: Registry, place: str) -> Tree | None:
    """Return the document of `api/v1` or `apis/GROUP/VERSION`, or None where nothing is served."""
    head = {"openapi": "3.0.0", "info": INFO}
    if place == VERSION_PLACE:
        answer = {"get": {"responses": {"200": {"description": "OK"}}}}
        return {**head, "paths": {"/version/": answer}, "components": {"schemas": {}}}
    kinds = _kinds(registry, place)
    if not kinds:
        return None
    return {**head, "paths": _paths(kinds, place), "components": {"schemas": _schemas(kinds, builtin.V3)}}


def whole(registry: Registry) -> Tree:
    """Return what `/openapi/v2` says: everything at once."""
    kinds = list(registry)
    paths: Tree = {}
    for place in dict.fromkeys(_place(kind.group, kind.version) for kind in kinds):
        paths |= _paths(_kinds(registry, place), place)
    return {"swagger": "2.0", "info": INFO, "paths": paths, "definitions": _schemas(kinds, builtin.V2)}


def _place(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _named(kind: Kind) -> Tree:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _paths(kinds: Iterable[Kind], place: str) -> Tree:
    return {path: operations for kind in kinds for path, operations in _of_kind(kind, place)}


def _of_kind(kind: Kind, place: str) -> Iterator[tuple[str, Tree]]:
    middle = "namespaces/{namespace}/" if kind.namespaced else ""
    many = f"/{place}/{middle}{kind.plural}"
    for path, verbs in (
        (many, [verb for verb in kind.verbs if verb in OF_MANY]),
        (f"{many}/{{name}}", [verb for verb in kind.verbs if verb not in OF_MANY]),
    ):
        operations = dict(_operation(kind, verb) for verb in verbs if verb in ACTIONS)
        if operations:
            yield path, operations


def _operation(kind: Kind, verb: str) -> tuple[str, Tree]:
    method, action, query = ACTIONS[verb]
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in query]
    made: Tree = {"x-kubernetes-action": action, "x-kubernetes-group-version-kind": _named(kind)}
    return method, {**made, "parameters": parameters, "responses": {"200": {"description": "OK"}}}


def _schemas(kinds: Iterable[Kind], prefix: str) -> Tree:
    listed = [(kind, types.of_kind(kind.group, kind.version, kind.kind)) for kind in kinds]
    found = builtin.schemas((known for _, known in listed if known), prefix=prefix)
    for kind, known in listed:
        name = builtin.schema_name(known.name) if known else _custom_name(kind)
        base = found[name] if known else _custom_schema(kind)
        found[name] = {**base, "x-kubernetes-group-version-kind": [_named(kind)]}
    return found


def _custom_name(kind: Kind) -> str:
    return ".".join((*reversed(kind.group.split(".")), kind.version, kind.kind))


def _custom_schema(kind: Kind) -> Tree:
    schema = getattr(kind.definition, "schema", None) or {"type": "object"}
    meta = {"type": "object", "description": "Standard object's metadata."}
    return {**schema, "properties": {**builtin.IDENTITY, "metadata": meta, **(schema.get("properties") or {})}}
