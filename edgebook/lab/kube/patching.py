"""The verb patch: which sort of patch a request holds, and what it makes of the stored object.

Not the merging itself; `patch`, `strategic` and `managed` do that.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from aiohttp import web

from edgebook.lab.kube import bodies, decoding, output, yamls
from edgebook.lab.kube.calls import Call
from edgebook.lab.kube.errors import (
    ApiError,
    Cause,
    bad_request,
    invalid_patch,
    not_among_media_types,
    unsupported_media_type,
)
from edgebook.lab.kube.schema import reading, types
from edgebook.lab.kube.trees import Tree

PATCH_TYPES = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}
PREFIXES = {
    "merge": "error decoding patch: ",
    "strategic": "",
    "apply": "error decoding YAML: error unmarshaling JSON: while decoding JSON: ",
}
AN_OBJECT = "Go value of type map[string]interface {}"
NOT_NULL: dict[str, Any] = {"strategic": {}, "json": [], "apply": {}}
"""What null stands for as a patch; a merge patch that is null is refused."""

CREATED = 201


async def patch(call: Call) -> web.StreamResponse:
    """Patch an object or its status; an apply may create it."""
    target, store, how = call.target, call.api.store, patch_type(call)
    body = await patch_body(call, how)
    is_new = how == "apply" and store.item(target.kind, target.name, target.namespace) is None
    if how == "apply":
        body = _applicable(call, body)
    written = store.patch(
        target.kind, target.name, body, target.namespace, how, target.subresource or "main", call.manager,
        force=call.flag("force"), dry_run=call.dry_run, settle=lambda obj: settled(call, obj),
    )  # fmt: skip
    return output.object_response(call, written, status=CREATED if is_new else 200)


def patch_type(call: Call) -> str:
    """Return which sort of patch a request holds.

    Raises:
        ApiError: 415 for another content type, 422 for an apply by nobody, or for a force that is no apply.
    """
    how = PATCH_TYPES.get(bodies.media_type(call.request.headers.get("Content-Type", "")))
    if call.target.kind.custom and how in (None, "strategic"):
        raise unsupported_media_type([name for name, sort in PATCH_TYPES.items() if sort != "strategic"])
    if how is None:
        raise not_among_media_types()
    if how == "apply" and not call.request.query.get("fieldManager"):
        raise _wrong_options(Cause("fieldManager", "FieldValueRequired", "Required value: is required for apply patch"))
    if how != "apply" and "force" in call.request.query:
        raise _wrong_options(
            Cause("force", "FieldValueForbidden", "Forbidden: may not be specified for non-apply patch")
        )
    return how


def _wrong_options(cause: Cause) -> ApiError:
    message = f'PatchOptions.meta.k8s.io "" is invalid: {cause.field}: {cause.message}'
    details = {"group": "meta.k8s.io", "kind": "PatchOptions", "causes": [cause.tree]}
    return ApiError(422, "Invalid", message, details=details)


async def patch_body(call: Call, how: str) -> Any:
    """Read a patch.

    Raises:
        ApiError: 400 when it is no JSON, or for an apply no YAML.
    """
    raw = await call.read()
    try:
        body = _yaml(raw) if how == "apply" else decoding.loads(raw)
    except decoding.JsonError as exc:
        raise bad_request(f"{'' if how == 'strategic' else 'error decoding patch: '}{exc}") from exc
    except yamls.YamlError as exc:
        raise bad_request(f"error decoding YAML: error converting YAML to JSON: {exc}") from exc
    if how in NOT_NULL and body is None:
        return NOT_NULL[how]
    if how != "json" and not isinstance(body, dict):
        if how == "merge" and body is None:
            raise bad_request("Invalid JSON Patch")
        raise bad_request(f"{PREFIXES[how]}json: cannot unmarshal {_word(body)} into {AN_OBJECT}")
    return body


def _word(body: Any) -> str:
    return reading.JSON_WORDS.get(type(body), "null")


def _yaml(raw: bytes) -> Any:
    """Read YAML; JSON, which most clients send here, is read many times faster as that."""
    if raw[:1] == b"{":
        with contextlib.suppress(decoding.JsonError):
            return decoding.loads(raw)
    return yamls.loads(raw)


def _applicable(call: Call, body: Any) -> Tree:
    """Refuse an apply of what is no object of the kind, or that names fields the kind does not have."""
    kind = call.target.kind
    told = f"{body.get('apiVersion', '')}, Kind={body.get('kind', '')}"
    if not body:
        raise bad_request("invalid object type: /, Kind=")
    if "kind" not in body or "apiVersion" not in body:
        missing = "kind" if "kind" not in body else "apiVersion"
        raise bad_request(f"Object '{missing[0].upper()}{missing[1:]}' is missing in '{json.dumps(body)}'")
    if (body["kind"], body["apiVersion"]) != (kind.kind, kind.api_version):
        raise bad_request(f"invalid object type: {told}")
    return _declared(call, body, f"{call.target.namespace}/{call.target.name}; {told}")


def _declared(call: Call, body: Tree, place: str) -> Tree:
    """Refuse fields that the kind's schema does not declare."""
    kind, unknown = call.target.kind, []
    known = types.of_kind(kind.group, kind.version, kind.kind)
    if kind.definition is not None:
        body, unknown = kind.definition.pruned(body)
    elif known is not None:
        try:
            body, found = reading.read(known, body)
        except reading.WrongTypeError as exc:
            raise _not_typed(place, str(exc)) from exc
        unknown = [words.removeprefix('unknown field "').removesuffix('"') for words in found.words]
    if unknown:
        raise _not_typed(place, _list(f".{field}: field not declared in schema" for field in unknown))
    return dict(body)


def _list(sentences: Any) -> str:
    words = list(sentences)
    return words[0] if len(words) == 1 else "errors:\n" + "\n".join(f"  {item}" for item in words)


def _not_typed(place: str, why: str) -> ApiError:
    return ApiError(500, "", f"failed to create typed patch object ({place}): {why}")


def settled(call: Call, obj: Tree) -> Tree:
    """Hold a patched object against its type, as the client wishes.

    Raises:
        ApiError: 422 for a value of the wrong type, and for unknown fields when the client is strict.
    """
    kind, wish = call.target.kind, bodies.directive(call)
    known = types.of_kind(kind.group, kind.version, kind.kind)
    try:
        bodies.check_object(obj)
        if known is None:
            return bodies.custom(call, obj)
        if why := bodies.unregistered(obj, kind):
            raise invalid_patch(json.dumps(obj), why)
        kept, found = reading.read(known, obj)
    except ValueError as exc:
        raise invalid_patch(json.dumps(obj), str(exc)) from exc
    if found.words and wish == "Strict":
        raise invalid_patch(json.dumps(obj), reading.joined(found.words))
    if wish == "Warn":
        call.warnings.extend(found.words)
    return kept
