"""The syntax tree of a shell script.

Not here: how text becomes a tree (`words`, `parser`) and what a tree does (`interpret`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


class ShellSyntaxError(Exception):
    """A script that cannot be parsed; the text is dash's own."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True)
class Text:
    """Characters that stand for themselves; quoted ones are neither split nor matched."""

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Parameter:
    """`$name` or `${name<op>word}`; `op` is empty, a default operator, a trim, or `length`."""

    name: str
    op: str = ""
    word: Word = ()
    quoted: bool = False


@dataclass(frozen=True)
class Substitution:
    """`$(script)`."""

    body: Sequence
    quoted: bool = False


@dataclass(frozen=True)
class Arithmetic:
    """`$((expression))`."""

    body: Word
    quoted: bool = False


Part: TypeAlias = "Text | Parameter | Substitution | Arithmetic"
Word: TypeAlias = "tuple[Part, ...]"


@dataclass
class Redirect:
    """`2>file` and its kind; a here-document's word arrives after its line is read."""

    fd: int
    op: str
    target: Word = ()


@dataclass(frozen=True)
class Simple:
    """Assignments, words and redirects: the command that names a program."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True)
class Pipeline:
    """Stages joined by `|`, maybe behind `!`."""

    stages: tuple[Command, ...]
    negated: bool = False


@dataclass(frozen=True)
class AndOr:
    """Pipelines joined by `&&` and `||`; the first one's operator is empty."""

    items: tuple[tuple[str, Pipeline], ...]
    background: bool = False


@dataclass(frozen=True)
class Sequence:
    """Lists that run one after the other."""

    items: tuple[AndOr, ...] = ()


@dataclass(frozen=True)
class If:
    """`if`, `elif`, `else`."""

    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence = field(default_factory=Sequence)


@dataclass(frozen=True)
class Loop:
    """`while`, or `until`."""

    condition: Sequence
    body: Sequence
    until: bool = False


@dataclass(frozen=True)
class For:
    """`for name in words`; without `in` it walks the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Sequence


@dataclass(frozen=True)
class Case:
    """`case word in pattern) body ;; esac`."""

    word: Word
    arms: tuple[tuple[tuple[Word, ...], Sequence], ...]


@dataclass(frozen=True)
class Group:
    """`{ body; }`, or `( body )` in a copy of the shell."""

    body: Sequence
    subshell: bool = False


@dataclass(frozen=True)
class Function:
    """`name() body`."""

    name: str
    body: Command


@dataclass(frozen=True)
class Redirected:
    """A compound command with redirects behind it."""

    body: Command
    redirects: tuple[Redirect, ...]


Command: TypeAlias = "Simple | If | Loop | For | Case | Group | Function | Redirected"
