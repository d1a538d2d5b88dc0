"""Programs that show, cut and order text: cat, head, tail, wc, sort, uniq, cut, tr, tee, seq, echo, printf, …

Not those that search or edit it (`grep`, `sed`, `awk`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.programs.options import (
    Options,
    UsageError,
    amount,
    complain,
    encode,
    inputs,
    lines_of,
    reason,
    store,
    tool,
)
from edgebook.lab.hosts.shell.printf import formatted, unescape

POLL_S = 1.0
CLASSES = {"upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "lower": "abcdefghijklmnopqrstuvwxyz", "digit": "0123456789", "space": " \t\n\r\v\f",
           "blank": " \t", "punct": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}  # fmt: skip
CLASSES |= {"alpha": CLASSES["upper"] + CLASSES["lower"]}
CLASSES |= {"alnum": CLASSES["alpha"] + CLASSES["digit"], "print": CLASSES["alpha"] + CLASSES["digit"] + CLASSES["punct"] + " "}


@tool("cat", short="nAbsuvetET", long=("number", "show-all", "number-nonblank"))
async def cat(call: Call, options: Options) -> int:
    """Print files one after the other."""
    found = await inputs(call, options.words)
    data = b"".join(content for _, content in found)
    if options.has("n", "number"):
        data = encode([f"{number:6d}\t{line}" for number, line in enumerate(lines_of(data), start=1)])
    if options.has("A", "show-all", "e", "E"):
        data = data.replace(b"\t", b"^I").replace(b"\n", b"$\n")
    call.out(data)
    return int(len(found) < len(options.words))


@tool("tac")
async def tac(call: Call, options: Options) -> int:
    """Print files with the last line first."""
    for _, data in await inputs(call, options.words):
        call.out(encode(lines_of(data)[::-1]))
    return 0


def old_style(argv: Sequence[str]) -> list[str]:
    """Turn `-5` into `-n 5`."""
    return [f"-n{arg[1:]}" if re.fullmatch(r"-\d+", arg) else arg for arg in argv]


@tool("head", short="n:c:qv", long=("lines=", "bytes=", "quiet", "verbose"), rewrite=old_style)
async def head(call: Call, options: Options) -> int:
    """Print the beginning of files."""
    count, size = options.value("n", "lines", default="10"), options.value("c", "bytes")
    if not options.words and not size and not count.startswith("-"):
        for _ in range(int(count)):
            line = await call.stdin.readline()
            if not line:
                break
            call.out(line)
        return 0
    found = await inputs(call, options.words)
    for path, data in found:
        kept = data[: amount(size)] if size else b"".join(data.splitlines(keepends=True)[: int(count)])
        call.out(titled(found, path, options))
        call.out(kept)
    return int(len(found) < len(options.words))


def titled(found: list[tuple[str, bytes]], path: str, options: Options) -> str:
    """Return the title that head and tail put over each of several files."""
    several = (len(found) > 1 or options.has("v", "verbose")) and not options.has("q", "quiet")
    return f"{'' if path == found[0][0] else chr(10)}==> {path} <==\n" if several else ""


@tool("tail", short="n:c:qvfF", long=("lines=", "bytes=", "quiet", "verbose", "follow=?", "retry", "pid="), rewrite=old_style)
async def tail(call: Call, options: Options) -> int:
    """Print the end of files."""
    found = await inputs(call, options.words)
    count, size = options.value("n", "lines", default="10"), options.value("c", "bytes")
    for path, data in found:
        call.out(titled(found, path, options))
        if size:
            call.out(data[amount(size) - 1 :] if size.startswith("+") else data[len(data) - min(amount(size), len(data)) :])
            continue
        lines = data.splitlines(keepends=True)
        number = abs(int(count))
        call.out(b"".join(lines[max(number - 1, 0) :] if count.startswith("+") else lines[len(lines) - min(number, len(lines)) :]))
    if options.has("f", "F", "follow") and found:
        await follow(call, options.words[-1])
    return int(len(found) < len(options.words))


async def follow(call: Call, path: str) -> None:
    """Print what is appended to a file, until the program is ended."""
    seen = len(call.files.read(path))
    while True:
        await call.world.clock.sleep(POLL_S)
        data = call.files.read(path) if call.files.exists(path) else b""
        call.out(data[seen:])
        seen = len(data)


@tool("wc", short="lwcmL", long=("lines", "words", "bytes", "chars"))
async def wc(call: Call, options: Options) -> int:
    """Count lines, words and bytes."""
    found = await inputs(call, options.words)
    kinds = [kind for kind, names in (("l", ("l", "lines")), ("w", ("w", "words")), ("c", ("c", "m", "bytes", "chars"))) if options.has(*names)]
    kinds = kinds or ["l", "w", "c"]
    counts = [(path, [counted(data, kind) for kind in kinds]) for path, data in found]
    if len(counts) > 1:
        counts.append(("total", [sum(column) for column in zip(*(row for _, row in counts), strict=True)]))
    plain = len(kinds) == 1 and len(counts) == 1
    width = 1 if plain else 7 if any(path == "-" for path in options.words or ["-"]) else len(str(max(sum(len(data) for _, data in found), 1)))
    for path, row in counts:
        name = f" {path}" if options.words else ""
        call.out(" ".join(f"{number:>{width}}" for number in row) + name + "\n")
    return int(len(found) < len(options.words))


def counted(data: bytes, kind: str) -> int:
    """Count one kind of thing."""
    return data.count(b"\n") if kind == "l" else len(data.split()) if kind == "w" else len(data)


@tool("sort", short="rnuVk:t:fhbso:cM", long=("reverse", "numeric-sort", "unique", "version-sort", "key=", "field-separator=", "output=", "human-numeric-sort"), misuse=2)
async def sort(call: Call, options: Options) -> int:
    """Order lines."""
    lines = [line for _, data in await inputs(call, options.words) for line in lines_of(data)]
    keys = options.values("k", "key") or [""]

    def order(line: str) -> list[tuple[float, str]]:
        return [rank(field_of(line, key, options), key, options) for key in keys]

    down = options.has("r", "reverse")
    if keys == [""] and not options.has("n", "V", "h", "f", "numeric-sort", "version-sort", "human-numeric-sort"):
        ordered = sorted(lines, reverse=down)
    else:
        ordered = sorted(sorted(lines), key=order, reverse=down)
    if options.has("u", "unique"):
        ordered = list({tuple(order(line)): line for line in reversed(ordered)}.values())[::-1]
    data = encode(ordered)
    if options.has("o", "output"):
        store(call, options.value("o", "output"), data)
    else:
        call.out(data)
    return 0


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
        if (options.has("d", "repeated") and len(group) < 2) or (options.has("u", "unique") and len(group) > 1):
            continue
        call.out((f"{len(group):7d} " if options.has("c", "count") else "").encode() + encode(group[:1]))
    return 0


def numbers(spec: str) -> list[tuple[int, int]]:
    """Read a list such as `1,3-5,7-` as spans from 1."""
    spans = []
    for part in spec.split(","):
        found = re.fullmatch(r"(\d*)(-?)(\d*)", part)
        if not found or not part or part == "-":
            raise UsageError(f"invalid field value ‘{part}’")
        first = int(found[1] or 1)
        spans.append((first, int(found[3]) if found[3] else 10**9 if found[2] else first))
    return spans


@tool("cut", short="d:f:c:b:sn", long=("delimiter=", "fields=", "characters=", "bytes=", "only-delimited", "output-delimiter=", "complement"))
async def cut(call: Call, options: Options) -> int:
    """Print parts of lines."""
    spec = options.value("f", "fields", "c", "characters", "b", "bytes")
    if not spec:
        raise UsageError("you must specify a list of bytes, characters, or fields")
    spans, mark = numbers(spec), options.value("d", "delimiter", default="\t")
    joined = options.value("output-delimiter", default=mark)
    for _, data in await inputs(call, options.words):
        for line in lines_of(data):
            if not options.has("f", "fields"):
                call.out(encode(["".join(char for at, char in enumerate(line, 1) if within(at, spans))]))
            elif mark in line:
                parts = [part for at, part in enumerate(line.split(mark), 1) if within(at, spans) != options.has("complement")]
                call.out(encode([joined.join(parts)]))
            elif not options.has("s", "only-delimited"):
                call.out(encode([line]))
    return 0


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
    return re.sub(r"(.)-(.)", lambda found: "".join(map(chr, range(ord(found[1]), ord(found[2]) + 1))), spec, flags=re.DOTALL)


@tool("tee", short="ai", long=("append", "ignore-interrupts"))
async def tee(call: Call, options: Options) -> int:
    """Write what comes in to files and on."""
    data, code = await call.stdin.read(), 0
    for path in options.words:
        try:
            store(call, path, data, append=options.has("a", "append"))
        except OSError as exc:
            code = complain(call, f"{path}: {reason(exc)}")
    call.out(data)
    return code


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
        return complain(call, f"invalid floating point argument: ‘{words[0]}’")
    if not values:
        return complain(call, "missing operand\nTry 'seq --help' for more information.")
    first, step = (values[0] if len(values) > 1 else 1), (values[1] if len(values) > 2 else 1)
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
    if len(call.argv) < 2:
        return complain(call, "missing operand\nTry 'printf --help' for more information.")
    text, errors = formatted(call.argv[1], call.argv[2:])
    for error in errors:
        number, _, said = error.partition(": ")
        complain(call, f"‘{number}’: {said}")
    call.out(text.encode(errors="surrogateescape"))
    return int(bool(errors))


@tool("nl", short="b:w:s:")
async def nl(call: Call, options: Options) -> int:
    """Number lines."""
    number = 0
    for _, data in await inputs(call, options.words):
        for line in lines_of(data):
            number += bool(line)
            call.out(encode([f"{number:6d}\t{line}" if line else "       "]))
    return 0


@tool("rev")
async def rev(call: Call, options: Options) -> int:
    """Turn lines round."""
    for _, data in await inputs(call, options.words):
        call.out(encode([line[::-1] for line in lines_of(data)]))
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
