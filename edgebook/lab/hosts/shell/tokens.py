"""The tokens of a shell script: words, keywords, operators and redirects, where a reader stands.

Not the grammar (`parser`) nor what is inside a word (`words`).
"""

from __future__ import annotations

import re

from edgebook.lab.hosts.shell.syntax import (
    Redirect,
    ShellSyntaxError,
    Text,
)
from edgebook.lab.hosts.shell.words import Cursor

OPERATOR = re.compile(r"&&|\|\||;;|[;&|()\n]")
REDIRECT = re.compile(r"(\d*)(<<-|<<|>>|<&|>&|<>|>\||<|>)")
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
CLOSES = frozenset({"}", "do", "done", "elif", "else", "esac", "fi", "then", ")", ";;"})
MAX_DEPTH = 60


class Reader:
    """Takes one token after the other."""

    def __init__(self, cursor: Cursor) -> None:
        self.at = cursor

    def operator(self) -> str:
        """Return the operator that comes next, or nothing."""
        self.at.skip_blanks()
        found = OPERATOR.match(self.at.text, self.at.pos)
        return found[0] if found else ""

    def take_operator(self) -> str:
        """Take the next operator; a newline brings the here-documents of its line."""
        taken = self.at.match(OPERATOR)
        if taken == "\n":
            self.at.here_documents()
        return taken

    def newlines(self) -> None:
        """Skip empty lines."""
        while self.operator() == "\n":
            self.take_operator()

    def keyword(self) -> str:
        """Return the unquoted word or operator that comes next, as text, without taking it."""
        if op := self.operator():
            return op
        found = re.compile(r"[A-Za-z0-9_{}!]+(?=[\s;&|<>()]|$)").match(self.at.text, self.at.pos)
        return found[0] if found else ""

    def expect(self, word: str) -> None:
        """Take a keyword or operator that must come next."""
        self.newlines() if word != ")" else None
        if self.keyword() != word:
            raise self.unexpected(word)
        self.take_operator() if self.operator() else self.at.take(len(word))

    def unexpected(self, wanted: str = "") -> ShellSyntaxError:
        """Make the error for what stands here instead of what was wanted."""
        seen = self.keyword()
        named = "newline" if seen == "\n" else f'"{seen}"' if seen else self._named_word()
        return self.at.error(f"Syntax error: {named} unexpected" + (f' (expecting "{wanted}")' if wanted else ""))

    def _named_word(self) -> str:
        self.at.skip_blanks()
        if not self.at.peek():
            return "end of file"
        return "redirection" if REDIRECT.match(self.at.text, self.at.pos) else "word"

    def redirect(self) -> Redirect | None:
        """Parse one redirect, or return None where none begins."""
        self.at.skip_blanks()
        found = REDIRECT.match(self.at.text, self.at.pos)
        if not found:
            return None
        self.at.take(len(found[0]))
        fd = int(found[1]) if found[1] else (0 if found[2].startswith("<") else 1)
        self.at.skip_blanks()
        target = self.at.word()
        if not target:
            raise self.unexpected()
        redirect = Redirect(fd, found[2].removesuffix("-") if "<<" in found[2] else found[2], target)
        if redirect.op == "<<":
            text = "".join(part.text for part in target if isinstance(part, Text))
            literal = any(isinstance(part, Text) and part.quoted for part in target)
            self.at.waiting.append((redirect, text, literal, found[2] == "<<-"))
        return redirect
