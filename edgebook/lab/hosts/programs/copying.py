"""Programs that make, copy, move and remove files: cp, mv, rm, mkdir, rmdir, ln, touch, install, dd, truncate.

Not those that show files (`listing`) or change owners (`owners`).
"""

from __future__ import annotations

import errno
import posixpath

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.files import FileTree
from edgebook.lab.hosts.programs.options import Options, UsageError, amount, complain, reason, store, tool
from edgebook.lab.hosts.programs.owners import changed_mode, group_number, user_number


def landing(files: FileTree, sources: list[str], options: Options) -> list[tuple[str, str]]:
    """Pair each source with the path it goes to; the last word is a folder or the new name."""
    folder = options.value("t", "target-directory")
    if folder:
        return [(source, posixpath.join(folder, posixpath.basename(source.rstrip("/")))) for source in sources]
    if not sources:
        raise UsageError("missing file operand")
    if len(sources) == 1:
        raise UsageError(f"missing destination file operand after '{sources[0]}'")
    *found, target = sources
    into = files.is_folder(target) and not options.has("T", "no-target-directory")
    if len(found) > 1 and not into:
        raise UsageError(f"target '{target}' is not a directory" if files.exists(target) else f"target '{target}': No such file or directory")
    return [(one, posixpath.join(target, posixpath.basename(one.rstrip("/"))) if into else target) for one in found]


def keep_facts(files: FileTree, source: str, target: str) -> None:
    """Give a copy the owner, mode and time of its source, where the user may."""
    seen = files.stat(source)
    if files.uid == 0:
        files.chown(target, seen.uid, seen.gid)
    files.chmod(target, seen.mode)
    files.touch(target, seen.mtime)


def copy_one(files: FileTree, source: str, target: str, *, keep: bool) -> None:
    """Copy one file's content and, when new, its mode."""
    seen, new = files.stat(source), not files.exists(target)
    files.write(target, files.read(source))
    if new:
        files.chmod(target, seen.mode & ~files.umask)
    if keep:
        keep_facts(files, source, target)


def copy_tree(files: FileTree, source: str, target: str, *, keep: bool) -> None:
    """Copy a file, link or folder with everything in it."""
    seen = files.stat(source, follow=False)
    if seen.is_link and keep:
        if files.exists(target, follow=False):
            files.remove(target)
        files.symlink(files.readlink(source), target)
        return
    if not files.stat(source).is_folder:
        copy_one(files, source, target, keep=keep)
        return
    files.mkdir(target, parents=True)
    for name in files.listdir(source):
        copy_tree(files, posixpath.join(source, name), posixpath.join(target, name), keep=keep)
    if keep:
        keep_facts(files, source, target)


CP_LONG = ("archive", "recursive", "force", "preserve=?", "no-clobber", "verbose", "target-directory=", "interactive",
           "no-target-directory", "update", "no-dereference", "backup=?", "remove-destination", "sparse=", "reflink=?")  # fmt: skip


@tool("cp", short="arRfpnvt:TiudLPHb", long=CP_LONG)
async def cp(call: Call, options: Options) -> int:
    """Copy files and folders."""
    files, code = call.files, 0
    deep, keep = options.has("a", "r", "R", "archive", "recursive"), options.has("a", "p", "archive", "preserve")
    for source, target in landing(files, options.words, options):
        if not files.exists(source, follow=False):
            code = complain(call, f"cannot stat '{source}': No such file or directory")
        elif files.is_folder(source) and not deep:
            code = complain(call, f"-r not specified; omitting directory '{source}'")
        elif not (options.has("n", "no-clobber") and files.exists(target)):
            code = max(code, attempt(call, options, source, target, deep=deep, keep=keep))
    return code


def attempt(call: Call, options: Options, source: str, target: str, *, deep: bool, keep: bool) -> int:
    """Copy one source and say what goes wrong as cp does."""
    files = call.files
    if files.exists(target) and files.realpath(source) == files.realpath(target):
        return complain(call, f"'{source}' and '{target}' are the same file")
    try:
        (copy_tree if deep else copy_one)(files, source, target, keep=keep)
    except OSError as exc:
        if exc.errno == errno.ENOSPC:
            return complain(call, f"error writing '{target}': {reason(exc)}")
        reading = exc.filename and files.absolute(exc.filename) == files.absolute(source)
        kind = f"cannot open '{source}' for reading" if reading else f"cannot create regular file '{target}'"
        return complain(call, f"{kind}: {reason(exc)}")
    if options.has("v", "verbose"):
        call.out(f"'{source}' -> '{target}'\n")
    return 0


@tool("mv", short="fnvt:Tiub", long=("force", "no-clobber", "verbose", "target-directory=", "no-target-directory", "backup=?", "update"))
async def mv(call: Call, options: Options) -> int:
    """Move files and folders."""
    files, code = call.files, 0
    for source, target in landing(files, options.words, options):
        if not files.exists(source, follow=False):
            code = complain(call, f"cannot stat '{source}': No such file or directory")
            continue
        if options.has("n", "no-clobber") and files.exists(target):
            continue
        try:
            files.rename(source, target)
        except OSError as exc:
            code = complain(call, f"cannot move '{source}' to '{target}': {reason(exc)}")
        else:
            call.out(f"renamed '{source}' -> '{target}'\n" if options.has("v", "verbose") else "")
    return code


