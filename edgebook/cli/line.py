"""The line: one line of a terminal that is drawn again and again, and gone at the end.

Not what it says; on a stream that is no terminal it says nothing.
"""

from __future__ import annotations

import shutil
import sys
from types import TracebackType
from typing import Self, TextIO

CLEAR = "\r\x1b[K"


class TerminalLine:
    """A context manager that leaves a clean line behind.

    Args:
        to: where to write; standard error, so that standard output stays for results.
    """

    def __init__(self, to: TextIO | None = None) -> None:
        self._to = to or sys.stderr
        self._terminal = self._to.isatty()

    def _draw(self, text: str) -> None:
        """Replace what the line says, cut to the terminal's width."""
        if self._terminal:
            self._to.write(CLEAR + text[: shutil.get_terminal_size().columns - 1])
            self._to.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draw("")
