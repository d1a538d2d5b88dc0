"""The writing verbs: create, update, patch, delete and deletecollection, of objects and of their status.

Not the rules of a write; the store keeps those.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from edgebook.lab.kube import output
from edgebook.lab.kube.calls import Call, parsed
from edgebook.lab.kube.errors import ApiError, Cause, bad_request, unsupported_media_type
from edgebook.lab.kube.reading import scope
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

PATCH_TYPES = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}
CREATED = 201
RETURNED_WHEN_GONE = ("pods", "services", "serviceaccounts", "persistentvolumes", "persistentvolumeclaims")
"""The resources whose deletion answers with the object instead of a Status."""


async def create(call: Call) -> web.StreamResponse:
    """Store a new object."""
    kind, body = call.target.kind, await call.tree()
    if kind.has_status and not kind.keeps_status:
        body.pop("status", None)
    made = call.api.store.create(kind, body, call.target.namespace, call.manager, dry_run=call.dry_run)
    return output.object_response(call, made, status=CREATED)


async def update(call: Call) -> web.StreamResponse:
    """Write an object, or its status, over the stored one."""
    target, body = call.target, await call.tree()
    _agree(body, target.name, target.namespace)
    part = target.subresource or "main"
    return output.object_response(
        call, call.api.store.update(target.kind, body, part, call.manager, dry_run=call.dry_run)
    )


def _agree(body: Tree, name: str, namespace: str) -> None:
    if name_of(body) != name:
        raise bad_request(f"the name of the object ({name_of(body)}) does not match the name on the URL ({name})")
    if namespace and namespace_of(body) not in ("", namespace):
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if namespace:
        body["metadata"]["namespace"] = namespace


async def patch(call: Call) -> web.StreamResponse:
    """Patch an object or its status; an apply may create it."""
    target, store = call.target, call.api.store
    how = patch_type(call)
    body = parsed(await call.request.read(), is_yaml=how == "apply")
    is_new = how == "apply" and store.item(target.kind, target.name, target.namespace) is None
    if how == "apply":
        call.check_kind(body if isinstance(body, dict) else {})
    written = store.patch(
        target.kind, target.name, body, target.namespace, how, target.subresource or "main", call.manager,
        force=call.flag("force"), dry_run=call.dry_run,
    )  # fmt: skip
    return output.object_response(call, written, status=CREATED if is_new else 200)


def patch_type(call: Call) -> str:
    """Return which sort of patch a request holds.

    Raises:
        ApiError: 415 for another content type, 422 for an apply by nobody.
    """
    how = PATCH_TYPES.get(call.request.content_type)
    if how is None or (how == "strategic" and call.target.kind.custom):
        refused = "application/strategic-merge-patch+json" if call.target.kind.custom else ""
        raise unsupported_media_type([name for name in PATCH_TYPES if name != refused])
    if how == "apply" and "fieldManager" not in call.request.query:
        cause = Cause("fieldManager", "FieldValueRequired", "Required value: is required for apply patch")
        message = f'PatchOptions.meta.k8s.io "" is invalid: {cause.field}: {cause.message}'
        details = {"group": "meta.k8s.io", "kind": "PatchOptions", "causes": [cause.tree]}
        raise ApiError(422, "Invalid", message, details=details)
    return how


async def delete(call: Call) -> web.StreamResponse:
    """Delete an object."""
    target, options = call.target, await _options(call)
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
    options, items = await _options(call), call.api.store.items(scope(call))
    for item in items:
        if call.api.store.item(call.target.kind, name_of(item.obj), namespace_of(item.obj)):
            _delete(call, name_of(item.obj), namespace_of(item.obj), options)
    return output.list_response(call, items, {"resourceVersion": str(call.api.store.resource_version)})


async def _options(call: Call) -> Tree:
    body = await call.body()
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized (must be of type DeleteOptions)")
    return body


def _delete(call: Call, name: str, namespace: str, options: Tree) -> Tree:
    """Delete one object as options in the body, or else in the query, say."""
    query = call.request.query
    grace: Any = options.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))
    propagation = options.get("propagationPolicy") or query.get("propagationPolicy", "")
    if options.get("orphanDependents"):
        propagation = "Orphan"
    return call.api.store.delete(
        call.target.kind,
        name,
        namespace,
        None if grace in (None, "") else int(grace),
        propagation,
        dig(options, "preconditions", {}),
        dry_run=call.dry_run or "All" in (options.get("dryRun") or ()),
    )
