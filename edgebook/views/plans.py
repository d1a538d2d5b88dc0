"""The plan: what a run would do, stage by stage, with the exact command or diff of each action.

Nothing is applied here, and nothing of the plan is decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgebook.records import Action, Effect, Plan
from edgebook.views.markup import Html, count, listed, page, pill, prose, row, table, tag
from edgebook.views.view import View

SIGNS = {
    Effect.READ: ("○", "read", ""),
    Effect.CHANGE: ("●", "change", "info"),
    Effect.DESTRUCTIVE: ("▲", "destructive", "bad"),
}
Stage = tuple[str, Sequence[Action]]

HEAD = ("Effect", "On", "Action")
TEXT_LINES = 6
"""How many lines of a command or diff the text form repeats."""


def plan(wanted: Plan) -> View:
    """Show a plan: the pending actions by stage, those that are already so as a count."""
    sentence = outlook(wanted)
    stages = [
        (f"{number} · {title}", wanted.stage(stage)) for number, (stage, title) in enumerate(wanted.stages.items(), 1)
    ]
    shown = [(title, actions) for title, actions in stages if actions]
    head = (tag("h4", wanted.title), tag("p", tag("strong", sentence)))
    text = "\n\n".join([f"{wanted.title}\n{sentence}", *(_stage_text(*stage) for stage in shown)])
    return View(page(*head, _pending_html(shown), _already_html(shown)), text)


def outlook(wanted: Plan) -> str:
    """Say what a plan comes to, as in “14 actions to do on 5 targets, 2 of them destructive; 6 already so.”."""
    every, pending = len(wanted.actions), len(wanted.pending)
    if not pending:
        return (
            f"Nothing to change: {every} of {every} actions are already so."
            if every
            else "Nothing to change: the plan is empty."
        )
    so = f"; {every - pending} already so" if every - pending else ""
    places = count(len({action.target for action in wanted.pending}), "target")
    if all(action.effect is Effect.READ for action in wanted.pending):
        return f"{count(pending, 'action')} on {places}, only to read{so}."
    cannot = f", {len(wanted.destructive)} of them destructive" if wanted.destructive else ""
    return f"{count(pending, 'action')} to do on {places}{cannot}{so}."


def alike(actions: Sequence[Action]) -> list[tuple[Action, list[str]]]:
    """Put actions that differ only in their target together: the first of them, and all targets."""
    groups: dict[tuple[str, ...], list[Action]] = {}
    for action in actions:
        groups.setdefault((action.title, action.effect, action.shows, action.why), []).append(action)
    return [(group[0], [action.target for action in group]) for group in groups.values()]


def _pending_html(stages: Sequence[Stage]) -> Html:
    rows = []
    for title, actions in stages:
        pending, so = _split(actions)
        rows += [_heading(title, len(so), len(actions))] if pending else []
        rows += [_row(action, targets) for action, targets in alike(pending)]
    return table(HEAD, rows) if rows else Html("")


def _already_html(stages: Sequence[Stage]) -> Html:
    lines = []
    for title, actions in stages:
        so = alike(_split(actions)[1])
        items = [tag("li", f"{listed(targets)}: ", prose(action.title)) for action, targets in so]
        lines += [tag("p", title), tag("ul", *items)] if items else []
    return tag("details", tag("summary", "what is already so"), *lines) if lines else Html("")


def _heading(title: str, so: int, every: int) -> Html:
    already = tag("span", f" · {so} of {every} already so", class_="quiet") if so else ""
    return tag("tr", tag("th", tag("strong", title), already, scope="rowgroup", colspan=str(len(HEAD))))


def _row(action: Action, targets: Sequence[str]) -> Html:
    sign, word, tone = SIGNS[action.effect]
    why = tag("div", prose(action.why), class_="quiet") if action.why else ""
    exact = tag("details", tag("summary", "exactly"), tag("pre", action.shows)) if action.shows else ""
    return row(pill(sign, word, tone), listed(targets), Html(tag("span", prose(action.title)) + why + exact), head=1)


def _stage_text(title: str, actions: Sequence[Action]) -> str:
    pending, so = _split(actions)
    lines = [title]
    for action, targets in alike(pending):
        why = f" ({action.why})" if action.why else ""
        lines.append(f"  {SIGNS[action.effect][1]:<11}  {listed(targets)}: {action.title}{why}")
        lines += [f"      {line}" for line in _cut(action.shows)]
    if so:
        lines.append(f"  already so   {len(so)} of {len(actions)}")
    return "\n".join(lines)


def _split(actions: Sequence[Action]) -> tuple[list[Action], list[Action]]:
    return [action for action in actions if not action.done], [action for action in actions if action.done]


def _cut(shows: str) -> list[str]:
    lines = shows.rstrip().splitlines()
    more = len(lines) - TEXT_LINES
    return lines if more <= 1 else [*lines[:TEXT_LINES], f"… {more} more lines"]
