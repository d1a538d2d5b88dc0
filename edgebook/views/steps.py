"""Steps: how the actions of a stage ended, how far a stage is, and the summary of a run.

Nothing is applied here: steps are records of what was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edgebook.records import Action, Step, StepStatus
from edgebook.views.markup import (
    Html,
    columns,
    count,
    join,
    note_row,
    number,
    page,
    pill,
    prose,
    row,
    seconds,
    table,
    tag,
)
from edgebook.views.view import View

SIGNS = {
    StepStatus.DONE: ("✓", "done", "good"),
    StepStatus.ALREADY: ("=", "already so", ""),
    StepStatus.PLANNED: ("○", "planned", "info"),
    StepStatus.FAILED: ("✕", "failed", "bad"),
    StepStatus.SKIPPED: ("–", "skipped", "warn"),
}
HEAD = ("Status", "On", "Step", "Before", "After", "Took")
TEXT_HEAD = ("status", "on", "step", "before", "after", "took")
TIMED = (StepStatus.DONE, StepStatus.FAILED)


@dataclass(frozen=True)
class Moment:
    """How far a stage is: its actions, the steps that ended, and since when the others run."""

    title: str
    actions: Sequence[Action]
    ended: Mapping[str, Step] = field(default_factory=dict)
    running: Mapping[str, float] = field(default_factory=dict)
    spent_s: float = 0.0


def steps(ended: Sequence[Step], *, title: str = "") -> View:
    """Show how steps ended; a failed one with its error and what to do about it."""
    sentence = tally(ended)
    line = f"{title}: {sentence}" if title else sentence
    if not ended:
        return View(page(tag("p", tag("strong", line))), line)
    html = page(tag("p", tag("strong", line)), table(HEAD, [made for step in ended for made in _rows(step)]))
    return View(html, "\n".join([line, "", columns(TEXT_HEAD, map(_cells, ended)), *_errors(ended)]))


def tally(ended: Sequence[Step]) -> str:
    """Say how steps ended, as in “12 steps: 9 done, 3 already so.”."""
    if not ended:
        return "nothing to do."
    counted = Counter(step.status for step in ended)
    parts = [f"{counted[status]} {SIGNS[status][1]}" for status in SIGNS if counted[status]]
    return f"{count(len(ended), 'step')}: {', '.join(parts)}."


def summary(ended: Sequence[Step], *, stages: Mapping[str, str] | None = None, result: str = "") -> View:
    """Show all steps of a run by stage, and one sentence with the result."""
    sentence = result or outcome(ended)
    if not ended:
        return View(page(tag("p", tag("strong", sentence))), sentence)
    titles = stages or {}
    groups: dict[str, list[Step]] = {}
    for step in ended:
        groups.setdefault(step.stage, []).append(step)
    rows = [
        made for stage, members in groups.items() for made in (_heading(titles.get(stage, stage)), *map(_row, members))
    ]
    html = page(table(HEAD, rows), tag("p", tag("strong", sentence)))
    return View(
        html, f"{columns(('stage', *TEXT_HEAD), ((step.stage, *_cells(step)) for step in ended))}\n\n{sentence}"
    )


def outcome(ended: Sequence[Step]) -> str:
    """Say in one sentence what a run did."""
    if not ended:
        return "No step was run."
    failed = [step for step in ended if step.status is StepStatus.FAILED]
    changed = [step for step in ended if step.changed]
    if failed:
        return f"{tally(ended)} Stopped at “{failed[0].title}” on {failed[0].target}."
    if changed:
        places = count(len({step.target for step in changed}), "target")
        return f"{tally(ended)} {count(len(changed), 'change')} on {places} in {seconds(busy_s(ended))}."
    if any(step.status is StepStatus.PLANNED for step in ended):
        return f"{tally(ended)} Nothing was changed."
    return f"Nothing was changed: {len(ended)} of {len(ended)} steps were already so."


def busy_s(ended: Sequence[Step]) -> float:
    """Return the seconds from the first step's begin to the last one's end."""
    timed = [step for step in ended if step.status in TIMED]
    return max((step.began_s + step.seconds for step in timed), default=0.0) - min(
        (step.began_s for step in timed), default=0.0
    )


def progress(moment: Moment) -> View:
    """Show a stage under way: how many steps ended, which run and for how long."""
    ended, every = len(moment.ended), len(moment.actions)
    line = f"{moment.title}: {ended} of {every}"
    bar = tag("progress", f"{ended} of {every}", max=str(max(every, 1)), value=str(ended), aria_label=moment.title)
    rows = [_moving(action, moment) for action in moment.actions if action.id in moment.running]
    failed = [made for step in moment.ended.values() if step.status is StepStatus.FAILED for made in _rows(step)]
    html = page(
        tag("p", bar, " ", tag("strong", line)), table(("Status", "On", "Step", "", "", "For"), [*rows, *failed])
    )
    running = ", ".join(f"{action.title} ({action.target})" for action in moment.actions if action.id in moment.running)
    return View(html, f"{line}; running: {running}" if running else line)


def _moving(action: Action, moment: Moment) -> Html:
    spent = max(moment.spent_s - moment.running[action.id], 0.0)
    return row(pill("▸", "running", "info"), action.target, action.title, "", "", number(f"{spent:.0f} s"), head=1)


def _heading(title: str) -> Html:
    return tag("tr", tag("th", tag("strong", title), scope="rowgroup", colspan=str(len(HEAD))))


def _row(step: Step) -> Html:
    cells = (step.target, prose(step.title), prose(step.before), prose(_after(step)), number(_took(step)))
    return row(pill(*SIGNS[step.status]), *cells, head=1)


def _rows(step: Step) -> list[Html]:
    if not step.error:
        return [_row(step)]
    cells = (pill(*SIGNS[step.status]), step.target, step.title, step.before, "", number(_took(step)))
    hint = tag("div", "→ ", prose(step.hint)) if step.hint else ""
    return [row(*cells, head=1, below=True), note_row(join([tag("pre", step.error), hint]), over=len(HEAD))]


def _after(step: Step) -> str:
    return step.error.splitlines()[0] if step.error else step.after


def _took(step: Step) -> str:
    return seconds(step.seconds) if step.status in TIMED else ""


def _cells(step: Step) -> tuple[str, ...]:
    return (SIGNS[step.status][1], step.target, step.title, step.before, _after(step), _took(step))


def _errors(ended: Sequence[Step]) -> list[str]:
    return [f"\n{step.target}: {step.title}: {step.error}{_hint(step)}" for step in ended if step.error]


def _hint(step: Step) -> str:
    return f"\n  hint: {step.hint}" if step.hint else ""
