"""The shell's built-in commands that print and read lines: echo, printf, read.

Not the programs of the same names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgebook.lab.hosts.shell.builtin import Misuse, builtin
from edgebook.lab.hosts.shell.printf import echo_escapes, formatted

if TYPE_CHECKING:
    from edgebook.lab.hosts.shell.interpret import Shell


@builtin("echo")
async def echo(shell: Shell, args: list[str]) -> int:
    """Print arguments; dash's echo knows backslashes and `-n`, nothing else."""
    newline = args[:1] != ["-n"]
    text, stopped = echo_escapes(" ".join(args if newline else args[1:]))
    shell.write(1, text + ("\n" if newline and not stopped else ""))
    return 0


@builtin("printf")
async def printf(shell: Shell, args: list[str]) -> int:
    """Print formatted arguments."""
    args = args[1:] if args[:1] == ["--"] else args
    if not args:
        raise Misuse("usage: printf format [arg ...]")
    text, errors = formatted(args[0], args[1:])
    for error in errors:
        shell.complain(f"printf: {error}")
    shell.write(1, text)
    return 1 if errors else 0


@builtin("read")
async def read(shell: Shell, args: list[str]) -> int:
    """Read a line into variables; 1 says that the input ended."""
    raw = "-r" in args
    if "-p" in args:
        args = args[: args.index("-p")] + args[args.index("-p") + 2 :]
    names = [arg for arg in args if not arg.startswith("-")]
    if not names:
        raise Misuse("arg count")
    source = shell.descriptor(0).reader
    line = await source.readline()
    text = line.decode(errors="surrogateescape")
    while not raw and text.endswith("\\\n"):
        text = text[:-2] + (await source.readline()).decode(errors="surrogateescape")
    ended = text.endswith("\n")
    ifs = shell.get("IFS")
    values = cut(text.removesuffix("\n"), len(names), " \t\n" if ifs is None else ifs)
    for name, value in zip(names, values, strict=True):
        shell.put(name, value if raw else re.sub(r"\\(.)", r"\1", value))
    return 0 if ended else 1


def cut(text: str, count: int, ifs: str) -> list[str]:
    """Cut a line into `count` values; the last one keeps the rest."""
    if not ifs:
        return [text] + [""] * (count - 1)
    blanks = "".join(char for char in ifs if char in " \t\n")
    others = re.escape("".join(char for char in ifs if char not in " \t\n"))
    text = text.strip(blanks) if blanks else text
    blank = f"[{re.escape(blanks)}]" if blanks else "(?!)"
    gap = f"{blank}*[{others}]{blank}*|{blank}+" if others else f"{blank}+"
    found = re.split(gap, text, maxsplit=count - 1) if count > 1 else [text]
    return found + [""] * (count - len(found))
