"""grep: the program that finds lines.

Not an editor: `sed` and `awk` change them.
"""

from __future__ import annotations

import posixpath
import re

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, encode, lines_of, readable, reason, tool
from edgebook.lab.hosts.shell.patterns import CLASSES

LONG = ("extended-regexp", "fixed-strings", "perl-regexp", "ignore-case", "invert-match", "word-regexp", "line-regexp",
        "count", "quiet", "silent", "no-messages", "line-number", "only-matching", "with-filename", "no-filename",
        "recursive", "files-with-matches", "files-without-match", "max-count=", "regexp=", "file=", "color=?",
        "colour=?",
        "after-context=", "before-context=", "context=", "include=", "text", "basic-regexp")  # fmt: skip


def translate(pattern: str, *, extended: bool) -> str:
    """Turn a POSIX regular expression into Python's."""
    for name, members in CLASSES.items():
        pattern = pattern.replace(f"[:{name}:]", members)
    made, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        following = pattern[at + 1 : at + 2]
        if char == "[":
            end = bracket_end(pattern, at)
            made, at = made + bracket(pattern[at:end]), end
            continue
        if char == "\\" and following:
            made += (
                following
                if not extended and following in "(){}|+?"
                else {"<": r"\b", ">": r"\b"}.get(following, char + following)
            )
            at += 2
            continue
        literal = not extended and (char in "(){}|+?" or (char == "*" and made in ("", "^", "(")))
        made, at = made + ("\\" + char if literal else char), at + 1
    return made


def bracket_end(pattern: str, at: int) -> int:
    """Return where a bracket expression ends."""
    end = pattern.find("]", at + (3 if pattern[at + 1 : at + 2] == "^" else 2))
    return len(pattern) if end < 0 else end + 1


def bracket(text: str) -> str:
    """Turn a bracket expression into Python's, where a backslash must be doubled."""
    inside = text[1:-1]
    negated, inside = inside.startswith("^"), inside.removeprefix("^")
    inside = inside.replace("[", "\\[").replace("]", "\\]")
    inside = re.sub(r"\\(?![sdwSDW\[\]ntfrv/-])", r"\\\\", inside)
    return f"[{'^' * negated}{inside}]"


def compiled(options: Options, patterns: list[str], *, extended: bool) -> re.Pattern[str]:
    """Make one regular expression of all patterns."""
    fixed = options.has("F", "fixed-strings")
    perl = options.has("P", "perl-regexp")
    parts = [re.escape(one) if fixed else one if perl else translate(one, extended=extended) for one in patterns]
    text = "|".join(f"(?:{part})" for part in parts)
    if options.has("w", "word-regexp"):
        text = rf"(?<!\w)(?:{text})(?!\w)"
    if options.has("x", "line-regexp"):
        text = f"^(?:{text})$"
    try:
        return re.compile(text, re.IGNORECASE if options.has("i", "ignore-case", "y") else 0)
    except re.error as exc:
        raise UsageError(f"invalid regular expression: {exc}", 2) from exc


@tool("grep", "egrep", "fgrep", short="EFPGivwxcqsnohHrRlLm:e:f:A:B:C:a", long=LONG, misuse=2)
async def grep(call: Call, options: Options) -> int:
    """Print the lines that match."""
    words, name = list(options.words), call.argv[0].rsplit("/", 1)[-1]
    patterns = options.values("e", "regexp")
    if options.has("f", "file"):
        patterns += lines_of(readable(call, options.value("f", "file")))
    if not patterns:
        if not words:
            call.err("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n")
            return 2
        patterns = words.pop(0).split("\n")
    if name == "fgrep":
        options.given.append(("F", ""))
    extended = options.has("E", "extended-regexp") or name == "egrep"
    return await search(call, options, compiled(options, patterns, extended=extended), paths_of(call, options, words))


def paths_of(call: Call, options: Options, words: list[str]) -> list[str]:
    """Return the files to search; with `-r` those under folders."""
    if not options.has("r", "R", "recursive"):
        return words or ["-"]
    ending = options.value("include").lstrip("*")
    found = [item for word in words or ["."] if call.files.exists(word) for item in call.files.walk(word)]
    return [path for path, seen in found if seen.is_file and posixpath.basename(path).endswith(ending)]


async def search(call: Call, options: Options, pattern: re.Pattern[str], paths: list[str]) -> int:
    """Search every file; 0 says that a line matched, 2 that a file could not be read."""
    titled = (len(paths) > 1 or options.has("H", "r", "R", "with-filename", "recursive")) and not options.has(
        "h", "no-filename"
    )
    matched = failed = False
    for path in paths:
        try:
            if path != "-" and call.files.is_folder(path):
                complain(call, f"{path}: Is a directory")
                continue
            data = await call.stdin.read() if path == "-" else readable(call, path)
        except OSError as exc:
            failed = True
            if not options.has("s", "no-messages"):
                complain(call, f"{path}: {reason(exc)}")
            continue
        matched = one_file(call, options, pattern, (path, lines_of(data)), titled=titled) or matched
        if matched and options.has("q", "quiet", "silent"):
            return 0
    return 2 if failed else int(not matched)


def one_file(
    call: Call, options: Options, pattern: re.Pattern[str], file: tuple[str, list[str]], *, titled: bool
) -> bool:
    """Search one file and print what is asked for."""
    path, lines = file
    inverted = options.has("v", "invert-match")
    hits = [number for number, line in enumerate(lines) if bool(pattern.search(line)) != inverted]
    if options.has("m", "max-count"):
        hits = hits[: int(options.value("m", "max-count"))]
    shown = "(standard input)" if path == "-" else path
    if options.has("q", "quiet", "silent"):
        return bool(hits)
    if options.has("l", "files-with-matches", "L", "files-without-match"):
        call.out(f"{shown}\n" if bool(hits) == options.has("l", "files-with-matches") else "")
    elif options.has("c", "count"):
        call.out((f"{shown}:" if titled else "") + f"{len(hits)}\n")
    else:
        print_hits(call, options, pattern, (shown if titled else "", lines), hits)
    return bool(hits)


def print_hits(
    call: Call, options: Options, pattern: re.Pattern[str], file: tuple[str, list[str]], hits: list[int]
) -> None:
    """Print the lines that matched, with the lines around them where asked for."""
    title, lines = file
    before = int(options.value("B", "C", "before-context", "context", default="0"))
    after = int(options.value("A", "C", "after-context", "context", default="0"))
    last = -1
    for number in sorted(
        {near for hit in hits for near in range(max(0, hit - before), min(len(lines), hit + after + 1))}
    ):
        if (before or after) and last >= 0 and number > last + 1:
            call.out("--\n")
        last = number
        mark = ":" if number in hits else "-"
        head = (f"{title}{mark}" if title else "") + (f"{number + 1}{mark}" if options.has("n", "line-number") else "")
        if options.has("o", "only-matching"):
            call.out(encode([head + found[0] for found in pattern.finditer(lines[number]) if found[0]]))
        else:
            call.out(encode([head + lines[number]]))
