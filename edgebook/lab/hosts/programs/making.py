"""Programs that make and remove files: rm, mkdir, rmdir, ln, touch, truncate, dd, fallocate.

Not those that copy and move them (`copying`).
"""

from __future__ import annotations

import errno
import os
import posixpath

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.copying import landing
from edgebook.lab.hosts.programs.options import Options, UsageError, amount, complain, reason, store, tool
from edgebook.lab.hosts.programs.owners import changed_mode
from edgebook.lab.hosts.programs.times import parse_time

BIGGEST = 256 << 20


@tool(
    "rm",
    short="rRfvidI",
    long=("recursive", "force", "verbose", "dir", "one-file-system", "preserve-root=?", "interactive=?"),
)
async def rm(call: Call, options: Options) -> int:
    """Remove files and folders."""
    if not options.words and not options.has("f", "force"):
        raise UsageError("missing operand")
    code = 0
    for path in options.words:
        code = max(code, remove(call, options, path))
    return code


def remove(call: Call, options: Options, path: str) -> int:
    """Remove one path and say what goes wrong as rm does."""
    files, deep = call.files, options.has("r", "R", "recursive")
    if posixpath.basename(path.rstrip("/")) in (".", "..") and path.strip("/"):
        return complain(call, f"refusing to remove '.' or '..' directory: skipping '{path}'")
    if deep and posixpath.normpath(files.absolute(path)) == "/":
        return complain(
            call, "it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe"
        )
    if not files.exists(path, follow=False):
        return 0 if options.has("f", "force") else complain(call, f"cannot remove '{path}': No such file or directory")
    if files.stat(path, follow=False).is_folder and not deep and not options.has("d", "dir"):
        return complain(call, f"cannot remove '{path}': Is a directory")
    try:
        files.remove(path.rstrip("/") or "/", recursive=deep)
    except OSError as exc:
        return complain(call, f"cannot remove '{exc.filename or path}': {reason(exc)}")
    call.out(f"removed '{path}'\n" if options.has("v", "verbose") else "")
    return 0


@tool("mkdir", short="pm:v", long=("parents", "mode=", "verbose"))
async def mkdir(call: Call, options: Options) -> int:
    """Make folders."""
    if not options.words:
        raise UsageError("missing operand")
    code = 0
    for path in options.words:
        try:
            new = not call.files.exists(path)
            call.files.mkdir(path, parents=options.has("p", "parents"))
            if options.has("m", "mode") and new:
                call.files.chmod(path, changed_mode(options.value("m", "mode"), 0o777, call.umask, folder=True))
        except OSError as exc:
            code = complain(call, f"cannot create directory '{culprit(call, path, exc)}': {reason(exc)}")
    return code


def culprit(call: Call, path: str, exc: OSError) -> str:
    """Return the folder that could not be made, of a path or of those above it, as it was written."""
    found = str(exc.filename or path)
    return found if path.startswith("/") or not found.startswith("/") else posixpath.relpath(found, call.cwd)


@tool("rmdir", short="pv", long=("parents", "ignore-fail-on-non-empty"))
async def rmdir(call: Call, options: Options) -> int:
    """Remove empty folders."""
    code = 0
    for path in options.words:
        try:
            if not call.files.stat(path).is_folder:
                code = complain(call, f"failed to remove '{path}': Not a directory")
                continue
            call.files.remove(path.rstrip("/"))
        except OSError as exc:
            if not (options.has("ignore-fail-on-non-empty") and exc.errno == errno.ENOTEMPTY):
                code = complain(call, f"failed to remove '{path}': {reason(exc)}")
    return code


