"""Programs that sum up or encode bytes: sha256sum, md5sum, base64, cmp, diff, openssl for certificates.

Not encryption.
"""

from __future__ import annotations

import base64 as codec
import difflib
import hashlib
import re

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, lines_of, readable, reason, tool

ALGORITHMS = {"sha256sum": "sha256", "sha1sum": "sha1", "sha512sum": "sha512", "md5sum": "md5"}
LINE = re.compile(r"([0-9a-f]+) [ *](.+)")


@tool(
    "sha256sum",
    "sha1sum",
    "sha512sum",
    "md5sum",
    short="cbtwz",
    long=("check", "quiet", "status", "ignore-missing", "strict", "tag", "warn"),
)
async def digest(call: Call, options: Options) -> int:
    """Print or check the digests of files."""
    algorithm = ALGORITHMS[call.argv[0].rsplit("/", 1)[-1]]
    if options.has("c", "check"):
        return await check(call, options, algorithm)
    code = 0
    for path in options.words or ["-"]:
        try:
            if path != "-" and call.files.is_folder(path):
                code = complain(call, f"{path}: Is a directory")
                continue
            data = await call.stdin.read() if path == "-" else readable(call, path)
        except OSError as exc:
            code = complain(call, f"{path}: {reason(exc)}")
            continue
        call.out(f"{hashlib.new(algorithm, data).hexdigest()}  {path}\n")
    return code


async def check(call: Call, options: Options, algorithm: str) -> int:
    """Compare files with a list of digests."""
    wrong = missing = right = 0
    for source in options.words or ["-"]:
        data = await call.stdin.read() if source == "-" else readable(call, source)
        entries = [found for line in lines_of(data) if (found := LINE.fullmatch(line))]
        if not entries:
            return complain(
                call, f"{'standard input' if source == '-' else source}: no properly formatted checksum lines found"
            )
        for wanted, path in (found.groups() for found in entries):
            if not call.files.is_file(path):
                if not options.has("ignore-missing"):
                    missing += 1
                    complain(call, f"{path}: No such file or directory")
                    call.out(f"{path}: FAILED open or read\n")
                continue
            good = hashlib.new(algorithm, call.files.read(path)).hexdigest() == wanted
            wrong, right = wrong + (not good), right + good
            if not options.has("status") and not (good and options.has("quiet")):
                call.out(f"{path}: {'OK' if good else 'FAILED'}\n")
    for count, what in ((missing, "listed file{s} could not be read"), (wrong, "computed checksum{s} did NOT match")):
        if count and not options.has("status"):
            complain(call, f"WARNING: {count} {what.format(s='s' * (count > 1))}")
    if options.has("ignore-missing") and not right:
        return complain(call, f"{options.words[0] if options.words else 'standard input'}: no file was verified")
    return int(bool(wrong or missing))


@tool("openssl", short="", long=(), stops=True)
async def openssl(call: Call, options: Options) -> int:
    """Sum files up (`dgst -sha256 -r`), or tell the version; nothing else of OpenSSL is here."""
    verb, *words = [*options.words, ""]
    if verb == "version":
        call.out("OpenSSL 3.0.15 3 Sep 2024 (Library: OpenSSL 3.0.15 3 Sep 2024)\n")
        return 0
    if verb != "dgst":
        call.err(f"Invalid command '{verb}'; type \"help\" for a list.\n")
        return 1
    code = 0
    for path in [word for word in words if word and not word.startswith("-")] or ["-"]:
        try:
            data = await call.stdin.read() if path == "-" else readable(call, path)
        except OSError as exc:
            call.err(f"{path}: {reason(exc)}\n")
            code = 1
            continue
        call.out(f"{hashlib.sha256(data).hexdigest()} *{'stdin' if path == '-' else path}\n")
    return code


@tool("base64", short="dw:i", long=("decode", "wrap=", "ignore-garbage"))
async def base64(call: Call, options: Options) -> int:
    """Encode bytes as text, or back."""
    path = options.words[0] if options.words else "-"
    data = await call.stdin.read() if path == "-" else readable(call, path)
    if options.has("d", "decode"):
        try:
            call.out(codec.b64decode(b"".join(data.split()), validate=True))
        except ValueError:
            return complain(call, "invalid input")
        return 0
    text, width = codec.b64encode(data).decode(), int(options.value("w", "wrap", default="76"))
    lines = [text[at : at + width] for at in range(0, len(text), width)] if width else [text]
    call.out("".join(f"{line}\n" for line in lines) if width else text)
    return 0


@tool("cmp", short="sl", long=("silent", "quiet"), misuse=2)
async def cmp(call: Call, options: Options) -> int:
    """Compare two files byte by byte."""
    if not options.words[1:]:
        raise UsageError("missing operand", 2)
    try:
        one, other = [await call.stdin.read() if path == "-" else readable(call, path) for path in options.words[:2]]
    except OSError as exc:
        complain(call, f"{exc.filename}: {reason(exc)}")
        return 2
    if one == other:
        return 0
    short = next((path for path, data in zip(options.words, (one, other), strict=False) if not data), "")
    if short and not options.has("s", "silent", "quiet"):
        return complain(call, f"EOF on {short} which is empty")
    at = next(
        (index for index, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )
    if not options.has("s", "silent", "quiet"):
        call.out(f"{options.words[0]} {options.words[1]} differ: char {at + 1}, line {one[:at].count(10) + 1}\n")
    return 1


@tool("diff", short="uqNrbw", long=("unified=?", "brief", "new-file", "recursive"), misuse=2)
async def diff(call: Call, options: Options) -> int:
    """Show how two files differ; without `-u` too in unified form."""
    try:
        one, other = [
            lines_of(await call.stdin.read() if path == "-" else readable(call, path)) for path in options.words[:2]
        ]
    except OSError as exc:
        complain(call, f"{exc.filename}: {reason(exc)}")
        return 2
    if one == other:
        return 0
    if options.has("q", "brief"):
        call.out(f"Files {options.words[0]} and {options.words[1]} differ\n")
        return 1
    found = difflib.unified_diff(one, other, options.words[0], options.words[1], lineterm="")
    call.out("".join(f"{line}\n" for line in found))
    return 1
