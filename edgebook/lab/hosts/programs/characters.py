"""Programs that cut lines and change characters: cut, tr, rev.

Not those that work by patterns (`sed`, `awk`).
"""

from __future__ import annotations

import re

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import (
    Options,
    UsageError,
    encode,
    inputs,
    lines_of,
    tool,
)
from edgebook.lab.hosts.shell.printf import unescape

CLASSES = {"upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "lower": "abcdefghijklmnopqrstuvwxyz", "digit": "0123456789",
    "space": " \t\n\r\v\f",
           "blank": " \t", "punct": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}  # fmt: skip
CLASSES |= {"alpha": CLASSES["upper"] + CLASSES["lower"]}
CLASSES |= {
    "alnum": CLASSES["alpha"] + CLASSES["digit"],
    "print": CLASSES["alpha"] + CLASSES["digit"] + CLASSES["punct"] + " ",
}


def numbers(spec: str) -> list[tuple[int, int]]:
    """Read a list such as `1,3-5,7-` as spans from 1."""
    spans = []
    for part in spec.split(","):
        found = re.fullmatch(r"(\d*)(-?)(\d*)", part)
        if not found or not part or part == "-":
            raise UsageError(f"invalid field value '{part}'")
        first = int(found[1] or 1)
        spans.append((first, int(found[3]) if found[3] else 10**9 if found[2] else first))
    return spans


@tool(
    "cut",
    short="d:f:c:b:sn",
    long=("delimiter=", "fields=", "characters=", "bytes=", "only-delimited", "output-delimiter=", "complement"),
)
async def cut(call: Call, options: Options) -> int:
    """Print parts of lines."""
    spec = options.value("f", "fields", "c", "characters", "b", "bytes")
    if not spec:
        raise UsageError("you must specify a list of bytes, characters, or fields")
    spans, mark = numbers(spec), options.value("d", "delimiter", default="\t")
    joined = options.value("output-delimiter", default=mark)
    found = await inputs(call, options.words)
    for _, data in found:
        for line in lines_of(data):
            if not options.has("f", "fields"):
                call.out(encode(["".join(char for at, char in enumerate(line, 1) if within(at, spans))]))
            elif mark in line:
                parts = [
                    part
                    for at, part in enumerate(line.split(mark), 1)
                    if within(at, spans) != options.has("complement")
                ]
                call.out(encode([joined.join(parts)]))
            elif not options.has("s", "only-delimited"):
                call.out(encode([line]))
    return int(len(found) < len(options.words))


def within(at: int, spans: list[tuple[int, int]]) -> bool:
    """Say whether a number is in one of the spans."""
    return any(first <= at <= last for first, last in spans)


@tool("tr", short="dscCt", long=("delete", "squeeze-repeats", "complement"))
async def tr(call: Call, options: Options) -> int:
    """Replace, delete or squeeze characters."""
    if not options.words:
        raise UsageError("missing operand")
    text = (await call.stdin.read()).decode(errors="surrogateescape")
    first, second = characters(options.words[0]), characters(options.words[1] if len(options.words) > 1 else "")
    if options.has("c", "C", "complement"):
        first = "".join(sorted(set(text) - set(first)))
    if options.has("d", "delete"):
        text = "".join(char for char in text if char not in first)
    elif second:
        second += second[-1] * (len(first) - len(second))
        text = text.translate({ord(one): other for one, other in reversed(list(zip(first, second, strict=False)))})
    if options.has("s", "squeeze-repeats"):
        squeezed = second or first
        text = re.sub(f"([{re.escape(squeezed)}])\\1+", r"\1", text) if squeezed else text
    call.out(text.encode(errors="surrogateescape"))
    return 0


def characters(spec: str) -> str:
    """Spell a set of tr out: ranges, classes and escapes."""
    spec = re.sub(r"\[:(\w+):\]", lambda found: CLASSES.get(found[1], ""), unescape(spec))
    return re.sub(
        r"(.)-(.)", lambda found: "".join(map(chr, range(ord(found[1]), ord(found[2]) + 1))), spec, flags=re.DOTALL
    )


@tool("rev")
async def rev(call: Call, options: Options) -> int:
    """Turn lines round."""
    for _, data in await inputs(call, options.words):
        call.out(encode([line[::-1] for line in lines_of(data)]))
    return 0
