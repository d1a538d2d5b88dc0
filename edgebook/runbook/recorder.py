"""The recorder: what every step leaves behind, in the journal, for a watcher, and in the run's memory.

It does nothing to a host, and draws nothing.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from edgebook.clock import utc
from edgebook.journal import BEGAN, INTERRUPTED, PLAN, UNTOUCHED, Journal, masked
from edgebook.records import Action, Plan, Step, StepStatus
from edgebook.secrets import mask

PROGRESS = "EDGEBOOK_PROGRESS"
GOOD = (StepStatus.DONE, StepStatus.ALREADY)


@dataclass(frozen=True, eq=False)
class Token:
    """One beginning of one action; what ends under another token is a thread that was given up."""

    action: Action
    began_s: float


class Recorder:
    """Keeps the steps of a run in the order of its plans; threads may call it at any time."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._steps: dict[tuple[int, str], Step] = {}
        self._order: dict[tuple[int, str], int] = {}
        self._back: dict[int, bool] = {}
        self._plan = -1
        self._total = 0
        self._running: dict[Token, None] = {}

    def begin_plan(self, plan: Plan, *, undo: bool = False) -> None:
        """Take a new plan: its actions follow those of the plans before, and none of them is done yet."""
        with self._lock:
            self._plan += 1
            self._total = len(plan.actions)
            self._back[self._plan] = undo
            self._order |= {
                (self._plan, action.id): len(self._order) + place for place, action in enumerate(plan.actions)
            }
        shown = [_outline(action) for action in plan.actions]
        self._journal.write(PLAN, title=plan.title, undo=undo, stages=dict(plan.stages), actions=shown)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps so far, in the order of the plans; where a plan was made again, the later look counts.

        A step that was done stays done when a later look says that it is so already.
        """
        with self._lock:
            ordered = sorted(self._steps.items(), key=lambda item: self._order.get(item[0], len(self._order)))
        latest: dict[tuple[bool, str, str], Step] = {}
        for (plan, _), step in ordered:
            key = (self._back.get(plan, False), step.stage, step.id)
            if not (key in latest and latest[key].changed and step.status.value in UNTOUCHED):
                latest[key] = step
        return tuple(latest.values())

    def step(self, action: Action) -> Step | None:
        """Return how an action of the current plan ended, or None while it has not."""
        return self._steps.get((self._plan, action.id))

    def settled(self, action: Action) -> bool:
        """Say whether an action of the current plan needs nothing more: done in this run, or so already."""
        step = self.step(action)
        return step is not None and step.status in GOOD

    def running(self) -> dict[str, float]:
        """Return the ids of the actions under way, and when each began."""
        with self._lock:
            return {token.action.id: token.began_s for token in self._running}

    def began(self, action: Action, began_s: float) -> Token:
        """Record a beginning; it is on the disk before this returns."""
        token = Token(action, began_s)
        self._journal.began(action)
        with self._lock:
            self._running[token] = None
        self._tell(action, BEGAN)
        return token

    def ended(self, token: Token, step: Step) -> None:
        """Record an end, unless the step was given up before."""
        with self._lock:
            if token not in self._running:
                return
            del self._running[token]
        self._keep(token.action, step)

    def note(self, action: Action, status: StepStatus, *, began_s: float = 0.0) -> None:
        """Record a step that needed no doing: already so, planned only, or skipped."""
        after = action.why if status is StepStatus.ALREADY else ""
        self._keep(action, blank(action, status=status, began_s=round(began_s, 3), after=after))

    def give_up(self, spent_s: float) -> None:
        """Record every step under way as interrupted; what its thread still reports is not taken."""
        with self._lock:
            left, self._running = list(self._running), {}
        for token in left:
            seconds = round(max(spent_s - token.began_s, 0.0), 3)
            step = blank(token.action, status=StepStatus.FAILED, began_s=token.began_s)
            self._keep(
                token.action,
                replace(
                    step, seconds=seconds, error=INTERRUPTED, hint="run this cell again: a step looks before it acts"
                ),
            )

    def _keep(self, action: Action, step: Step) -> None:
        self._journal.ended(step)
        with self._lock:
            self._steps[self._plan, action.id] = step
        self._tell(action, step.status.value)

    def _tell(self, action: Action, status: str) -> None:
        done = sum(plan == self._plan for plan, _ in list(self._steps))  # a copy, because other threads add to it
        facts: dict[str, object] = {
            "stage": action.stage,
            "step": action.title,
            "target": action.target,
            "status": status,
        }
        tell({**facts, "done": done, "total": max(self._total, done), "at": utc(self._journal.clock.stamp())})


def _outline(action: Action) -> dict[str, object]:
    names = {"id": action.id, "stage": action.stage, "target": action.target, "title": action.title}
    return {**names, "effect": action.effect.value, "done": action.done, "shows": action.shows}


def blank(action: Action, *, status: StepStatus, began_s: float = 0.0, after: str = "") -> Step:
    """Make the step of an action with nothing but how it ended."""
    names = (action.id, action.stage, action.target, mask(action.title), status)
    return Step(*names, after=mask(after), began_s=round(began_s, 3), facts=action.facts)


def tell(facts: dict[str, object]) -> None:
    """Write one line to the file or pipe that `EDGEBOOK_PROGRESS` names, if any; never wait, never fail."""
    name = os.environ.get(PROGRESS, "")
    if not name:
        return
    try:
        # A pipe without a reader must not stop a run, so it is opened without waiting.
        file = os.open(Path(name), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError:
        return  # nobody watches, which is not the run's business
    try:
        os.write(file, (json.dumps(masked(facts), ensure_ascii=False) + "\n").encode())
    except OSError:
        return  # the watcher left, or reads too slowly
    finally:
        os.close(file)
