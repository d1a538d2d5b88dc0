"""sed: the program that edits lines by a script.

Not all of it: no labels and no branches; the hold space is there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.files import WRITE
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, lines_of, readable, reason, tool
from edgebook.lab.hosts.programs.sedscript import Order, Script


def substitute(order: Order, line: str) -> tuple[str, bool]:
    """Replace what a pattern matches: the first, the so-many-th, or with `g` all of them."""
    assert order.pattern is not None  # noqa: S101 - an `s` has one
    number = int("".join(char for char in order.flags if char.isdigit()) or 1)
    count = 0

    def one(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        if count < number or (count > number and "g" not in order.flags):
            return found[0]
        return filled(order.replacement, found)

    made = order.pattern.sub(one, line)
    return made, count >= number


def filled(text: str, found: re.Match[str]) -> str:
    """Fill what was found into a replacement, where `&` and numbers behind a backslash stand."""

    def one(mark: re.Match[str]) -> str:
        body = mark[0]
        if body == "&":
            return found[0]
        if body[1:].isdigit():
            return found[int(body[1:])] or ""
        return {"\\n": "\n", "\\t": "\t"}.get(body, body[1:])

    return re.sub(r"\\.|&", one, text, flags=re.DOTALL)


class Editor:
    """Runs a script over lines."""

    def __init__(self, orders: list[Order], *, quiet: bool) -> None:
        self.orders, self.quiet = orders, quiet
        self.out: list[str] = []
        self.hold = self.line = ""
        self.after: list[str] = []
        self.number = 0
        self.lines: list[str] = []
        self.quits = False

    def run(self, lines: list[str]) -> list[str]:
        """Edit lines and return what is printed."""
        self.out, self.lines = [], lines
        self.number = 0
        while self.number < len(lines) and not self.quits:
            self.line, self.after = lines[self.number], []
            self.number += 1
            if self.apply(self.orders) and not self.quiet:
                self.out.append(self.line)
            self.out += self.after
        return self.out

    def apply(self, orders: list[Order]) -> bool:
        """Run commands on the line; False says that it was deleted."""
        for order in orders:
            if not order.wants(self.number, self.line, last=self.number == len(self.lines)):
                continue
            if order.name == "{":
                if not self.apply(order.block):
                    return False
            elif not self.one(order):
                return False
            if self.quits:
                break
        return True

    def one(self, order: Order) -> bool:
        """Run one command; False ends the line's turn without printing it."""
        name = order.name
        if name in ("d", "c", "Q"):
            self.out += [order.text] if name == "c" and (order.second is None or not order.inside) else []
            self.quits = name == "Q"
            return False
        if name == "s":
            self.line, done = substitute(order, self.line)
            self.out += [self.line] if done and "p" in order.flags else []
        elif name == "y":
            self.line = self.line.translate(str.maketrans(order.text, order.replacement))
        elif name in ("p", "i", "="):
            self.out.append({"p": self.line, "i": order.text, "=": str(self.number)}[name])
        elif name == "a":
            self.after.append(order.text)
        elif name == "q":
            self.quits = True
        else:
            self.space(name)
        return True

    def space(self, name: str) -> None:
        """Run a command of the hold space or of the next line."""
        if name in ("n", "N") and self.number < len(self.lines):
            self.out += [self.line] if name == "n" and not self.quiet else []
            following = self.lines[self.number]
            self.line = following if name == "n" else f"{self.line}\n{following}"
            self.number += 1
        elif name in ("h", "H"):
            self.hold = self.line if name == "h" else f"{self.hold}\n{self.line}"
        elif name in ("g", "G"):
            self.line = self.hold if name == "g" else f"{self.line}\n{self.hold}"
        elif name == "x":
            self.line, self.hold = self.hold, self.line
        elif name == "P":
            self.out.append(self.line.partition("\n")[0])


def joined_suffix(args: Sequence[str]) -> list[str]:
    """Mark `-i` so that the word behind it is not taken for its suffix."""
    return ["--in-place" + (f"={arg[2:]}" if arg[2:] else "") if re.match("-i", arg) else arg for arg in args]


@tool(
    "sed",
    short="nEre:f:i:sz",
    long=("quiet", "silent", "regexp-extended", "expression=", "file=", "in-place=?"),
    rewrite=joined_suffix,
)
async def sed(call: Call, options: Options) -> int:
    """Edit lines by a script."""
    words, scripts = list(options.words), options.values("e", "expression")
    scripts += [readable(call, path).decode(errors="replace") for path in options.values("f", "file")]
    if not scripts:
        if not words:
            call.err("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n")
            return 1
        scripts = [words.pop(0)]
    extended, quiet = options.has("E", "r", "regexp-extended"), options.has("n", "quiet", "silent")
    try:
        Script("\n".join(scripts), extended=extended).orders()
    except UsageError as exc:
        return complain(call, str(exc))
    except re.error as exc:
        return complain(call, f"-e expression #1, char {len(scripts[0])}: {exc}")

    def edited(data: bytes) -> bytes:
        orders = Script("\n".join(scripts), extended=extended).orders()
        text = "".join(f"{line}\n" for line in Editor(orders, quiet=quiet).run(lines_of(data)))
        text = text if data.endswith(b"\n") or not data else text.removesuffix("\n")
        return text.encode(errors="surrogateescape")

    return await each_file(call, options, words, edited)


async def each_file(call: Call, options: Options, words: list[str], edited: Callable[[bytes], bytes]) -> int:
    """Edit standard input, files together, or with `-i` each file in its place."""
    code, data = 0, b""
    for path in words or ["-"]:
        try:
            content = await call.stdin.read() if path == "-" else readable(call, path)
        except OSError as exc:
            complain(call, f"can't read {path}: {reason(exc)}")
            code = 2
            continue
        if options.has("in-place"):
            if not call.files.may(posixpath.dirname(call.files.absolute(path)) or "/", WRITE):
                folder = posixpath.dirname(path)
                complain(call, f"couldn't open temporary file {folder}/sed{'x' * 6}: Permission denied")
                return 4  # what sed ends with when it cannot write
            if options.value("in-place"):
                call.files.write(path + options.value("in-place"), content)
            call.files.write(path, edited(content))
        else:
            data += content
    if not options.has("in-place"):
        call.out(edited(data))
    return code
