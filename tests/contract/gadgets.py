"""A custom kind that has everything, for the contract: its definition, and its objects.

Not the contract, and not the fixture that defines it.
"""

import copy

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUP = "contract.example.com"
SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 9},
        "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
        "code": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        "tags": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
        "parts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "count": {"type": "integer", "default": 1}},
            },
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "port": {"x-kubernetes-int-or-string": True},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "maybe": {"type": "string", "nullable": True},
        "on": {"type": "boolean"},
        "ratio": {"type": "number"},
        "replicas": {"type": "integer"},
    },
}
STATUS = {
    "type": "object",
    "properties": {"phase": {"type": "string"}, "replicas": {"type": "integer"}, "selector": {"type": "string"}},
}


def version(name, *, storage=True, **more):
    """Describe one version of a definition."""
    schema = {"type": "object", "properties": {"spec": copy.deepcopy(SPEC), "status": STATUS}}
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema}, **more}


def definition(plural, kind, *versions, scope="Namespaced", **names):
    """Describe a definition."""
    names = {"plural": plural, "kind": kind, "singular": kind.lower(), **names}
    spec = {"group": GROUP, "scope": scope, "names": names, "versions": list(versions) or [version("v1")]}
    return {"metadata": {"name": f"{plural}.{GROUP}"}, "spec": spec}


def established(answer):
    """Return whether a definition is served."""
    return any(
        item["type"] == "Established" and item["status"] == "True"
        for item in answer.body.get("status", {}).get("conditions") or []
    )


def define(cluster, body):
    """Make a definition and wait until it is served."""
    cluster.make(CRDS, body)
    name = body["metadata"]["name"]
    cluster.until(f"{CRDS}/{name}", established)
    plural = body["spec"]["names"]["plural"]
    group = body["spec"]["versions"][0]["name"]
    cluster.until(f"/apis/{GROUP}/{group}/{plural}", lambda answer: answer.code == 200)


def gadget(name, **spec):
    """Describe a gadget."""
    return {"apiVersion": f"{GROUP}/v1", "kind": "Gadget", "metadata": {"name": name}, "spec": {"size": 3, **spec}}