@tool("rm", short="rRfvidI", long=("recursive", "force", "verbose", "dir", "one-file-system", "preserve-root=?", "interactive=?"))
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
        return complain(call, "it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe")
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
            code = complain(call, f"cannot create directory ‘{path}’: {reason(exc)}")
    return code


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


@tool("ln", short="sfnvTrt:", long=("symbolic", "force", "no-dereference", "verbose", "no-target-directory", "target-directory="))
async def ln(call: Call, options: Options) -> int:
    """Make links."""
    files, code = call.files, 0
    words = options.words if len(options.words) > 1 or options.has("t") else [*options.words, "."]
    stays = options.has("n", "no-dereference", "T") and files.exists(words[-1], follow=False) and files.stat(words[-1], follow=False).is_link
    pairs = [(words[0], words[-1])] if stays else landing(files, words, options)
    for source, target in pairs:
        symbolic = options.has("s", "symbolic")
        try:
            if options.has("f", "force") and files.exists(target, follow=False) and not files.stat(target, follow=False).is_folder:
                files.remove(target)
            (files.symlink if symbolic else files.link)(source, target)
        except OSError as exc:
            kind = "symbolic link" if symbolic else "hard link"
            code = complain(call, f"failed to create {kind} '{target}': {reason(exc)}")
    return code


@tool("touch", short="cd:r:amt:", long=("no-create", "date=", "reference="))
async def touch(call: Call, options: Options) -> int:
    """Set files' times, making those that are not there."""
    from edgebook.lab.hosts.programs.times import parse_time

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


@tool("install", short="dm:o:g:Dt:TpvCcs", long=("directory", "mode=", "owner=", "group=", "target-directory=", "compare", "verbose"))
async def install(call: Call, options: Options) -> int:
    """Make folders, or copy files, with mode and owner."""
    files, code = call.files, 0
    mode = changed_mode(options.value("m", "mode", default="755"), 0, 0, folder=False)
    pairs = [("", path) for path in options.words] if options.has("d", "directory") else []
    try:
        if options.has("D") and not pairs:
            files.mkdir(posixpath.dirname(options.words[-1]) or ".", parents=True)
        pairs = pairs or landing(files, options.words, options)
    except OSError as exc:
        return complain(call, f"cannot create directory: {reason(exc)}")
    for source, target in pairs:
        try:
            place(files, source, target)
            files.chmod(target, mode)
            own(call, options, target)
        except OSError as exc:
            path = source if exc.filename == source else target
            kind = f"cannot stat '{path}'" if exc.filename == source else f"cannot create {'regular file' if source else 'directory'} '{path}'"
            code = complain(call, f"{kind}: {reason(exc)}")
    return code


def place(files: FileTree, source: str, target: str) -> None:
    """Make a folder, or put a copy of a file in place of what is there."""
    if not source:
        files.mkdir(target, parents=True)
        return
    data = files.read(source)
    if files.exists(target, follow=False):
        files.remove(target)
    files.write(target, data)


def own(call: Call, options: Options, path: str) -> None:
    """Give a path the owner and group that were asked for."""
    seen = call.files.stat(path)
    owner, group = options.value("o", "owner"), options.value("g", "group")
    if owner or group:
        uid = user_number(call, owner) if owner else seen.uid
        call.files.chown(path, uid, group_number(call, group) if group else seen.gid)


@tool("truncate", short="s:c", long=("size=", "no-create"))
async def truncate(call: Call, options: Options) -> int:
    """Cut or lengthen files."""
    if not options.has("s", "size"):
        raise UsageError("you must specify either ‘--size’ or ‘--reference’")
    for path in options.words:
        call.files.open(path, write=True, create=True).truncate(amount(options.value("s", "size")))
    return 0


@tool("dd")
async def dd(call: Call, options: Options) -> int:
    """Copy bytes; /dev/zero and /dev/urandom give as many as `count` wants."""
    given = dict(word.partition("=")[::2] for word in options.words)
    size = amount(given.get("bs", "512"))
    wanted = size * int(given["count"]) if "count" in given else -1
    source = given.get("if", "")
    try:
        if source in ("/dev/zero", "/dev/urandom", "/dev/random"):
            data = bytes(max(wanted, 0))
        else:
            data = call.files.read(source) if source else await call.stdin.read()
        data = data[:wanted] if wanted >= 0 else data
        store(call, given.get("of", "/dev/stdout"), data)
    except OSError as exc:
        path = given.get("of", source) if exc.errno == errno.ENOSPC else exc.filename
        return complain(call, f"error writing '{path}': {reason(exc)}" if exc.errno == errno.ENOSPC else f"failed to open '{path}': {reason(exc)}")
    if given.get("status") != "none":
        blocks = f"{len(data) // size}+{int(len(data) % size > 0)}"
        call.err(f"{blocks} records in\n{blocks} records out\n{len(data)} bytes copied, 0.01 s, {len(data) / 10_000:.1f} MB/s\n")
    return 0


@tool("fallocate", short="l:", long=("length=",))
async def fallocate(call: Call, options: Options) -> int:
    """Make a file of a size."""
    for path in options.words:
        try:
            call.files.open(path, write=True, create=True).truncate(amount(options.value("l", "length", default="0")))
        except OSError as exc:
            return complain(call, f"fallocate failed: {reason(exc)}")
    return 0
