"""The errors edgebook raises: one tree, each with the place, the reason and a remedy.

This is not where other libraries' errors are translated; the module that owns a library does that.

    EdgebookError                      exit code 1
    ├── InputError                     exit code 2: nothing was started
    │   ├── SiteInvalid                site.yaml: every mistake at once
    │   ├── SiteNotFound
    │   ├── SiteLocked                 another run holds the site
    │   ├── BundleInvalid              a bundle's manifest or files: every mistake at once
    │   ├── ParameterInvalid           a runbook's parameters: every mistake at once
    │   ├── NotebookNotFound
    │   └── SecretUnavailable
    ├── HostError                      names the host
    │   ├── HostUnreachable
    │   ├── HostKeyUnknown
    │   ├── HostKeyMismatch
    │   ├── HostAuthFailed
    │   ├── SudoRefused
    │   ├── ConnectionLost
    │   ├── HostTimeout
    │   ├── CommandFailed
    │   └── TransferFailed
    ├── ClusterError
    │   ├── ClusterUnreachable
    │   ├── ClusterDenied
    │   ├── ObjectNotFound
    │   ├── ObjectConflict
    │   └── ObjectInvalid
    ├── WaitTimeout                    carries the last thing seen
    ├── DownloadFailed                 files that could not be had: every one of them
    ├── RunError
    │   ├── PreflightFailed
    │   ├── StepFailed
    │   └── VerifyFailed
    ├── ApprovalMissing                exit code 3
    └── LabError                       the practice site itself
        └── LabUnavailable             exit code 2: this machine lacks what its backend needs
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN_CHARS = 200
"""How much of a remote answer an error message repeats."""


def shorten(text: str, limit: int = SHOWN_CHARS) -> str:
    """Keep the end of a long text, because the last line of a failing tool names the cause."""
    text = text.strip()
    return text if len(text) <= limit else "…" + text[-limit:]


class EdgebookError(Exception):
    """Base of every error edgebook raises on purpose.

    Args:
        message: which host or object, what was tried, what came back.
        hint: what to do next: a command, a notebook or a check.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class InputError(EdgebookError):
    """What was asked for is wrong; nothing was started."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in an input file: where it is, what is wrong, what would be right."""

    file: str
    line: int
    where: str
    wrong: str
    right: str = ""

    def __str__(self) -> str:
        remedy = f"; {self.right}" if self.right else ""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.where}: {self.wrong}{remedy}"


class InputInvalid(InputError):
    """An input with one or more mistakes, all of them reported."""

    def __init__(self, message: str, problems: Sequence[Problem], *, hint: str = "") -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join([message, *(f"  {problem}" for problem in self.problems)]), hint=hint)


class SiteInvalid(InputInvalid):
    """A site.yaml that cannot be used as it is."""


class ParameterInvalid(InputInvalid):
    """Parameters that a runbook does not take, or not with these values."""


class SiteNotFound(InputError):
    """No folder describes the site."""


class SiteLocked(InputError):
    """Another run holds the site."""


class BundleInvalid(InputInvalid):
    """A bundle whose manifest or files are not what they should be."""


class NotebookNotFound(InputError):
    """No runbook has this name."""


class SecretUnavailable(InputError):
    """A secret's reference leads to nothing that can be read."""


class HostError(EdgebookError):
    """Something went wrong on, or on the way to, one host."""

    def __init__(self, host: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{host}: {message}", hint=hint)
        self.host = host


class HostUnreachable(HostError):
    """No SSH connection could be made."""


class HostKeyUnknown(HostError):
    """The host's key is not in the site's known_hosts."""


class HostKeyMismatch(HostError):
    """The host shows another key than the pinned one."""


class HostAuthFailed(HostError):
    """The host refused the user or its key."""


class SudoRefused(HostError):
    """The user may not become root, or not without a password."""


class ConnectionLost(HostError):
    """The connection broke while a command or a transfer was under way."""


class HostTimeout(HostError):
    """The host took longer than it was given."""


class CommandFailed(HostError):
    """A command ended with another exit code than zero."""


class TransferFailed(HostError):
    """A file did not arrive whole."""


class ClusterError(EdgebookError):
    """The Kubernetes API could not do what was asked."""


class ClusterUnreachable(ClusterError):
    """The API did not answer."""


class ClusterDenied(ClusterError):
    """The API refused the credentials or the action."""


class ObjectNotFound(ClusterError):
    """The object does not exist."""


class ObjectConflict(ClusterError):
    """Somebody else changed, or owns, the object."""


class ObjectInvalid(ClusterError):
    """The API refused the object's content."""


class WaitTimeout(EdgebookError):
    """What was waited for did not come; the message ends with the last thing seen."""


class DownloadFailed(EdgebookError):
    """Files that could not be had, or are not what upstream says they are."""

    def __init__(self, message: str, problems: Sequence[Problem] = (), *, hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *(f"  {problem}" for problem in self.problems)]), hint=hint)


class RunError(EdgebookError):
    """A run of a runbook ended before its end."""


class PreflightFailed(RunError):
    """A check that must pass before anything is changed did not pass."""


class StepFailed(RunError):
    """A step failed; the journal holds what was done before it."""


class VerifyFailed(RunError):
    """The steps ended, but the result is not what was wanted."""


class ApprovalMissing(EdgebookError):
    """A destructive step was not approved."""

    exit_code = 3


class LabError(EdgebookError):
    """The practice site could not do what was asked of it."""


class LabUnavailable(LabError):
    """This machine lacks what a kind of practice site needs; nothing was started."""

    exit_code = 2
