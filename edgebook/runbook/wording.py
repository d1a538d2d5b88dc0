"""The sentences of a run: its card, its refusals, its result.

Nothing is decided here; markup is the views' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from edgebook import views
from edgebook.clock import utc
from edgebook.errors import PreflightFailed, StepFailed, VerifyFailed, shorten
from edgebook.journal import Interrupted
from edgebook.records import Action, Check, Plan, Step, StepStatus
from edgebook.runbook.approval import Mode
from edgebook.views.cards import literal
from edgebook.views.markup import count, listed
from edgebook.views.steps import outcome

if TYPE_CHECKING:
    from edgebook.runbook.run import Run
    from edgebook.site import Site

SHOWN_CHECKS = 8
SHOWN_ELSEWHERE = ("site", "apply")
MODES = {
    Mode.PLAN: "Plan only: nothing is changed.",
    Mode.APPLY: "Apply: the steps change the site.",
    Mode.UNDO: "Undo: the steps are left out, and what they did is taken back.",
}
HOW_TO_APPLY = {"guarded": " Set apply to True to change the site.", "locked": " The site is locked.", "open": ""}


def card(run: Run) -> views.View:
    """Show what a run is: its site, id, mode and parameters, and an earlier run that did not end well."""
    more = HOW_TO_APPLY[run.site.protection] if run.mode is Mode.PLAN else ""
    facts = {
        "Site": f"{run.site.name}{f': {run.site.title}' if run.site.title else ''}",
        "Hosts": hosts(run.site),
        "Run": run.id,
        "Mode": MODES[run.mode] + more,
        "Journal": f"{run.site.name}/{run.journal.path.name} in the folder of runs",
    }
    changed = [
        f"{name} {literal(value) or 'empty'}" for name, value in run.changed.items() if name not in SHOWN_ELSEWHERE
    ]
    if changed:
        facts["Parameters"] = ", ".join(changed)
    return views.card(run.notebook, facts, caution=interrupted(run.earlier) if run.earlier else "")


def hosts(site: Site) -> str:
    """Count a site's hosts by role: `3 servers, 2 agents`."""
    parts = [(site.servers, "server"), (site.agents, "agent"), (site.edges, "edge host")]
    absent = [f"{len(site.absent)} to be removed"] if site.absent else []
    return ", ".join([*(count(len(members), role) for members, role in parts if members), *absent])


def interrupted(earlier: Interrupted) -> str:
    """Say where an earlier run stopped, and that what it finished is kept."""
    kept = (
        f"What it finished ({count(earlier.finished, 'step')}) is kept."
        if earlier.finished
        else "It had finished no step."
    )
    if earlier.under_way:
        at = listed((f"“{event.facts['title']}” on {event.facts['target']}" for event in earlier.under_way), limit=3)
        return f"The run {earlier.run} was interrupted at {utc(earlier.at)} while {at} was under way. {kept}"
    if earlier.failed:
        last = earlier.failed[-1].facts
        step = f"“{last['title']}” on {last['target']}"
        return f"In the run {earlier.run}, {step} failed: {shorten(str(last.get('error', '')))} {kept}"
    return f"The run {earlier.run} was not finished; its last word is of {utc(earlier.at)}. {kept}"


def preflight_failed(checks: Sequence[Check]) -> PreflightFailed:
    """Make the error for a preflight: the checks that did not pass, each with its hint."""
    return PreflightFailed(
        _refusals("preflight", checks), hint="nothing was changed; put this right and run all cells again"
    )


def verify_failed(checks: Sequence[Check]) -> VerifyFailed:
    """Make the error for a verification: the checks that did not pass, each with its hint."""
    return VerifyFailed(
        _refusals("verification", checks), hint="the steps are kept; put this right and run this cell again"
    )


def out_of_order(stage: str, earlier: str, left: Sequence[Action]) -> StepFailed:
    """Make the error for a stage that was begun while an earlier one is not done."""
    names = listed(f"“{action.title}” on {action.target}" for action in left)
    return StepFailed(
        f"“{stage}” comes after “{earlier}”, which is not done yet: {names}", hint=f"run the cell of “{earlier}” first"
    )


def result(steps: Sequence[Step], plan: Plan | None, mode: Mode) -> str:
    """Say in one sentence what a run came to."""
    if not steps and plan is not None and not plan.pending:
        return views.outlook(plan)
    left = _left(steps, plan) if mode is Mode.APPLY else 0
    missing = f" {count(left, 'action')} of the plan not come to." if left and not _failed(steps) else ""
    return outcome(steps) + missing


def _left(steps: Iterable[Step], plan: Plan | None) -> int:
    met = {(step.stage, step.id) for step in steps}
    return sum((action.stage, action.id) not in met for action in plan.pending) if plan else 0


def _failed(steps: Iterable[Step]) -> bool:
    return any(step.status is StepStatus.FAILED for step in steps)


def _refusals(what: str, checks: Sequence[Check]) -> str:
    bad = [check for check in checks if not check.ok]
    lines = [line for check in bad[:SHOWN_CHECKS] for line in _refusal(check)]
    more = [f"  and {len(bad) - SHOWN_CHECKS} more"] if len(bad) > SHOWN_CHECKS else []
    return "\n".join([f"{what}: {len(bad)} of {count(len(checks), 'check')} did not pass", *lines, *more])


def _refusal(check: Check) -> list[str]:
    said = f"  {check.target}: {check.title}: wanted {check.wanted}, seen {check.seen or 'nothing'}"
    return [said, f"    hint: {check.hint}"] if check.hint else [said]
