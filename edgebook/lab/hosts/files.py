"""The file tree of one practice host: paths, links, owners, modes and disks.

Not a file system on this computer: everything is in memory.
"""

from __future__ import annotations

import errno
import posixpath
import time
from collections.abc import Callable, Iterator

from edgebook.lab.hosts.nodes import Disk, Kind, Node, OpenFile, Stat, fail
from edgebook.lab.hosts.paths import EXECUTE, READ, WRITE, Place, View

__all__ = ["EXECUTE", "READ", "WRITE", "FileTree"]


class FileTree(View):
    """All files of one host, as one user sees them from one folder.

    `host.files` is root's view. `host.files.as_user(1000, cwd="/home/edge")` is the same tree with
    permission checks; in a program use `call.files`, which is already the caller's. Paths may be
    relative to `cwd`. Every refusal is an OSError with the errno Linux would give.
    """

    def listdir(self, path: str = ".") -> list[str]:
        """Return the sorted names in a folder."""
        node, real = self._existing(path)
        if node.kind is not Kind.FOLDER:
            raise fail(errno.ENOTDIR, path)
        self._need(node, READ, real)
        return sorted(node.children)

    def walk(self, path: str) -> Iterator[tuple[str, Stat]]:
        """Yield a path and everything under it, each with its description; links are not followed."""
        yield path, self.stat(path, follow=False)
        if self.stat(path, follow=False).is_folder:
            for name in self.listdir(path):
                yield from self.walk(posixpath.join(path, name))

    def readlink(self, path: str) -> str:
        """Return where a symbolic link points."""
        node, _ = self._existing(path, follow=False)
        if node.kind is not Kind.LINK:
            raise fail(errno.EINVAL, path)
        return node.target

    def disk(self, path: str) -> Disk:
        """Return the disk a path is on."""
        return self._disk(self.realpath(path))

    # files

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        return self.open(path).read()

    def text(self, path: str) -> str:
        """Return a file's content as text."""
        return self.read(path).decode(errors="replace")

    def write(
        self,
        path: str,
        data: str | bytes,
        mode: int | None = None,
        uid: int | None = None,
        *,
        append: bool = False,
        parents: bool = False,
    ) -> None:
        """Write a whole file; make it with `mode` (else 0666 less the umask), and keep the mode of one that is there.

        On a full disk what fits is written and ENOSPC raised, as `>` does. `uid` (root only) owns a new file.
        """
        if parents:
            self.mkdir(posixpath.dirname(self.absolute(path)), parents=True)
        new = not self.exists(path)
        file = self.open(path, write=True, create=True, truncate=not append, append=append, mode=mode)
        if new and uid is not None:
            file.node.uid = file.node.gid = uid
        if not new and mode is not None:
            self.chmod(path, mode)
        file.write(data.encode() if isinstance(data, str) else data)

    def open(
        self,
        path: str,
        *,
        write: bool = False,
        read: bool = True,
        create: bool = False,
        truncate: bool = False,
        append: bool = False,
        exclusive: bool = False,
        mode: int | None = None,
    ) -> OpenFile:
        """Open a file, as the system call does, with what its flags mean."""
        place = self._find(path)
        node = place.node
        if exclusive and self.exists(path, follow=False):
            raise fail(errno.EEXIST, path)
        if node is None and create:
            node = self._create(place, Node(Kind.FILE, mode if mode is not None else 0o666 & ~self.umask))
        else:
            node = self._openable(node, WRITE if write else READ, path)
        file = OpenFile(node, self._disk(place.path), path, readable=read, writable=write, append=append)
        if truncate:
            file.truncate()
        return file

    def generate(self, path: str, source: Callable[[], str | bytes], mode: int = 0o444) -> None:
        """Make a file whose content a function gives at each read, as in /proc; parents are made too."""
        self.mkdir(posixpath.dirname(path), parents=True)
        self.write(path, b"", mode)
        self._existing(path)[0].source = source

    def allocate(self, path: str, size: int) -> None:
        """Make a file that takes so many bytes of its disk without holding them, as fallocate(1) does."""
        self.write(path, b"")
        self.disk(path).take(size, path)
        self._existing(path)[0].hollow = size

    def device(self, path: str, mode: int) -> None:
        """Make a character device; its name says what it gives and takes (null, zero, full)."""
        self._create(self._find(path), Node(Kind.DEVICE, mode))

    # mounts

    def mount(self, disk: Disk) -> None:
        """Mount a disk over a folder: what is there is hidden until `unmount`."""
        node, real = self._existing(disk.mount)
        if node.kind is not Kind.FOLDER:
            raise fail(errno.ENOTDIR, disk.mount)
        disk.mount, disk.hidden = real, node.children
        node.children = {}
        self._disks[real] = disk

    def unmount(self, path: str) -> None:
        """Take a disk away, with all that was written to it."""
        node, real = self._existing(path)
        node.children = self._disks.pop(real).hidden

    # names

    def mkdir(self, path: str, mode: int | None = None, *, parents: bool = False, uid: int | None = None) -> None:
        """Make a folder; with `parents` make those above too, and let one that is there be."""
        if parents:
            if self.is_folder(path):
                return
            above = posixpath.dirname(self.absolute(path).rstrip("/")) or "/"
            self.mkdir(above, parents=True)
        place = self._find(path)
        if place.node is not None:
            raise fail(errno.EEXIST, path)
        made = self._create(place, Node(Kind.FOLDER, mode if mode is not None else 0o777 & ~self.umask))
        if uid is not None:
            made.uid = made.gid = uid

    def symlink(self, target: str, path: str) -> None:
        """Make a symbolic link at `path` that points to `target`."""
        place = self._find(path, follow=False)
        if place.node is not None:
            raise fail(errno.EEXIST, path)
        self._create(place, Node(Kind.LINK, 0o777, target=target))

    def link(self, path: str, new: str) -> None:
        """Give a file a second name."""
        node, _ = self._existing(path)
        place = self._find(new, follow=False)
        if place.node is not None:
            raise fail(errno.EEXIST, new)
        self._need(place.folder, WRITE | EXECUTE, new)
        place.folder.children[place.name] = node
        node.links += 1

    def remove(self, path: str, *, recursive: bool = False) -> None:
        """Remove a file or link; a folder when it is empty, or with everything in it when `recursive`."""
        place = self._find(path, follow=False)
        if place.node is None:
            raise fail(errno.ENOENT, path)
        if place.node.kind is Kind.FOLDER:
            if recursive:
                for name in list(place.node.children):
                    self.remove(posixpath.join(path, name), recursive=True)
            if place.node.children:
                raise fail(errno.ENOTEMPTY, path)
        if place.path == "/" or place.path in self._disks:
            raise fail(errno.EBUSY, path)
        self._unlink(place, path)

    def rename(self, path: str, new: str) -> None:
        """Move a file or folder, replacing a file that is there; between disks too, as `mv` can."""
        node, real = self._existing(path, follow=False)
        there = self._find(new, follow=False)
        if there.node is node:
            return
        if there.node is not None and (there.node.kind is Kind.FOLDER) and there.node.children:
            raise fail(errno.ENOTEMPTY, new)
        if (there.path + "/").startswith(real + "/"):
            raise fail(errno.EINVAL, new)
        here = self._find(path, follow=False)
        self._need_entry(here, path)
        self._need_entry(there, new)
        self._move_bytes(node, self._disk(real), self._disk(there.path), new)
        if there.node is not None:
            self._unlink(there, new)
        del here.folder.children[here.name]
        there.folder.children[there.name] = node

    def chmod(self, path: str, mode: int) -> None:
        """Set the permission bits; only the owner and root may."""
        self._owned(path).mode = mode & 0o7777

    def chown(self, path: str, uid: int, gid: int | None = None, *, follow: bool = True) -> None:
        """Set owner and group; only root may."""
        node, _ = self._existing(path, follow=follow)
        mine = node.uid == self.uid == uid and (gid is None or gid in self.gids)
        if self.uid != 0 and not mine:
            raise fail(errno.EPERM, path)
        node.uid, node.gid = uid, node.gid if gid is None else gid

    def touch(self, path: str, mtime: float | None = None) -> None:
        """Set the time of last change, making an empty file when there is none."""
        if not self.exists(path):
            self.write(path, b"")
        self._owned(path).mtime = time.time() if mtime is None else mtime

    # inside

    def _owned(self, path: str) -> Node:
        node, real = self._existing(path)
        if self._disk(real).read_only:
            raise fail(errno.EROFS, path)
        if self.uid not in (0, node.uid):
            raise fail(errno.EPERM, path)
        return node

    def _need_entry(self, place: Place, path: str) -> None:
        self._need(place.folder, WRITE | EXECUTE, path)
        sticky = place.folder.mode & 0o1000 and place.node is not None
        if sticky and place.node is not None and self.uid not in (0, place.node.uid, place.folder.uid):
            raise fail(errno.EPERM, path)
        if self._disk(place.path).read_only:
            raise fail(errno.EROFS, path)

    def _openable(self, node: Node | None, want: int, path: str) -> Node:
        if node is None:
            raise fail(errno.ENOENT, path)
        if node.kind is Kind.FOLDER:
            raise fail(errno.EISDIR, path)
        self._need(node, want, path)
        return node

    def _create(self, place: Place, node: Node) -> Node:
        self._need_entry(place, place.path)
        self._disk(place.path).take_inode(place.path)
        node.uid = node.gid = self.uid
        place.folder.children[place.name] = node
        return node

    def _unlink(self, place: Place, path: str) -> None:
        self._need_entry(place, path)
        node = place.folder.children.pop(place.name)
        node.links -= 1
        if node.links < 1:
            disk = self._disk(place.path)
            disk.take(-node.size, path)
            disk.file_count -= 1

    def _move_bytes(self, node: Node, source: Disk, target: Disk, path: str) -> None:
        if source is target:
            return
        size, count = _weight(node)
        target.take(size, path)
        source.take(-size, path)
        target.file_count += count
        source.file_count -= count


def _weight(node: Node) -> tuple[int, int]:
    """Return the bytes and the number of nodes of a tree."""
    below = [_weight(child) for child in node.children.values()]
    return node.size + sum(size for size, _ in below), 1 + sum(count for _, count in below)
