"""Programs that take paths apart and follow them: basename, dirname, readlink, realpath, which.

Not those that list folders (`listing`).
"""

from __future__ import annotations

import posixpath

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, encode, reason, tool


@tool("basename", short="as:z", long=("multiple", "suffix="))
async def basename(call: Call, options: Options) -> int:
    """Print the last part of paths."""
    if not options.words:
        raise UsageError("missing operand")
    suffix = options.value("s", "suffix")
    words = options.words
    if not options.has("a", "s", "multiple", "suffix"):
        suffix, words = (words[1] if len(words) > 1 else ""), words[:1]
    for word in words:
        name = posixpath.basename(word.rstrip("/")) or "/"
        call.out((name.removesuffix(suffix) if name != suffix else name) + "\n")
    return 0


@tool("dirname", short="z")
async def dirname(call: Call, options: Options) -> int:
    """Print paths without their last part."""
    if not options.words:
        raise UsageError("missing operand")
    for word in options.words:
        call.out((posixpath.dirname(word.rstrip("/")) or ("/" if word.startswith("/") else ".")) + "\n")
    return 0


@tool(
    "readlink", short="femnqsvz", long=("canonicalize", "canonicalize-existing", "canonicalize-missing", "no-newline")
)
async def readlink(call: Call, options: Options) -> int:
    """Print where links lead."""
    code = 0
    for path in options.words:
        try:
            whole = options.has("f", "e", "m", "canonicalize", "canonicalize-existing", "canonicalize-missing")
            found = call.files.realpath(path) if whole else call.files.readlink(path)
            if options.has("e", "canonicalize-existing") and not call.files.exists(found):
                code = 1
                continue
            call.out(found + ("" if options.has("n", "no-newline") else "\n"))
        except OSError:
            code = 1
    return code


@tool("realpath", short="emsqz", long=("canonicalize-existing", "canonicalize-missing", "no-symlinks", "relative-to="))
async def realpath(call: Call, options: Options) -> int:
    """Print paths without links."""
    code = 0
    for path in options.words:
        try:
            found = call.files.realpath(path)
            base = options.value("relative-to")
            call.out((posixpath.relpath(found, call.files.realpath(base)) if base else found) + "\n")
        except OSError as exc:
            code = complain(call, f"{path}: {reason(exc)}")
    return code


@tool("tty", short="s", long=("silent",))
async def tty(call: Call, options: Options) -> int:
    """Print the terminal of standard input; 1 says that it is none."""
    if not options.has("s", "silent"):
        call.out("/dev/pts/0\n" if call.tty else "not a tty\n")
    return int(not call.tty)


@tool("which", short="as")
async def which(call: Call, options: Options) -> int:
    """Print where commands are."""
    found = []
    for word in options.words:
        folders = [""] if "/" in word else [f"{folder}/" for folder in call.env.get("PATH", "").split(":")]
        hits = [
            folder + word
            for folder in folders
            if call.files.is_file(folder + word) and call.files.may(folder + word, 1)
        ]
        found += hits if options.has("a") else hits[:1]
    call.out(encode(found))
    return 0 if len(found) >= len(options.words) else 1
