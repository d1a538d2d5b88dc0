"""What a practice host's file tree is made of: nodes, disks and open files.

Not the tree: paths, links and permissions are followed in `files.py`.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat as flags
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a node is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    DEVICE = "device"


KIND_BITS = {Kind.FILE: flags.S_IFREG, Kind.FOLDER: flags.S_IFDIR, Kind.LINK: flags.S_IFLNK, Kind.DEVICE: flags.S_IFCHR}


ENDLESS = ("zero", "full")
"""Devices that give zeros for as long as somebody reads."""


def fail(code: int, path: str) -> OSError:
    """Make the error the kernel would give, with its errno, its text and the path."""
    return OSError(code, os.strerror(code), path)


@dataclass(slots=True)
class Disk:
    """One mounted filesystem. `base_kb` is used by what the model does not hold as files.

    Set `used_kb` to fill it; `read_only` refuses every write (EROFS). A size of 0 is a kernel's
    filesystem such as proc, which has no size at all.
    """

    mount: str
    device: str
    size_kb: int
    base_kb: int = 0
    fstype: str = "ext4"
    inodes: int = 1_000_000
    base_inodes: int = 60_000
    read_only: bool = False
    file_bytes: int = 0
    file_count: int = 0
    hidden: dict[str, Node] = field(default_factory=dict)
    """What lay in the folder that it is mounted over."""

    @property
    def flags(self) -> str:
        """Its mount options."""
        return "ro,relatime" if self.read_only else "rw,relatime"

    @property
    def used_kb(self) -> int:
        """What is taken, in KiB."""
        return min(self.size_kb, self.base_kb + (self.file_bytes + 1023) // 1024)

    @used_kb.setter
    def used_kb(self, value: int) -> None:
        """Let things outside the model take so much that this is used."""
        self.base_kb = value - (self.file_bytes + 1023) // 1024

    @property
    def free_kb(self) -> int:
        """What is left, in KiB."""
        return self.size_kb - self.used_kb

    @property
    def used_inodes(self) -> int:
        """How many files and folders there are."""
        return min(self.inodes, self.base_inodes + self.file_count)

    @property
    def room(self) -> int:
        """How many bytes fit; a disk without a size takes all."""
        return self.size_kb * 1024 - self.base_kb * 1024 - self.file_bytes if self.size_kb else sys.maxsize

    def take(self, size: int, path: str) -> None:
        """Take, or with a negative size give back, so many bytes; raise ENOSPC when there is no room."""
        if size > 0 and self.size_kb and self.base_kb * 1024 + self.file_bytes + size > self.size_kb * 1024:
            raise fail(errno.ENOSPC, path)
        self.file_bytes += size

    def take_inode(self, path: str) -> None:
        """Take one inode; raise ENOSPC when there is none."""
        if self.inodes and self.base_inodes + self.file_count >= self.inodes:
            raise fail(errno.ENOSPC, path)
        self.file_count += 1


@dataclass(slots=True)
class Node:
    """One file, folder or symbolic link. `source` makes the content of a file like /proc/uptime."""

    kind: Kind
    mode: int
    uid: int = 0
    gid: int = 0
    mtime: float = field(default_factory=time.time)
    data: bytearray = field(default_factory=bytearray)
    children: dict[str, Node] = field(default_factory=dict)
    target: str = ""
    source: Callable[[], str | bytes] | None = None
    links: int = 1
    hollow: int = 0
    """Bytes that take room on the disk but are not held: an allocated file reads as empty."""

    @property
    def size(self) -> int:
        """What the file takes on its disk, in bytes."""
        return len(self.data) + self.hollow

    def content(self) -> bytes:
        """Return the file's bytes, made now when they are generated."""
        if self.source is None:
            return bytes(self.data)
        made = self.source()
        return made.encode() if isinstance(made, str) else made


@dataclass(frozen=True, slots=True)
class Stat:
    """What stat(2) tells of a node. `mode` holds the permission bits only; `st_mode` adds the type."""

    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: float
    links: int = 1

    @property
    def st_mode(self) -> int:
        """Type and permission bits, as stat(2) gives them."""
        return KIND_BITS[self.kind] | self.mode

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.kind is Kind.FILE

    @property
    def is_folder(self) -> bool:
        """Whether it is a directory."""
        return self.kind is Kind.FOLDER

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.kind is Kind.LINK


def stat_of(node: Node) -> Stat:
    """Describe a node."""
    size = {Kind.FOLDER: 4096, Kind.LINK: len(node.target)}.get(node.kind, node.size)
    return Stat(node.kind, node.mode, node.uid, node.gid, size, node.mtime, node.links)


class OpenFile:
    """A file that is open; it stays readable and writable when its name goes away, as on Linux."""

    def __init__(self, node: Node, disk: Disk, path: str, *, readable: bool, writable: bool, append: bool) -> None:
        self.node = node
        self.path = path
        self._disk = disk
        self._readable = readable
        self._writable = writable
        self._append = append

    @property
    def size(self) -> int:
        """How long the file is now."""
        return len(self.node.data)

    def read(self, offset: int = 0, size: int = -1) -> bytes:
        """Return up to `size` bytes from `offset`; all of the rest when size is negative."""
        if not self._readable:
            raise fail(errno.EBADF, self.path)
        if self.node.kind is Kind.DEVICE:
            return bytes(max(size, 0)) if posixpath.basename(self.path) in ENDLESS else b""
        if self.node.source is not None:
            content = self.node.content()
            return content[offset:] if size < 0 else content[offset : offset + size]
        end = len(self.node.data) if size < 0 else offset + size
        return bytes(memoryview(self.node.data)[offset:end])

    def write(self, data: bytes, offset: int | None = None) -> int:
        """Write at `offset`, or at the end; when the disk is full, write what fits and raise ENOSPC."""
        if not self._writable:
            raise fail(errno.EBADF, self.path)
        if self.node.kind is Kind.DEVICE:
            if posixpath.basename(self.path) == "full":
                raise fail(errno.ENOSPC, self.path)
            return len(data)
        self._check_writable()
        at = self.size if offset is None or self._append else offset
        end = at + len(data)
        lacking = max(0, end - self.size) - self._disk.room
        if lacking > 0:
            if lacking < len(data):
                self.write(data[:-lacking], at)
            raise fail(errno.ENOSPC, self.path)
        self._disk.take(max(0, end - self.size), self.path)
        if at > self.size:
            self.node.data.extend(bytes(at - self.size))
        self.node.data[at:end] = data
        self.node.mtime = time.time()
        return len(data)

    def truncate(self, size: int = 0) -> None:
        """Cut the file, or lengthen it with zeros."""
        if self.node.kind is Kind.DEVICE:
            return
        self._check_writable()
        self._disk.take(-self.node.hollow, self.path)
        self.node.hollow = 0
        self._disk.take(size - self.size, self.path)
        if size < self.size:
            del self.node.data[size:]
        else:
            self.node.data.extend(bytes(size - self.size))
        self.node.mtime = time.time()

    def _check_writable(self) -> None:
        if self.node.source is not None:
            raise fail(errno.EACCES, self.path)
        if self._disk.read_only:
            raise fail(errno.EROFS, self.path)
