"""What the contract's tests say their claims with: how a command line ended, and values that only a pattern fits."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import NamedTuple

from edgebook.records import Completed

DEADLINE_S = 20.0
PAUSE_S = 0.02


class Ran(NamedTuple):
    """How a command line ended."""

    code: int = 0
    out: object = ""
    err: object = ""


class Like:
    """A text that matches a pattern as a whole."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern, re.DOTALL)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self._pattern.fullmatch(other) is not None

    __hash__ = None

    def __repr__(self) -> str:
        return f"Like({self._pattern.pattern!r})"


def said(done: Completed) -> Ran:
    """Return a command's end without its host, line and time."""
    return Ran(done.code, done.out, done.err)


def eventually(look: Callable[[], object], wanted: object, *, timeout_s: float = DEADLINE_S) -> object:
    """Look until it is what is wanted; return what was seen last, for the assertion to show."""
    deadline = time.monotonic() + timeout_s
    while (seen := look()) != wanted and time.monotonic() < deadline:
        time.sleep(PAUSE_S)
    return seen
