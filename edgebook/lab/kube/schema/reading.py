"""JSON that a client sent, held against a type: what is no field of it goes, and what has the wrong shape is refused.

Not validation of values. The words are those of the API server's JSON decoder.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edgebook.lab.kube.quantities import canonical
from edgebook.lab.kube.schema.types import Field, Type, named
from edgebook.lab.kube.trees import Tree

IDENTITY = ("kind", "apiVersion")
QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+|[numkMGTPE]|[KMGTPE]i)?")
QUANTITY_WORDS = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
DURATION = re.compile(r"-?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+|0")
BITS = {"i": 31, "l": 63}
GO_TYPES = {
    "s": "string",
    "i": "int32",
    "l": "int64",
    "b": "bool",
    "d": "float64",
    "y": "[]uint8",
    "E": "v1.ExtraValue",
    "T": "v1.Time",
    "U": "v1.MicroTime",
    "Q": "resource.Quantity",
}
JSON_WORDS = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}


class WrongTypeError(ValueError):
    """A value that the field's type cannot hold, in the decoder's words."""


class Repeated(Tree):
    """An object that named some of its fields twice."""

    repeated: tuple[str, ...] = ()


@dataclass
class Found:
    """What a strict reader objects to, in the order it was met."""

    unknown: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """One sentence each, none twice."""
        return list(dict.fromkeys(self.unknown))


def pairs(found: list[tuple[str, Any]]) -> Tree:
    """Make an object of the fields a text gives, noting those it gives twice; the last one counts."""
    made = dict(found)
    if len(made) == len(found):
        return made
    times = Counter(key for key, _ in found)
    noted = Repeated(made)
    noted.repeated = tuple(key for key in made if times[key] > 1)
    return noted


def read(kind: Type, tree: Tree) -> tuple[Tree, Found]:
    """Return an object with the fields of its type only, and what a strict reader would refuse.

    Raises:
        WrongTypeError: for the first value of the wrong type.
    """
    found = Found()
    head = {key: tree[key] for key in IDENTITY if key in tree}
    body = _fields(kind, {key: value for key, value in tree.items() if key not in IDENTITY}, "", found)
    _note_repeated(tree, "", found)
    return {**head, **body}, found


def read_any(tree: Any, path: str = "") -> Found:
    """Note the fields named twice anywhere below."""
    found = Found()
    _walk(tree, path, found)
    return found


def _walk(tree: Any, path: str, found: Found) -> None:
    if isinstance(tree, dict):
        _note_repeated(tree, path, found)
        for key, value in tree.items():
            _walk(value, f"{path}.{key}" if path else key, found)
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            _walk(item, f"{path}[{index}]", found)


def _note_repeated(tree: Any, path: str, found: Found) -> None:
    if isinstance(tree, Repeated):
        found.unknown += [
            f'duplicate field "{path}.{key}"' if path else f'duplicate field "{key}"' for key in tree.repeated
        ]


def _fields(kind: Type, tree: Tree, path: str, found: Found) -> Tree:
    kept: Tree = {}
    if path:
        _note_repeated(tree, path, found)
    for key, value in tree.items():
        place = f"{path}.{key}" if path else key
        known = kind.fields.get(key)
        if known is None:
            found.unknown.append(f'unknown field "{place}"')
        elif value is not None:
            kept[key] = _value(_Place(kind, known, place, found), value)
        elif key == "creationTimestamp":
            kept[key] = None
    return kept


@dataclass(frozen=True)
class _Place:
    """Where a value stands: the type that holds the field, the field, and the path to it."""

    holder: Type
    field: Field
    path: str
    found: Found

    def wrong(self, value: Any, go_type: str, *, shown: str = "") -> WrongTypeError:
        """Say that a value is not of the field's type."""
        word = JSON_WORDS.get(type(value), "null") + shown
        holder = self.holder.short.rpartition(".")[2]
        path = re.sub(r"\[\d+\]", "", self.path)
        return WrongTypeError(f"json: cannot unmarshal {word} into Go struct field {holder}.{path} of type {go_type}")

    def at(self, path: str) -> _Place:
        """Return the same place further down."""
        return _Place(self.holder, self.field, path, self.found)


