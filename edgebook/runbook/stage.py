"""Applying one stage: wave after wave, the actions of a wave at the same time, each one recorded.

Not the decision whether to apply: that was taken before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import groupby

from edgebook.clock import Clock, Wave
from edgebook.errors import EdgebookError, RunError, StepFailed
from edgebook.records import Action, Step, StepStatus
from edgebook.runbook.recorder import Recorder, blank
from edgebook.secrets import mask

LIMIT = 50
"""How many actions of a wave run at the same time; a plan that wants fewer makes more waves."""
TICK_S = 0.25
"""How often a live view is drawn again while nothing ends."""
GIVEN_UP_WAIT_S = 30.0
SHOWN_FAILURES = 5
HINT = "remove the cause and run this cell again: what is done is kept"

Failure = tuple[Action, Exception]


class StageRunner:
    """Runs the actions of stages in threads; one for the whole run.

    `tick` is called in the caller's thread whenever something changed, and four times a second.
    """

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock
        self._left: set[Future[Failure | None]] = set()

    def apply(self, actions: Sequence[Action], *, tick: Callable[[], None]) -> None:
        """Apply what is not settled yet; after a failure the wave ends, and later waves are skipped.

        Raises:
            StepFailed: one or more actions of a wave failed.
        """
        self._wait_for_given_up()
        for action in actions:
            if action.done and not self._recorder.settled(action):
                self._recorder.note(action, StepStatus.ALREADY, began_s=self._clock.spent())
        waves = [list(wave) for _, wave in groupby(self._unsettled(actions), key=lambda action: action.wave)]
        for place, wave in enumerate(waves):
            failures = self._wave(wave, tick)
            if failures:
                for action in (action for later in waves[place + 1 :] for action in later):
                    self._recorder.note(action, StepStatus.SKIPPED, began_s=self._clock.spent())
                raise failed(failures) from failures[0][1]

    def _unsettled(self, actions: Iterable[Action]) -> list[Action]:
        left = [action for action in actions if not self._recorder.settled(action)]
        return sorted(left, key=lambda action: action.wave)

    def _wave(self, actions: Sequence[Action], tick: Callable[[], None]) -> list[Failure]:
        watch = self._clock.wave()
        pool = ThreadPoolExecutor(max_workers=min(LIMIT, len(actions)), thread_name_prefix="edgebook-step")
        futures = [pool.submit(self._one, action, watch) for action in actions]
        try:
            self._watch(set(futures), tick)
        except BaseException:
            self._left = set(futures)
            self._recorder.give_up(self._clock.spent())
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return [failure for future in futures if (failure := future.result()) is not None]

    def _watch(self, waiting: set[Future[Failure | None]], tick: Callable[[], None]) -> None:
        while waiting:
            tick()
            _, waiting = wait(waiting, timeout=TICK_S, return_when=FIRST_COMPLETED)
        tick()

    def _one(self, action: Action, watch: Wave) -> Failure | None:
        began_s = watch.start()
        token = self._recorder.began(action, began_s)
        try:
            outcome = action.do()
        except Exception as exc:  # noqa: BLE001  # whatever went wrong is recorded, and raised in the caller's thread
            self._recorder.ended(token, replace(unhappy(action, exc, began_s), seconds=watch.seconds(began_s)))
            return action, exc
        status = StepStatus.DONE if outcome.changed else StepStatus.ALREADY
        step = blank(action, status=status, began_s=began_s, after=outcome.after)
        step = replace(step, before=mask(outcome.before), facts=outcome.facts or action.facts)
        self._recorder.ended(token, replace(step, seconds=watch.seconds(began_s)))
        return None

    def _wait_for_given_up(self) -> None:
        _, still = wait(self._left, timeout=GIVEN_UP_WAIT_S)
        if still:
            raise RunError(
                "a step that was interrupted is still under way", hint="restart the kernel, then run all cells"
            )
        self._left = set()


def unhappy(action: Action, error: Exception, began_s: float) -> Step:
    """Make the step of an action that failed."""
    ours = isinstance(error, EdgebookError)
    message = error.message if isinstance(error, EdgebookError) else f"{type(error).__name__}: {error}"
    hint = error.hint if isinstance(error, EdgebookError) else ""
    step = blank(action, status=StepStatus.FAILED, began_s=began_s)
    return replace(
        step, error=mask(message), hint=mask(hint) or (HINT if ours else "this is a defect of the runbook: report it")
    )


def failed(failures: Sequence[Failure]) -> StepFailed:
    """Make the error for the actions of a wave that failed: the first in full, the others in a line each."""
    steps = [unhappy(action, error, 0.0) for action, error in failures]
    lines = [f"“{step.title}” on {step.target} failed: {step.error}" for step in steps[:SHOWN_FAILURES]]
    more = [f"and {len(steps) - SHOWN_FAILURES} more"] if len(steps) > SHOWN_FAILURES else []
    return StepFailed("\n".join([*lines, *more]), hint=steps[0].hint)
