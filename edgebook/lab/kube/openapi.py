"""The part of OpenAPI v3 that kubectl needs before it writes: which paths take a patch, with which parameters.

Not schemas: `kubectl explain` finds nothing here yet.
"""

from __future__ import annotations

from edgebook.lab.kube.kinds import Kind, Registry
from edgebook.lab.kube.trees import Tree

QUERY = ("dryRun", "fieldManager", "fieldValidation", "force", "pretty")


def index(registry: Registry) -> Tree:
    """Return what `/openapi/v3` says: where each version's document lies."""
    places = [_place(group, version) for group, versions in registry.groups().items() for version in versions]
    return {"paths": {place: {"serverRelativeURL": f"/openapi/v3/{place}?hash=0"} for place in places}}


def document(registry: Registry, place: str) -> Tree | None:
    """Return the document of `api/v1` or `apis/GROUP/VERSION`, or None where nothing is served."""
    parts = place.split("/")
    group, version = ("", parts[-1]) if parts[0] == "api" else (parts[1] if len(parts) > 1 else "", parts[-1])
    kinds = registry.served(group, version)
    if not kinds or place != _place(group, version):
        return None
    info = {"title": "Kubernetes", "version": "v1.31.0"}
    described = {f"/{place}/{_path(kind)}": _operations(kind) for kind in kinds}
    schemas = {_schema_name(kind): _schema(kind) for kind in kinds}
    return {"openapi": "3.0.0", "info": info, "paths": described, "components": {"schemas": schemas}}


def _place(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _path(kind: Kind) -> str:
    return f"namespaces/{{namespace}}/{kind.plural}/{{name}}" if kind.namespaced else f"{kind.plural}/{{name}}"


def _named(kind: Kind) -> Tree:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _operations(kind: Kind) -> Tree:
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in QUERY]
    patch = {"x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": _named(kind), "parameters": parameters}
    return {"patch": {**patch, "responses": {"200": {"description": "OK"}}}}


def _schema_name(kind: Kind) -> str:
    return f"io.k8s.api.{(kind.group or 'core').partition('.')[0]}.{kind.version}.{kind.kind}"


def _schema(kind: Kind) -> Tree:
    return {"type": "object", "x-kubernetes-group-version-kind": [_named(kind)]}
