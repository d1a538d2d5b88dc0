"""Programs that show text as it is: cat, tac, head, tail, wc, tee, nl.

Not those that order (`ordering`), cut (`characters`), search or edit it (`grep`, `sed`, `awk`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import (
    Options,
    amount,
    complain,
    encode,
    inputs,
    lines_of,
    reason,
    store,
    tool,
)

POLL_S = 1.0
PIECE_BYTES = 128 * 1024
"""What cat reads and writes at once."""
OPENING = "cannot open '{path}' for reading"


@tool("cat", short="nAbsuvetET", long=("number", "show-all", "number-nonblank"))
async def cat(call: Call, options: Options) -> int:
    """Print files one after the other; standard input as it comes, so that what came stays when the rest does not."""
    plain = not options.has("n", "number", "A", "show-all", "e", "E")
    if plain and options.words in ([], ["-"]):
        while data := await call.stdin.read(PIECE_BYTES):
            call.out(data)
        return 0
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
    return [f"-n{arg[1:]}" if re.fullmatch(r"-\d+", arg) and (not at or argv[at - 1] not in ("-n", "-c")) else arg
            for at, arg in enumerate(argv)]  # fmt: skip


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
    if options.words in (["/dev/zero"], ["/dev/full"]) and size:
        return zeros(call, amount(size))
    found = await inputs(call, options.words, said=OPENING)
    for path, data in found:
        kept = data[: amount(size)] if size else b"".join(data.splitlines(keepends=True)[: int(count)])
        call.out(titled(found, path, options))
        call.out(kept)
    return int(len(found) < len(options.words))


def zeros(call: Call, size: int) -> int:
    """Print zeros, and say where they do not go."""
    try:
        call.out(bytes(size))
    except BrokenPipeError:
        raise
    except OSError as exc:
        return complain(call, f"error writing 'standard output': {reason(exc)}")
    return 0


def titled(found: list[tuple[str, bytes]], path: str, options: Options) -> str:
    """Return the title that head and tail put over each of several files."""
    several = (len(found) > 1 or options.has("v", "verbose")) and not options.has("q", "quiet")
    return f"{'' if path == found[0][0] else chr(10)}==> {path} <==\n" if several else ""


@tool(
    "tail",
    short="n:c:qvfF",
    long=("lines=", "bytes=", "quiet", "verbose", "follow=?", "retry", "pid="),
    rewrite=old_style,
)
async def tail(call: Call, options: Options) -> int:
    """Print the end of files."""
    found = await inputs(call, options.words, said=OPENING)
    count, size = options.value("n", "lines", default="10"), options.value("c", "bytes")
    for path, data in found:
        call.out(titled(found, path, options))
        if size:
            call.out(
                data[amount(size) - 1 :] if size.startswith("+") else data[len(data) - min(amount(size), len(data)) :]
            )
            continue
        lines = data.splitlines(keepends=True)
        number = abs(int(count))
        call.out(
            b"".join(
                lines[max(number - 1, 0) :] if count.startswith("+") else lines[len(lines) - min(number, len(lines)) :]
            )
        )
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
    kinds = [
        kind
        for kind, names in (("l", ("l", "lines")), ("w", ("w", "words")), ("c", ("c", "m", "bytes", "chars")))
        if options.has(*names)
    ]
    kinds = kinds or ["l", "w", "c"]
    counts = [(path, [counted(data, kind) for kind in kinds]) for path, data in found]
    if len(counts) > 1:
        counts.append(("total", [sum(column) for column in zip(*(row for _, row in counts), strict=True)]))
    plain = len(kinds) == 1 and len(counts) == 1
    width = (
        1
        if plain
        else 7
        if any(path == "-" for path in options.words or ["-"])
        else len(str(max(sum(len(data) for _, data in found), 1)))
    )
    for path, row in counts:
        name = f" {path}" if options.words else ""
        call.out(" ".join(f"{number:>{width}}" for number in row) + name + "\n")
    return int(len(found) < len(options.words))


def counted(data: bytes, kind: str) -> int:
    """Count one kind of thing."""
    return data.count(b"\n") if kind == "l" else len(data.split()) if kind == "w" else len(data)


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


@tool("nl", short="b:w:s:")
async def nl(call: Call, options: Options) -> int:
    """Number lines."""
    number = 0
    for _, data in await inputs(call, options.words):
        for line in lines_of(data):
            number += bool(line)
            call.out(encode([f"{number:6d}\t{line}" if line else "       "]))
    return 0
