"""YAML texts a client sent, made into the trees their JSON would be: without recursion, and never larger than allowed.

Not PyYAML's own loader: its C form ends the process on deep nesting, and either form grows without bound where
aliases name aliases. Only the events of its parser are used.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from edgebook.lab.kube.decoding import DEPTH_LIMIT
from edgebook.lab.kube.schema.reading import pairs
from edgebook.lab.kube.trees import clone

PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C where PyYAML was built with it."""

FREE_NODES = 100_000
NULLS = ("", "~", "null", "Null", "NULL")
TRUES = ("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y")
FALSES = ("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N")
WHOLE = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[1-9][0-9_]*|0)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NO_NUMBER = {".inf": "+Inf", "+.inf": "+Inf", "-.inf": "-Inf", ".nan": "NaN"}
MERGE = "<<"


class YamlError(ValueError):
    """What is no YAML, or has no JSON, in the words of the API server's converter."""


def loads(raw: bytes) -> Any:
    """Read the first document of a text.

    Raises:
        YamlError: for what is none, goes too deep, or becomes too large.
    """
    builder = _Builder(FREE_NODES + len(raw))
    try:
        for event in yaml.parse(raw.decode(errors="replace"), Loader=PARSER):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            builder.take(event)
    except yaml.YAMLError as exc:
        raise YamlError(f"yaml: {_words(exc)}") from exc
    return builder.value


def _words(error: yaml.YAMLError) -> str:
    """Say where libyaml stumbled, with the lines counted as Go's copy of it counts them."""
    mark, problem = (
        getattr(error, "problem_mark", None),
        getattr(error, "problem", None) or "control characters are not allowed",
    )
    line = (mark.line + isinstance(error, yaml.scanner.ScannerError)) if mark and mark.line else 0
    words = problem or "control characters are not allowed"
    return f"line {line}: {words}" if line else words


@dataclass
class _Open:
    """A list or a mapping whose end has not come: what is in it, and who names it."""

    is_map: bool
    anchor: str | None
    first_node: int
    parts: list[Any] = field(default_factory=list)

    def close(self) -> Any:
        """Return the list, or the mapping with its keys as JSON has them."""
        if not self.is_map:
            return self.parts
        found = list(zip(self.parts[::2], self.parts[1::2], strict=True))
        own = [(_key(key), value) for key, value in found if key != MERGE]
        names = {key for key, _ in own}
        merged = [pair for key, value in found if key == MERGE for pair in _merged(value)]
        return pairs([*((key, value) for key, value in dict(reversed(merged)).items() if key not in names), *own])


class _Builder:
    """Makes a tree from events; `nodes_limit` bounds what aliases may make of it."""

    def __init__(self, nodes_limit: int) -> None:
        self.value: Any = None
        self._limit, self._nodes = nodes_limit, 0
        self._open: list[_Open] = []
        self._named: dict[str, tuple[Any, int]] = {}

    def take(self, event: Any) -> None:
        """Take the next event."""
        if isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) >= DEPTH_LIMIT:
                raise YamlError("yaml: exceeded max depth")
            self._open.append(_Open(isinstance(event, yaml.MappingStartEvent), event.anchor, self._nodes))
            self._count(1)
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = self._open.pop()
            self._add(ended.close(), ended.anchor, self._nodes - ended.first_node)
        elif isinstance(event, yaml.ScalarEvent):
            self._count(1)
            self._add(_scalar(event), event.anchor, 1)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._copy(event.anchor), None, 1)

    def _copy(self, anchor: Any) -> Any:
        if any(item.anchor == anchor for item in self._open):
            raise YamlError(f"yaml: anchor '{anchor}' value contains itself")
        if anchor not in self._named:
            raise YamlError(f"yaml: unknown anchor '{anchor}' referenced")
        value, nodes = self._named[anchor]
        self._count(nodes)
        return clone(value)

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._limit:
            raise YamlError("yaml: document contains excessive aliasing")

    def _add(self, value: Any, anchor: str | None, nodes: int) -> None:
        if anchor:
            self._named[anchor] = (value, nodes)
        if self._open:
            self._open[-1].parts.append(value)
        else:
            self.value = value


def _key(key: Any) -> str:
    if isinstance(key, list | dict):
        raise YamlError("yaml: invalid map key")
    if key is None:
        raise YamlError("Unsupported map key of type: <nil>")
    return str(key).lower() if isinstance(key, bool) else str(key)


def _merged(value: Any) -> list[tuple[str, Any]]:
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in sources):
        raise YamlError("yaml: map merge requires map or sequence of maps as the value")
    return [pair for item in sources for pair in item.items()]


def _scalar(event: Any) -> Any:
    text = str(event.value)
    if not event.implicit[0] or event.style:
        return text
    if text in NULLS:
        return None
    if text in TRUES or text in FALSES:
        return text in TRUES
    if text.lower() in NO_NUMBER:
        raise YamlError(f"json: unsupported value: {NO_NUMBER[text.lower()]}")
    return _number(text)


def _number(text: str) -> Any:
    plain = text.replace("_", "")
    if WHOLE.fullmatch(text):
        is_octal = re.fullmatch(r"[-+]?0[0-7]+", plain)
        return int(plain, 8) if is_octal else int(plain, 0)
    if not FLOAT.fullmatch(text):
        return text
    value = float(text)
    return text if math.isinf(value) else value
