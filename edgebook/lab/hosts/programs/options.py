"""Command-line options of practice programs, read as getopt_long(3) reads them.

Not the programs: each names its options and gets them read.

    @tool("head", short="n:c:q", long=("lines=",))
    async def head(call: Call, options: Options) -> int:
        count = options.value("n", "lines", default="10")
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from edgebook.lab.hosts.call import (
    NOT_EXECUTABLE,
    NOT_FOUND,
    Call,
    CommandDenied,
    CommandNotFound,
    Program,
    execute,
    find,
    program,
)

USAGE = 1


class UsageError(Exception):
    """A program was called in a way it refuses: the line it says and its exit code."""

    def __init__(self, message: str, code: int = USAGE, *, hint: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


@dataclass
class Options:
    """The options and the words of a command line. A flag's value is empty."""

    given: list[tuple[str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def has(self, *names: str) -> bool:
        """Say whether one of these options was given."""
        return any(name in names for name, _ in self.given)

    def value(self, *names: str, default: str = "") -> str:
        """Return the last value of these options."""
        return next((value for name, value in reversed(self.given) if name in names), default)

    def values(self, *names: str) -> list[str]:
        """Return all values of these options, in order."""
        return [value for name, value in self.given if name in names]

    def last(self, *names: str) -> str:
        """Return which of these options was given last, or nothing."""
        return next((name for name, _ in reversed(self.given) if name in names), "")


def read_options(args: Sequence[str], *, short: str = "", long: Sequence[str] = (), stops: bool = False) -> Options:
    """Read options wherever they stand; with `stops`, only those before the first word.

    In `short` a letter with a colon takes a value, with two only one joined to it, as does a name that ends
    with `=` in `long`; `=?` takes one only when it is joined to it.
    """
    found, left = Options(), list(args)
    while left:
        arg = left.pop(0)
        if arg == "--":
            found.words += left
            break
        if arg.startswith("--"):
            found.given.append(_long(arg, left, long))
        elif arg.startswith("-") and len(arg) > 1:
            _short(arg, left, short, found)
        else:
            found.words.append(arg)
            if stops:
                found.words += left
                break
    return found


def _long(arg: str, left: list[str], long: Sequence[str]) -> tuple[str, str]:
    name, equals, value = arg[2:].partition("=")
    matching = [known for known in long if known.rstrip("=?").startswith(name)]
    exact = [known for known in matching if known.rstrip("=?") == name] or matching
    if len(exact) != 1:
        raise UsageError(f"unrecognized option '{arg}'")
    known = exact[0]
    if known.endswith("=") and not equals:
        if not left:
            raise UsageError(f"option '--{known[:-1]}' requires an argument")
        value = left.pop(0)
    return known.rstrip("=?"), value


def _short(arg: str, left: list[str], short: str, found: Options) -> None:
    rest = arg[1:]
    while rest:
        letter, rest = rest[0], rest[1:]
        at = short.find(letter)
        if at < 0 or letter == ":":
            raise UsageError(f"invalid option -- '{letter}'")
        if short[at + 1 : at + 2] != ":" or (not rest and short[at + 1 : at + 3] == "::"):
            found.given.append((letter, ""))
            continue
        if not rest and not left:
            raise UsageError(f"option requires an argument -- '{letter}'")
        found.given.append((letter, rest or left.pop(0)))
        return


Tool = Callable[[Call, Options], Awaitable[int]]


def tool(
    *names: str,
    short: str = "",
    long: Sequence[str] = (),
    stops: bool = False,
    folder: str = "/usr/bin",
    misuse: int = USAGE,
    rewrite: Callable[[Sequence[str]], list[str]] = list,
) -> Callable[[Tool], Program]:
    """Register a program whose options are read first; `misuse` is its exit code for wrong ones.

    `rewrite` turns old spellings such as `head -5` into options before they are read.
    """

    def enter(act: Tool) -> Program:
        @functools.wraps(act)
        async def run(call: Call) -> int:
            try:
                options = read_options(rewrite(call.argv[1:]), short=short, long=long, stops=stops)
                return await act(call, options)
            except UsageError as exc:
                name = posixpath.basename(call.argv[0])
                call.err(f"{name}: {exc}\n" + (f"Try '{name} --help' for more information.\n" if exc.hint else ""))
                return exc.code if exc.code != USAGE else misuse

        return program(*names, folder=folder)(run)

    return enter


def complain(call: Call, message: str) -> int:
    """Say what went wrong behind the program's name, and return 1."""
    call.err(f"{posixpath.basename(call.argv[0])}: {message}\n")
    return 1


def reason(exc: OSError) -> str:
    """Return the system's words for an error."""
    return exc.strerror or str(exc)


async def inputs(call: Call, paths: Sequence[str], *, said: str = "{path}") -> list[tuple[str, bytes]]:
    """Read the named files, standard input for `-` or none; say which cannot be read and leave those out."""
    found = []
    for path in paths or ["-"]:
        try:
            found.append((path, await call.stdin.read() if path == "-" else readable(call, path)))
        except OSError as exc:
            complain(call, f"{said.format(path=path)}: {reason(exc)}")
    return found


def readable(call: Call, path: str) -> bytes:
    """Return a file's bytes."""
    return b"" if path == "/dev/null" else call.files.read(path)


def store(call: Call, path: str, data: bytes, *, append: bool = False) -> None:
    """Write a file as `>` does; /dev/null swallows."""
    if path in ("/dev/stdout", "/dev/stderr"):
        (call.out if path == "/dev/stdout" else call.err)(data)
    elif path != "/dev/null":
        call.files.write(path, data, append=append)


def lines_of(data: bytes) -> list[str]:
    """Return the lines of a text without their newlines."""
    text = data.decode(errors="surrogateescape")
    return text.removesuffix("\n").split("\n") if text else []


def encode(lines: Sequence[str]) -> bytes:
    """Return lines as bytes, each with its newline."""
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")


def amount(text: str) -> int:
    """Read a number with a suffix: K, M, G (1024), kB, MB (1000)."""
    units = {"": 1, "b": 512, "c": 1, "K": 1024, "k": 1024, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    units |= {"kB": 1000, "KB": 1000, "MB": 10**6, "GB": 10**9, "KiB": 1024, "MiB": 1 << 20, "GiB": 1 << 30}
    digits = text.rstrip("".join("bckKMGTBi"))
    if not digits.lstrip("+-").isdigit() or text[len(digits) :] not in units:
        raise UsageError(f"invalid number: '{text}'")
    return int(digits) * units[text[len(digits) :]]


async def start(
    call: Call, argv: Sequence[str], *, said: str, stdin: bytes | None = None, env: dict[str, str] | None = None
) -> int:
    """Run a sub-command; where there is none, say so behind the program's name, in the words of `said`."""
    child = replace(call.child(argv, stdin=stdin), process=call.process, env=call.env if env is None else env)
    try:
        if "PATH" not in child.env:
            child.argv[0] = find(replace(child, env={"PATH": "/bin:/usr/bin"}), argv[0]).path
        return await execute(child)
    except CommandNotFound:
        complain(call, f"{said.format(name=argv[0])}: No such file or directory")
        return NOT_FOUND
    except CommandDenied as exc:
        complain(call, f"{said.format(name=argv[0])}: {exc}")
        return NOT_EXECUTABLE
