"""The site's lock: one run at a time, and a refusal that names who holds it since when.

Not a file whose being there means something: the kernel's file lock does, and ends with the process.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from edgebook.clock import utc
from edgebook.errors import InputError, SiteLocked

FILE = ".lock"


@dataclass(frozen=True)
class Holder:
    """Who holds a site: a person, a process, a run."""

    user: str
    host: str
    pid: int
    notebook: str
    run: str
    since: str

    @classmethod
    def here(cls, notebook: str, run: str, since: datetime) -> Holder:
        """Describe this process."""
        return cls(user(), socket.gethostname(), os.getpid(), notebook, run, utc(since))


class SiteLock:
    """The lock on one site in one folder of runs; free when the process ends, however it ends."""

    def __init__(self, folder: Path, site: str) -> None:
        self.path = folder / site / FILE
        self.site = site
        self._file: int | None = None

    def take(self, holder: Holder) -> None:
        """Take the lock, or raise `SiteLocked` with who holds it since when; taking it twice is one taking."""
        if self._file is not None:
            return
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise self._refusal() from None
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(asdict(holder)).encode(), 0)
        self._file = file

    def free(self) -> None:
        """Let go of the lock; safe to call twice."""
        if self._file is None:
            return
        # The file stays: removing it would let two runs hold locks on two files of one name.
        os.ftruncate(self._file, 0)
        os.close(self._file)
        self._file = None

    def holder(self) -> Holder | None:
        """Return who wrote the lock file last, or None when nobody holds it or it cannot be read."""
        try:
            return Holder(**json.loads(self.path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _open(self) -> int:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as exc:
            raise InputError(
                f"the folder of the site's runs, {self.path.parent}, cannot be used: {exc.strerror}",
                hint="set EDGEBOOK_RUNS to a folder that can be written",
            ) from exc

    def _refusal(self) -> SiteLocked:
        held = self.holder()
        if held is None:
            return SiteLocked(f"site {self.site}: another run holds it", hint="wait a moment and run again")
        return SiteLocked(
            f"site {self.site}: held since {held.since} by {held.user}@{held.host}, process {held.pid}, run {held.run}",
            hint="wait for its end, or shut that kernel down; the lock ends with the process",
        )


def user() -> str:
    """Return the name of the user here, or the number where the system knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
