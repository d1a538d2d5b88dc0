"""The front end: whether a person sees the output live, and how it gets there.

Not what is shown. Owns IPython.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

from edgebook.errors import EdgebookError, StepFailed
from edgebook.secrets import mask

HEADLESS = "EDGEBOOK_HEADLESS"
RED, PLAIN = "\x1b[0;31m", "\x1b[0m"


def shell() -> Any:  # IPython's shell, or None
    """Return IPython's shell where this runs in one, without importing IPython where not."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def is_live() -> bool:
    """Say whether a person is looking: a kernel whose front end takes input, and no `EDGEBOOK_HEADLESS`.

    papermill, nbclient and nbval set nothing in the environment, but each says in its execute
    request that nobody can be asked.
    """
    if os.environ.get(HEADLESS, "") not in ("", "0"):
        return False
    kernel = getattr(shell(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))


def show(view: object) -> None:
    """Show a view now: in the cell's output, or on standard output outside of a kernel."""
    if shell() is None:
        sys.stdout.write(f"{view}\n")
        return
    from IPython.display import display  # noqa: PLC0415  # loaded already where there is a kernel

    display(view)  # type: ignore[no-untyped-call]


class Slot:
    """A place in the cell's output whose content is replaced while a cell runs."""

    def __init__(self, view: object) -> None:
        from IPython.display import display  # noqa: PLC0415  # loaded already where there is a kernel

        self._handle: Any = display(view, display_id=True)  # type: ignore[no-untyped-call]

    def update(self, view: object) -> None:
        """Put a view in the place of the one before."""
        if self._handle is not None:
            self._handle.update(view)


def shorten_tracebacks() -> None:
    """Let a kernel show an `EdgebookError` as its message and hint instead of sixty lines of code."""
    running = shell()
    if running is not None:
        running.set_custom_exc((EdgebookError,), _show_error)


def error_lines(error: BaseException) -> list[str]:
    """Return what a cell shows of an error: name, message, hint; the code only of a defect of ours."""
    lines = [f"{RED}{type(error).__name__}{PLAIN}: {mask(str(error))}"]
    cause = error.__cause__
    if isinstance(error, StepFailed) and cause is not None and not isinstance(cause, EdgebookError):
        lines += ["", "caused by:", *mask("".join(traceback.format_exception(cause))).splitlines()]
    return lines


def _show_error(shell: Any, kind: type, error: BaseException, *_: object, **__: object) -> list[str]:
    lines = error_lines(error)
    shell._showtraceback(kind, error, lines)  # noqa: SLF001  # what IPython's own handlers call
    return lines
