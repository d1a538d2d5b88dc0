"""What a small shell script does in the course of time: what it prints, which files it makes, when it ends.

Not a shell: a script here never meets a host. `sleep`, `echo`, loops, tests and `exit` are done;
whatever else is called takes a moment and succeeds.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from edgebook.lab.hosts.shell.arithmetic import ArithmeticFailure, Evaluator
from edgebook.lab.hosts.shell.parser import Parser
from edgebook.lab.hosts.shell.syntax import (
    AndOr,
    Arithmetic,
    Command,
    For,
    Group,
    If,
    Loop,
    Parameter,
    Pipeline,
    Redirected,
    Sequence,
    ShellSyntaxError,
    Simple,
    Substitution,
    Text,
    Word,
)

MOMENT_S = 0.01
"""What every command takes, so that a loop without a pause ends each second."""
NOT_FOUND = 127
SYNTAX = 2
UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Step:
    """Something a program does: `print` a line, `make` or `drop` a file, `end` with a code, or `pass` the time."""

    at_s: float
    what: str
    text: str = ""
    code: int = 0


class Exited(Exception):
    """The script ends itself."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass
class Run:
    """One run of a script: its time, variables, files and last exit code."""

    variables: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    now_s: float = 0.0
    code: int = 0

    def play(self, text: str) -> Iterator[Step]:
        """Do a script step by step, for ever if it is meant to."""
        try:
            yield from self._sequence(Parser(text).sequence(frozenset()))
        except ShellSyntaxError as exc:
            yield Step(self.now_s, "print", f"sh: {exc.message}")
            self.code = SYNTAX
        except Exited as exc:
            self.code = exc.code
        yield Step(self.now_s, "end", code=self.code)

    def _sequence(self, body: Sequence) -> Iterator[Step]:
        for item in body.items:
            yield from self._and_or(item)

    def _and_or(self, item: AndOr) -> Iterator[Step]:
        for operator, pipeline in item.items:
            if (operator == "&&" and self.code) or (operator == "||" and not self.code):
                continue
            yield from self._pipeline(pipeline)

    def _pipeline(self, pipeline: Pipeline) -> Iterator[Step]:
        for stage in pipeline.stages[:1]:
            yield from self._command(stage)
        if pipeline.negated:
            self.code = int(not self.code)

    def _command(self, command: Command) -> Iterator[Step]:
        if isinstance(command, Simple):
            yield from self._simple(command)
        elif isinstance(command, Loop):
            yield from self._loop(command)
        elif isinstance(command, For):
            yield from self._for(command)
        elif isinstance(command, If):
            yield from self._if(command)
        elif isinstance(command, Group | Redirected):
            inner = command.body
            yield from self._sequence(inner) if isinstance(inner, Sequence) else self._command(inner)

    def _loop(self, loop: Loop) -> Iterator[Step]:
        while True:
            self.now_s += MOMENT_S
            yield Step(self.now_s, "pass")
            yield from self._sequence(loop.condition)
            if bool(self.code) != loop.until:
                break
            yield from self._sequence(loop.body)
        self.code = 0

    def _for(self, loop: For) -> Iterator[Step]:
        words = itertools.chain.from_iterable(self._expand(word).split() for word in loop.words or ())
        for value in tuple(words):
            self.variables[loop.name] = value
            yield from self._sequence(loop.body)

    def _if(self, choice: If) -> Iterator[Step]:
        for condition, body in choice.branches:
            yield from self._sequence(condition)
            if not self.code:
                yield from self._sequence(body)
                return
        self.code = 0
        yield from self._sequence(choice.otherwise)

    def _simple(self, command: Simple) -> Iterator[Step]:
        for name, word in command.assignments:
            self.variables[name] = self._expand(word)
        words = [self._expand(word) for word in command.words]
        target = next((self._expand(item.target) for item in command.redirects if item.op.startswith(">")), "")
        self.code = 0
        if words[:1] == ["exec"]:
            words = words[1:]
        self.now_s += MOMENT_S if words else 0.0
        for step in DO.get(words[0].rpartition("/")[2], _nothing)(self, words[1:]) if words else ():
            yield Step(step.at_s, "make", target) if step.what == "print" and target else step
        if target and target not in self.files:
            self.files.add(target)
            yield Step(self.now_s, "make", target)

    def _expand(self, word: Word) -> str:
        return "".join(self._part(part) for part in word)

    def _part(self, part: Text | Parameter | Substitution | Arithmetic) -> str:
        if isinstance(part, Text):
            return part.text
        if isinstance(part, Parameter):
            value = str(self.code) if part.name == "?" else self.variables.get(part.name, "")
            return value or (self._expand(part.word) if part.op in (":-", "-") else "")
        if isinstance(part, Arithmetic):
            return self._number(self._expand(part.body))
        inner = Run(self.variables, self.files, self.now_s)
        return " ".join(
            step.text for step in itertools.islice(inner._sequence(part.body), 1000) if step.what == "print"
        )

    def _number(self, text: str) -> str:
        try:
            return str(Evaluator(text, lambda name: self.variables.get(name, "0"), self._put).value())
        except ArithmeticFailure:
            return "0"

    def _put(self, name: str, value: str) -> None:
        self.variables[name] = value


