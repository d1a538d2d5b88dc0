"""The records that cross module borders: frozen, typed, without I/O.

Not here: anything that connects, draws, or reads files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from edgebook.errors import CommandFailed, EdgebookError, shorten
from edgebook.secrets import Secret, mask


class Status(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 (a verdict)
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIP = "skip"


class Effect(StrEnum):
    """What an action does to its target."""

    READ = "read"
    CHANGE = "change"
    DESTRUCTIVE = "destructive"


class StepStatus(StrEnum):
    """How an action of a plan ended."""

    PLANNED = "planned"
    ALREADY = "already"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Completed:
    """A command that ended on a host.

    `command` is the shown form, with secrets masked; `out` and `err` are what came back, capped
    (`truncated` says so). Times are seconds.
    """

    host: str
    command: str
    code: int
    out: str = ""
    err: str = ""
    seconds: float = 0.0
    truncated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the exit code is zero."""
        return self.code == 0

    def check(self, *, hint: str = "") -> Completed:
        """Return this record, or raise `CommandFailed` with the end of what the command said."""
        if self.ok:
            return self
        said = mask(shorten(self.err or self.out)) or "no output"
        raise CommandFailed(self.host, f"`{self.command}` ended with exit code {self.code}: {said}", hint=hint)

    def __repr__(self) -> str:
        return f"Completed({self.host!r}, {self.command!r}, code={self.code})"


T = TypeVar("T")


class Results(Mapping[str, "T | EdgebookError"], Generic[T]):
    """What each host answered, or the error it ended with, in inventory order."""

    def __init__(self, answers: Mapping[str, T | EdgebookError]) -> None:
        self._answers = dict(answers)

    def __getitem__(self, host: str) -> T | EdgebookError:
        return self._answers[host]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def ok(self) -> dict[str, T]:
        """The hosts that answered."""
        return {host: value for host, value in self._answers.items() if not isinstance(value, EdgebookError)}

    @property
    def failed(self) -> dict[str, EdgebookError]:
        """The hosts that did not, with the error of each."""
        return {host: value for host, value in self._answers.items() if isinstance(value, EdgebookError)}

    def require(self) -> dict[str, T]:
        """Return the answers, or raise the first error when any host failed."""
        for error in self.failed.values():
            raise error
        return self.ok


@dataclass(frozen=True)
class Check:
    """One read-only check: what was wanted, what was seen, and what to do about it.

    `id` is stable (`host.clock`); `target` is a host's name, `cluster` or `site`.
    """

    id: str
    target: str
    title: str
    wanted: str
    seen: str
    status: Status
    hint: str = ""
    evidence: str = ""

    @property
    def ok(self) -> bool:
        """Whether a run may go on: everything but a failure or an unknown."""
        return self.status not in (Status.FAIL, Status.UNKNOWN)


@dataclass(frozen=True)
class Outcome:
    """What an action saw before, and what is so after it.

    `facts` are for the journal alone: what the way back needs to know. No secret may be among them.
    """

    before: str = ""
    after: str = ""
    changed: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Action:
    """One thing a run would do to one target.

    `shows` is the exact command or diff, secrets masked. `done` says that it is so already.
    Actions of a stage with the same `wave` may run at the same time; waves run in order.
    `undo` names what takes it back, in the journal's words. `facts` are what was there before, as the
    plan saw it; they are in the journal before the act, so that a run that is killed loses none.
    """

    id: str
    stage: str
    target: str
    title: str
    effect: Effect
    shows: str
    do: Callable[[], Outcome] = field(repr=False, compare=False)
    done: bool = False
    why: str = ""
    wave: int = 0
    undo: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Plan:
    """The actions that lead from what was seen to what is wanted, in the order of their stages."""

    title: str
    stages: Mapping[str, str]
    """Stage id to its title, in order."""
    actions: tuple[Action, ...]

    @property
    def pending(self) -> tuple[Action, ...]:
        """The actions that would change something."""
        return tuple(action for action in self.actions if not action.done)

    @property
    def destructive(self) -> tuple[Action, ...]:
        """The pending actions that cannot be taken back by doing something else."""
        return tuple(action for action in self.pending if action.effect is Effect.DESTRUCTIVE)

    def stage(self, stage: str) -> tuple[Action, ...]:
        """Return the actions of one stage; raise `KeyError` for a stage the plan does not have."""
        if stage not in self.stages:
            raise KeyError(f"the plan has no stage {stage!r}; it has {', '.join(self.stages)}")
        return tuple(action for action in self.actions if action.stage == stage)


@dataclass(frozen=True)
class Step:
    """How one action of a plan ended; times are seconds since the run began."""

    id: str
    stage: str
    target: str
    title: str
    status: StepStatus
    before: str = ""
    after: str = ""
    began_s: float = 0.0
    seconds: float = 0.0
    error: str = ""
    hint: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def changed(self) -> bool:
        """Whether the step changed its target."""
        return self.status is StepStatus.DONE


@dataclass(frozen=True)
class SshTarget:
    """How one host is reached: everything the SSH port needs to know, and nothing of the site.

    `keys` are private key files; `jump` is the host to go through; `known_hosts` are the files with
    pinned keys; `ssh_config` is an OpenSSH client configuration to take defaults from, or None.
    """

    name: str
    address: str
    user: str
    port: int = 22
    keys: tuple[Path, ...] = ()
    passphrase: Secret | None = None
    password: Secret | None = None
    agent: bool = False
    known_hosts: tuple[Path, ...] = ()
    ssh_config: Path | None = None
    jump: SshTarget | None = None
    sudo: str = "nopasswd"
    """`nopasswd`, `password` (given on standard input) or `root` (already root, no sudo)."""
    sudo_password: Secret | None = None
    connect_timeout_s: float = 10.0


@dataclass(frozen=True)
class Payload:
    """Bytes on this computer that are sent whole: a file, or a stretch of one, and the sum they must have."""

    path: Path
    size: int
    sha256: str
    offset: int = 0


@dataclass(frozen=True)
class Parameter:
    """One line of a runbook's parameters cell.

    `type` is the annotation as written (`str`, `int`, `float`, `bool`, `list[str]`); `minimum` and
    `maximum`, or `choices`, come from the help text's closing `[1..10]` or `{a|b}`.
    """

    name: str
    type: str
    default: Any
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
