"""The YAML document behind a site: plain values, and the line of each.

Not a schema: this module knows YAML's mistakes (syntax, duplicate keys, tags) and nothing of sites.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from edgebook.errors import Problem

Key = str | int
Where = tuple[Key, ...]

MOST_BYTES = 1_000_000
MOST_VALUES = 50_000
"""Aliases can make a small file unfold into billions of values; no site has this many."""
MOST_LEVELS = 30
SHOWN_NAME = re.compile(r"[\w.-]{1,63}")


@dataclass
class Document:
    """What a YAML file holds, where each value stands, and what is wrong with it as YAML."""

    file: str
    value: Any = None
    lines: dict[Where, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unsound: set[Where] = field(default_factory=set)

    def line(self, where: Where) -> int:
        """Return the line of a value, or of the nearest thing around it when it is not in the file."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def get(self, where: Where) -> Any:
        """Return the value at a place, or None when nothing stands there."""
        value = self.value
        for key in where:
            value = _inner(value, key)
        return value

    def name(self, where: Where) -> str:
        """Return how a person calls a place: `hosts[s1].port`; list items by their name where they have one."""
        text = ""
        for depth, key in enumerate(where):
            if isinstance(key, int):
                item = self.get(where[: depth + 1])
                own = item.get("name") if isinstance(item, dict) else None
                text += f"[{own if isinstance(own, str) and SHOWN_NAME.fullmatch(own) else key}]"
            else:
                text += f".{key}" if text else key
        return text or "site"

    def problem(self, where: Where, wrong: str, right: str = "") -> Problem:
        """Make a problem of what is wrong at a place."""
        return Problem(self.file, self.line(where), self.name(where), wrong, right)

    def spoil(self, line: int, wrong: str, right: str = "") -> None:
        """Record a mistake that leaves no value to look at."""
        self.problems.append(Problem(self.file, line, "YAML", wrong, right))


def _inner(value: Any, key: Key) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def read(path: Path) -> Document:
    """Read a YAML file into plain values; what cannot be read is a problem of the document."""
    document = Document(str(path))
    try:
        data = path.read_bytes()
    except OSError as exc:
        document.spoil(1, f"cannot be read: {exc.strerror or exc.__class__.__name__}")
        return document
    if len(data) > MOST_BYTES:
        document.spoil(1, f"is larger than {MOST_BYTES // 1000} kB", "a site.yaml is a few kilobytes")
        return document
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        document.spoil(data.count(b"\n", 0, exc.start) + 1, "is not UTF-8 text", "save the file as UTF-8")
        return document
    return parse(text, str(path))


def parse(text: str, file: str) -> Document:
    """Parse YAML text into plain values with the line of each."""
    document = Document(file)
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        document.spoil(mark.line + 1 if mark else 1, exc.problem or "is not YAML", _remedy(exc))
        return document
    except yaml.reader.ReaderError as exc:
        document.spoil(text.count("\n", 0, exc.position) + 1, "holds a character that YAML does not allow")
        return document
    except (yaml.YAMLError, RecursionError):
        document.spoil(1, "is not YAML, or is nested too deeply")
        return document
    if node is None:
        document.spoil(1, "is empty", "start with `schema: 1`")
        return document
    _Reader(loader, document).read(node)
    return document


def _remedy(exc: yaml.MarkedYAMLError) -> str:
    said = f"{exc.problem or ''} {exc.context or ''}"
    if "\\t" in said:
        return "indent with spaces, not tabs"
    if "expected a single document" in said:
        return "one site a file: remove the second `---`"
    if "mapping values are not allowed" in said:
        return "put text that contains `: ` in quotes, and check the indentation of the lines above"
    return "check quotes, brackets and indentation here and on the line above"


class _Reader:
    """Turns PyYAML's nodes into plain values."""

    def __init__(self, loader: yaml.SafeLoader, document: Document) -> None:
        self.loader = loader
        self.document = document
        self.count = 0

    def read(self, node: yaml.Node) -> None:
        self.document.lines[()] = node.start_mark.line + 1
        self.document.value = self._value(node, ())

    def _value(self, node: yaml.Node, where: Where) -> Any:
        self.count += 1
        if len(where) > MOST_LEVELS or self.count > MOST_VALUES:
            if self.count <= MOST_VALUES + 1:
                self._wrong(node, where, "is nested too deeply, or unfolds into too many values", "write it out")
                self.count = MOST_VALUES + 1
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, where)
        return self._scalar(node, where)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.document.spoil(line, "a key must be a word", "remove the brackets")
                continue
            key = key_node.value
            inner = (*where, key)
            if key in values:
                first = self.document.lines[inner]
                wrong = f"{self.document.name(inner)} is given twice, first on line {first}"
                self.document.problems.append(
                    Problem(self.document.file, line, self.document.name(inner), wrong, "keep one of them")
                )
                continue
            self.document.lines[inner] = line
            values[key] = None
            values[key] = self._value(value_node, inner)
        return values

    def _sequence(self, node: yaml.SequenceNode, where: Where) -> list[Any]:
        values = []
        for index, item in enumerate(node.value):
            inner = (*where, index)
            self.document.lines[inner] = item.start_mark.line + 1
            values.append(self._value(item, inner))
        return values

    def _scalar(self, node: yaml.Node, where: Where) -> Any:
        try:
            return self.loader.construct_object(node)
        except yaml.constructor.ConstructorError:
            # The tag, never the value: `!vault` and its like carry secrets.
            self._wrong(
                node, where, f"the tag {node.tag} is not taken here", "write the plain value, or a secret reference"
            )
        except (ValueError, OverflowError, ArithmeticError):
            self._wrong(node, where, "looks like a number or a date, but is none", "put it in quotes")
        return None

    def _wrong(self, node: yaml.Node, where: Where, wrong: str, right: str) -> None:
        line = node.start_mark.line + 1
        self.document.unsound.add(where)
        self.document.problems.append(Problem(self.document.file, line, self.document.name(where), wrong, right))
