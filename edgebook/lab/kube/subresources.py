"""What is read and written below an object: scale, eviction, binding, token; and questions answered.

Not the status; the plain verbs write that. Not the log, which is `logs`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from aiohttp import web

from edgebook.lab.kube import bodies, output
from edgebook.lab.kube.calls import Call, Target
from edgebook.lab.kube.disruption import check_eviction
from edgebook.lab.kube.errors import Cause, bad_request, conflict, invalid, invalid_value, not_found, required_value
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.patch import json_patch, merge_patch
from edgebook.lab.kube.patching import CREATED, patch_body, patch_type
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, clone, dig, name_of

BUILT_IN_SCALE = {
    "specReplicasPath": "spec.replicas",
    "statusReplicasPath": "status.replicas",
    "labelSelectorPath": "spec.selector.matchLabels",
}
TOKEN_S = 3600
SHORTEST_TOKEN_S = 600
LONGEST_TOKEN_S = 2**32
BINDINGS = Kind("", "v1", "Binding", "bindings")
TOKEN_REQUESTS = Kind("authentication.k8s.io", "v1", "TokenRequest", "")
EVERYTHING = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
SUCCESS: Tree = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


def dig_scale(kind: Kind | None) -> dict[str, str]:
    """Return where a kind keeps the numbers of its scale."""
    return {**BUILT_IN_SCALE, **(kind.definition.scale if kind and kind.definition else {})}


def put_at(obj: Tree, path: str, value: object) -> None:
    """Write a value at a dotted path, in place."""
    *names, last = path.removeprefix(".").split(".")
    for name in names:
        obj = obj.setdefault(name, {})
    obj[last] = value


def _selector(labels: Tree) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def scale_of(obj: Tree, kind: Kind | None = None) -> Tree:
    """Return the Scale of a workload."""
    meta = {
        key: obj["metadata"].get(key) for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    }
    paths = dig_scale(kind)
    have, wanted = (dig(obj, paths[key].removeprefix("."), 0) for key in ("statusReplicasPath", "specReplicasPath"))
    status: Tree = {"replicas": have}
    selector = dig(obj, paths["labelSelectorPath"].removeprefix("."), "")
    if selector:
        status["selector"] = selector if isinstance(selector, str) else _selector(selector)
    spec = {"replicas": wanted}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta, "spec": spec, "status": status}


async def get_scale(call: Call) -> web.StreamResponse:
    """Answer with how many replicas a workload wants and has."""
    return output.tree_response(scale_of(_scaled(call), call.target.kind))


def _scaled(call: Call) -> Tree:
    """Return the workload; where there is none, the real API names the path below it."""
    target = call.target
    found = call.api.store.find(target.kind, target.name, target.namespace)
    if found is None:
        below = replace(target.kind, plural=f"{target.kind.plural}/scale")
        raise not_found(below, target.name)
    return found


async def update_scale(call: Call) -> web.StreamResponse:
    """Set how many replicas a workload wants."""
    return _write_scale(call, await bodies.tree(call))


async def patch_scale(call: Call) -> web.StreamResponse:
    """Patch how many replicas a workload wants."""
    how = patch_type(call)
    body = await patch_body(call, how)
    scale = scale_of(_scaled(call), call.target.kind)
    return _write_scale(call, json_patch(scale, body) if how == "json" else merge_patch(scale, body))


def _write_scale(call: Call, scale: Tree) -> web.StreamResponse:
    target, store = call.target, call.api.store
    replicas = dig(scale, "spec.replicas", 0)
    if not isinstance(replicas, int) or replicas < 0:
        words = "must be greater than or equal to 0"
        raise invalid(
            target.kind,
            target.name,
            [Cause("spec.replicas", "FieldValueInvalid", f"Invalid value: {replicas}: {words}")],
        )
    obj = store.get(target.kind, target.name, target.namespace)
    obj["metadata"]["resourceVersion"] = dig(scale, "metadata.resourceVersion") or obj["metadata"]["resourceVersion"]
    put_at(obj, dig_scale(target.kind)["specReplicasPath"], replicas)
    written = store.update(target.kind, obj, "scale", call.manager, dry_run=call.dry_run)
    return output.tree_response(scale_of(written, target.kind))


async def evict(call: Call) -> web.StreamResponse:
    """Delete a pod, unless a disruption budget needs it."""
    target, store, body = call.target, call.api.store, await bodies.tree(call)
    check_eviction(store, store.get(target.kind, target.name, target.namespace))
    options = dig(body, "deleteOptions", {})
    dry_run = call.dry_run or "All" in (options.get("dryRun") or ())
    store.delete(
        target.kind, target.name, target.namespace, options.get("gracePeriodSeconds"), "",
        options.get("preconditions"), dry_run=dry_run,
    )  # fmt: skip
    return output.tree_response({**SUCCESS, "code": CREATED}, status=CREATED)


async def bind(call: Call) -> web.StreamResponse:
    """Put a pod on a node."""
    binding, now, pods = await bodies.tree(call), stamp(call.api.now()), call.api.store.registry.named("pods")
    target = replace(call.target, kind=pods, name=call.target.name or name_of(binding))
    if name_of(binding) != target.name:
        raise bad_request("name in URL does not match name in Binding object")
    if not dig(binding, "target.name", ""):
        raise invalid(BINDINGS, target.name, [required_value("target.name")])
    node = binding["target"]["name"]
    call.api.store.modify(pods, target.name, lambda pod: _bind(target, pod, node, now), target.namespace)
    return output.tree_response({**SUCCESS, "code": CREATED}, status=CREATED)


def _bind(target: Target, pod: Tree, node: str, now: str) -> None:
    bound = dig(pod, "spec.nodeName")
    if bound:
        raise conflict(target.kind, target.name, f'pod {target.name} is already assigned to node "{bound}"')
    pod["spec"]["nodeName"] = node
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    others = [item for item in dig(pod, "status.conditions", []) if item["type"] != "PodScheduled"]
    pod["status"]["conditions"] = [*others, scheduled]


async def token(call: Call) -> web.StreamResponse:
    """Sign a token for a service account."""
    target, body, now = call.target, await bodies.tree(call), call.api.now()
    account = call.api.store.get(target.kind, target.name, target.namespace)
    seconds = int(dig(body, "spec.expirationSeconds", TOKEN_S))
    if not SHORTEST_TOKEN_S <= seconds <= LONGEST_TOKEN_S:
        words = "less than 10 minutes" if seconds < SHORTEST_TOKEN_S else "larger than 2^32 seconds"
        cause = invalid_value("spec.expirationSeconds", seconds, f"may not specify a duration {words}")
        raise invalid(TOKEN_REQUESTS, "", [cause])
    signed = call.api.tokens.issue(account, seconds, now)
    status = {"token": signed, "expirationTimestamp": stamp(now + timedelta(seconds=seconds))}
    head = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": account["metadata"]}
    return output.tree_response({**head, "spec": dig(body, "spec", {}), "status": status}, status=CREATED)


async def finalize(call: Call) -> web.StreamResponse:
    """Write a namespace's finalizers, and nothing else of it."""
    wanted = dig(await bodies.tree(call), "spec.finalizers", [])
    written = call.api.store.modify("namespaces", call.target.name, lambda obj: obj["spec"].update(finalizers=wanted))
    return output.object_response(call, written)


