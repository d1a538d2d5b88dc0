"""The text of a label selector, read word by word as the API server reads it, with its words for what is none.

Not what a selector does; the terms found here are tested elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edgebook.lab.kube.words import key_mistakes, value_mistakes

Holds = Callable[[str | None], bool]
"""Whether the value of one label, or its absence, is as a term wants it."""

SYMBOLS = ("==", "!=", "=", "!", "(", ")", ",", ">", "<")
TOKEN = re.compile(r"\s*(?P<symbol>==|!=|[=!(),<>])|\s*(?P<word>[^=!(),<>\s]+)", re.ASCII)
SET_WORDS, COMPARED, EQUAL = ("in", "notin"), (">", "<"), ("=", "==", "!=")
OPERATORS = (*SET_WORDS, *EQUAL, *COMPARED)
END = ""
WHOLE = re.compile(r"[-+]?[0-9]+")
NOT_WHOLE = "for 'Gt', 'Lt' operators, the value must be an integer"
INT64 = range(-(2**63), 2**63)


class SelectorError(ValueError):
    """What is no label selector, in the API server's words."""


@dataclass(frozen=True)
class Term:
    """One requirement: a key, what is asked of it (`exists` where nothing else is), and the values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: dict[str, str]) -> bool:
        """Tell whether labels satisfy the term; a label that is absent satisfies every negated one."""
        value = labels.get(self.key)
        if self.operator in ("!=", "notin"):
            return value not in self.values
        if value is None or self.operator in ("exists", "!"):
            return (value is None) is (self.operator == "!")
        if self.operator in COMPARED:
            return _compared(value, self.operator, int(self.values[0]))
        return value in self.values


def _compared(value: str, operator: str, bound: int) -> bool:
    if not is_int64(value):
        return False
    return int(value) > bound if operator == ">" else int(value) < bound


def is_int64(text: str) -> bool:
    """Tell whether a text is a whole number of 64 bits, as Go reads it."""
    return WHOLE.fullmatch(text) is not None and int(text) in INT64


def parse(text: str) -> list[Term]:
    """Read `a=b,c!=d,e in (x,y),f,!g,h>5`.

    Raises:
        SelectorError: for what is no selector.
    """
    return _Parser(text).terms()


class _Parser:
    """Reads tokens from left to right; the end of the text is an empty one."""

    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), END]
        self._at = 0

    @property
    def _next(self) -> str:
        return self._tokens[self._at]

    def _take(self) -> str:
        token = self._next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def terms(self) -> list[Term]:
        """Read the whole text."""
        if self._next == END:
            return []
        if not (_is_word(self._next) or self._next == "!"):
            raise SelectorError(f"found '{self._next}', expected: !, identifier, or 'end of string'")
        found = [self._term()]
        while (after := self._take()) != END:
            if after != ",":
                raise SelectorError(f"found '{after}', expected: ',' or 'end of string'")
            if not (_is_word(self._next) or self._next == "!"):
                raise SelectorError(f"found '{self._next}', expected: identifier after ','")
            found.append(self._term())
        return found

    def _term(self) -> Term:
        try:
            return _checked(self._requirement())
        except SelectorError as exc:
            raise SelectorError(f"unable to parse requirement: {exc}") from exc

    def _requirement(self) -> Term:
        negated = self._next == "!"
        if negated:
            self._take()
        key = self._word()
        if mistakes := key_mistakes(key):
            raise SelectorError(f'<nil>: Invalid value: "{key}": {"; ".join(mistakes)}')
        if negated or self._next in (END, ","):
            return Term(key, "!" if negated else "exists")
        operator = self._take()
        if operator not in OPERATORS:
            raise SelectorError(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")
        return Term(key, operator, self._values() if operator in SET_WORDS else (self._value(),))

    def _word(self) -> str:
        word = self._take()
        if not _is_word(word):
            raise SelectorError(f"found '{word}', expected: identifier")
        return word

    def _value(self) -> str:
        return "" if self._next in (END, ",") else self._word()

    def _values(self) -> tuple[str, ...]:
        if (opening := self._take()) != "(":
            raise SelectorError(f"found '{opening}' expected: '('")
        if not (_is_word(self._next) or self._next in (",", ")")):
            raise SelectorError(f"found '{self._next}', expected: ',', ')' or identifier")
        found = [""] if self._next in (",", ")") else []
        while (taken := self._take()) != ")":
            if _is_word(taken):
                found.append(taken)
                if self._next not in (",", ")"):
                    raise SelectorError(f"found '{self._next}', expected: ',' or ')'")
            elif taken != ",":
                raise SelectorError(f"found '{taken}', expected: ',', or identifier")
            elif self._next in (",", ")"):
                found.append("")
        return tuple(sorted(set(found)))


def _tokens(text: str) -> Iterator[str]:
    text = text.rstrip()
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            return
        yield found["symbol"] or found["word"]
        at = found.end()


def _is_word(token: str) -> bool:
    return token != END and token not in SYMBOLS


def _checked(term: Term) -> Term:
    """Refuse values that no label can have."""
    found = []
    for index, value in enumerate(term.values):
        if term.operator in COMPARED and not is_int64(value):
            found.append(f'values[{index}]: Invalid value: "{value}": {NOT_WHOLE}')
        if mistakes := value_mistakes(value):
            found.append(f'values[{index}][{term.key}]: Invalid value: "{value}": {"; ".join(mistakes)}')
    if found:
        raise SelectorError(found[0] if len(found) == 1 else f"[{', '.join(found)}]")
    return term
