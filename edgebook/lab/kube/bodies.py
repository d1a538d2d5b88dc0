"""What a client sent: JSON, YAML or protobuf made into a tree, and held against the kind it is to be.

Not the rules of values; what passes here may still be invalid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edgebook.lab.kube import decoding, yamls
from edgebook.lab.kube.calls import JSON, OPTIONS, YAML, Call, is_true
from edgebook.lab.kube.errors import (
    ApiError,
    Cause,
    bad_request,
    internal_text,
    invalid,
    invalid_options,
    invalid_value,
    unsupported_media_type,
    unsupported_value,
)
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.listing import number
from edgebook.lab.kube.schema import protobuf, reading, types
from edgebook.lab.kube.schema.types import Type
from edgebook.lab.kube.trees import Tree, name_of

SHOWN_BYTES = 30
PROPAGATIONS = ("Foreground", "Background", "Orphan")
DIRECTIVES = ("Ignore", "Warn", "Strict")
TEXTS = (JSON, YAML, "")
NO_VERSION = "couldn't get version/kind; json parse error: "
VERSION_AND_KIND = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
)
SCHEME = "pkg/api/legacyscheme/scheme.go:30"
"""What the API server's table of kinds is called in its errors: where it is made."""
DELETE_OPTIONS = "meta.v1.DeleteOptions"
OBJECT_META = "meta.v1.ObjectMeta"


class NotAnObjectError(ValueError):
    """A body that is no object with a version and a kind."""


async def tree(call: Call) -> Tree:
    """Read the body as an object of the target's kind.

    Raises:
        ApiError: 400 when it is another kind, or none, or has fields of the wrong type; 415 for another form.
    """
    kind, name, known = call.target.kind, _kind_name(call), _type(call)
    try:
        body = check_object(await _untyped(call, known))
    except ValueError as exc:
        raise _unrecognized(name, str(exc), call.raw) from exc
    check_kind(kind, body, name, same_version=name == kind.kind)
    return typed(call, body, known) if known else custom(call, body)


async def options(call: Call) -> Tree:
    """Read the options of a deletion: from the body, or where there is none from the query.

    Raises:
        ApiError: 500 when the body is something else, as the real API has it; 400 and 422 for options that cannot be.
    """
    query = call.request.query
    if not await call.read():
        given: Tree = {"propagationPolicy": query["propagationPolicy"]} if "propagationPolicy" in query else {}
        if "orphanDependents" in query:
            given["orphanDependents"] = is_true(query, "orphanDependents")
        grace = number(query.get("gracePeriodSeconds", ""))
        return _checked({**given, **({} if grace is None else {"gracePeriodSeconds": grace})})
    try:
        body = check_object(await _untyped(call, types.named(DELETE_OPTIONS)))
        if body.get("kind", "DeleteOptions") != "DeleteOptions":
            raise bad_request(f"decoded object cannot be converted to DeleteOptions: {body['kind']}")
        return _checked(reading.read(types.named(DELETE_OPTIONS), body)[0])
    except ValueError as exc:
        raise internal_text(str(exc)) from exc


def check_object(body: Any) -> Tree:
    """Return what was read, when it is an object with a version and a kind that are texts; null is an empty one.

    Raises:
        NotAnObjectError: in the words of the API server's decoder.
    """
    if body is None:
        return {}
    if not isinstance(body, dict):
        word = reading.JSON_WORDS[type(body)]
        raise NotAnObjectError(f"{NO_VERSION}json: cannot unmarshal {word} into Go value of type {VERSION_AND_KIND}")
    for key in ("apiVersion", "kind"):
        if not isinstance(body.get(key, ""), str | None):
            word = reading.JSON_WORDS[type(body[key])]
            raise NotAnObjectError(
                f"{NO_VERSION}json: cannot unmarshal {word} into Go struct field .{key} of type string"
            )
    if str(body.get("apiVersion")).count("/") > 1:
        raise NotAnObjectError(f"unexpected GroupVersion string: {body['apiVersion']}")
    return body


def _checked(options: Tree) -> Tree:
    policy = options.get("propagationPolicy")
    if policy and options.get("orphanDependents") is not None:
        words = "orphanDependents and deletionPropagation cannot be both set"
        raise invalid_options("DeleteOptions", [invalid_value("propagationPolicy", policy, words)])
    if policy is not None and policy not in PROPAGATIONS:
        cause = unsupported_value("propagationPolicy", policy, (*PROPAGATIONS, "nil"))
        raise invalid_options("DeleteOptions", [cause])
    if any(item != "All" for item in options.get("dryRun") or ()):
        raise invalid_options("DeleteOptions", [Cause("dryRun", "FieldValueNotSupported", "Unsupported value")])
    return options


def _kind_name(call: Call) -> str:
    below = call.target.kind.subresource(call.target.subresource)
    return (below.kind if below else "") or call.target.kind.kind


def _type(call: Call) -> Type | None:
    kind = call.target.kind
    below = kind.subresource(call.target.subresource)
    if below is None or not below.kind:
        return types.of_kind(kind.group, kind.version, kind.kind)
    return types.of_kind(below.group or kind.group, below.version or kind.version, below.kind)


async def _untyped(call: Call, known: Type | None) -> Any:
    """Read the body without regard to its kind.

    Raises:
        ValueError: for what cannot be read, in the API server's words.
        ApiError: 415 for another form.
    """
    content_type, raw = media_type(call.request.headers.get("Content-Type", "")), await call.read()
    if content_type == protobuf.CONTENT_TYPE and known:
        return _from_protobuf(raw, _kind_name(call), known)
    if content_type not in TEXTS:
        raise unsupported_media_type((JSON, YAML, protobuf.CONTENT_TYPE))
    if content_type == YAML:
        return yamls.loads(raw)
    try:
        return decoding.loads(raw)
    except decoding.JsonError as exc:
        raise ValueError(f"{NO_VERSION}{exc}") from exc


