"""How a path of a practice host is followed: folders, links, and who may go where.

Not what is done at its end; `files.py` has that.
"""

from __future__ import annotations

import copy
import errno
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from edgebook.lab.hosts.nodes import Disk, Kind, Node, Stat, fail, stat_of

MAX_LINKS = 40
"""As in Linux: more symbolic links on one path are a loop."""
READ, WRITE, EXECUTE = 4, 2, 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: the folder, the name in it, the node if there is one, the path without links."""

    folder: Node
    name: str
    node: Node | None
    path: str


class View:
    """A tree of nodes as one user sees it from one folder."""

    def __init__(self, disks: Iterable[Disk] = ()) -> None:
        self._root = Node(Kind.FOLDER, 0o755)
        self._disks = {disk.mount: disk for disk in disks} or {"/": Disk("/", "/dev/sda1", 32 << 20)}
        self.uid = 0
        self.gids: frozenset[int] = frozenset({0})
        self.cwd = "/"
        self.umask = 0o022

    def as_user(self, uid: int, *, gids: Iterable[int] = (), cwd: str = "/", umask: int = 0o022) -> Self:
        """Return the same tree as another user sees it from another folder."""
        view = copy.copy(self)
        view.uid, view.gids, view.cwd, view.umask = uid, frozenset(gids) or frozenset({uid}), cwd, umask
        return view

    # looking

    def absolute(self, path: str) -> str:
        """Return the path from the root; links and `..` are left as they are."""
        return path if path.startswith("/") else posixpath.join(self.cwd, path)

    def realpath(self, path: str) -> str:
        """Return the path without links; the last part need not exist."""
        return self._find(path).path

    def exists(self, path: str, *, follow: bool = True) -> bool:
        """Say whether something is there that this user may reach."""
        try:
            return self._find(path, follow=follow).node is not None
        except OSError:
            return False

    def is_file(self, path: str) -> bool:
        """Say whether the path leads to a regular file."""
        return self.exists(path) and self.stat(path).is_file

    def is_folder(self, path: str) -> bool:
        """Say whether the path leads to a directory."""
        return self.exists(path) and self.stat(path).is_folder

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        """Describe what the path leads to, or with `follow=False` the link itself."""
        return stat_of(self._existing(path, follow=follow)[0])

    def may(self, path: str, want: int) -> bool:
        """Say whether this user may READ (4), WRITE (2) or EXECUTE (1) what is there."""
        try:
            return self._allows(self._existing(path)[0], want)
        except OSError:
            return False

    # inside

    def _find(self, path: str, *, follow: bool = True) -> Place:
        """Follow a path; what its last part names need not exist."""
        if not path:
            raise fail(errno.ENOENT, path)
        at: list[tuple[str, Node]] = [("", self._root)]
        todo = _parts(self.absolute(path))
        links = 0
        while todo:
            part = todo.pop()
            if part == "..":
                at = at[:-1] or at
                continue
            child = self._enter(at[-1][1], path).get(part)
            if child is None and todo:
                raise fail(errno.ENOENT, path)
            if child is None:
                return Place(at[-1][1], part, None, _joined(at, part))
            if child.kind is Kind.LINK and (follow or todo):
                links += 1
                if links > MAX_LINKS:
                    raise fail(errno.ELOOP, path)
                at = at[:1] if child.target.startswith("/") else at
                todo.extend(_parts(child.target))
            else:
                at.append((part, child))
        return Place(at[max(len(at) - 2, 0)][1], at[-1][0], at[-1][1], _joined(at) or "/")

    def _enter(self, folder: Node, path: str) -> dict[str, Node]:
        if folder.kind is not Kind.FOLDER:
            raise fail(errno.ENOTDIR, path)
        self._need(folder, EXECUTE, path)
        return folder.children

    def _existing(self, path: str, *, follow: bool = True) -> tuple[Node, str]:
        place = self._find(path, follow=follow)
        if place.node is None:
            raise fail(errno.ENOENT, path)
        return place.node, place.path

    def _allows(self, node: Node, want: int) -> bool:
        if self.uid == 0:
            return not want & EXECUTE or node.kind is Kind.FOLDER or bool(node.mode & 0o111)
        shift = 6 if node.uid == self.uid else 3 if node.gid in self.gids else 0
        return (node.mode >> shift) & want == want

    def _need(self, node: Node, want: int, path: str) -> None:
        if not self._allows(node, want):
            raise fail(errno.EACCES, path)

    def _disk(self, real: str) -> Disk:
        mounts = (mount for mount in self._disks if real == mount or real.startswith(mount.rstrip("/") + "/"))
        return self._disks[max(mounts, key=len)]


def _joined(at: list[tuple[str, Node]], *more: str) -> str:
    return "/".join([*(name for name, _ in at), *more])


def _parts(path: str) -> list[str]:
    """Return the parts of a path, last first, so that the next one is popped."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
