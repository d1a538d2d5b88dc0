"""Which process a number means: a pid together with when it began.

Not a process table: one question about one pid.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

BIRTH_FIELD = 19
"""Where /proc/PID/stat has the start time, counted after the command's closing bracket."""
PS_TIMEOUT_S = 5.0


def birth_of(pid: int) -> str:
    """Return when a process began, in the system's own words; nothing when there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if fields[0] == "Z" else fields[BIRTH_FIELD]
    asked = subprocess.run(  # the path of ps differs between systems
        ["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=PS_TIMEOUT_S,
        check=False,
    )
    return asked.stdout.strip()


def is_same(pid: int, birth: str) -> bool:
    """Say whether the process that began then under this number still runs."""
    return bool(birth) and birth_of(pid) == birth


def end(pid: int, birth: str, *, force: bool = False) -> None:
    """Ask the process to end, or force it; a number that now means another process is left alone."""
    if is_same(pid, birth):
        os.kill(pid, signal.SIGKILL if force else signal.SIGTERM)
