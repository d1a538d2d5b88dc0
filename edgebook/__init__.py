"""Runbooks for edge sites: notebooks that install, join, deploy and repair, and the package that serves them.

Nothing heavy is imported here: each name below is loaded with its first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgebook.errors import (
        ApprovalMissing,
        EdgebookError,
        HostError,
        InputError,
        PreflightFailed,
        RunError,
        StepFailed,
        VerifyFailed,
    )
    from edgebook.runbook import Run, form, start
    from edgebook.site import Site, load

    __version__: str

_HOMES = {
    "ApprovalMissing": "errors",
    "EdgebookError": "errors",
    "HostError": "errors",
    "InputError": "errors",
    "PreflightFailed": "errors",
    "Run": "runbook",
    "RunError": "errors",
    "Site": "site",
    "StepFailed": "errors",
    "VerifyFailed": "errors",
    "form": "runbook",
    "load": "site",
    "start": "runbook",
}

__all__ = [
    "ApprovalMissing",
    "EdgebookError",
    "HostError",
    "InputError",
    "PreflightFailed",
    "Run",
    "RunError",
    "Site",
    "StepFailed",
    "VerifyFailed",
    "__version__",
    "form",
    "load",
    "start",
]


def __getattr__(name: str) -> Any:  # a module's names are of any type
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib import metadata  # noqa: PLC0415  # takes 30 ms, for a text that few ask for

    try:
        return metadata.version("edgebook")
    except metadata.PackageNotFoundError:
        return "0+unknown"
