"""The grammar of sed: a script becomes orders.

Not running them: `sed` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from edgebook.lab.hosts.programs.grep import translate
from edgebook.lab.hosts.programs.options import UsageError


@dataclass
class Address:
    """A line's number, `$`, or a pattern."""

    number: int = 0
    last: bool = False
    pattern: re.Pattern[str] | None = None

    def hits(self, number: int, line: str, *, last: bool) -> bool:
        """Say whether a line is the one."""
        if self.pattern is not None:
            return bool(self.pattern.search(line))
        return last if self.last else number == self.number


@dataclass
class Order:
    """One command with the lines it is for."""

    name: str
    first: Address | None = None
    second: Address | None = None
    negated: bool = False
    text: str = ""
    pattern: re.Pattern[str] | None = None
    replacement: str = ""
    flags: str = ""
    block: list[Order] = field(default_factory=list)
    inside: bool = False

    def wants(self, number: int, line: str, *, last: bool) -> bool:
        """Say whether the command is for a line; a range remembers that it began."""
        return self._selected(number, line, last=last) != self.negated

    def _selected(self, number: int, line: str, *, last: bool) -> bool:
        if self.first is None:
            return True
        if self.second is None:
            return self.first.hits(number, line, last=last)
        if self.inside:
            self.inside = not self.second.hits(number, line, last=last) and not (0 < self.second.number <= number)
            return True
        if not self.first.hits(number, line, last=last):
            return False
        self.inside = not 0 < self.second.number <= number and not (self.second.last and last)
        return True


class Script:
    """Reads the text of a script."""

    def __init__(self, text: str, *, extended: bool) -> None:
        self.text, self.at, self.extended = text, 0, extended
        self.last_pattern: re.Pattern[str] | None = None

    def peek(self) -> str:
        """Return the next character."""
        return self.text[self.at : self.at + 1]

    def take(self, pattern: str) -> str:
        """Take what a regular expression matches here."""
        found = re.compile(pattern, re.DOTALL).match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def fail(self, message: str) -> UsageError:
        """Make the error for this place."""
        return UsageError(f"-e expression #1, char {self.at}: {message}")

    def orders(self, *, end: str = "") -> list[Order]:
        """Read commands up to the end."""
        found: list[Order] = []
        while True:
            self.take(r"[\s;]*(#[^\n]*\n?[\s;]*)*")
            if not self.peek():
                if end:
                    raise self.fail("unmatched `{'")
                return found
            if self.peek() == end:
                self.at += 1
                return found
            found.append(self.order())

    def order(self) -> Order:
        """Read one command."""
        first = self.address()
        second = self.address() if first and self.take(r"\s*,\s*") else None
        self.take(r"\s*")
        negated = bool(self.take(r"!\s*"))
        name = self.peek()
        self.at += 1
        made = Order(name, first, second, negated)
        if name == "s":
            self.substitution(made)
        elif name == "{":
            made.block = self.orders(end="}")
        elif name in ("a", "i", "c"):
            made.text = re.sub(r"\\\n", "\n", re.sub(r"^\s*\\?\n?\s*", "", self.take(r"(?:\\.|[^\n])*"))).replace(
                "\\t", "\t"
            )
        elif name == "y":
            mark = self.take(".")
            made.text, made.replacement = self.until(mark), self.until(mark)
        elif name not in "dpqQ=nNDPgGhHxl" or not name:
            raise self.fail(f"unknown command: `{name}'" if name else "missing command")
        return made

    def address(self) -> Address | None:
        """Read an address, if one stands here."""
        if number := self.take(r"\d+"):
            return Address(number=int(number))
        if self.take(r"\$"):
            return Address(last=True)
        if self.peek() in ("/", "\\") and self.peek():
            mark = self.take(r"\\?(.)")[-1]
            return Address(pattern=self.compiled(self.until(mark), "I" if self.take("I") else ""))
        return None

    def until(self, mark: str) -> str:
        """Take text up to a mark that is not escaped."""
        found = ""
        while (char := self.peek()) != mark:
            if not char:
                raise self.fail("unterminated `s' command")
            self.at += 1
            if char == "\\" and self.peek() == mark:
                char = mark
                self.at += 1
            elif char == "\\":
                char += self.take(r".")
            found += char
        self.at += 1
        return found

    def compiled(self, text: str, flags: str) -> re.Pattern[str]:
        """Make a pattern; an empty one is the one before."""
        if not text and self.last_pattern is not None:
            return self.last_pattern
        modes = re.IGNORECASE if "I" in flags or "i" in flags else re.NOFLAG
        self.last_pattern = re.compile(translate(text.replace("\\n", "\n"), extended=self.extended), modes)
        return self.last_pattern

    def substitution(self, made: Order) -> None:
        """Read `s/pattern/replacement/flags`."""
        mark = self.take(".")
        pattern, made.replacement = self.until(mark), self.until(mark)
        made.flags = self.take(r"[gpiI0-9]*")
        made.pattern = self.compiled(pattern, made.flags)