def media_type(header: str) -> str:
    """Return a Content-Type header's media type, without its parameters; empty where none is given."""
    return header.partition(";")[0].strip().lower() if header.strip("; ") or not header else "?"


def _from_protobuf(raw: bytes, name: str, known: Type) -> Tree:
    version, kind, inner = protobuf.envelope(raw)
    if kind and kind != name:
        return {"kind": kind, "apiVersion": version}
    head = {"kind": kind, "apiVersion": version} if kind else {}
    return {**head, **protobuf.decode(known, inner)}


def _unrecognized(name: str, why: str, raw: bytes) -> ApiError:
    return bad_request(f"the object provided is unrecognized (must be of type {name}): {why} ({_summary(raw)})")


def _summary(raw: bytes) -> str:
    if not raw:
        return "<empty>"
    more = " ..." if len(raw) > SHOWN_BYTES else ""
    short = raw[:SHOWN_BYTES]
    return (short.decode(errors="replace") if raw[:1] == b"{" else short.hex()) + more


def _cannot_be(body: Mapping[str, Any], name: str, why: str, version: str = "v1") -> ApiError:
    told = str(body.get("apiVersion") or version).rpartition("/")[2]
    return bad_request(f'{body.get("kind") or name} in version "{told}" cannot be handled as a {name}: {why}')


def check_kind(kind: Kind, body: Mapping[str, Any], name: str, *, same_version: bool = True) -> None:
    """Refuse an object that says it is of another kind or version than the path.

    Raises:
        ApiError: 400 with the decoder's words.
    """
    told, version = body.get("kind") or name, body.get("apiVersion") or kind.api_version
    if not kind.custom and (body.get("kind") or body.get("apiVersion")):
        check_registered(body, name, kind)
    if told != name and not kind.custom:
        group = kind.group.partition(".")[0] or "core"
        here = f"({str(version).rpartition('/')[2]}.{told}) to ({group}.{name})"
        raise _cannot_be(body, name, f"converting {here}: unknown conversion", kind.version)
    if same_version and version != kind.api_version:
        wanted = f"the expected API version ({kind.api_version})"
        raise bad_request(f"the API version in the data ({version}) does not match {wanted}")
    if told != name:
        raise invalid(
            replace(kind, kind=str(told)), name_of(dict(body)), [invalid_value("kind", told, f"must be {name}")]
        )


def check_registered(body: Mapping[str, Any], name: str, kind: Kind) -> None:
    """Refuse an object that says it is of a kind that no API server has.

    Raises:
        ApiError: 400 with the decoder's words.
    """
    if why := unregistered(body, kind):
        raise _cannot_be(body, name, why, kind.version)


def unregistered(body: Mapping[str, Any], kind: Kind) -> str:
    """Say that a built-in kind is none, or nothing where it is one; what an object leaves out is the target's."""
    version, told = str(body.get("apiVersion") or kind.api_version), str(body.get("kind") or kind.kind)
    group, _, short = version.rpartition("/")
    if types.of_kind(group, short, told) is not None or "apiVersion" not in body:
        return ""
    return f'no kind "{told}" is registered for version "{version}" in scheme "{SCHEME}"'


def directive(call: Call) -> str:
    """Return what is to be done about fields nobody knows: Ignore, Warn or Strict.

    Raises:
        ApiError: 422 for another word.
    """
    wanted = call.request.query.get("fieldValidation", "") or "Warn"
    if wanted in DIRECTIVES:
        return wanted
    cause = unsupported_value("fieldValidation", wanted, ("", *sorted(DIRECTIVES)))
    raise invalid_options(OPTIONS.get(call.target.verb, "PatchOptions"), [cause])


def typed(call: Call, body: Tree, known: Type) -> Tree:
    """Return an object with the fields of its type only; object to others as the client wishes.

    Raises:
        ApiError: 400 for a value of the wrong type, and for unknown fields when the client is strict.
    """
    name, wish = _kind_name(call), directive(call)
    try:
        kept, found = reading.read(known, body)
    except reading.WrongTypeError as exc:
        raise _cannot_be(body, name, str(exc), call.target.kind.version) from exc
    if found.words and wish == "Strict":
        raise _cannot_be(body, name, reading.joined(found.words), call.target.kind.version)
    if wish == "Warn":
        call.warnings.extend(found.words)
    return kept


def custom(call: Call, body: Tree) -> Tree:
    """Return an object of a custom kind with the fields its schema knows; object to others as the client wishes.

    Raises:
        ApiError: 400 for metadata that is none, and for unknown or doubled fields when the client is strict.
    """
    try:
        _check_metadata(body.get("metadata"))
    except ValueError as exc:
        raise _cannot_be(body, _kind_name(call), str(exc), call.target.kind.version) from exc
    wish, words = directive(call), reading.read_any(body).words
    if call.target.kind.definition is not None and _kind_name(call) == call.target.kind.kind:
        body, unknown = call.target.kind.definition.pruned(body)
        words += [f'unknown field "{path}"' for path in unknown]
    if words and wish == "Strict":
        raise _cannot_be(body, _kind_name(call), reading.joined(words), call.target.kind.version)
    if wish == "Warn":
        call.warnings.extend(words)
    return body


def _check_metadata(meta: Any) -> None:
    """Hold a custom object's metadata against its type, the one part of it that no schema describes."""
    if meta is None:
        return
    if not isinstance(meta, dict):
        word = reading.JSON_WORDS[type(meta)]
        raise reading.WrongTypeError(f"json: cannot unmarshal {word} into Go value of type v1.ObjectMeta")
    reading.read(types.named(OBJECT_META), meta)
