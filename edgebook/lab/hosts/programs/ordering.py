"""Programs that order and join lines: sort, uniq, paste.

Not those that show them as they are (`text`).
"""

from __future__ import annotations

import operator
import re

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import (
    Options,
    encode,
    inputs,
    lines_of,
    store,
    tool,
)
from edgebook.lab.hosts.shell.printf import unescape


@tool(
    "sort",
    short="rnuVk:t:fhbso:cM",
    long=(
        "reverse",
        "numeric-sort",
        "unique",
        "version-sort",
        "key=",
        "field-separator=",
        "output=",
        "human-numeric-sort",
    ),
    misuse=2,
)
async def sort(call: Call, options: Options) -> int:
    """Order lines."""
    found = await inputs(call, options.words, said="cannot read: {path}")
    lines = [line for _, data in found for line in lines_of(data)]
    ordered = arranged(lines, options)
    if options.has("u", "unique"):
        keys = options.values("k", "key") or [""]
        ordered = list(
            {
                tuple(rank(field_of(line, key, options), key, options) for key in keys): line
                for line in reversed(ordered)
            }.values()
        )[::-1]
    data = encode(ordered)
    if options.has("o", "output"):
        store(call, options.value("o", "output"), data)
    else:
        call.out(data)
    return 2 if len(found) < len(options.words) else 0


def arranged(lines: list[str], options: Options) -> list[str]:
    """Order lines by their keys; lines that are equal so are ordered as a whole."""
    down = options.has("r", "reverse")
    ordered = sorted(lines, reverse=down)
    for key in reversed(options.values("k", "key") or [""]):
        own = re.sub(r"[\d.,]", "", key)
        ordered = [line for _, line in sorted(
            ((rank(field_of(line, key, options), key, options), line) for line in ordered),
            key=operator.itemgetter(0), reverse="r" in own if own else down)]  # fmt: skip
    return ordered


def field_of(line: str, key: str, options: Options) -> str:
    """Return the part of a line that a key such as `2,2n` names."""
    found = re.match(r"(\d+)(?:\.\d+)?[a-zA-Z]*(?:,(\d+))?", key)
    if not found:
        return line
    mark = options.value("t", "field-separator")
    parts = line.split(mark) if mark else line.split()
    last = int(found[2]) if found[2] else len(parts)
    return (mark or " ").join(parts[int(found[1]) - 1 : last])


def rank(text: str, key: str, options: Options) -> tuple[float, str]:
    """Return what a field is ordered by."""
    if "n" in key or options.has("n", "numeric-sort"):
        found = re.match(r"\s*(-?\d+\.?\d*)", text)
        return (float(found[1]) if found else 0.0, "")
    if "h" in key or options.has("h", "human-numeric-sort"):
        found = re.match(r"\s*(-?\d+\.?\d*)([KMGT]?)", text)
        return (float(found[1]) * 1024 ** " KMGT".index(found[2] or " ") if found else 0.0, "")
    if "V" in key or options.has("V", "version-sort"):
        return (0.0, re.sub(r"\d+", lambda number: f"{int(number[0]):012d}", text))
    return (0.0, text.upper() if options.has("f") else text)


@tool("uniq", short="cdui", long=("count", "repeated", "unique", "ignore-case"))
async def uniq(call: Call, options: Options) -> int:
    """Drop lines that repeat the one before."""
    groups: list[list[str]] = []
    for _, data in await inputs(call, options.words[:1]):
        for line in lines_of(data):
            same = groups and (groups[-1][0].lower() == line.lower() if options.has("i") else groups[-1][0] == line)
            groups[-1].append(line) if same else groups.append([line])
    for group in groups:
        if (options.has("d", "repeated") and not group[1:]) or (options.has("u", "unique") and len(group) > 1):
            continue
        call.out((f"{len(group):7d} " if options.has("c", "count") else "").encode() + encode(group[:1]))
    return 0


@tool("paste", short="sd:", long=("serial", "delimiters="))
async def paste(call: Call, options: Options) -> int:
    """Join lines of files."""
    found = [lines_of(data) for _, data in await inputs(call, options.words)]
    mark = unescape(options.value("d", "delimiters", default="\t"))
    if options.has("s", "serial"):
        call.out(encode([mark.join(lines) for lines in found]))
        return 0
    longest = max((len(lines) for lines in found), default=0)
    call.out(encode([mark.join(lines[at] if at < len(lines) else "" for lines in found) for at in range(longest)]))
    return 0
