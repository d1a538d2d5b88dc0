"""xargs: the program that runs a command with the words it reads.

Not a shell.
"""

from __future__ import annotations

import shlex

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import Options, UsageError, start, tool

GIVE_UP = 255
"""A command that ends so ends xargs as well."""


@tool(
    "xargs",
    short="n:I:0rd:tP:L:i",
    long=("no-run-if-empty", "null", "max-args=", "replace=?", "delimiter=", "max-procs="),
    stops=True,
)
async def xargs(call: Call, options: Options) -> int:
    """Run a command with the words on standard input as arguments."""
    text = (await call.stdin.read()).decode(errors="surrogateescape")
    words = options.words or ["echo"]
    mark = options.value("I", "replace", default="{}" if options.has("i", "replace") else "")
    items = xargs_items(text, options, by_line=bool(mark) or options.has("L"))
    if not items and options.has("r", "no-run-if-empty"):
        return 0
    if mark:
        calls = [[word.replace(mark, item) for word in words] for item in items]
    else:
        size = int(options.value("n", "max-args", "L", default="0")) or max(len(items), 1)
        calls = [[*words, *items[at : at + size]] for at in range(0, max(len(items), 1), size)]
    code = 0
    for argv in calls:
        ended = await start(call, argv, said="{name}", stdin=b"")
        code = code if not ended else ended if ended in (126, 127) else 124 if ended == GIVE_UP else 123
        if code in (124, 126, 127):
            break
    return code


def xargs_items(text: str, options: Options, *, by_line: bool) -> list[str]:
    """Split the input: at blanks and quotes, at lines, or at a mark of its own."""
    if options.has("0", "null"):
        return [item for item in text.split("\0") if item]
    if options.has("d", "delimiter"):
        mark = options.value("d", "delimiter").replace("\\n", "\n").replace("\\t", "\t")
        return text.removesuffix(mark).split(mark) if text else []
    if by_line:
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        return shlex.split(text)
    except ValueError:
        raise UsageError(
            "unmatched single quote; by default quotes are special to xargs unless you use the -0 option"
        ) from None
