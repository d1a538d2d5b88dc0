"""SFTP on a practice host: the file tree over the wire.

Not `scp -O`: that runs a program, and fails here as it does where there is none.
"""

from __future__ import annotations

import contextlib
import errno
import functools
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import asyncssh
from asyncssh import SFTPAttrs, SFTPName, SFTPVFSAttrs
from asyncssh.channel import SSHChannel
from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_READ, FXF_TRUNC, FXF_WRITE

from edgebook.lab.hosts.files import FileTree
from edgebook.lab.hosts.nodes import OpenFile, Stat, fail, stat_of

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host

BLOCK = 4096
P = ParamSpec("P")
T = TypeVar("T")


def attributes(stat: Stat) -> SFTPAttrs:
    """Turn the model's description of a file into SFTP's."""
    return SFTPAttrs(
        size=stat.size,
        uid=stat.uid,
        gid=stat.gid,
        permissions=stat.st_mode,
        atime=int(stat.mtime),
        mtime=int(stat.mtime),
        nlink=stat.links,
    )


def status(exc: OSError) -> asyncssh.SFTPError:
    """Return what OpenSSH's server answers for a system error: a code of its own for a few, else a plain failure."""
    make, text = STATUS.get(exc.errno or 0, (asyncssh.SFTPFailure, "Failure"))
    return make(text)


STATUS: dict[int, tuple[Callable[[str], asyncssh.SFTPError], str]] = {
    errno.ENOENT: (asyncssh.SFTPNoSuchFile, "No such file"),
    errno.ENOTDIR: (asyncssh.SFTPNoSuchFile, "No such file"),
    errno.EACCES: (asyncssh.SFTPPermissionDenied, "Permission denied"),
    errno.EPERM: (asyncssh.SFTPPermissionDenied, "Permission denied"),
    errno.EINVAL: (asyncssh.SFTPBadMessage, "Bad message"),
    errno.ENAMETOOLONG: (asyncssh.SFTPBadMessage, "Bad message"),
}
"""OpenSSH: sftp-server.c, `errno_to_portable`."""


def answered(act: Callable[P, T]) -> Callable[P, T]:
    """Let a system error of a method be answered as OpenSSH does."""

    @functools.wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return act(*args, **kwargs)
        except OSError as exc:
            raise status(exc) from exc

    return run


class HostFiles(asyncssh.SFTPServer):
    """Serves one user's view of a host's files; system errors are answered in OpenSSH's way."""

    def __init__(self, channel: SSHChannel[bytes], host: Host, user: str) -> None:
        super().__init__(cast("asyncssh.SSHServerChannel[bytes]", channel))
        account = host.user(user)
        self._files: FileTree = host.files.as_user(account.uid, gids=account.gids, cwd=account.home)

    @answered
    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        """Give the client a file with the rights its flags ask for."""
        permissions = attrs.permissions
        return self._files.open(
            path.decode(),
            read=bool(pflags & FXF_READ),
            write=bool(pflags & (FXF_WRITE | FXF_APPEND)),
            append=bool(pflags & FXF_APPEND),
            create=bool(pflags & FXF_CREAT),
            truncate=bool(pflags & FXF_TRUNC),
            exclusive=bool(pflags & FXF_EXCL),
            mode=None if permissions is None else permissions & 0o777 & ~self._files.umask,
        )

    def close(self, file_obj: object) -> None:
        """Close a file."""

    @answered
    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read at an offset."""
        return _file(file_obj).read(offset, size)

    @answered
    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write at an offset."""
        return _file(file_obj).write(data, offset)

    @answered
    def stat(self, path: bytes) -> SFTPAttrs:
        """Describe what a path leads to."""
        return attributes(self._files.stat(path.decode()))

    @answered
    def lstat(self, path: bytes) -> SFTPAttrs:
        """Describe a path, a link as the link."""
        return attributes(self._files.stat(path.decode(), follow=False))

    @answered
    def fstat(self, file_obj: object) -> SFTPAttrs:
        """Describe an open file."""
        return attributes(stat_of(_file(file_obj).node))

    @answered
    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Change mode, owner, time or size of a file."""
        name = path.decode()
        if attrs.size is not None:
            self._files.open(name, write=True).truncate(attrs.size)
        if attrs.uid is not None:
            self._files.chown(name, attrs.uid, attrs.gid)
        if attrs.permissions is not None:
            self._files.chmod(name, attrs.permissions)
        if attrs.mtime is not None:
            self._files.touch(name, float(attrs.mtime))

    @answered
    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """Change an open file."""
        self.setstat(_file(file_obj).path.encode(), attrs)

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """List a folder."""
        folder = path.decode()
        answered(self._files.listdir)(folder)
        for name in (".", "..", *self._files.listdir(folder)):
            stat = self._files.stat(f"{folder}/{name}", follow=False)
            yield SFTPName(name.encode(), attrs=attributes(stat))

    @answered
    def remove(self, path: bytes) -> None:
        """Remove a file."""
        if self._files.stat(path.decode(), follow=False).is_folder:
            raise fail(errno.EISDIR, path.decode())
        self._files.remove(path.decode())

    @answered
    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Make a folder."""
        permissions = attrs.permissions
        self._files.mkdir(path.decode(), None if permissions is None else permissions & 0o777 & ~self._files.umask)

    @answered
    def rmdir(self, path: bytes) -> None:
        """Remove an empty folder."""
        if not self._files.stat(path.decode(), follow=False).is_folder:
            raise fail(errno.ENOTDIR, path.decode())
        self._files.remove(path.decode())

    @answered
    def realpath(self, path: bytes) -> bytes:
        """Return a path without links and dots."""
        return self._files.realpath(path.decode() or ".").encode()

    @answered
    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename; as in OpenSSH, a name that is taken is refused."""
        if self._files.exists(newpath.decode(), follow=False):
            raise fail(errno.EEXIST, newpath.decode())
        self._files.rename(oldpath.decode(), newpath.decode())

    @answered
    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename, replacing what is there."""
        self._files.rename(oldpath.decode(), newpath.decode())

    @answered
    def readlink(self, path: bytes) -> bytes:
        """Return where a link points."""
        return self._files.readlink(path.decode()).encode()

    @answered
    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        """Make a symbolic link."""
        self._files.symlink(oldpath.decode(), newpath.decode())

    @answered
    def link(self, oldpath: bytes, newpath: bytes) -> None:
        """Make a hard link."""
        self._files.link(oldpath.decode(), newpath.decode())

    @answered
    def statvfs(self, path: bytes) -> SFTPVFSAttrs:
        """Describe the disk a path is on."""
        disk = self._files.disk(path.decode())
        free, inodes = disk.free_kb * 1024 // BLOCK, disk.inodes - disk.used_inodes
        vfs = SFTPVFSAttrs(bsize=BLOCK, frsize=BLOCK, blocks=disk.size_kb * 1024 // BLOCK, namemax=255)
        vfs.bfree = vfs.bavail = free
        vfs.files, vfs.ffree, vfs.favail = disk.inodes, inodes, inodes
        return vfs

    def exit(self) -> None:
        """End the session with exit code 0, which asyncssh leaves out and scp asks for."""
        with contextlib.suppress(OSError):
            self.channel.exit(0)

    def fsync(self, file_obj: object) -> None:
        """Say that it is on the disk."""


def _file(file_obj: object) -> OpenFile:
    if not isinstance(file_obj, OpenFile):
        raise fail(errno.EBADF, str(file_obj))
    return file_obj
