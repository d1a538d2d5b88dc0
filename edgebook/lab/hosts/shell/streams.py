"""What stands behind a file descriptor of the shell: a stream, or a file of the host.

Not pipes: `hosts/streams.py` has them, for every program.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field

from edgebook.lab.hosts.nodes import OpenFile
from edgebook.lab.hosts.streams import Nothing, Pipe, Reader, Writer

LINE_CHUNK = 4096


class Closed:
    """What was never opened for writing."""

    def write(self, data: bytes) -> None:  # noqa: ARG002 - the shape of Writer
        """Refuse, as the system does for such a descriptor."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


@dataclass(frozen=True)
class Descriptor:
    """One descriptor: what is read from it and what is written to it."""

    reader: Reader = field(default_factory=Nothing)
    writer: Writer = field(default_factory=Closed)


def of_bytes(data: bytes) -> Descriptor:
    """Make a descriptor to read these bytes from."""
    return Descriptor(reader=Pipe(data, closed=True))


class FileWriter:
    """A file of the host, open for writing at its end."""

    def __init__(self, file: OpenFile) -> None:
        self.file = file

    def write(self, data: bytes) -> None:
        """Append bytes to the file; what fails is said of the writing, as the program knows no name of the file."""
        try:
            self.file.write(data)
        except OSError as exc:
            raise OSError(exc.errno, exc.strerror, "write error") from exc


class FileReader:
    """A file of the host, open for reading from its beginning."""

    def __init__(self, file: OpenFile) -> None:
        self.file = file
        self.offset = 0

    async def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the file."""
        taken = self.file.read(self.offset, size)
        self.offset += len(taken)
        return taken

    async def readline(self) -> bytes:
        """Return the next line with its newline."""
        line = b""
        while b"\n" not in line and (more := self.file.read(self.offset + len(line), LINE_CHUNK)):
            line += more
        line = line[: line.find(b"\n") + 1] or line
        self.offset += len(line)
        return line
