"""Waiting: one deadline, a look that is repeated, and the last thing seen in the error.

Not a scheduler, and not a sleep: nothing waits here without a bound and a reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from edgebook.errors import HostTimeout, WaitTimeout

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0


class Look(NamedTuple):
    """What one look saw: whether it is what was waited for, and words for it."""

    done: bool
    seen: str


def until(look: Callable[[], Look], *, what: str, timeout_s: float, hint: str = "") -> str:
    """Repeat `look` until it is done and return what it saw; raise `WaitTimeout` after `timeout_s` seconds.

    The pause grows from 0.1 to 1 second: short waits stay short, long ones cost the host little.
    A look that a busy host did not answer in time has seen nothing yet; it does not end the wait.
    """
    deadline = time.monotonic() + timeout_s
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            done, seen = look()
        except HostTimeout as slow:
            done, seen = False, slow.message
        if done:
            return seen
        if time.monotonic() + pause_s > deadline:
            raise WaitTimeout(f"{what}: not within {timeout_s:.0f} s; last seen: {seen or 'nothing'}", hint=hint)
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
