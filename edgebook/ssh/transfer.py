"""An upload: a large file that arrives whole, or goes on where it stopped.

Not for small files, which one exec writes (`edgebook.ssh.files`): this takes five round trips or more.
"""

from __future__ import annotations

import contextlib
import hashlib
import posixpath
import secrets as random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import paramiko

from edgebook.errors import HostError, TransferFailed
from edgebook.ssh.failures import Phase, translated
from edgebook.ssh.files import cause, checked, remedy
from edgebook.ssh.scripts import BAD_SUM, LOOK, PLACE, STAGE
from edgebook.ssh.shell import Shell

STAGING = ".cache/edgebook"
"""Relative to the login user's home folder: SFTP knows no sudo."""

PIECE_BYTES = 256 * 1024
STALLED_AFTER_S = 60.0
PLACE_TIMEOUT_S = 600.0
"""For summing and copying a bundle of some hundred megabytes on an SD card."""

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes in all."""


@dataclass(frozen=True)
class Upload:
    """One file on its way to one host."""

    shell: Shell
    local: Path
    remote: str
    mode: int
    sudo: bool
    progress: Progress | None = None

    def run(self) -> bool:
        """Bring the file into place; return False when it was there already, with this mode."""
        checked(self.remote)
        total, digest = self._measure()
        if self._there() == [digest, format(self.mode, "o")]:
            return False
        for _ in range(2):  # a second time from the beginning, when what lay there was not its beginning
            part = self._stage(digest, total)
            self._send(part, total)
            if self._place(part, digest):
                return True
        raise TransferFailed(self.shell.name, f"{self.remote}: what arrives is not what was sent, twice")

    def _measure(self) -> tuple[int, str]:
        try:
            with self.local.open("rb") as file:
                return self.local.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as exc:
            raise TransferFailed(self.shell.name, f"cannot read {self.local}: {exc.strerror}") from exc

    def _there(self) -> list[str]:
        shown = f"sha256sum {self.remote}"
        done = self.shell.script(LOOK, [self.remote], sudo=self.sudo, timeout_s=PLACE_TIMEOUT_S, shown=shown)
        return done.out.split()

    def _stage(self, digest: str, total: int) -> str:
        """Make the folder for the file on its way, and refuse at once what has no room there."""
        done = self.shell.script(STAGE, [STAGING], shown=f"mkdir -p {STAGING}")
        if not done.ok:
            raise self._failed(done.err)
        folder, *_, disk = done.out.splitlines()
        part = posixpath.join(folder, f"{digest}.part")
        with self._sftp() as sftp:
            missing = total - _size(sftp, part)
        room = int(disk.split()[3]) * 1024
        if missing > room:
            text = f"{missing} bytes are to come, {room} are free in {folder}"
            raise TransferFailed(
                self.shell.name, f"no space left for {self.remote}: {text}", hint=remedy("No space left on device")
            )
        return part

    def _send(self, part: str, total: int) -> None:
        with self._sftp() as sftp, self.local.open("rb") as source:
            size = _size(sftp, part)
            start = size if size <= total else 0
            source.seek(start)
            with sftp.open(part, "r+" if start else "w") as target:
                target.seek(start)
                target.set_pipelined(True)
                self._copy(source, target, start, total)

    def _copy(self, source: BinaryIO, target: paramiko.SFTPFile, done: int, total: int) -> None:
        self._tell(done, total)
        while piece := source.read(PIECE_BYTES):
            target.write(piece)
            done += len(piece)
            self._tell(done, total)

    def _tell(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)

    def _place(self, part: str, digest: str) -> bool:
        folder = posixpath.dirname(self.remote) or "."
        new = f"{self.remote}.edgebook-{random.token_hex(8)}"
        args = [part, self.remote, folder, new, format(self.mode, "o"), digest]
        done = self.shell.script(
            PLACE, args, sudo=self.sudo, timeout_s=PLACE_TIMEOUT_S, shown=f"install {part} {self.remote}"
        )
        if done.code not in (0, BAD_SUM):
            raise self._failed(done.err)
        return done.ok

    def _failed(self, said: str) -> HostError:
        return TransferFailed(self.shell.name, f"cannot write {self.remote}: {cause(said)}", hint=remedy(said))

    @contextlib.contextmanager
    def _sftp(self) -> Iterator[paramiko.SFTPClient]:
        connection = self.shell.connection
        with (
            translated(self.shell.name, Phase.TRANSFER, f"uploading {self.remote}", alive=lambda: connection.alive),
            connection.session() as (_, channel),
        ):
            channel.settimeout(STALLED_AFTER_S)
            channel.invoke_subsystem("sftp")
            yield paramiko.SFTPClient(channel)


def _size(sftp: paramiko.SFTPClient, path: str) -> int:
    try:
        return sftp.stat(path).st_size or 0
    except FileNotFoundError:
        return 0
