"""Log lines in the form K3s prints them.

Not the journal: that belongs to the host, and adds its own time and unit.
"""

from __future__ import annotations

import re
from datetime import datetime

PLAIN = re.compile(r"^[A-Za-z0-9\-._/@^+]+$")


def quoted(text: str) -> str:
    """Quote a text as Go's %q does, so that a pattern written for a real journal matches here too."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def stamp(now: datetime) -> str:
    """Write a time as RFC 3339 in UTC with whole seconds."""
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def line(now: datetime, level: str, message: str) -> str:
    """Compose one line of K3s's text log."""
    shown = message if PLAIN.match(message) else quoted(message)
    return f'time="{stamp(now)}" level={level} msg={shown}'