@tool(
    "ln",
    short="sfnvTrt:",
    long=("symbolic", "force", "no-dereference", "verbose", "no-target-directory", "target-directory="),
)
async def ln(call: Call, options: Options) -> int:
    """Make links."""
    files, code = call.files, 0
    words = options.words if len(options.words) > 1 or options.has("t") else [*options.words, "."]
    stays = (
        options.has("n", "no-dereference", "T")
        and files.exists(words[-1], follow=False)
        and files.stat(words[-1], follow=False).is_link
    )
    pairs = [(words[0], words[-1])] if stays else landing(files, words, options)
    for source, target in pairs:
        symbolic = options.has("s", "symbolic")
        try:
            if (
                options.has("f", "force")
                and files.exists(target, follow=False)
                and not files.stat(target, follow=False).is_folder
            ):
                files.remove(target)
            (files.symlink if symbolic else files.link)(source, target)
        except OSError as exc:
            kind = "symbolic link" if symbolic else "hard link"
            code = complain(call, f"failed to create {kind} '{target}': {reason(exc)}")
    return code


@tool("touch", short="cd:r:amt:", long=("no-create", "date=", "reference="))
async def touch(call: Call, options: Options) -> int:
    """Set files' times, making those that are not there."""
    moment = call.host.now()
    if options.has("d", "date"):
        moment = parse_time(options.value("d", "date"), moment) or moment
    code = 0
    for path in options.words:
        if options.has("c", "no-create") and not call.files.exists(path):
            continue
        try:
            call.files.touch(path, moment.timestamp())
        except OSError as exc:
            code = complain(call, f"cannot touch '{path}': {reason(exc)}")
    return code


@tool("truncate", short="s:c", long=("size=", "no-create"))
async def truncate(call: Call, options: Options) -> int:
    """Cut or lengthen files."""
    if not options.has("s", "size"):
        raise UsageError("you must specify either '--size' or '--reference'")
    code = 0
    for path in options.words:
        try:
            call.files.open(path, write=True, create=True).truncate(sized(amount(options.value("s", "size"))))
        except OSError as exc:
            code = complain(call, f"cannot open '{path}' for writing: {reason(exc)}")
    return code


def sized(size: int) -> int:
    """Return a file's wanted size; files are in memory here, so a huge one is refused as too large."""
    if size > BIGGEST:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return size


async def source_bytes(call: Call, given: dict[str, str], wanted: int) -> bytes:
    """Return what dd copies."""
    source = given.get("if", "")
    if source in ("/dev/zero", "/dev/urandom", "/dev/random"):
        return bytes(sized(wanted if wanted >= 0 else BIGGEST + 1))
    data = call.files.read(source) if source else await call.stdin.read()
    return data[:wanted] if wanted >= 0 else data


@tool("dd")
async def dd(call: Call, options: Options) -> int:
    """Copy bytes; /dev/zero and /dev/urandom give as many as `count` wants."""
    given = dict(word.partition("=")[::2] for word in options.words)
    size = amount(given.get("bs", "512"))
    target = given.get("of", "/dev/stdout")
    try:
        data = await source_bytes(call, given, size * int(given["count"]) if "count" in given else -1)
        store(call, target, data)
    except OSError as exc:
        writing = exc.errno in (errno.ENOSPC, errno.EFBIG)
        return complain(
            call, f"{'error writing' if writing else 'failed to open'} '{exc.filename or target}': {reason(exc)}"
        )
    if given.get("status") != "none":
        blocks = f"{len(data) // size}+{int(len(data) % size > 0)}"
        rate = f"{len(data) / 10_000:.1f} MB/s"
        call.err(f"{blocks} records in\n{blocks} records out\n{len(data)} bytes copied, 0.01 s, {rate}\n")
    return 0


@tool("fallocate", short="l:", long=("length=",))
async def fallocate(call: Call, options: Options) -> int:
    """Make a file of a size."""
    for path in options.words:
        try:
            call.files.open(path, write=True, create=True).truncate(
                sized(amount(options.value("l", "length", default="0")))
            )
        except OSError as exc:
            return complain(call, f"fallocate failed: {reason(exc)}")
    return 0
