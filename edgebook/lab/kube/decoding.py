"""JSON texts a client sent, made into trees: read as Go's decoder reads them, with a bound on how deep they go.

Not what a tree means, and not YAML.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from edgebook.lab.kube.labelselectors import INT64
from edgebook.lab.kube.schema.reading import pairs

DEPTH_LIMIT = 200
"""How deep objects and lists may lie in each other. Go's decoder allows 10,000; Python's recursion ends earlier, and no
object of Kubernetes goes deeper than its longest schema, some eighty levels."""

STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]')
SURROGATE = re.compile("[\ud800-\udfff]")


class JsonError(ValueError):
    """What is no JSON, in the words of Go's decoder."""


def loads(raw: bytes) -> Any:
    """Read JSON; bytes that are no UTF-8 become the replacement character, as in Go.

    Raises:
        JsonError: for what is none, or goes too deep.
    """
    _check_depth(raw)
    text = raw.decode(errors="replace")
    try:
        read = json.loads(text, object_pairs_hook=pairs, parse_constant=_constant, parse_float=_float, parse_int=_whole)
    except json.JSONDecodeError as exc:
        raise JsonError(_go_words(exc)) from exc
    return _without_halves(read) if b"\\ud" in raw.lower() else read


def _check_depth(raw: bytes) -> None:
    if raw.count(b"{") + raw.count(b"[") <= DEPTH_LIMIT:
        return
    depth = 0
    for found in STRUCTURE.finditer(raw):
        first = found[0][:1]
        depth += (first in b"{[") - (first in b"}]")
        if depth > DEPTH_LIMIT:
            raise JsonError(f"invalid character '{first.decode()}' exceeded max depth")


def _constant(name: str) -> Any:
    letter, where = (name[0], "looking for beginning of value") if name[0] != "-" else (name[1], "in numeric literal")
    raise JsonError(f"invalid character '{letter}' {where}")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonError(f"json: cannot unmarshal number {text} into Go value of type float64")
    return value


def _whole(text: str) -> int | float:
    """Read a whole number; one that no 64 bits hold is a float, as in apimachinery's decoder."""
    if len(text) < len(str(INT64.stop)) or int(text[:32]) in INT64:
        return int(text)
    return _float(text)


def _without_halves(value: Any) -> Any:
    """Put the replacement character where half of a surrogate pair stands alone."""
    if isinstance(value, str):
        return SURROGATE.sub("�", value)
    if isinstance(value, list):
        return [_without_halves(item) for item in value]
    if isinstance(value, dict):
        return {SURROGATE.sub("�", key): _without_halves(item) for key, item in value.items()}
    return value


WHERE = (
    ("property name", "looking for beginning of object key string"),
    ("',' delimiter", "after object key:value pair"),
    ("':' delimiter", "after object key"),
    ("Extra data", "after top-level value"),
    ("control character", "in string literal"),
    ("escape", "in string escape code"),
)


def _go_words(error: json.JSONDecodeError) -> str:
    rest = error.doc[error.pos :].lstrip(" \t\r\n")
    if not rest or "Unterminated" in error.msg:
        return "unexpected end of JSON input"
    where = next((words for part, words in WHERE if part in error.msg), "looking for beginning of value")
    if "',' delimiter" in error.msg and error.doc[: error.pos].count("[") > error.doc[: error.pos].count("]"):
        where = "after array element"
    letter = rest[1] if rest[0] == "\\" and "escape" in error.msg and len(rest) > 1 else rest[0]
    shown = "\\'" if letter == "'" else letter if letter.isprintable() else repr(letter)[1:-1]
    return f"invalid character '{shown}' {where}"
