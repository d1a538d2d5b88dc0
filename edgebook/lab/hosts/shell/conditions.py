"""The conditions of `test` and `[`.

Not the commands: those are a built-in of the shell and a program.
"""

from __future__ import annotations

from collections.abc import Callable

from edgebook.lab.hosts.files import FileTree
from edgebook.lab.hosts.nodes import Kind

UNARY = frozenset(
    [
        "-b",
        "-c",
        "-d",
        "-e",
        "-f",
        "-g",
        "-h",
        "-k",
        "-L",
        "-n",
        "-p",
        "-r",
        "-s",
        "-S",
        "-t",
        "-u",
        "-w",
        "-x",
        "-z",
        "-O",
        "-G",
    ]
)
BINARY = frozenset(["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"])
COMPARE: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda left, right: left == right,
    "-ne": lambda left, right: left != right,
    "-lt": lambda left, right: left < right,
    "-le": lambda left, right: left <= right,
    "-gt": lambda left, right: left > right,
    "-ge": lambda left, right: left >= right,
}


class ConditionInvalid(Exception):
    """A condition that cannot be worked out; the text is dash's own."""


def holds(args: list[str], files: FileTree) -> bool:
    """Say whether a condition holds."""
    if not args:
        return False
    if len(args) == 1:
        return bool(args[0])
    reader = Reader(args, files)
    found = reader.either()
    if reader.left:
        raise ConditionInvalid(f"{reader.left[0]}: unexpected operator")
    return found


class Reader:
    """Works through a condition's arguments from the left."""

    def __init__(self, args: list[str], files: FileTree) -> None:
        self.left = list(args)
        self.files = files

    def either(self) -> bool:
        """Read conditions joined by `-o`."""
        found = self.both()
        while self.left[:1] == ["-o"]:
            self.left.pop(0)
            found = self.both() or found
        return found

    def both(self) -> bool:
        """Read conditions joined by `-a`."""
        found = self.negated()
        while self.left[:1] == ["-a"]:
            self.left.pop(0)
            found = self.negated() and found
        return found

    def negated(self) -> bool:
        """Read a condition, maybe behind `!`."""
        if self.left[:1] == ["!"] and not (
            self.left[1:2] and self.left[1] in BINARY and self.left[2:] and not self.left[3:]
        ):
            self.left.pop(0)
            return not self.negated() if self.left else False
        return self.primary()

    def primary(self) -> bool:
        """Read a parenthesis or one comparison."""
        if not self.left:
            raise ConditionInvalid("argument expected")
        if self.left[2:] and self.left[1] in BINARY:
            left, op, right = (self.left.pop(0) for _ in range(3))
            return self.binary(left, op, right)
        first = self.left.pop(0)
        if first == "(":
            found = self.either()
            if self.left[:1] != [")"]:
                raise ConditionInvalid("closing paren expected")
            self.left.pop(0)
            return found
        if first in UNARY and self.left:
            return self.unary(first, self.left.pop(0))
        if self.left and self.left[0] not in ("-a", "-o", ")"):
            raise ConditionInvalid(f"{first}: unexpected operator")
        return bool(first)

    def binary(self, left: str, op: str, right: str) -> bool:
        """Work out a comparison."""
        if op in COMPARE:
            return COMPARE[op](integer(left), integer(right))
        if op in ("-nt", "-ot", "-ef"):
            return self._by_time(left, op, right)
        return {"=": left == right, "==": left == right, "!=": left != right, "<": left < right, ">": left > right}[op]

    def _by_time(self, left: str, op: str, right: str) -> bool:
        if not self.files.exists(left) or not self.files.exists(right):
            return False
        if op == "-ef":
            return self.files.realpath(left) == self.files.realpath(right)
        times = self.files.stat(left).mtime, self.files.stat(right).mtime
        return times[0] > times[1] if op == "-nt" else times[0] < times[1]

    def unary(self, op: str, text: str) -> bool:
        """Work out a question about a string or a file."""
        if op in ("-n", "-z"):
            return bool(text) == (op == "-n")
        if op == "-t":
            return False
        if not self.files.exists(text, follow=op not in ("-h", "-L")):
            return False
        seen = self.files.stat(text, follow=op not in ("-h", "-L"))
        rights = {"-r": 4, "-w": 2, "-x": 1}
        if op in rights:
            return self.files.may(text, rights[op])
        answers = {"-e": True, "-f": seen.is_file, "-d": seen.is_folder, "-h": seen.is_link, "-L": seen.is_link,
                   "-s": seen.size > 0, "-c": seen.kind is Kind.DEVICE,
                   "-u": bool(seen.mode & 0o4000), "-g": bool(seen.mode & 0o2000), "-k": bool(seen.mode & 0o1000),
                   "-O": seen.uid == self.files.uid, "-G": seen.gid in self.files.gids}  # fmt: skip
        return answers.get(op, False)


def integer(text: str) -> int:
    """Read a number as `test` does."""
    try:
        return int(text.strip(), 10)
    except ValueError:
        raise ConditionInvalid(f"Illegal number: {text}") from None
