"""Jobs and results: one runbook on one site, and how that ended.

Nothing here runs anything; papermill is not imported.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from edgebook import errors
from edgebook.errors import ApprovalMissing, EdgebookError, InputError, SecretUnavailable
from edgebook.records import Check, Step
from edgebook.secrets import Secret, mask

SCHEMA = 1
CANCELLED_EXIT_CODE = 130
READABLE = ("env", "file")


class RunStatus(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    PLANNED = "planned"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Job:
    """One runbook to run on one site; everything in it was checked before.

    `site` is what the notebook is given, `site_name` what the site calls itself. `parameters` are
    injected as they are. `env` is added to the kernel's environment, `folder` is its working folder.
    `secrets` are the site's, so that their values can be masked in what the run leaves behind;
    `answers` are what a person said to those that ask, by reference.
    """

    notebook: Path
    site: str
    site_name: str
    run_id: str
    out: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=Path.cwd)
    secrets: tuple[Secret, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def learn_secrets(self) -> None:
        """Read the secrets that can be read without asking anybody, so that `mask` knows them.

        The kernel masks what it says itself; this is for what it did not know of, and a file may be
        younger than the run.
        """
        for secret in self.secrets:
            if secret.kind in READABLE:
                secret.forget()
                with contextlib.suppress(SecretUnavailable):
                    secret.value()

    def file(self, ending: str) -> Path:
        """Return the path of one of the run's files, such as `.ipynb` or `.result.json`."""
        return self.out / self.site_name / f"{self.run_id}{ending}"


@dataclass(frozen=True)
class Failure:
    """Why a run ended early: the kind is the class name of the error."""

    kind: str
    error: str
    hint: str = ""

    @classmethod
    def of(cls, error: EdgebookError) -> Failure:
        """Describe one of our own errors."""
        return cls(type(error).__name__, mask(error.message), mask(error.hint))

    @property
    def exit_code(self) -> int:
        """The exit code that the kind of error stands for; 1 for an error that is not ours."""
        return exit_code(self.kind)


def is_ours(kind: str) -> bool:
    """Say whether a class name is that of one of our own errors."""
    known = getattr(errors, kind, None)
    return isinstance(known, type) and issubclass(known, EdgebookError)


def exit_code(kind: str) -> int:
    """Return the exit code of an error by its class name; 1 for an error that is not ours."""
    return int(getattr(errors, kind).exit_code) if is_ours(kind) else 1


@dataclass(frozen=True)
class Result:
    """How a run ended, as `<run id>.result.json` holds it."""

    notebook: str
    site: str
    run_id: str
    began: datetime
    ended: datetime
    status: RunStatus
    title: str = ""
    apply: bool | None = None
    changed: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = ()
    failed_step: str = ""
    kind: str = ""
    error: str = ""
    hint: str = ""
    artefacts: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return round((self.ended - self.began).total_seconds(), 3)

    @property
    def ok(self) -> bool:
        """Whether the run ended as it should."""
        return self.status in (RunStatus.DONE, RunStatus.PLANNED)

    @property
    def exit_code(self) -> int:
        """The exit code of the command that made this run."""
        if self.status is RunStatus.CANCELLED:
            return CANCELLED_EXIT_CODE
        return 0 if self.ok else exit_code(self.kind)

    def with_artefacts(self, artefacts: Mapping[str, Path]) -> Result:
        """Return this result with the paths of its files."""
        return replace(self, artefacts={name: str(path) for name, path in artefacts.items()})

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, secrets masked, in the order a person reads it."""
        plain = {**asdict(self), "began": _utc(self.began), "ended": _utc(self.ended), "status": str(self.status)}
        data = {"schema": SCHEMA, **plain, "seconds": self.seconds, "exit_code": self.exit_code}
        masked: dict[str, Any] = masked_tree(data)
        return masked


def worst(codes: list[int]) -> int:
    """Return the exit code for several runs: cancelled, then failed, unapproved, refused, done."""
    return next(
        (code for code in (CANCELLED_EXIT_CODE, 1, ApprovalMissing.exit_code, InputError.exit_code) if code in codes), 0
    )


def masked_tree(value: Any) -> Any:
    """Mask every string in a tree of plain data, keys included."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {masked_tree(key): masked_tree(item) for key, item in value.items()}
    return [masked_tree(item) for item in value] if isinstance(value, list | tuple) else value


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def write_result(path: Path, result: Result) -> None:
    """Write `result.json`."""
    write_whole(path, json.dumps(result.as_dict(), indent=1, ensure_ascii=False, default=str) + "\n")


def _utc(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
