"""What a structural schema does to an object: fields it does not know go, defaults come in.

Not validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgebook.lab.kube.trees import Tree, clone

KEEP = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"
ALWAYS_KNOWN = ("apiVersion", "kind", "metadata")


def prune(schema: Tree, obj: Tree) -> tuple[Tree, list[str]]:
    """Return an object without what its schema does not know, and the paths of that."""
    unknown: list[str] = []
    return _object(schema, obj, "", unknown, top=True), unknown


def _object(schema: Tree, obj: Tree, path: str, unknown: list[str], *, top: bool) -> Tree:
    properties, more = schema.get("properties") or {}, schema.get("additionalProperties")
    kept: Tree = {}
    for key, value in obj.items():
        place = f"{path}.{key}" if path else key
        if top and key in ALWAYS_KNOWN:
            kept[key] = value
        elif key in properties:
            kept[key] = _value(properties[key], value, place, unknown)
        elif isinstance(more, dict):
            kept[key] = _value(more, value, place, unknown)
        elif more is True or schema.get(KEEP):
            kept[key] = value
        else:
            unknown.append(place)
    return kept


def _value(schema: Tree, value: Any, path: str, unknown: list[str]) -> Any:
    if isinstance(value, dict):
        return _object(schema, value, path, unknown, top=bool(schema.get(EMBEDDED)))
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [_value(schema["items"], item, f"{path}[{index}]", unknown) for index, item in enumerate(value)]
    return value


def fill(schema: Tree, value: Any) -> None:
    """Put the defaults of a schema into a value, in place; null gives way where it may not be."""
    if isinstance(value, dict):
        _fill_object(schema, value)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            fill(schema["items"], item)


def _fill_object(schema: Tree, obj: Tree) -> None:
    for key, below in (schema.get("properties") or {}).items():
        if key in obj and obj[key] is None and not below.get("nullable") and not below.get(KEEP):
            del obj[key]
        if key not in obj and "default" in below:
            obj[key] = clone(below["default"])
        if key in obj:
            fill(below, obj[key])
    if isinstance(schema.get("additionalProperties"), dict):
        known = schema.get("properties") or {}
        for key, value in obj.items():
            if key not in known:
                fill(schema["additionalProperties"], value)


def below(schema: Tree, names: tuple[str, ...]) -> Tree:
    """Return the schema at a path of field names, through lists; empty where there is none."""
    place = schema
    for name in names:
        while place.get("type") == "array":
            place = place.get("items") or {}
        found = (place.get("properties") or {}).get(name, place.get("additionalProperties"))
        place = found if isinstance(found, dict) else {}
    return place


def untyped(schema: Tree, path: str, *, top: bool = True) -> Iterator[tuple[str, str]]:
    """Yield the places where a schema is not structural for want of a type, and what to say there."""
    free = schema.get("x-kubernetes-int-or-string") or schema.get(KEEP)
    if not schema.get("type") and not free:
        words = "must not be empty at the root" if top else "must not be empty for specified object fields"
        yield f"{path}.type", words
    for name, inner in (schema.get("properties") or {}).items():
        yield from untyped(inner, f"{path}.properties[{name}]", top=False)
    if isinstance(schema.get("items"), dict):
        for field, words in untyped(schema["items"], f"{path}.items", top=False):
            yield field, words.replace("object fields", "array items") if field == f"{path}.items.type" else words
    if isinstance(schema.get("additionalProperties"), dict):
        yield from untyped(schema["additionalProperties"], f"{path}.additionalProperties", top=False)
