"""Programs that make, copy, move and remove files: cp, mv, rm, mkdir, rmdir, ln, touch, install, dd, truncate.

Not those that show files (`listing`) or change owners (`owners`).
"""

from __future__ import annotations

import errno
import posixpath

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.files import EXECUTE, FileTree
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, reason, tool
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
        why = "Not a directory" if files.exists(target) else "No such file or directory"
        raise UsageError(f"target '{target}': {why}", hint=False)
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
           "no-target-directory", "update", "no-dereference", "backup=?", "remove-destination", "sparse=",
           "reflink=?")  # fmt: skip


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


def searchable(files: FileTree, path: str) -> bool:
    """Say whether the user may look into the folder of a path."""
    return files.may(posixpath.dirname(files.absolute(path)) or "/", EXECUTE)


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
        if exc.errno == errno.EACCES and not searchable(files, target):
            return complain(call, f"cannot stat '{target}': {reason(exc)}")
        reading = exc.filename and files.absolute(exc.filename) == files.absolute(source)
        kind = f"cannot open '{source}' for reading" if reading else f"cannot create regular file '{target}'"
        return complain(call, f"{kind}: {reason(exc)}")
    if options.has("v", "verbose"):
        call.out(f"'{source}' -> '{target}'\n")
    return 0


@tool(
    "mv",
    short="fnvt:Tiub",
    long=("force", "no-clobber", "verbose", "target-directory=", "no-target-directory", "backup=?", "update"),
)
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


@tool(
    "install",
    short="dm:o:g:Dt:TpvCcs",
    long=("directory", "mode=", "owner=", "group=", "target-directory=", "compare", "verbose"),
)
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
            kind = (
                f"cannot stat '{path}'"
                if exc.filename == source
                else f"cannot create {'regular file' if source else 'directory'} '{path}'"
            )
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
