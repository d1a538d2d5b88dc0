"""The writing verbs but patch: create, update, delete and deletecollection, of objects and of their status.

Not the rules of a write; the store keeps those.
"""

from __future__ import annotations

from aiohttp import web

from edgebook.lab.kube import bodies, output
from edgebook.lab.kube.calls import Call
from edgebook.lab.kube.errors import bad_request
from edgebook.lab.kube.reading import scope
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

CREATED = 201
RETURNED_WHEN_GONE = ("pods", "services", "serviceaccounts", "persistentvolumes", "persistentvolumeclaims")
"""The resources whose deletion answers with the object instead of a Status."""


async def create(call: Call) -> web.StreamResponse:
    """Store a new object."""
    kind, body = call.target.kind, await bodies.tree(call)
    if kind.has_status and not kind.keeps_status:
        body.pop("status", None)
    made = call.api.store.create(kind, body, call.target.namespace, call.manager, dry_run=call.dry_run)
    return output.object_response(call, made, status=CREATED)


async def update(call: Call) -> web.StreamResponse:
    """Write an object, or its status, over the stored one."""
    target, body = call.target, await bodies.tree(call)
    _agree(body, target.name, target.namespace)
    part = target.subresource or "main"
    return output.object_response(
        call, call.api.store.update(target.kind, body, part, call.manager, dry_run=call.dry_run)
    )


def _agree(body: Tree, name: str, namespace: str) -> None:
    if not name_of(body):
        raise bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")
    if name_of(body) != name:
        raise bad_request(f"the name of the object ({name_of(body)}) does not match the name on the URL ({name})")
    if namespace and namespace_of(body) not in ("", namespace):
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if namespace:
        body["metadata"]["namespace"] = namespace


async def delete(call: Call) -> web.StreamResponse:
    """Delete an object."""
    target, options = call.target, await bodies.options(call)
    gone = _delete(call, target.name, target.namespace, options)
    kept = call.api.store.item(target.kind, target.name, target.namespace) is not None
    if kept or target.kind.resource in RETURNED_WHEN_GONE:
        return output.object_response(call, gone)
    return output.tree_response(deleted_status(call, gone))


def deleted_status(call: Call, gone: Tree) -> Tree:
    """Return the Status that says what was deleted."""
    kind = call.target.kind
    details = {"name": name_of(gone), **({"group": kind.group} if kind.group else {}), "kind": kind.plural}
    details["uid"] = gone["metadata"]["uid"]
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


async def delete_collection(call: Call) -> web.StreamResponse:
    """Delete everything that selectors select."""
    options, items = await bodies.options(call), call.api.store.items(scope(call))
    for item in items:
        if call.api.store.item(call.target.kind, name_of(item.obj), namespace_of(item.obj)):
            _delete(call, name_of(item.obj), namespace_of(item.obj), options)
    return output.list_response(call, items, {"resourceVersion": str(call.api.store.resource_version)})


def _delete(call: Call, name: str, namespace: str, options: Tree) -> Tree:
    """Delete one object as options say."""
    propagation = "Orphan" if options.get("orphanDependents") else options.get("propagationPolicy") or ""
    return call.api.store.delete(
        call.target.kind,
        name,
        namespace,
        options.get("gracePeriodSeconds"),
        propagation,
        dig(options, "preconditions", {}),
        dry_run=call.dry_run or "All" in (options.get("dryRun") or ()),
    )
