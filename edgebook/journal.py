"""The journal: one append-only file of JSON lines a run, and what can be read back from it.

Not a log for people: views draw it. Reading it back is the only way to resume.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from edgebook.clock import Clock, utc
from edgebook.errors import RunError
from edgebook.records import Action, Check, Status, Step, StepStatus
from edgebook.secrets import mask

SCHEMA = 1
ENDING = ".jsonl"
RUN, CHECK, PLAN, BEGAN, UNDO, CLOSED = "run", "check", "plan", "began", "undo", "closed"
ENDED = frozenset({StepStatus.DONE.value, StepStatus.FAILED.value, StepStatus.ALREADY.value})
UNTOUCHED = frozenset({StepStatus.ALREADY.value, StepStatus.PLANNED.value, StepStatus.SKIPPED.value})
"""What a later look says of a step; it does not hide that the run did the step."""
STEP_KINDS = frozenset(status.value for status in StepStatus)
NOT_DURABLE = frozenset({CHECK, PLAN, StepStatus.PLANNED.value, StepStatus.SKIPPED.value})
"""Lines that need not reach the disk before the run goes on: nothing was done to a host."""
INTERRUPTED = "interrupted: the run ended while this step was under way"
EVIDENCE_CHARS = 2000


@dataclass(frozen=True)
class Event:
    """One line of a journal: what happened, when, in which run."""

    kind: str
    at: datetime
    run: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Interrupted:
    """The last run that changed the site and did not end well: what it was at, what it finished."""

    run: str
    at: datetime
    under_way: tuple[Event, ...]
    failed: tuple[Event, ...]
    finished: int


class Journal:
    """Writes one run's events; each line is one write, so a reader never sees half of two.

    Constructing does no I/O; the first event makes the file and its folder.
    """

    def __init__(self, path: Path, run: str, clock: Clock) -> None:
        self.path = path
        self.run = run
        self.clock = clock
        self._lock = threading.Lock()
        self._file: int | None = None

    def write(self, kind: str, /, **facts: object) -> None:
        """Append one event, secrets masked; it is on the disk before this returns if a host depends on it.

        Raises:
            RunError: the file cannot be written, so nothing must be done that could not be recorded.
        """
        line = {"at": utc(self.clock.stamp()), "event": kind, "run": self.run, **facts}
        data = (json.dumps(masked(line), ensure_ascii=False, default=_as_text) + "\n").encode()
        with self._lock:
            try:
                self._append(data, durable=kind not in NOT_DURABLE)
            except OSError as exc:
                raise RunError(
                    f"the journal {self.path} cannot be written: {exc.strerror or exc}",
                    hint="free the disk or set EDGEBOOK_RUNS to a folder that can be written, then run again",
                ) from exc

    def began(self, action: Action) -> None:
        """Record that an action is about to act."""
        names = {"id": action.id, "stage": action.stage, "target": action.target, "title": action.title}
        self.write(BEGAN, **names, undo=action.undo, **({"facts": action.facts} if action.facts else {}))

    def ended(self, step: Step) -> None:
        """Record how a step ended."""
        whole = asdict(step)
        self.write(step.status.value, **{name: value for name, value in whole.items() if value or name != "facts"})

    def check(self, check: Check, phase: str) -> None:
        """Record what a check saw; long evidence is cut."""
        self.write(CHECK, phase=phase, **{**asdict(check), "evidence": check.evidence[-EVIDENCE_CHARS:]})

    def close(self) -> None:
        """Close the file; the next event opens it again."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
            self._file = None

    def _append(self, data: bytes, *, durable: bool) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            if os.fstat(self._file).st_size:
                data = b"\n" + data  # the last line may be torn, and this one must not be lost with it
        if os.write(self._file, data) < len(data):
            raise OSError(None, "the disk took only part of a line")
        if durable:
            os.fsync(self._file)


