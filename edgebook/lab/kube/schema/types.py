"""The types the built-in kinds are made of, read from a table when they are first needed.

Not validation: a type knows names, numbers and shapes, not which values make sense.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files

TABLE = "v1.31.txt"
FIELD = re.compile(
    r"(?P<name>[^=]+)=(?P<number>\d+):(?P<shape>[*{]?)(?P<type>[\w.]+)}?"
    r"(?P<marks>[!?~%]*)(?:@(?P<keys>[\w+]+))?(?P<more>[!?~%]*)(?P<merge>\^(?P<merge_key>\w*))?(?P<last>[!?~%]*)"
)
SCALARS = "silbdyTUQIDRJFE"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type.

    `type` is a letter of the table's head or the full name of another type. `optional` fields tell an
    absent value from a zero one. A list merges by `map_keys`, or is a set, or is written as a whole;
    in a strategic merge it merges when `merges`, by `merge_key` where its items are objects.
    """

    name: str
    number: int
    type: str
    is_list: bool = False
    is_map: bool = False
    required: bool = False
    optional: bool = False
    inline: bool = False
    atomic: bool = False
    map_keys: tuple[str, ...] = ()
    is_set: bool = False
    merges: bool = False
    merge_key: str = ""

    @property
    def is_scalar(self) -> bool:
        """Whether the field, or each of its items, is no object of another type."""
        return len(self.type) == 1


@dataclass(frozen=True)
class Type:
    """One type: `core.v1.PodSpec` and its fields as they stand on the wire."""

    name: str
    atomic: bool
    wire: tuple[Field, ...]

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields as JSON has them: those of inlined types among the others."""
        found: dict[str, Field] = {}
        for field in self.wire:
            found.update(named(field.type).fields if field.inline else {field.name: field})
        return found

    @cached_property
    def numbers(self) -> Mapping[int, Field]:
        """The fields by their number on the wire."""
        return {field.number: field for field in self.wire}

    @property
    def short(self) -> str:
        """The name without its group: `v1.PodSpec`, as Go prints it."""
        return self.name.partition(".")[2]


@lru_cache(maxsize=1)
def _lines() -> Mapping[str, str]:
    text = files(__package__).joinpath(TABLE).read_text(encoding="utf-8")
    pairs = (line.partition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name.rstrip("%"): (name[len(name.rstrip("%")) :] + " " + rest) for name, _, rest in pairs}


@cache
def named(name: str) -> Type:
    """Return a type by its full name; KeyError when there is none."""
    marks, *words = _lines()[name].split(" ")
    group = name.rpartition(".")[0]
    return Type(name, "%" in marks, tuple(_field(word, group) for word in words if word))


def names() -> Iterator[str]:
    """Yield the names of all types."""
    yield from _lines()


def known(name: str) -> bool:
    """Whether there is a type of this name."""
    return name in _lines()


def of_kind(group: str, version: str, kind: str) -> Type | None:
    """Return the type of a served kind, None when the table has none."""
    name = f"{group.partition('.')[0] or 'core'}.{version}.{kind}"
    return named(name) if known(name) else None


def _field(word: str, group: str) -> Field:
    found = FIELD.fullmatch(word)
    if found is None:
        raise ValueError(f"{TABLE}: {word}")
    marks = found["marks"] + found["more"] + found["last"]
    keys = tuple((found["keys"] or "").split("+")) if found["keys"] and found["keys"] != "set" else ()
    return Field(
        found["name"],
        int(found["number"]),
        _full(found["type"], group),
        is_list=found["shape"] == "*",
        is_map=found["shape"] == "{",
        required="!" in marks,
        optional="?" in marks,
        inline="~" in marks,
        atomic="%" in marks,
        map_keys=keys,
        is_set=found["keys"] == "set",
        merges=bool(found["merge"]),
        merge_key=found["merge_key"] or "",
    )


def _full(name: str, group: str) -> str:
    return name if len(name) == 1 or "." in name else f"{group}.{name}"
