"""Approval: whether a run may change the site, and whether it may do what cannot be taken back.

Nobody is asked here: the answers are parameters of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from edgebook.errors import ApprovalMissing
from edgebook.records import Action

if TYPE_CHECKING:
    from edgebook.site import Site

SHOWN = 5


class Mode(StrEnum):
    """What a run does with its plan."""

    PLAN = "plan"
    APPLY = "apply"
    UNDO = "undo"


def mode(site: Site, parameters: Mapping[str, Any]) -> Mode:
    """Decide the mode of a run: `apply` when given, else what the site's protection says.

    Raises:
        ApprovalMissing: `apply` is true on a locked site.
    """
    wanted = parameters.get("apply")
    if site.protection == "locked" and wanted:
        raise ApprovalMissing(
            f"site {site.name} is locked: nothing is applied to it",
            hint="plan with apply=False, or change `protection` in site.yaml",
        )
    applies = site.protection == "open" if wanted is None else bool(wanted)
    if not applies:
        return Mode.PLAN
    return Mode.UNDO if parameters.get("undo") else Mode.APPLY


def require(site: Site, parameters: Mapping[str, Any], actions: Sequence[Action]) -> None:
    """Raise `ApprovalMissing` when destructive actions among these are not approved."""
    if not actions or site.protection == "open" or parameters.get("allow_destructive") is True:
        return
    typed = str(parameters.get("confirm") or "").strip()
    if typed == site.name:
        return
    named = "\n".join(f"  {action.target}: {action.title}" for action in actions[:SHOWN])
    more = f"\n  and {len(actions) - SHOWN} more" if len(actions) > SHOWN else ""
    wrong = f"; confirm is {typed!r}, the site is {site.name!r}" if typed else ""
    raise ApprovalMissing(
        f"not approved: what cannot be taken back on site {site.name}{wrong}\n{named}{more}",
        hint=f"type the site's name: confirm={site.name!r}; in batch: -p allow_destructive=true",
    )
