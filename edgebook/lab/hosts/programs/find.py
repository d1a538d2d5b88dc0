"""find: the program that walks folders and names what it finds there.

Not a search in files: that is `grep`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.nodes import Stat
from edgebook.lab.hosts.programs.options import UsageError, complain
from edgebook.lab.hosts.programs.system import account
from edgebook.lab.hosts.shell.patterns import matches

Test = Callable[[str, Stat], bool]
KINDS: dict[str, Test] = {
    "f": lambda _, seen: seen.is_file,
    "d": lambda _, seen: seen.is_folder,
    "l": lambda _, seen: seen.is_link,
}
UNITS = {"c": 1, "k": 1024, "M": 1 << 20, "G": 1 << 30, "b": 512, "": 512}


@program("find")
async def find(call: Call) -> int:
    """Print, or act on, the files under folders that pass tests."""
    words = list(call.argv[1:])
    roots = []
    while words and not words[0].startswith(("-", "(", "!")):
        roots.append(words.pop(0))
    try:
        search = Search(call, words)
    except UsageError as exc:
        return complain(call, str(exc))
    code = 0
    for root in roots or ["."]:
        if not call.files.exists(root, follow=False):
            code = complain(call, f"'{root}': No such file or directory")
            continue
        for path, seen in list(search.walk(root)):
            if search.passes(path, seen):
                code = max(code, await search.act(path))
    return code


class Search:
    """The tests and actions of one call of find. Tests are joined by `-o` between groups that all hold."""

    def __init__(self, call: Call, words: list[str]) -> None:
        self.call = call
        self.groups: list[list[Test]] = [[]]
        self.commands: list[list[str]] = []
        self.deletes = self.zero = self.prints = False
        self.least, self.most = 0, 99
        self._words = words
        self._negated = False
        while self._words:
            self._take(self._words.pop(0))

    def _take(self, word: str) -> None:
        if word in ("(", ")", "-a", "-xdev", "-mount"):
            return
        if word in ("!", "-not"):
            self._negated = not self._negated
        elif word in ("-o", "-or"):
            self.groups.append([])
        elif word in ("-print", "-print0"):
            self.zero, self.prints = word == "-print0", True
        elif word == "-delete":
            self.deletes = True
        elif word in ("-exec", "-execdir"):
            end = next((at for at, item in enumerate(self._words) if item in (";", "+")), len(self._words))
            self.commands.append(self._words[:end])
            del self._words[: end + 1]
        elif word in ("-maxdepth", "-mindepth"):
            depth = int(self._value(word))
            self.most, self.least = (depth, self.least) if word == "-maxdepth" else (self.most, depth)
        else:
            self._test(word)

    def _value(self, word: str) -> str:
        if not self._words:
            raise UsageError(f"missing argument to `{word}'")
        return self._words.pop(0)

    def _test(self, word: str) -> None:
        if word == "-empty":
            made: Test = lambda path, seen: not self.call.files.listdir(path) if seen.is_folder else seen.size == 0  # noqa: E731
        else:
            made = self._named(word)
        negated, self._negated = self._negated, False
        self.groups[-1].append((lambda path, seen: not made(path, seen)) if negated else made)

    def _named(self, word: str) -> Test:
        tests = {"-name": _name, "-iname": _name, "-path": _path, "-type": _kind, "-size": _size, "-perm": _mode,
                 "-mtime": self._older, "-mmin": self._older, "-newer": self._newer, "-user": self._owner}  # fmt: skip
        if word not in tests:
            raise UsageError(f"unknown predicate `{word}'")
        value = self._value(word)
        return tests[word](value.lower() if word == "-iname" else f"{value}m" if word == "-mmin" else value)

    def _older(self, value: str) -> Test:
        unit_s = 60 if value.endswith("m") else 86400
        return lambda _, seen: _compare(
            value.rstrip("m"), int((self.call.host.now().timestamp() - seen.mtime) // unit_s)
        )

    def _newer(self, value: str) -> Test:
        reference = self.call.files.stat(value).mtime
        return lambda _, seen: seen.mtime > reference

    def _owner(self, value: str) -> Test:
        user = account(self.call, value)
        return lambda _, seen: user is not None and seen.uid == user.uid

    def walk(self, root: str) -> Iterator[tuple[str, Stat]]:
        """Yield what lies under a root, within the depths asked for."""
        base = root.rstrip("/").count("/")
        for path, seen in self.call.files.walk(root):
            depth = 0 if path == root else path.count("/") - base
            if self.least <= depth <= self.most:
                yield path, seen

    def passes(self, path: str, seen: Stat) -> bool:
        """Say whether a file passes one of the groups of tests."""
        return any(all(test(path, seen) for test in group) for group in self.groups)

    async def act(self, path: str) -> int:
        """Print, delete, or run commands for one file."""
        for command in self.commands:
            await self.call.run([word.replace("{}", path) for word in command])
        if self.deletes:
            self.call.files.remove(path)
        if self.prints or not (self.commands or self.deletes):
            self.call.out(path + ("\0" if self.zero else "\n"))
        return 0


def _name(value: str) -> Test:
    return lambda path, _: matches([(value, False)], posixpath.basename(path.rstrip("/")) or "/")


def _path(value: str) -> Test:
    return lambda path, _: matches([(value, False)], path)


def _kind(value: str) -> Test:
    kinds = [KINDS.get(letter, KINDS["f"]) for letter in value.split(",")]
    return lambda path, seen: any(kind(path, seen) for kind in kinds)


def _size(value: str) -> Test:
    found = re.fullmatch(r"([-+]?\d+)([ckMGb]?)", value)
    if not found:
        raise UsageError(f"Invalid argument `{value}' to -size")
    return lambda _, seen: _compare(found[1], -(-seen.size // UNITS[found[2]]))


def _mode(value: str) -> Test:
    bits = int(value.lstrip("-/"), 8)
    if value.startswith("-"):
        return lambda _, seen: seen.mode & bits == bits
    return lambda _, seen: bool(seen.mode & bits) if value.startswith("/") else seen.mode == bits


def _compare(value: str, seen: int) -> bool:
    number = int(value.lstrip("-+"))
    return seen > number if value.startswith("+") else seen < number if value.startswith("-") else seen == number
