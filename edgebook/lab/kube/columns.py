"""A column of a table, the two that every kind has, and those that definitions bring.

Not the tables: which columns a built-in kind has is data, elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgebook.lab.kube import cells
from edgebook.lab.kube.cells import Value, at, since
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.trees import Tree

NAME_WORDS = "Name must be unique within a namespace."
AGE_WORDS = "CreationTimestamp is a timestamp representing the server time when this object was created."


@dataclass(frozen=True)
class Column:
    """One column; those with a priority are shown by `-o wide` only."""

    name: str
    value: Value
    priority: int = 0
    type: str = "string"
    format: str = ""
    description: str = ""

    @property
    def definition(self) -> Tree:
        """The column as a Table defines it."""
        words = self.description or self.name
        head = {"name": self.name, "type": self.type, "format": self.format}
        return {**head, "description": words, "priority": self.priority}


NAME = Column("Name", at("metadata.name"), format="name", description=NAME_WORDS)
AGE = Column("Age", since("metadata.creationTimestamp"), description=AGE_WORDS)
PLAIN = (NAME, AGE)


def defined(kind: Kind) -> tuple[Column, ...]:
    """Return the columns a definition gives its kind."""
    if not kind.definition.columns:
        return PLAIN
    return (NAME, *(
        Column(item["name"], cells.by_path(item["jsonPath"], item["type"]), item.get("priority", 0), item["type"],
               item.get("format", ""), item.get("description", ""))
        for item in kind.definition.columns
    ))  # fmt: skip
