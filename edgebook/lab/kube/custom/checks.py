"""What a schema refuses: every value that is not as it says, with its path, in the API server's words.

Not rules in CEL; an object that only such a rule would refuse is taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from edgebook.lab.kube.errors import (
    Cause,
    duplicate_literal,
    invalid_value,
    required_value,
    too_long,
    unsupported_value,
)
from edgebook.lab.kube.trees import Tree

INT_OR_STRING = "x-kubernetes-int-or-string"
LIST_TYPE, MAP_KEYS = "x-kubernetes-list-type", "x-kubernetes-list-map-keys"
WORDS = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: not isinstance(value, bool) and (isinstance(value, int) or _is_whole(value)),
    "number": lambda value: not isinstance(value, bool) and isinstance(value, int | float),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def causes(schema: Tree, value: Any, path: str = "") -> Iterator[Cause]:
    """Yield everything a schema refuses of a value."""
    if value is None:
        if not schema.get("nullable"):
            yield _of_type(path, "null", schema.get("type", "object"))
        return
    wanted = ("integer", "string") if schema.get(INT_OR_STRING) else (schema["type"],) if schema.get("type") else ()
    if wanted and not any(TYPES[name](value) for name in wanted):
        yield _of_type(path, WORDS[type(value)], ",".join(wanted))
        return
    if schema.get("enum") and value not in schema["enum"]:
        yield unsupported_value(path, value, schema["enum"])
    yield from _of_sort(schema, value, path)
    yield from _combined(schema, value, path)


def _of_sort(schema: Tree, value: Any, path: str) -> Iterator[Cause]:
    if isinstance(value, str):
        yield from _string(schema, value, path)
    elif isinstance(value, list):
        yield from _array(schema, value, path)
    elif isinstance(value, dict):
        yield from _object(schema, value, path)
    elif not isinstance(value, bool):
        yield from _number(schema, value, path)


def _of_type(path: str, word: str, wanted: str) -> Cause:
    words = f'Invalid value: "{word}": {path} in body must be of type {wanted}: "{word}"'
    return Cause(path or "<nil>", "FieldValueTypeInvalid", words)


def _number(schema: Tree, value: float, path: str) -> Iterator[Cause]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and (value < least or (schema.get("exclusiveMinimum") and value == least)):
        words = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        yield invalid_value(path, value, f"{path} in body should be {words} {least}")
    if most is not None and (value > most or (schema.get("exclusiveMaximum") and value == most)):
        words = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        yield invalid_value(path, value, f"{path} in body should be {words} {most}")
    if schema.get("multipleOf") and value % schema["multipleOf"]:
        yield invalid_value(path, value, f"{path} in body should be a multiple of {schema['multipleOf']}")


def _string(schema: Tree, value: str, path: str) -> Iterator[Cause]:
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield too_long(path, schema["maxLength"])
    if len(value) < schema.get("minLength", 0):
        yield invalid_value(path, value, f"{path} in body should be at least {schema['minLength']} chars long")
    if schema.get("pattern") and not re.search(schema["pattern"], value):
        yield invalid_value(path, value, f"{path} in body should match '{schema['pattern']}'")


def _array(schema: Tree, value: list[Any], path: str) -> Iterator[Cause]:
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        words = f"Too many: {len(value)}: must have at most {schema['maxItems']} items"
        yield Cause(path, "FieldValueTooMany", words)
    if len(value) < schema.get("minItems", 0):
        words = f"{path} in body should have at least {schema['minItems']} items"
        yield invalid_value(path, len(value), words)
    if isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from causes(schema["items"], item, f"{path}[{index}]")
    yield from _twice(schema, value, path)


def _twice(schema: Tree, value: list[Any], path: str) -> Iterator[Cause]:
    sort, seen = schema.get(LIST_TYPE), []
    if sort not in ("map", "set"):
        return
    for index, item in enumerate(value):
        key = {name: item.get(name) for name in schema[MAP_KEYS]} if sort == "map" and isinstance(item, dict) else item
        if key in seen:
            prefix = "map[string]interface {}" if sort == "map" else ""
            yield duplicate_literal(f"{path}[{index}]", prefix + json.dumps(key, separators=(",", ":")))
        seen.append(key)


def _object(schema: Tree, value: Tree, path: str) -> Iterator[Cause]:
    properties = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            yield required_value(f"{path}.{name}" if path else name)
    for name, item in value.items():
        place = f"{path}.{name}" if path else name
        if name in properties:
            yield from causes(properties[name], item, place)
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from causes(schema["additionalProperties"], item, place)
    if "maxProperties" in schema and len(value) > schema["maxProperties"]:
        words = f"Too many: {len(value)}: must have at most {schema['maxProperties']} items"
        yield Cause(path, "FieldValueTooMany", words)


def _combined(schema: Tree, value: Any, path: str) -> Iterator[Cause]:
    for part in schema.get("allOf") or ():
        yield from causes(part, value, path)
    shown = '"' + WORDS[type(value)] + '"' if isinstance(value, dict | list) else json.dumps(value)
    matches = [not any(True for _ in causes(part, value, path)) for part in schema.get("oneOf") or ()]
    if matches and sum(matches) != 1:
        words = f"Invalid value: {shown}: {path} in body must validate one and only one schema (oneOf)"
        yield Cause(path or "<nil>", "FieldValueInvalid", words)
    if schema.get("anyOf") and not any(not any(True for _ in causes(part, value, path)) for part in schema["anyOf"]):
        words = f"Invalid value: {shown}: {path} in body must validate at least one schema (anyOf)"
        yield Cause(path or "<nil>", "FieldValueInvalid", words)