def masked(value: object) -> object:
    """Mask every string in a tree of plain data."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask(str(key)): masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list | tuple) else value


def read(path: Path) -> tuple[Event, ...]:
    """Read a journal; a line that is no event is left out, for `kill -9` or a full disk tears lines."""
    return tuple(event for line in path.read_bytes().split(b"\n") if (event := _event(line)) is not None)


def history(folder: Path, site: str, *, but: str = "") -> tuple[Event, ...]:
    """Read the events of all runs of a site, oldest run first; `but` is a run to leave out.

    All of them, because what a first run brought to a host may be taken back years later.
    """
    # An earlier run of a fixed clock has the same id with ~N behind it: "~" sorts after ".", so by hand.
    found = sorted((folder / site).glob(f"*{ENDING}"), key=lambda path: path.stat().st_mtime_ns)
    return tuple(event for path in found if path.stem != but for event in read(path))


def interrupted(events: Iterable[Event]) -> Interrupted | None:
    """Return the last run that applied steps if it did not end well, else None."""
    runs = _by_run(events)
    acted = [run for run in runs if any(event.kind in (BEGAN, *ENDED) for event in run)]
    if not acted:
        return None
    last = acted[-1]
    under_way, failed = _open(last), tuple(event for event in _last_of_each(last) if event.kind == StepStatus.FAILED)
    if _closed_well(last) and not under_way and not failed:
        return None
    finished = sum(step.status in (StepStatus.DONE, StepStatus.ALREADY) for step in steps(last))
    return Interrupted(last[0].run, last[-1].at, under_way, failed, finished)


def steps(events: Iterable[Event]) -> tuple[Step, ...]:
    """Return one run's steps in the order they were first met; one that never ended counts as failed."""
    return tuple(_step(event) for event in _last_of_each(events))


def checks(events: Iterable[Event]) -> tuple[Check, ...]:
    """Return one run's checks, the last look at each, in the order they were first met."""
    found: dict[tuple[str, str, str], Check] = {}
    for event in events:
        if event.kind == CHECK:
            facts = _known(event.facts, Check)
            found[(str(event.facts.get("phase", "")), facts["id"], facts["target"])] = Check(
                **{**facts, "status": Status(facts["status"])}
            )
    return tuple(found.values())


def _as_text(value: object) -> str:
    return mask(str(value))


def _event(line: bytes) -> Event | None:
    try:
        facts = json.loads(line)
        return Event(facts.pop("event"), datetime.fromisoformat(facts.pop("at")), facts.pop("run"), facts)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _by_run(events: Iterable[Event]) -> list[list[Event]]:
    runs: list[list[Event]] = []
    for event in events:
        if event.kind == RUN or not runs:
            runs.append([])
        runs[-1].append(event)
    return runs


def _last_of_each(events: Iterable[Event]) -> Iterator[Event]:
    found: dict[tuple[bool, str, str], Event] = {}
    back = False
    for event in events:
        if event.kind == PLAN:
            back = bool(event.facts.get("undo"))
        elif event.kind == BEGAN or event.kind in STEP_KINDS:
            key = (back, str(event.facts["stage"]), str(event.facts["id"]))
            if not (key in found and found[key].kind == StepStatus.DONE and event.kind in UNTOUCHED):
                found[key] = event
    return iter(found.values())


def _open(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(event for event in _last_of_each(events) if event.kind == BEGAN)


def _closed_well(events: Iterable[Event]) -> bool:
    closed = [event for event in events if event.kind == CLOSED]
    return bool(closed) and closed[-1].facts.get("status") == "done"


def _step(event: Event) -> Step:
    facts = _known(event.facts, Step)
    if event.kind == BEGAN:
        return Step(**{**facts, "status": StepStatus.FAILED, "error": INTERRUPTED})
    return Step(**{**facts, "status": StepStatus(event.kind)})


def _known(facts: Mapping[str, Any], record: type) -> dict[str, Any]:
    names = {known.name for known in fields(record)}
    return {name: value for name, value in facts.items() if name in names}
