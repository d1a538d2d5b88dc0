"""A round: many commands in one exec, each with its own output, error output and exit code.

Not parallel: they run one after the other on the host; what is saved is the network's round trips.
"""

from __future__ import annotations

import re
import secrets as random
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

MOST_CHARS = 100_000
"""Linux takes no single argument over 128 KiB."""


@dataclass(frozen=True)
class Part:
    """What one command of a round answered."""

    code: int
    out: bytes
    err: bytes


class Round:
    """The script for a list of commands, and the way to take its output apart again.

    Each command runs in a subshell without input, so that it can neither eat what follows nor end it.
    After it a random marker goes to both streams, on a line of its own.
    """

    def __init__(self, commands: Sequence[Sequence[str]]) -> None:
        self.commands = [shlex.join(words) for words in commands]
        self._marker = f"edgebook-{random.token_hex(16)}"
        self.script = "".join(self._framed(command) for command in self.commands)
        if len(self.script) > MOST_CHARS:
            raise ValueError(f"a round of {len(commands)} commands is too long: {len(self.script)} characters")

    def ended(self, out: bytes) -> int:
        """Count the commands that have ended, in output that may be incomplete."""
        return out.count(b"\n%s " % self._marker.encode())

    def parts(self, out: bytes, err: bytes) -> list[Part]:
        """Take the two streams apart; fewer parts than commands mean that the script did not end."""
        mark = re.escape(self._marker.encode())
        pieces = re.split(rb"\n%s (\d+)\n" % mark, out)
        errors = err.split(b"\n%s\n" % self._marker.encode())
        frames = zip(pieces[0::2], pieces[1::2], errors, strict=False)
        return [Part(int(code), said, complained) for said, code, complained in frames]

    def _framed(self, command: str) -> str:
        ends = (f"printf '\\n%s %s\\n' {self._marker} \"$?\"", f"printf '\\n%s\\n' {self._marker} >&2")
        return "\n".join([f"( {command} ) </dev/null", *ends, ""])
