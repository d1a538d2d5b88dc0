"""Words of a shell script: quotes, `$` expansions and here-documents, character by character.

Not here: what a word expands to (`expand`) and how words form commands (`parser`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from edgebook.lab.hosts.shell.syntax import (
    Arithmetic,
    Parameter,
    Part,
    Redirect,
    Sequence,
    ShellSyntaxError,
    Substitution,
    Text,
    Word,
)

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ENDS_WORD = " \t\n;&|<>()"
SPECIAL = "@*#?$!-0123456789"
OPERATOR = re.compile(r":?[-=?+]|%%|##|%|#")


class Cursor:
    """A place in a script's text, with the here-documents that are still to come."""

    def __init__(self, text: str, subscript: Callable[[Cursor], Sequence]) -> None:
        self.text = text
        self.pos = 0
        self.subscript = subscript
        self.waiting: list[tuple[Redirect, str, bool, bool]] = []

    @property
    def line(self) -> int:
        """The number of the line being read, from 1."""
        return self.text.count("\n", 0, self.pos) + 1

    def peek(self, count: int = 1) -> str:
        """Return the next characters without taking them."""
        return self.text[self.pos : self.pos + count]

    def take(self, count: int = 1) -> str:
        """Return the next characters and move behind them."""
        taken = self.peek(count)
        self.pos += count
        return taken

    def match(self, pattern: re.Pattern[str]) -> str:
        """Take what a pattern matches here, or nothing."""
        found = pattern.match(self.text, self.pos)
        return self.take(len(found[0])) if found else ""

    def error(self, message: str) -> ShellSyntaxError:
        """Make the error for this place."""
        return ShellSyntaxError(min(self.line, self.text.rstrip("\n").count("\n") + 1), message)

    def skip_blanks(self) -> None:
        """Move over blanks, continued lines and a comment."""
        while True:
            if self.peek() and self.peek() in " \t":
                self.pos += 1
            elif self.peek(2) == "\\\n":
                self.pos += 2
            elif self.peek() == "#":
                end = self.text.find("\n", self.pos)
                self.pos = len(self.text) if end < 0 else end
            else:
                return

    def word(self) -> Word:
        """Take one word; an empty tuple means that none begins here."""
        parts: list[Part] = []
        while (char := self.peek()) and char not in ENDS_WORD:
            if not parts and char == "~":
                parts.append(self._tilde())
            else:
                self.part(parts, char)
        return tuple(parts)

    def part(self, parts: list[Part], char: str) -> None:
        """Take one piece of an unquoted word."""
        if char == "\\":
            self.take()
            if self.peek() == "\n":
                self.take()
            else:
                add(parts, self.take() or "\\", quoted=True)
        elif char == "'":
            self.take()
            add(parts, self._until("'"), quoted=True)
        elif char == '"':
            self.take()
            parts.extend(self.double_quoted('"') or (Text("", quoted=True),))
        elif char in "$`":
            parts.append(self.dollar(quoted=False))
        else:
            add(parts, self.take(), quoted=False)

    def double_quoted(self, end: str, *, keeps_quotes: bool = False) -> Word:
        """Take the inside of double quotes up to `end`; an empty `end` means the whole text."""
        parts: list[Part] = []
        while (char := self.peek()) != end or not char:
            if not char:
                raise self.error("Syntax error: Unterminated quoted string")
            if char == "\\":
                self._escape(parts, '$`\\\n}"' if end == "}" else "$`\\\n" + ("" if keeps_quotes else '"'))
            elif char in "$`":
                parts.append(self.dollar(quoted=True))
            elif end == "}" and char == '"':
                self.take()
                parts.extend(self.double_quoted('"'))
            else:
                add(parts, self.take(), quoted=True)
        self.take()
        return tuple(parts)

    def _escape(self, parts: list[Part], escapable: str) -> None:
        self.take()
        following = self.peek()
        if following and following in escapable:
            self.take()
            if following != "\n":
                add(parts, following, quoted=True)
        else:
            add(parts, "\\", quoted=True)

    def _until(self, end: str) -> str:
        found = self.text.find(end, self.pos)
        if found < 0:
            self.pos = len(self.text)
            raise self.error("Syntax error: Unterminated quoted string")
        return self.take(found - self.pos + 1)[:-1]

    def _tilde(self) -> Part:
        name = self.match(re.compile(r"~[A-Za-z0-9_-]*(?=[/:\s;&|<>()]|$)"))
        return Parameter("HOME", op="tilde", word=(Text(name[1:]),), quoted=True) if name else Text(self.take())

    def dollar(self, *, quoted: bool) -> Part:
        """Take an expansion that begins with `$` or a backquote."""
        if self.take() == "`":
            return self._backquoted(quoted=quoted)
        if self.peek(2) == "((":
            self.take(2)
            return Arithmetic(self._arithmetic(), quoted)
        if self.peek() == "(":
            self.take()
            body = self.subscript(self)
            return Substitution(body, quoted)
        if self.peek() == "{":
            self.take()
            return self._braced(quoted=quoted)
        name = self.match(NAME) or (self.take() if self.peek() and self.peek() in SPECIAL else "")
        return Parameter(name, quoted=quoted) if name else Text("$", quoted=quoted)

    def _backquoted(self, *, quoted: bool) -> Part:
        text = ""
        while (char := self.take()) != "`":
            if not char:
                raise self.error("Syntax error: EOF in backquote substitution")
            if char == "\\" and self.peek() and self.peek() in ('$`\\"' if quoted else "$`\\"):
                char = self.take()
            text += char
        inner = Cursor(text + ")", self.subscript)
        return Substitution(self.subscript(inner), quoted)

    def _braced(self, *, quoted: bool) -> Part:
        if self.peek() == "#" and self.peek(2) != "#}":
            self.take()
            name = self.match(NAME) or self.take()
            self._expect_brace()
            return Parameter(name, op="length", quoted=quoted)
        name = self.match(NAME) or self.match(re.compile(r"[0-9]+|[@*#?$!-]"))
        if self.peek() == "}" and name:
            self.take()
            return Parameter(name, quoted=quoted)
        op = self.match(OPERATOR)
        if not name or not op:
            raise self.error("Bad substitution")
        return Parameter(name, op, self._operand(op, quoted=quoted), quoted)

    def _expect_brace(self) -> None:
        if self.take() != "}":
            raise self.error("Bad substitution")

    def _operand(self, op: str, *, quoted: bool) -> Word:
        if quoted and op[0] not in "#%":
            return self.double_quoted("}")
        parts: list[Part] = []
        while (char := self.peek()) != "}":
            if not char:
                raise self.error("Syntax error: Missing '}'")
            if not parts and char == "~":
                parts.append(self._tilde())
            else:
                self.part(parts, char)
        self.take()
        return tuple(parts)

    def _arithmetic(self) -> Word:
        parts: list[Part] = []
        depth = 0
        while depth or self.peek(2) != "))":
            char = self.peek()
            if not char:
                raise self.error("Syntax error: Missing '))'")
            depth += (char == "(") - (char == ")")
            if char in "$`":
                parts.append(self.dollar(quoted=True))
            else:
                add(parts, self.take().replace('"', ""), quoted=True)
        self.take(2)
        return tuple(parts)

    def here_documents(self) -> None:
        """Take the bodies of the here-documents announced on the line that just ended."""
        for redirect, end, literal, strips in self.waiting:
            lines: list[str] = []
            while self.pos < len(self.text):
                stop = self.text.find("\n", self.pos)
                line = self.take((len(self.text) if stop < 0 else stop + 1) - self.pos)
                line = line.lstrip("\t") if strips else line
                if line.rstrip("\n") == end:
                    break
                lines.append(line)
            body = "".join(lines)
            redirect.target = (Text(body, quoted=True),) if literal else self._expandable(body)
        self.waiting = []

    def _expandable(self, body: str) -> Word:
        return Cursor(body + "\0", self.subscript).double_quoted("\0", keeps_quotes=True)


def add(parts: list[Part], text: str, *, quoted: bool) -> None:
    """Append characters, merged with the piece before when it is of the same kind."""
    last = parts[-1] if parts else None
    if isinstance(last, Text) and last.quoted == quoted:
        parts[-1] = Text(last.text + text, quoted)
    else:
        parts.append(Text(text, quoted))
