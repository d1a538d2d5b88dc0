"""What a client sent: JSON, YAML or protobuf made into a tree, and held against the kind it is to be.

Not the rules of values; what passes here may still be invalid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from edgebook.lab.kube.calls import JSON, OPTIONS, YAML, Call
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
from edgebook.lab.kube.schema import protobuf, reading, types
from edgebook.lab.kube.schema.types import Type
from edgebook.lab.kube.trees import Tree, name_of

SHOWN_BYTES = 30
PROPAGATIONS = ("Foreground", "Background", "Orphan")
DIRECTIVES = ("Ignore", "Warn", "Strict")
TEXTS = (JSON, YAML, "application/octet-stream", "")
DELETE_OPTIONS = "meta.v1.DeleteOptions"


async def tree(call: Call) -> Tree:
    """Read the body as an object of the target's kind.

    Raises:
        ApiError: 400 when it is another kind, or none, or has fields of the wrong type; 415 for another form.
    """
    kind, name, known = call.target.kind, _kind_name(call), _type(call)
    body = await _untyped(call, name, known)
    if not isinstance(body, dict):
        raise _unrecognized(name, "couldn't get version/kind; json parse error: " + _not_object(body), call.raw)
    check_kind(kind, body, name, same_version=name == kind.kind)
    return typed(call, body, known) if known else custom(call, body)


async def options(call: Call) -> Tree:
    """Read the body of a deletion, if there is one.

    Raises:
        ApiError: 400 when it is something else.
    """
    if not await call.read():
        return {}
    body = await _untyped(call, "DeleteOptions", types.named(DELETE_OPTIONS))
    if not isinstance(body, dict):
        raise internal_text(f"couldn't get version/kind; json parse error: {_not_object(body)}")
    if body.get("kind", "DeleteOptions") != "DeleteOptions":
        raise bad_request(f"decoded object cannot be converted to DeleteOptions: {body['kind']}")
    try:
        return _checked(reading.read(types.named(DELETE_OPTIONS), body)[0])
    except reading.WrongTypeError as exc:
        raise _cannot_be(body, "DeleteOptions", str(exc)) from exc


def _checked(options: Tree) -> Tree:
    policy = options.get("propagationPolicy")
    if policy and policy not in PROPAGATIONS:
        cause = unsupported_value("propagationPolicy", policy, PROPAGATIONS)
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


async def _untyped(call: Call, name: str, known: Type | None) -> Any:
    content_type, raw = call.request.content_type, await call.read()
    if content_type == protobuf.CONTENT_TYPE and known:
        return _from_protobuf(raw, name, known)
    if content_type not in TEXTS and not content_type.endswith(("+json", "+yaml")):
        raise unsupported_media_type((JSON, YAML, protobuf.CONTENT_TYPE))
    try:
        return parsed(raw, is_yaml=content_type.endswith("yaml"))
    except ValueError as exc:
        raise _unrecognized(name, f"couldn't get version/kind; json parse error: {exc}", raw) from exc


def _from_protobuf(raw: bytes, name: str, known: Type) -> Tree:
    try:
        version, kind, inner = protobuf.envelope(raw)
        if kind and kind != name:
            return {"kind": kind, "apiVersion": version}
        head = {"kind": kind, "apiVersion": version} if kind else {}
        return {**head, **protobuf.decode(known, inner)}
    except protobuf.NotProtobufError as exc:
        raise _unrecognized(name, str(exc), raw) from exc


def parsed(raw: bytes, *, is_yaml: bool = False) -> Any:
    """Read JSON, or YAML where that is said.

    Raises:
        ValueError: in the words of Go's decoder.
    """
    try:
        if is_yaml:
            return yaml.safe_load(raw)
        return reading.loads(raw)
    except yaml.YAMLError as exc:
        raise ValueError(f"yaml: {exc}") from exc
    except json.JSONDecodeError as exc:
        raise ValueError(_go_words(exc)) from exc
    except UnicodeDecodeError as exc:
        raise ValueError("invalid character in string literal") from exc
    except RecursionError as exc:
        raise ValueError("exceeded max depth") from exc


def _go_words(error: json.JSONDecodeError) -> str:
    rest = error.doc[error.pos :].lstrip()
    if not rest:
        return "unexpected end of JSON input"
    if "Unterminated" in error.msg:
        return "unexpected end of JSON input"
    where = "looking for beginning of value"
    if "property name" in error.msg:
        where = "looking for beginning of object key string"
    elif "delimiter" in error.msg:
        where = "after object key:value pair" if "','" in error.msg else "after object key"
    elif "Extra data" in error.msg:
        where = "after top-level value"
    return f"invalid character {rest[0]!r} {where}"


def _not_object(body: Any) -> str:
    word = reading.JSON_WORDS.get(type(body), "null")
    return f"json: cannot unmarshal {word} into Go value of type struct {{ APIVersion string; Kind string }}"


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
        ApiError: 400 for unknown fields and fields named twice when the client is strict.
    """
    wish, words = directive(call), reading.read_any(body).words
    if call.target.kind.definition is not None and _kind_name(call) == call.target.kind.kind:
        body, unknown = call.target.kind.definition.pruned(body)
        words += [f'unknown field "{path}"' for path in unknown]
    if words and wish == "Strict":
        raise _cannot_be(body, _kind_name(call), reading.joined(words), call.target.kind.version)
    if wish == "Warn":
        call.warnings.extend(words)
    return body
