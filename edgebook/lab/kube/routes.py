"""The two tables a request is looked up in: fixed paths, and verbs on objects.

Not the handlers of objects; those of fixed paths are short enough to stand here.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from edgebook.lab.kube import (
    discovery,
    health,
    logs,
    metrics,
    openapi,
    output,
    patching,
    reading,
    subresources,
    writing,
)
from edgebook.lab.kube.calls import Api, Handler, Target
from edgebook.lab.kube.errors import method_not_allowed, no_such_path
from edgebook.lab.kube.kinds import ASK
from edgebook.lab.kube.registry import Registry
from edgebook.lab.kube.trees import Tree

NEED_NAME = ("update", "patch")
Page = Callable[[Api, web.Request], web.StreamResponse]

VERBS: dict[tuple[str, str], Handler] = {
    ("get", ""): reading.get,
    ("list", ""): reading.list_,
    ("watch", ""): reading.watch,
    ("create", ""): writing.create,
    ("update", ""): writing.update,
    ("patch", ""): patching.patch,
    ("delete", ""): writing.delete,
    ("deletecollection", ""): writing.delete_collection,
    ("get", "status"): reading.get,
    ("update", "status"): writing.update,
    ("patch", "status"): patching.patch,
    ("get", "scale"): subresources.get_scale,
    ("update", "scale"): subresources.update_scale,
    ("patch", "scale"): subresources.patch_scale,
    ("create", "eviction"): subresources.evict,
    ("create", "binding"): subresources.bind,
    ("get", "log"): logs.read,
    ("create", "token"): subresources.token,
    ("update", "finalize"): subresources.finalize,
}

MEASURED: dict[str, Handler] = {"get": metrics.get, "list": metrics.list_}


def handler(target: Target) -> Handler:
    """Find what handles a verb on an object.

    Raises:
        ApiError: 405 when the kind does not take the verb.
    """
    if target.kind.group == metrics.GROUP and target.verb in MEASURED:
        return MEASURED[target.verb]
    if target.kind.resource == "bindings" and target.verb == "create":
        return subresources.bind
    if target.kind.verbs == ASK and target.verb == "create":
        return subresources.answer
    found = VERBS.get((target.verb, target.subresource))
    below = target.kind.subresource(target.subresource)
    allowed = below.verbs if below else target.kind.verbs
    if target.verb in NEED_NAME:
        misplaced = not target.name
    else:
        misplaced = target.verb == "create" and bool(target.name) and below is None
    if found is None or target.verb not in allowed or misplaced:
        raise method_not_allowed()
    return found


def page(path: str) -> Page | None:
    """Find what answers a path that is no object's."""
    parts = [part for part in path.split("/") if part]
    if not parts:
        return _index
    if parts[0] in ("api", "apis"):
        return DISCOVERY.get((parts[0], len(parts)))
    if parts[0] == "version" and len(parts) > 1:
        raise no_such_path()
    return PAGES.get(parts[0])


def is_objects(path: str, registry: Registry) -> bool:
    """Tell whether a path is below a group that is served; elsewhere nobody answers with a Status."""
    parts = [part for part in path.split("/") if part]
    if parts[0] == "apis":
        return len(parts) > 1 and registry.serves(parts[1])
    return parts[0] == "api"


def check_method(method: str, path: str) -> None:
    """Refuse to write what can only be read; the health endpoints look at no method.

    Raises:
        ApiError: 405.
    """
    if method not in ("GET", "HEAD") and PAGES.get(path.strip("/").split("/")[0]) is not _health:
        raise method_not_allowed()


def _index(api: Api, _request: web.Request) -> web.StreamResponse:
    return output.tree_response(discovery.paths(api.store.registry))


def _version(api: Api, _request: web.Request) -> web.StreamResponse:
    return output.tree_response(discovery.version(api.version))


def _health(api: Api, request: web.Request) -> web.StreamResponse:
    _, endpoint, *check = request.path.split("/")
    verbose = "verbose" in request.query
    excluded = request.query.getall("exclude", [])
    if check and "/".join(check) not in health.lines(endpoint):
        return missing()
    if check:
        excluded = [name for name in health.lines(endpoint) if name != "/".join(check)]
    status, text = health.report(endpoint, api.healthy(), verbose=verbose, excluded=excluded)
    return output.text_response(text, status=status)


def _openapi(api: Api, request: web.Request) -> web.StreamResponse:
    edition, *rest = [*request.path.strip("/").split("/")[1:], ""]
    if edition == "v2":
        return output.tree_response(openapi.whole(api.store.registry))
    if edition != "v3":
        return missing()
    place = "/".join(rest).rstrip("/")
    found = openapi.document(api.store.registry, place) if place else openapi.index(api.store.registry)
    return _or_missing(found)


def _core(api: Api, request: web.Request) -> web.StreamResponse:
    if output.form(request, ("discovery",)) == "discovery":
        whole = discovery.aggregated(api.store.registry, core=True)
        return output.tree_response(whole, content_type=discovery.AGGREGATED)
    return output.tree_response(discovery.core_versions(api.address))


def _groups(api: Api, request: web.Request) -> web.StreamResponse:
    if output.form(request, ("discovery",)) == "discovery":
        whole = discovery.aggregated(api.store.registry, core=False)
        return output.tree_response(whole, content_type=discovery.AGGREGATED)
    return output.tree_response(discovery.group_list(api.store.registry))


def _group(api: Api, request: web.Request) -> web.StreamResponse:
    return _or_missing(discovery.group(api.store.registry, request.path.strip("/").split("/")[1]))


def _resources(api: Api, request: web.Request) -> web.StreamResponse:
    parts = request.path.strip("/").split("/")
    group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
    return _or_missing(discovery.resource_list(api.store.registry, group, version))


def _or_missing(found: Tree | None) -> web.StreamResponse:
    return missing() if found is None else output.tree_response(found)


def missing() -> web.StreamResponse:
    """Answer as the API server does where nothing is served."""
    return output.text_response("404 page not found\n", status=404)


PAGES: dict[str, Page] = {
    "version": _version,
    "livez": _health,
    "readyz": _health,
    "healthz": _health,
    "openapi": _openapi,
}
DISCOVERY: dict[tuple[str, int], Page] = {
    ("api", 1): _core,
    ("api", 2): _resources,
    ("apis", 1): _groups,
    ("apis", 2): _group,
    ("apis", 3): _resources,
}