def _nothing(_run: Run, _words: list[str]) -> Iterator[Step]:
    return iter(())


def _echo(run: Run, words: list[str]) -> Iterator[Step]:
    plain = words[1:] if words[:1] in (["-n"], ["-e"]) else words
    for line in " ".join(plain).split("\\n" if words[:1] == ["-e"] else "\n"):
        yield Step(run.now_s, "print", line)


def _printf(run: Run, words: list[str]) -> Iterator[Step]:
    text, values = (words[0] if words else "").replace("\\n", "\n"), iter(words[1:])
    text = re.sub(r"%[sd]", lambda _found: next(values, ""), text)
    for line in text.rstrip("\n").split("\n"):
        yield Step(run.now_s, "print", line)


def _sleep(run: Run, words: list[str]) -> Iterator[Step]:
    for word in words:
        found = re.fullmatch(r"(\d*\.?\d+)([smhd]?)", word)
        run.now_s += float("inf") if word == "infinity" else float(found[1]) * UNITS_S[found[2]] if found else 0.0
    return iter(())


def _exit(run: Run, words: list[str]) -> Iterator[Step]:
    raise Exited(int(words[0]) if words and words[0].isdigit() else run.code)


def _false(run: Run, _words: list[str]) -> Iterator[Step]:
    run.code = 1
    return iter(())


def _touch(run: Run, words: list[str]) -> Iterator[Step]:
    for name in words:
        run.files.add(name)
        yield Step(run.now_s, "make", name)


def _remove(run: Run, words: list[str]) -> Iterator[Step]:
    for name in (word for word in words if not word.startswith("-")):
        run.files.discard(name)
        yield Step(run.now_s, "drop", name)


def _test(run: Run, words: list[str]) -> Iterator[Step]:
    words = [word for word in words if word != "]"]
    if words[:1] in (["-f"], ["-e"]):
        holds = any(name in run.files for name in words[1:])
    elif len(words) == 3 and words[1] in COMPARE:  # noqa: PLR2004 - LEFT OP RIGHT
        holds = COMPARE[words[1]](words[0], words[2])
    else:
        holds = bool(words and words[-1])
    run.code = int(not holds)
    return iter(())


def _cat(run: Run, words: list[str]) -> Iterator[Step]:
    for name in words:
        if name not in run.files:
            run.code = 1
            yield Step(run.now_s, "print", f"cat: can't open '{name}': No such file or directory")


def _seq(run: Run, words: list[str]) -> Iterator[Step]:
    ends = [int(word) for word in words if word.lstrip("-").isdigit()] or [0]
    for number in range(ends[0] if len(ends) > 1 else 1, ends[-1] + 1):
        yield Step(run.now_s, "print", str(number))


def _date(run: Run, _words: list[str]) -> Iterator[Step]:
    yield Step(run.now_s, "print", "{date}")


def _tail(run: Run, words: list[str]) -> Iterator[Step]:
    run.now_s = float("inf") if "-f" in words or "-F" in words else run.now_s
    return iter(())


def _number(text: str) -> int:
    return int(text) if text.lstrip("-").isdigit() else 0


COMPARE: dict[str, Callable[[str, str], bool]] = {
    "=": lambda left, right: left == right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "-eq": lambda left, right: _number(left) == _number(right),
    "-ne": lambda left, right: _number(left) != _number(right),
    "-lt": lambda left, right: _number(left) < _number(right),
    "-le": lambda left, right: _number(left) <= _number(right),
    "-gt": lambda left, right: _number(left) > _number(right),
    "-ge": lambda left, right: _number(left) >= _number(right),
}
DO: dict[str, Callable[[Run, list[str]], Iterator[Step]]] = {
    "echo": _echo, "printf": _printf, "sleep": _sleep, "exit": _exit, "false": _false, "touch": _touch,
    "rm": _remove, "test": _test, "[": _test, "cat": _cat, "seq": _seq, "date": _date, "tail": _tail,
}  # fmt: skip
