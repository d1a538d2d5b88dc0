"""Expansion: what a word becomes before its command runs.

Not here: parsing (`words`), the shell's variables and how a substitution is run (`interpret`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from edgebook.lab.hosts.shell.arithmetic import Evaluator
from edgebook.lab.hosts.shell.patterns import Segment, glob, has_magic, trim
from edgebook.lab.hosts.shell.syntax import Arithmetic, Parameter, Part, Sequence, Substitution, Text, Word


class Scope(Protocol):
    """What expansion asks of the shell."""

    positional: list[str]
    options: set[str]

    @property
    def cwd(self) -> str:
        """The folder the shell is in."""

    def get(self, name: str) -> str | None:
        """Return a variable's or special parameter's value, or None when it is not set."""

    def put(self, name: str, value: str) -> None:
        """Set a variable."""

    def fail(self, message: str) -> Exception:
        """Make the error that ends a non-interactive shell."""

    def listdir(self, path: str) -> list[str]:
        """Return a folder's names; none where there is no such folder."""

    async def substitute(self, body: Sequence) -> str:
        """Run a command substitution and return its output without the last newlines."""


@dataclass(frozen=True)
class Piece:
    """A run of expanded characters; `splits` ones come from an unquoted expansion."""

    text: str
    quoted: bool
    splits: bool = False
    ends_field: bool = False


async def fields(scope: Scope, words: Iterable[Word]) -> list[str]:
    """Expand words into a command's arguments: split at IFS and match file names."""
    found: list[str] = []
    for word in words:
        for segments in split(await pieces(scope, word), scope.get("IFS")):
            text = "".join(piece for piece, _ in segments)
            paths = glob(segments, scope.cwd, scope.listdir) if has_magic(segments) and "f" not in scope.options else []
            found.extend(paths or [text])
    return found


async def string(scope: Scope, word: Word) -> str:
    """Expand a word into one string, neither split nor matched."""
    parts = await pieces(scope, word)
    return "".join(
        piece.text + " " * (piece.ends_field and index < len(parts) - 1) for index, piece in enumerate(parts)
    )


async def pattern(scope: Scope, word: Word) -> list[Segment]:
    """Expand a word into a pattern for `case` and trims."""
    return [(piece.text, piece.quoted) for piece in await pieces(scope, word)]


def split(parts: list[Piece], ifs: str | None) -> list[list[Segment]]:
    """Split pieces into fields; a field of nothing unquoted vanishes."""
    ifs = " \t\n" if ifs is None else ifs
    found: list[list[Segment]] = []
    field: list[Segment] = []
    pending = False
    for piece in parts:
        for text, ends in _cut(piece, ifs):
            if text or piece.quoted:
                field.append((text, piece.quoted))
            pending = pending or bool(text) or piece.quoted
            if ends and (pending or ends == "hard"):
                found.append(field)
                field, pending = [], False
        if piece.ends_field and (pending or piece.quoted):
            found.append(field)
            field, pending = [], False
    return [*found, field] if pending else found


def _cut(piece: Piece, ifs: str) -> list[tuple[str, str]]:
    """Cut a piece at IFS: each text with how its field ends (not, `soft` at blanks, `hard` at others)."""
    if not piece.splits or piece.quoted or not ifs:
        return [(piece.text, "")]
    blank = re.escape("".join(char for char in ifs if char in " \t\n"))
    other = re.escape("".join(char for char in ifs if char not in " \t\n"))
    blanks = f"[{blank}]" if blank else "(?!)"
    separator = re.compile(f"({blanks}*[{other}]{blanks}*|{blanks}+)" if other else f"({blanks}+)")
    texts = separator.split(piece.text)
    ends = ["soft" if not other or not re.search(f"[{other}]", gap) else "hard" for gap in texts[1::2]] + [""]
    return list(zip(texts[::2], ends, strict=True))


async def pieces(scope: Scope, word: Word) -> list[Piece]:
    """Expand each part of a word."""
    found: list[Piece] = []
    for part in word:
        found.extend(await _part(scope, part))
    return found


async def _part(scope: Scope, part: Part) -> list[Piece]:
    if isinstance(part, Text):
        return [Piece(part.text, part.quoted)]
    if isinstance(part, Substitution):
        return [Piece(await scope.substitute(part.body), part.quoted, splits=True)]
    if isinstance(part, Arithmetic):
        text = await string(scope, part.body)
        value = Evaluator(text, lambda name: scope.get(name) or "", scope.put).value()
        return [Piece(str(value), part.quoted, splits=True)]
    return await _parameter(scope, part)


async def _parameter(scope: Scope, part: Parameter) -> list[Piece]:
    if part.name in ("@", "*") and part.op != "length":
        return await _positional(scope, part)
    value = _tilde(scope, part) if part.op == "tilde" else scope.get(part.name)
    if part.op and part.op not in ("tilde", "length") and part.op[-1] in "-=?+" and part.op[0] not in "#%":
        return await _default(scope, part, value)
    if value is None and "u" in scope.options:
        raise scope.fail(f"{part.name}: parameter not set")
    value = value or ""
    if part.op == "length":
        value = str(len(scope.positional) if part.name in ("@", "*") else len(value))
    elif part.op and part.op[0] in "#%":
        value = trim(value, await pattern(scope, part.word), part.op)
    return [Piece(value, part.quoted, splits=True)]


def _tilde(scope: Scope, part: Parameter) -> str:
    name = part.word[0].text if part.word and isinstance(part.word[0], Text) else ""
    return (scope.get("HOME") or "/") if not name else "/root" if name == "root" else f"/home/{name}"


async def _default(scope: Scope, part: Parameter, value: str | None) -> list[Piece]:
    missing = value is None or (part.op[0] == ":" and not value)
    kind = part.op[-1]
    if kind == "+":
        return [] if missing and not part.quoted else [Piece("", quoted=True)] if missing else await _word(scope, part)
    if not missing:
        return [Piece(value or "", part.quoted, splits=True)]
    if kind == "-":
        return await _word(scope, part)
    text = await string(scope, part.word)
    if kind == "?":
        default = "parameter not set or null" if part.op[0] == ":" else "parameter not set"
        raise scope.fail(f"{part.name}: {text or default}")
    scope.put(part.name, text)
    return [Piece(text, part.quoted, splits=True)]


async def _word(scope: Scope, part: Parameter) -> list[Piece]:
    """Expand a default's word; its unquoted characters are split like any expansion's."""
    found = [Piece(piece.text, piece.quoted, splits=not piece.quoted, ends_field=piece.ends_field)
             for piece in await pieces(scope, part.word)]  # fmt: skip
    return found or [Piece("", part.quoted)]


async def _positional(scope: Scope, part: Parameter) -> list[Piece]:
    values = scope.positional
    if part.op and part.op[0] in ":-+?" and (part.op[-1] == "+") == bool(values):
        return await _word(scope, part)
    if part.op[-1:] == "+":
        return []
    if part.op and part.op[0] in "#%":
        segments = await pattern(scope, part.word)
        values = [trim(value, segments, part.op) for value in values]
    if part.quoted and part.name == "*":
        ifs = scope.get("IFS")
        return [Piece((" " if ifs is None else ifs[:1]).join(values), quoted=True)]
    last = len(values) - 1
    return [Piece(value, part.quoted, splits=True, ends_field=index < last) for index, value in enumerate(values)]
