"""Ending: what the journal says of how a run ended, whatever ended it.

Not the close of a run, which lets go of the site; a cell that failed can be run again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

from edgebook.errors import EdgebookError
from edgebook.journal import CLOSED, Journal
from edgebook.secrets import mask

E = TypeVar("E", bound=EdgebookError)


class Ending:
    """Writes to the journal why a run did not go on; `cut_off` ends what is still under way."""

    def __init__(self, journal: Journal, cut_off: Callable[[], None]) -> None:
        self._journal = journal
        self._cut_off = cut_off

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Write how the run ended when what is inside does not come to its end."""
        try:
            yield
        except KeyboardInterrupt:
            self._cut_off()
            self._journal.write(CLOSED, status="cancelled", kind="KeyboardInterrupt", error="interrupted", hint="")
            raise
        except EdgebookError as exc:
            self.failed(exc)
            raise

    def failed(self, error: E) -> E:
        """Write that the run failed, and return the error to be raised."""
        said = {"kind": type(error).__name__, "error": mask(error.message), "hint": mask(error.hint)}
        self._journal.write(CLOSED, status="failed", **said)
        return error
