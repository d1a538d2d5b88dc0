"""The values of awk: numbers, text, and text from the input that may be a number.

Not the script (`awkparser`) nor its run (`awkmachine`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from edgebook.lab.hosts.programs.grep import translate
from edgebook.lab.hosts.programs.options import UsageError

NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+)")


ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "^": lambda left, right: left**right,
}


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

EXACT = 1e16
"""Above this a float has no whole numbers of its own."""


class Field(str):
    """Text that came from the input: it compares as a number when it looks like one."""

    __slots__ = ()


def number(value: object) -> float:
    """Return a value as a number: what its beginning says."""
    if isinstance(value, (int, float)):
        return value
    found = NUMBER.match(str(value))
    return float(found[0]) if found else 0


def string(value: object) -> str:
    """Return a value as text; whole numbers without a point."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < EXACT else f"{value:.6g}"
    return str(value)


def truth(value: object) -> bool:
    """Say whether a value counts as true."""
    if isinstance(value, Field) and (found := NUMBER.fullmatch(value.strip())):
        return float(found[0]) != 0
    return value != "" if isinstance(value, str) else bool(value)


def pattern_of(text: str) -> re.Pattern[str]:
    """Compile an extended regular expression."""
    return re.compile(translate(text.replace("\\/", "/"), extended=True))


def calculate(op: str, left: float, right: float) -> float:
    """Work out arithmetic; dividing by zero ends the program."""
    if op in ("/", "%"):
        if right == 0:
            raise UsageError("division by zero", 2)
        return left / right if op == "/" else left - right * int(left / right)
    return ARITHMETIC[op](left, right)


def compare(op: str, left: Any, right: Any) -> bool:
    """Compare as numbers when both look like numbers, else as text."""

    def numeric(value: object) -> bool:
        return (
            not isinstance(value, str)
            or value == ""
            or (isinstance(value, Field) and bool(NUMBER.fullmatch(value.strip())))
        )

    both = numeric(left) and numeric(right) and not (left == right == "")
    return COMPARE[op](number(left), number(right)) if both else COMPARE[op](string(left), string(right))
