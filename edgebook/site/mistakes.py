"""The mistakes of shape: what pydantic found, in words for the person who wrote the file.

Not the rules between fields. Values are repeated only where they cannot be a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from edgebook.errors import Problem
from edgebook.site.document import Document, Where

SHOWN_CHARS = 20
Said = tuple[str, str]

WANTED = {
    "string_type": ("text", "put it in quotes"),
    "int_type": ("a whole number", "without quotes or a fraction"),
    "float_type": ("a number", "without quotes"),
    "bool_type": ("true or false", "without quotes"),
    "tuple_type": ("a list", "`[one, two]`, or a line `- one` each"),
    "list_type": ("a list", "`[one, two]`, or a line `- one` each"),
    "dict_type": ("a block of `key: value` lines", ""),
    "mapping_type": ("a block of `key: value` lines", ""),
    "model_type": ("a block of `key: value` lines", ""),
}
MISSING = {
    "schema": "schema: 1",
    "name": "name: NAME",
    "hosts": "hosts: with at least one server",
    "k3s": "k3s: with version and registration",
    "role": "role: server, agent or edge",
    "address": "address: the IP or DNS name",
    "version": "version: an exact version",
    "registration": "registration: {address: IP, by: keepalived, interface: eth0}",
    "by": "by: keepalived, external, dns or server",
}


def closest(word: str, known: Iterable[str]) -> str:
    """Return `did you mean …?` for a word that nearly is a known one, else the known ones."""
    known = sorted(known)
    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"


def explain(document: Document, error: Mapping[str, Any], model: type[BaseModel]) -> tuple[Where, Problem] | None:
    """Make a problem of one of pydantic's errors; None when the document already has one there."""
    where, inside = _place(document, error["loc"])
    if where in document.unsound:
        return None
    speak = SPOKEN.get(error["type"], _other)
    wrong, right = speak(error, where, model)
    if inside:
        wrong = f"the key {wrong}"
    return where, document.problem(where, wrong, right)


def _place(document: Document, loc: tuple[str | int, ...]) -> tuple[Where, bool]:
    inside = bool(loc) and loc[-1] == "[key]"
    where = loc[:-1] if inside else loc
    # Values that pydantic went into, but the file did not: unions and the like.
    while where and where not in document.lines and where[:-1] not in document.lines:
        where = where[:-1]
    return where, inside


def _own(error: Mapping[str, Any], _where: Where, _model: type[BaseModel]) -> Said:
    return error["ctx"]["wrong"], error["ctx"]["right"]


def _missing(_error: Mapping[str, Any], where: Where, _model: type[BaseModel]) -> Said:
    return "is missing", f"add `{MISSING.get(str(where[-1]), f'{where[-1]}: …')}`"


def _unknown(_error: Mapping[str, Any], where: Where, model: type[BaseModel]) -> Said:
    if where[-1] == "<<":
        return "YAML's merge keys are not taken", "repeat the lines"
    owner = owner_of(model, where[:-1])
    known = [field.alias or name for name, field in owner.model_fields.items()]
    return "is not a key that is known here", closest(str(where[-1]), known)


def _choice(error: Mapping[str, Any], _where: Where, _model: type[BaseModel]) -> Said:
    value = error["input"]
    if value is None:
        return "is empty", f"one of {error['ctx']['expected']}"
    shown = f"`{value}`" if isinstance(value, str | int) and len(str(value)) <= SHOWN_CHARS else "this"
    expected = error["ctx"]["expected"].replace("'", "")
    if isinstance(value, str) and value == expected:
        return f"{shown} is text", "without quotes"
    near = difflib.get_close_matches(str(value).lower(), expected.replace(" or ", ", ").split(", "), n=1)
    return f"{shown} is not a choice here", f"{expected}{f'; did you mean {near[0]}?' if near else ''}"


def _type(error: Mapping[str, Any], _where: Where, _model: type[BaseModel]) -> Said:
    wanted, remedy = WANTED[error["type"]]
    value = error["input"]
    if value is None:
        return "is empty", f"give {wanted}, or leave the line out"
    if wanted == "text" and isinstance(value, list | dict):
        remedy = "one value, without brackets and dashes"
    if isinstance(value, bool) and wanted == "text":
        remedy = "put it in quotes: YAML reads yes, no, on, off, true and false as a truth value"
    return f"wants {wanted}, but is {_kind(value)}", remedy


def _kind(value: Any) -> str:
    kinds: dict[type, str] = {
        str: "text", bool: "a truth value", int: "a whole number", float: "a number", list: "a list", dict: "a block",
    }  # fmt: skip
    return kinds.get(type(value), "a date or time")


def _bound(error: Mapping[str, Any], _where: Where, _model: type[BaseModel]) -> Said:
    context = error["ctx"]
    limits = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    key = next(key for key in limits if key in context)
    return f"{error['input']} is out of range", f"{limits[key]} {context[key]}"


def _short(error: Mapping[str, Any], where: Where, _model: type[BaseModel]) -> Said:
    return "is empty", f"add at least one to {where[-1]}" if error[
        "type"
    ] == "too_short" else "give it, or leave the line out"


def _other(error: Mapping[str, Any], _where: Where, _model: type[BaseModel]) -> Said:
    return "is not valid", error["msg"]


SPOKEN: dict[str, Callable[[Mapping[str, Any], Where, type[BaseModel]], Said]] = {
    "edgebook": _own,
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _choice,
    "too_short": _short,
    "string_too_short": _short,
    **dict.fromkeys(WANTED, _type),
    **dict.fromkeys(("greater_than", "greater_than_equal", "less_than", "less_than_equal"), _bound),
}


def owner_of(model: type[BaseModel], where: Where) -> type[BaseModel]:
    """Return the model that stands at a place of another model."""
    for key in where:
        if isinstance(key, str):
            field = {info.alias or name: info for name, info in model.model_fields.items()}.get(key)
            inner = _models_in(field.annotation) if field else []
            model = inner[0] if inner else model
    return model


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _models_in(part)]
