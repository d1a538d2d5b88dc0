"""Redirects: which stream stands behind each file descriptor of a command.

Not here: the streams themselves (`streams`).
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from edgebook.lab.hosts.files import FileTree
from edgebook.lab.hosts.shell.expand import Scope, string
from edgebook.lab.hosts.shell.streams import Descriptor, FileReader, FileWriter, of_bytes
from edgebook.lab.hosts.shell.syntax import Redirect
from edgebook.lab.hosts.streams import Nothing

Descriptors: TypeAlias = "dict[int, Descriptor]"
CANNOT = {errno.ENOENT: "Directory nonexistent", errno.ENOTDIR: "Directory nonexistent"}
DEVICES = {"/dev/null": None, "/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2, "/dev/fd/0": 0, "/dev/fd/1": 1,
           "/dev/fd/2": 2}  # fmt: skip


STDERR = 2


class RedirectFailure(Exception):
    """A redirect that leads nowhere; the text is dash's own."""


async def redirected(
    scope: Scope, files: FileTree, descriptors: Mapping[int, Descriptor], redirects: Iterable[Redirect]
) -> Descriptors:
    """Return the descriptors as they are behind a command's redirects."""
    found = dict(descriptors)
    for redirect in redirects:
        target = await string(scope, redirect.target)
        if redirect.op == "<<":
            found[redirect.fd] = of_bytes(target.encode(errors="surrogateescape"))
        elif redirect.op in (">&", "<&"):
            _duplicate(found, redirect.fd, target)
        elif redirect.op == "<":
            found[redirect.fd] = _reader(files, found, target)
        else:
            kept = redirect.op == ">" and "C" in scope.options and files.is_file(target)
            if kept:
                raise RedirectFailure(f"cannot create {target}: File exists")
            found[redirect.fd] = _writer(files, found, target, append=redirect.op == ">>")
    return found


def _duplicate(found: Descriptors, fd: int, target: str) -> None:
    if target == "-":
        # Whoever writes to a closed standard error notices nothing, because nobody looks.
        found[fd] = Descriptor(Nothing(), Nothing()) if fd == STDERR else Descriptor()
    elif target.isdigit() and int(target) in found:
        found[fd] = found[int(target)]
    else:
        raise RedirectFailure(f"{target}: Bad file descriptor" if target.isdigit() else "Syntax error: Bad fd number")


def _reader(files: FileTree, found: Descriptors, path: str) -> Descriptor:
    if path in DEVICES:
        return _device(found, path)
    try:
        if files.is_folder(path):
            return Descriptor()
        return Descriptor(reader=FileReader(files.open(path)))
    except OSError as exc:
        reason = "No such file" if exc.errno in CANNOT else exc.strerror
        raise RedirectFailure(f"cannot open {path}: {reason}") from exc


def _writer(files: FileTree, found: Descriptors, path: str, *, append: bool) -> Descriptor:
    if path in DEVICES:
        return _device(found, path)
    try:
        return Descriptor(
            writer=FileWriter(files.open(path, write=True, create=True, truncate=not append, append=append))
        )
    except OSError as exc:
        raise RedirectFailure(f"cannot create {path}: {CANNOT.get(exc.errno or 0, exc.strerror)}") from exc


def _device(found: Descriptors, path: str) -> Descriptor:
    number = DEVICES[path]
    return Descriptor(Nothing(), Nothing()) if number is None else found.get(number, Descriptor())