def _go_type(field_: Field) -> str:
    base = GO_TYPES.get(field_.type) or (named(field_.type).short if not field_.is_scalar else "interface {}")
    return f"[]{base}" if field_.is_list else f"map[string]{base}" if field_.is_map else base


def _value(place: _Place, value: Any) -> Any:
    if place.field.is_list:
        if not isinstance(value, list):
            raise place.wrong(value, _go_type(place.field))
        return [_single(place.at(f"{place.path}[{index}]"), item) for index, item in enumerate(value)]
    if place.field.is_map:
        if not isinstance(value, dict):
            raise place.wrong(value, _go_type(place.field))
        _note_repeated(value, place.path, place.found)
        # Go's decoder names the field only, not the key, where a map holds no objects.
        if place.field.is_scalar:
            return {key: _single(place, item) for key, item in value.items()}
        return {key: _single(place.at(f"{place.path}.{key}"), item) for key, item in value.items()}
    return _single(place, value)


def _single(place: _Place, value: Any) -> Any:
    if place.field.is_scalar:
        return SCALARS[place.field.type](place, value)
    inner = named(place.field.type)
    if value is None and (place.field.is_list or place.field.is_map):
        return {}
    if not isinstance(value, dict):
        raise place.wrong(value, inner.short)
    return _fields(inner, value, place.path, place.found)


def _string(place: _Place, value: Any) -> Any:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise place.wrong(value, GO_TYPES["s"])
    return value


def _whole(place: _Place, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise place.wrong(value, GO_TYPES[place.field.type])
    if isinstance(value, float) or abs(value) >> BITS[place.field.type]:
        raise place.wrong(value, GO_TYPES[place.field.type], shown=f" {value}")
    return value


def _bool(place: _Place, value: Any) -> Any:
    if not isinstance(value, bool):
        raise place.wrong(value, GO_TYPES["b"])
    return value


def _number(place: _Place, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise place.wrong(value, GO_TYPES["d"])
    return value


def _bytes(place: _Place, value: Any) -> Any:
    if value is None:
        return None
    text = _string(place, value)
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        good = re.match(r"[A-Za-z0-9+/]*", text)
        at = good.end() if good else 0
        raise WrongTypeError(f"illegal base64 data at input byte {at}") from None
    return text


def _time(place: _Place, value: Any) -> Any:
    text = _string(place, value)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        layout = "2006-01-02T15:04:05Z07:00" if place.field.type == "T" else "2006-01-02T15:04:05.000000Z07:00"
        raise WrongTypeError(f'parsing time "{text}" as "{layout}": cannot parse "{text}" as "2006"')
    return text


def _quantity(_place: _Place, value: Any) -> Any:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not QUANTITY.fullmatch(text):
        raise WrongTypeError(QUANTITY_WORDS)
    return canonical(text)


def _int_or_string(_place: _Place, value: Any) -> Any:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    word = JSON_WORDS.get(type(value), "null")
    raise WrongTypeError(f"json: cannot unmarshal {word} into Go value of type int32")


def _duration(place: _Place, value: Any) -> Any:
    text = _string(place, value)
    if not DURATION.fullmatch(text):
        raise WrongTypeError(f'time: invalid duration "{text}"')
    return text


def _strings(place: _Place, value: Any) -> Any:
    if not isinstance(value, list):
        raise place.wrong(value, GO_TYPES["E"])
    return [_string(place, item) for item in value]


def _as_it_is(_place: _Place, value: Any) -> Any:
    return value


SCALARS: dict[str, Callable[[_Place, Any], Any]] = {
    "s": _string,
    "i": _whole,
    "l": _whole,
    "b": _bool,
    "d": _number,
    "y": _bytes,
    "T": _time,
    "U": _time,
    "Q": _quantity,
    "I": _int_or_string,
    "D": _duration,
    "E": _strings,
    "R": _as_it_is,
    "J": _as_it_is,
    "F": _as_it_is,
}


def joined(words: Iterable[str]) -> str:
    """Return what a strict reader says."""
    return "strict decoding error: " + ", ".join(words)
