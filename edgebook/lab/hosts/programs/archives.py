"""tar and gzip: the programs that pack files and unpack them.

Not disks (`copying`): what is packed are files of the host's tree.
"""

from __future__ import annotations

import gzip as codec
import io
import posixpath
import tarfile
import zlib
from collections.abc import Iterable

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.files import FileTree
from edgebook.lab.hosts.nodes import Stat
from edgebook.lab.hosts.programs.options import Options, complain, readable, reason, store, tool

FATAL = 2
UNRECOVERABLE = "Error is not recoverable: exiting now"
DELAYED = "Exiting with failure status due to previous errors"
TAR_LONG = ("create", "extract", "list", "file=", "directory=", "gzip", "verbose", "to-stdout", "get", "no-same-owner",
            "owner=", "group=", "numeric-owner", "strip-components=", "exclude=", "preserve-permissions")  # fmt: skip
GZIP_MAGIC = b"\x1f\x8b"


class TarFailure(Exception):
    """tar ends with what it has said so far; the text is its last line."""


def old_style(args: Iterable[str]) -> list[str]:
    """Give the letters of `tar czf` the dash they may go without."""
    args = list(args)
    return [f"-{args[0]}", *args[1:]] if args and not args[0].startswith("-") else args


@tool("tar", short="cxtf:C:zvOkpmah", long=TAR_LONG, rewrite=old_style, misuse=FATAL)
async def tar(call: Call, options: Options) -> int:
    """Pack, unpack or list an archive."""
    try:
        files = folder(call, options)
        if options.has("c", "create"):
            return pack(call, options, files)
        return await unpack(call, options, files)
    except TarFailure as exc:
        complain(call, str(exc))
        return FATAL


def folder(call: Call, options: Options) -> FileTree:
    """Return the files as tar sees them behind `-C`."""
    path = options.value("C", "directory", default=call.cwd)
    if not call.files.is_folder(path):
        complain(call, f"{path}: Cannot open: No such file or directory")
        raise TarFailure(UNRECOVERABLE)
    here = call.files
    return here.as_user(here.uid, gids=here.gids, cwd=here.absolute(path), umask=here.umask)


def pack(call: Call, options: Options, files: FileTree) -> int:
    """Write an archive of the words, with everything in them."""
    made, missing = io.BytesIO(), 0
    opening = tarfile.TarFile.gzopen if options.has("z", "gzip") else tarfile.TarFile.taropen
    with opening("", "w", made, format=tarfile.GNU_FORMAT) as archive:
        for word in options.words:
            if word.startswith("/"):
                complain(call, "Removing leading `/' from member names")
            if not files.exists(word, follow=False):
                complain(call, f"{word}: Cannot stat: No such file or directory")
                missing += 1
                continue
            for path, seen in files.walk(word):
                add(archive, files, path, seen)
    target = options.value("f", "file", default="-")
    if target == "-":
        call.out(made.getvalue())
    else:
        store(call, target, made.getvalue())
    if missing:
        raise TarFailure(DELAYED)
    return 0


def add(archive: tarfile.TarFile, files: FileTree, path: str, seen: Stat) -> None:
    """Put one file, link or folder into an archive."""
    member = tarfile.TarInfo(path.lstrip("/"))
    member.mode, member.uid, member.gid, member.mtime = seen.mode, seen.uid, seen.gid, int(seen.mtime)
    if seen.is_folder:
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
    elif seen.is_link:
        member.type, member.linkname = tarfile.SYMTYPE, files.readlink(path)
        archive.addfile(member)
    else:
        data = files.read(path)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))


async def unpack(call: Call, options: Options, files: FileTree) -> int:
    """List an archive, or take out of it the members that are named, or all."""
    archive = opened(call, options, await packed(call, options))
    names = [name.rstrip("/") for name in options.words]
    members = [one for one in archive if not names or any(f"{one.name}/".startswith(f"{name}/") for name in names)]
    for member in members:
        shown = f"{member.name}/" if member.isdir() else member.name
        if options.has("t", "list"):
            call.out(f"{shown}\n")
        elif options.has("O", "to-stdout"):
            file = archive.extractfile(member)
            call.out(file.read() if file else b"")
        else:
            take_out(archive, member, files)
    absent = [name for name in names if not any(f"{one.name}/".startswith(f"{name}/") for one in members)]
    for name in absent:
        complain(call, f"{name}: Not found in archive")
    if absent:
        raise TarFailure(DELAYED)
    return 0


async def packed(call: Call, options: Options) -> bytes:
    """Return the archive's bytes."""
    source = options.value("f", "file", default="-")
    if source == "-":
        return await call.stdin.read()
    try:
        return readable(call, source)
    except OSError as exc:
        complain(call, f"{source}: Cannot open: {reason(exc)}")
        raise TarFailure(UNRECOVERABLE) from exc


def opened(call: Call, options: Options, data: bytes) -> tarfile.TarFile:
    """Read an archive, packed with gzip or not; say what it is not."""
    if options.has("z", "gzip") and not data.startswith(GZIP_MAGIC):
        call.err("\ngzip: stdin: not in gzip format\n")
        complain(call, "Child returned status 1")
        raise TarFailure(UNRECOVERABLE)
    try:
        return tarfile.open(fileobj=io.BytesIO(data))
    except (tarfile.TarError, EOFError, zlib.error) as exc:
        complain(call, "This does not look like a tar archive")
        raise TarFailure(DELAYED) from exc


def take_out(archive: tarfile.TarFile, member: tarfile.TarInfo, files: FileTree) -> None:
    """Write one member to the host."""
    if member.isdir():
        files.mkdir(member.name, parents=True)
        files.chmod(member.name, member.mode & ~files.umask if files.uid else member.mode)
        return
    above = posixpath.dirname(member.name)
    if above:
        files.mkdir(above, parents=True)
    if files.exists(member.name, follow=False):
        files.remove(member.name)
    if member.issym():
        files.symlink(member.linkname, member.name)
        return
    file = archive.extractfile(member)
    files.write(member.name, file.read() if file else b"", member.mode & ~files.umask if files.uid else member.mode)


@tool("gzip", "gunzip", "zcat", short="cdktfq", long=("stdout", "decompress", "keep", "test", "force", "quiet"))
async def gzip(call: Call, options: Options) -> int:
    """Pack or unpack files, or standard input."""
    name = posixpath.basename(call.argv[0])
    back, code = name != "gzip" or options.has("d", "decompress", "t", "test"), 0
    for path in options.words or ["-"]:
        try:
            data = await call.stdin.read() if path == "-" else readable(call, path)
            made = codec.decompress(data) if back else codec.compress(data)
        except codec.BadGzipFile:
            call.err(f"\ngzip: {'stdin' if path == '-' else path}: not in gzip format\n")
            code = 1
            continue
        except OSError as exc:
            shown = path if path.endswith(".gz") or not back else f"{path}.gz"
            call.err(f"gzip: {shown}: {reason(exc)}\n")
            code = 1
            continue
        if path == "-" or options.has("c", "stdout") or name == "zcat":
            call.out(made if not options.has("t", "test") else b"")
        elif not options.has("t", "test"):
            call.files.write(path.removesuffix(".gz") if back else f"{path}.gz", made)
            if not options.has("k", "keep"):
                call.files.remove(path)
    return code
