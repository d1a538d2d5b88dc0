"""Programs that print what they are told: echo, printf, seq.

Not those of the shell itself: it has its own `echo` and `printf`.
"""

from __future__ import annotations

import re

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.programs.options import (
    complain,
)
from edgebook.lab.hosts.shell.printf import formatted, unescape


@program("pwd")
async def pwd(call: Call) -> int:
    """Print the folder."""
    call.out(f"{call.files.realpath('.')}\n")
    return 0


@program("seq")
async def seq(call: Call) -> int:
    """Print numbers."""
    words, mark, wide = call.argv[1:], "\n", False
    while words and words[0][:2] in ("-s", "-w", "-f"):
        flag = words.pop(0)
        wide = wide or flag == "-w"
        if flag.startswith("-s"):
            mark = flag[2:] or words.pop(0)
    try:
        values = [int(word) for word in words]
    except ValueError:
        return complain(call, f"invalid floating point argument: '{words[0]}'")
    if not values:
        return complain(call, "missing operand\nTry 'seq --help' for more information.")
    first, step = (values[0] if len(values) > 1 else 1), (values[1] if values[2:] else 1)
    found = [str(value) for value in range(first, values[-1] + (1 if step > 0 else -1), step)]
    width = max((len(text) for text in found), default=0) if wide else 0
    call.out(mark.join(text.zfill(width) for text in found) + "\n" if found else "")
    return 0


@program("echo")
async def echo(call: Call) -> int:
    """Print arguments; unlike the shell's own, this one knows backslashes only after `-e`."""
    words, newline, escapes = call.argv[1:], True, False
    while words and re.fullmatch("-[neE]+", words[0]):
        flag = words.pop(0)
        newline, escapes = newline and "n" not in flag, (escapes or "e" in flag) and "E" not in flag
    text = " ".join(words)
    call.out(((unescape(text) if escapes else text) + "\n" * newline).encode(errors="surrogateescape"))
    return 0


@program("printf")
async def printf(call: Call) -> int:
    """Print formatted arguments."""
    if not call.argv[1:]:
        return complain(call, "missing operand\nTry 'printf --help' for more information.")
    text, errors = formatted(call.argv[1], call.argv[2:])
    for error in errors:
        number, _, said = error.partition(": ")
        complain(call, f"'{number}': {said}")
    call.out(text.encode(errors="surrogateescape"))
    return int(bool(errors))
