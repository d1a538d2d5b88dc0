"""An upload: a large file that arrives whole, or goes on where it stopped.

Not for small files, which one exec writes (`edgebook.ssh.files`): this takes four round trips or more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from edgebook.errors import HostError, TransferFailed, shorten
from edgebook.records import Payload
from edgebook.secrets import mask
from edgebook.ssh.command import build
from edgebook.ssh.exchange import Overdue
from edgebook.ssh.files import cause, checked, remedy
from edgebook.ssh.pace import Pace
from edgebook.ssh.scripts import BAD_SUM, LOOK, SEND, TOO_SHORT
from edgebook.ssh.shell import Shell

PIECE_BYTES = 32 * 1024 - 64
"""What paramiko puts into one packet for OpenSSH; of a larger piece it would copy the rest each time."""
STALLED_AFTER_S = 60.0
PLACE_TIMEOUT_S = 600.0
"""For summing and syncing some hundred megabytes on an SD card."""
TRIES = 2
"""A second time when what lay there was not the file's beginning, or somebody else was sending the same."""
MARK = "edgebook-part"
SHOWN_DIGITS = 16
HEAD_BYTES = 1024 * 1024

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes in all."""


@dataclass(frozen=True)
class There:
    """What a host has of a file: its sum and mode when it is there whole, and how much of it in part."""

    digest: str
    mode: str
    part_size: int
    room: int


@dataclass(frozen=True)
class Source:
    """The bytes to send; the sum of a file that was not summed before is taken while the host is asked."""

    path: Path
    size: int
    offset: int
    mark: str
    """The same for the same beginning and size: what a part on the host is told by."""
    sha256: Callable[[], str]


@dataclass(frozen=True)
class Upload:
    """One file on its way to one host."""

    shell: Shell
    source: Source
    remote: str
    mode: int
    sudo: bool
    progress: Progress | None = None
    pace: Pace | None = None

    def run(self) -> bool:
        """Bring the file into place; return False when it was there already, with this mode."""
        checked(self.remote)
        for _ in range(TRIES):
            there = self._look()
            if there.digest and there.digest == self.source.sha256():
                return self._give_mode(there)
            self._fits(there)
            if self._send(there.part_size):
                return True
        raise TransferFailed(
            self.shell.name,
            f"{self.remote}: what arrives is not what was sent, twice",
            hint="did the file here change, or does somebody else send the same one?",
        )

    @property
    def _folder(self) -> str:
        return posixpath.dirname(self.remote) or "."

    @property
    def _part(self) -> str:
        name = f".{posixpath.basename(self.remote)}.{self.source.mark}.{MARK}"
        return posixpath.join(self._folder, name)

    def _look(self) -> There:
        args = [self.remote, self._part, self._folder, str(self.source.size)]
        shown = f"sha256sum {self.remote}"
        done = self.shell.script(LOOK, args, sudo=self.sudo, timeout_s=PLACE_TIMEOUT_S, shown=shown)
        if not done.ok:
            raise self._failed(done.err)
        *said, disk = done.out.splitlines()
        found = {word: rest for word, _, rest in (line.partition(" ") for line in said)}
        digest, _, mode = found.get("there", "").partition(" ")
        part_size = int(found.get("part", 0))
        fits = 0 < part_size <= self.source.size
        return There(digest, mode, part_size if fits else 0, int(disk.split()[3]) * 1024)

    def _give_mode(self, there: There) -> bool:
        wanted = format(self.mode, "o")
        if there.mode == wanted:
            return False
        done = self.shell.script('chmod "$1" "$2"', [wanted, self.remote], sudo=self.sudo)
        if not done.ok:
            raise self._failed(done.err)
        return True

    def _fits(self, there: There) -> None:
        """Refuse at once what the disk has no room for."""
        missing = self.source.size - there.part_size
        if missing > there.room:
            text = f"{missing} bytes are to come, {there.room} are free in {self._folder}"
            raise TransferFailed(
                self.shell.name, f"no space left for {self.remote}: {text}", hint=remedy("No space left on device")
            )

    def _send(self, start: int) -> bool:
        """Send what is missing; return whether all of it is in place."""
        wanted = (str(start), str(self.source.size), self.source.sha256(), format(self.mode, "o"))
        argv = ["sh", "-c", SEND, "edgebook", self.remote, self._part, self._folder, *wanted]
        command = build(self.shell.target, argv, sudo=self.sudo, shown=f"upload {self.remote}")
        try:
            reply = self.shell.feed(command, self._pieces(start), stalled_s=STALLED_AFTER_S, ends_s=PLACE_TIMEOUT_S)
        except Overdue as late:
            raise self.shell.too_late(command.shown, PLACE_TIMEOUT_S, late) from None
        if reply.code not in (0, BAD_SUM, TOO_SHORT):
            raise self._failed(reply.err.decode(errors="replace"))
        return reply.code == 0

    def _pieces(self, start: int) -> Iterator[bytes]:
        done, total = start, self.source.size
        self._tell(done)
        with _read(self.source.path, self.shell.name), self.source.path.open("rb") as file:
            file.seek(self.source.offset + start)
            while done < total and (piece := file.read(min(PIECE_BYTES, total - done))):
                if self.pace is not None:
                    self.pace.wait(len(piece))
                yield piece
                done += len(piece)
                self._tell(done)

    def _tell(self, done: int) -> None:
        if self.progress is not None:
            self.progress(done, self.source.size)

    def _failed(self, said: str) -> HostError:
        return TransferFailed(self.shell.name, f"cannot write {self.remote}: {cause(said)}", hint=remedy(said))


@contextlib.contextmanager
def opened(local: Path | Payload, host: str) -> Iterator[Source]:
    """Look at what is to be sent, and sum it meanwhile where that was not done before.

    Hosts that get the same file have it summed once.
    """
    path = local if isinstance(local, Path) else local.path
    offset = 0 if isinstance(local, Path) else local.offset
    with _read(path, host), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size if isinstance(local, Path) else local.size
        file.seek(offset)
        mark = hashlib.sha256(b"%d " % size + file.read(min(size, HEAD_BYTES))).hexdigest()[:SHOWN_DIGITS]
    if not isinstance(local, Path):
        yield Source(path, size, offset, mark, lambda: local.sha256)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="edgebook-sum") as pool:
        yield Source(path, size, offset, mark, pool.submit(_sum, path, host).result)


def _sum(path: Path, host: str) -> str:
    with _read(path, host), _summing:
        found = path.stat()
        return _summed(path, found.st_size, found.st_mtime_ns, found.st_ino)


_summing = threading.Lock()


@lru_cache(maxsize=64)
def _summed(path: Path, *_: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _read(path: Path, host: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        said = exc.strerror or mask(shorten(str(exc)))
        raise TransferFailed(host, f"cannot read {os.fspath(path)}: {said}") from exc
