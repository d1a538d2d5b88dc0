"""The draft: a site as far as it is sound, for the rules that compare one value with another.

Not a Site: a value of the wrong type or shape reads as absent here, so that one mistake hides no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from edgebook.errors import Problem
from edgebook.secrets import Secret
from edgebook.site import mistakes
from edgebook.site.document import Document, Key, Where


class Draft:
    """A part of the file: what it says where it is sound, and the model's default where it is silent."""

    def __init__(self, document: Document, model: type[BaseModel], where: Where = ()) -> None:
        self.document = document
        self.model = model
        self.where = where
        self.index = where[-1] if where and isinstance(where[-1], int) else -1

    def says(self, key: Key) -> bool:
        """Tell whether the file has this key here, be its value sound or not."""
        return (*self.where, key) in self.document.lines

    def spoilt(self, *keys: Key) -> bool:
        """Tell whether one of these keys is in the file with a value that is not sound."""
        return any(self._spoilt((*self.where, key)) for key in keys)

    def text(self, key: str) -> str:
        """Return a text; empty when it is absent or not sound."""
        value = self._value(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int | None:
        """Return a whole number; None when it is absent or not sound."""
        value = self._value(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def yes(self, key: str) -> bool:
        """Tell whether a truth value is true."""
        return self._value(key) is True

    def texts(self, key: str) -> list[tuple[Where, str]]:
        """Return the texts of a list, or the one text in its place, each with its place."""
        value = self._value(key)
        place = (*self.where, key)
        if isinstance(value, str):
            return [(place, value)]
        items = enumerate(value) if isinstance(value, list | tuple) else ()
        return [((*place, at), item) for at, item in items if isinstance(item, str) and not self._spoilt((*place, at))]

    def pairs(self, key: str) -> dict[str, Any]:
        """Return a block's keys and values, the sound ones."""
        value = self._value(key)
        place = (*self.where, key)
        sound = value.items() if isinstance(value, dict) else ()
        return {name: item for name, item in sound if not self._spoilt((*place, name))}

    def part(self, key: str) -> Draft:
        """Return a part of this part, which may be absent."""
        return Draft(self.document, mistakes.owner_of(self.model, (key,)), (*self.where, key))

    def parts(self, key: str) -> list[Draft]:
        """Return the blocks of a list."""
        value = self._value(key)
        inner = mistakes.owner_of(self.model, (key,))
        items = enumerate(value) if isinstance(value, list) else ()
        return [Draft(self.document, inner, (*self.where, key, at)) for at, item in items if isinstance(item, dict)]

    def problem(self, key: Key | Where, wrong: str, right: str = "") -> Problem:
        """Make a problem of what is wrong at a key of this part, or at a place of the file."""
        where = key if isinstance(key, tuple) else (*self.where, key)
        return self.document.problem(where, wrong, right)

    def here(self, wrong: str, right: str = "") -> Problem:
        """Make a problem of what is wrong with this part as a whole."""
        return self.document.problem(self.where, wrong, right)

    def _value(self, key: str) -> Any:
        place = (*self.where, key)
        if self._spoilt(place):
            return None
        if place in self.document.lines:
            return self.document.get(place)
        fields = {info.alias or name: info for name, info in self.model.model_fields.items()}
        default = fields[key].get_default() if key in fields else None
        return default.reference if isinstance(default, Secret) else default

    def _spoilt(self, where: Where) -> bool:
        return where in self.document.unsound

    def __iter__(self) -> Iterator[str]:
        value = self.document.get(self.where)
        return iter(value if isinstance(value, dict) else ())