async def answer(call: Call) -> web.StreamResponse:
    """Answer a question that is posted as an object."""
    asked = await bodies.tree(call)
    head = {"kind": call.target.kind.kind, "apiVersion": call.target.kind.api_version, **clone(asked)}
    status = ANSWERS[call.target.kind.plural](call, asked)
    return output.tree_response({**head, "metadata": head.get("metadata") or {}, "status": status}, status=CREATED)


def _yes(_call: Call, _asked: Tree) -> Tree:
    return {"allowed": True, "reason": "everybody known may do everything here"}


def _rules(_call: Call, _asked: Tree) -> Tree:
    return {
        "resourceRules": [EVERYTHING],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        "incomplete": False,
    }


def _whoami(call: Call, _asked: Tree) -> Tree:
    return {"userInfo": {"username": call.user.name, "groups": list(call.user.groups)}}


def _token_review(call: Call, asked: Tree) -> Tree:
    if not dig(asked, "spec.token", ""):
        raise bad_request("token is required for TokenReview in authentication")
    user = call.api.tokens.user(f"Bearer {dig(asked, 'spec.token', '')}", call.api.now())
    if user is None:
        return {"user": {}, "error": "invalid bearer token"}
    return {"authenticated": True, "user": {"username": user.name, "groups": list(user.groups)}}


ANSWERS: dict[str, Callable[[Call, Tree], Tree]] = {
    "selfsubjectaccessreviews": _yes,
    "localsubjectaccessreviews": _yes,
    "subjectaccessreviews": _yes,
    "selfsubjectrulesreviews": _rules,
    "selfsubjectreviews": _whoami,
    "tokenreviews": _token_review,
}
