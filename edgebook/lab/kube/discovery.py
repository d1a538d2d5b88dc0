"""What the API serves, as clients ask for it: groups, versions, resources; piecewise or all at once.

Not the objects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from edgebook.lab.kube.kinds import Kind, Subresource
from edgebook.lab.kube.registry import Registry
from edgebook.lab.kube.trees import Tree

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
GO_VERSION = "go1.22.12"
PATHS = ("/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version")


def version(text: str) -> Tree:
    """Return what `/version` says for a version such as `v1.31.9+k3s1`."""
    major, minor, _ = text.removeprefix("v").split(".", 2)
    commit = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return {
        "major": major,
        "minor": minor,
        "gitVersion": text,
        "gitCommit": commit,
        "gitTreeState": "clean",
        "buildDate": "2025-05-23T19:21:43Z",
        "goVersion": GO_VERSION,
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def paths(registry: Registry) -> Tree:
    """Return what `/` says."""
    groups = [f"/apis/{group}" for group in registry.groups() if group]
    versions = [f"/apis/{group}/{item}" for group, items in registry.groups().items() if group for item in items]
    return {"paths": sorted((*PATHS, *groups, *versions))}


def core_versions(address: str) -> Tree:
    """Return what `/api` says."""
    by_client = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": by_client}


def group_list(registry: Registry) -> Tree:
    """Return what `/apis` says."""
    groups = [_group(name, versions) for name, versions in registry.groups().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(registry: Registry, name: str) -> Tree | None:
    """Return what `/apis/GROUP` says, or None where nothing is served."""
    versions = registry.groups().get(name)
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)} if versions else None


def _group(name: str, versions: list[str]) -> Tree:
    found = [{"groupVersion": f"{name}/{item}", "version": item} for item in versions]
    return {"name": name, "versions": found, "preferredVersion": found[0]}


def resource_list(registry: Registry, group_name: str, version_name: str) -> Tree | None:
    """Return what `/apis/GROUP/VERSION` says, or None where nothing is served."""
    kinds = registry.served(group_name, version_name)
    if not kinds:
        return None
    resources = [entry for kind in kinds for entry in _resources(kind)]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": kinds[0].api_version, "resources": resources}


def _resources(kind: Kind) -> Iterator[Tree]:
    entry: Tree = {"name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced}
    entry |= {"kind": kind.kind, "verbs": list(kind.verbs)}
    if kind.short:
        entry["shortNames"] = list(kind.short)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    yield entry
    for item in kind.subresources:
        shown: Tree = {"name": f"{kind.plural}/{item.name}", "singularName": "", "namespaced": kind.namespaced}
        if item.version:
            shown |= {"group": item.group, "version": item.version}
        yield {**shown, "kind": item.kind or kind.kind, "verbs": list(item.verbs)}


def aggregated(registry: Registry, *, core: bool) -> Tree:
    """Return the whole of `/api` or of `/apis` as one document."""
    items = [
        {
            "metadata": {"name": name, "creationTimestamp": None},
            "versions": [_version(registry, name, item) for item in versions],
        }
        for name, versions in registry.groups().items()
        if (not name) == core
    ]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _version(registry: Registry, group_name: str, version_name: str) -> Tree:
    resources = [_discovered(kind) for kind in registry.served(group_name, version_name)]
    return {"version": version_name, "resources": resources, "freshness": "Current"}


def _discovered(kind: Kind) -> Tree:
    entry: Tree = {
        "resource": kind.plural,
        "responseKind": {"group": "", "version": "", "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    if kind.short:
        entry["shortNames"] = list(kind.short)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    if kind.subresources:
        entry["subresources"] = [_below(kind, item) for item in kind.subresources]
    return entry


def _below(kind: Kind, item: Subresource) -> Tree:
    response = {"group": item.group, "version": item.version, "kind": item.kind or kind.kind}
    return {"subresource": item.name, "responseKind": response, "verbs": list(item.verbs)}
