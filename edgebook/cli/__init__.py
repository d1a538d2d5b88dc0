"""The command line: words in, an exit code out.

No work is done here: each command calls the part that does it, imported when it is called.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from edgebook.cli.parser import make_parser
from edgebook.errors import EdgebookError
from edgebook.secrets import mask

CANCELLED, BROKEN_PIPE = 130, 141
"""What a shell reports for a program that ended by SIGINT or SIGPIPE."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 bad input, 3 approval missing."""
    given = make_parser().parse_args(argv)
    try:
        with _terminable():
            code: int = given.command(given)
        sys.stdout.flush()
    except EdgebookError as error:
        return _tell(error, given)
    except KeyboardInterrupt:
        print("cancelled", file=sys.stderr)
        return CANCELLED
    except BrokenPipeError:
        # Python flushes at exit and would complain again: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does, so that kernels are stopped and sites let go."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(error: EdgebookError, given: argparse.Namespace) -> int:
    message, hint = mask(error.message), mask(error.hint)
    if getattr(given, "json", False):
        facts = {"error": message, "hint": hint, "kind": type(error).__name__, "exit_code": error.exit_code}
        print(json.dumps(facts, indent=1, ensure_ascii=False))
    print(f"error: {message}", *([f"hint: {hint}"] if hint else []), sep="\n", file=sys.stderr)
    return error.exit_code
