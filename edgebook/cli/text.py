"""Plain text for terminals and logs: tables, results and plans.

Nothing is decided here, and nothing is fetched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgebook.batch.job import Result, masked_tree
from edgebook.secrets import mask

GAP = "  "
MARKS = {"read": "?", "change": "+", "destructive": "!"}


def as_json(data: object) -> str:
    """Write data for a program, secrets masked."""
    return json.dumps(masked_tree(data), indent=1, ensure_ascii=False, default=str)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Align columns; the last one may be as long as it likes."""
    lines = [tuple(head), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def near(path: str | Path) -> str:
    """Show a path from here where it lies below, whole where it does not."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def result(ended: Result) -> str:
    """Say how a run ended, and where its files are."""
    changes = f"{ended.changed} change{'s' * (ended.changed != 1)}"
    lines = [f"{ended.status}: {ended.notebook} on {ended.site}, {changes}, {ended.seconds:.1f} s"]
    facts = {"at": ended.failed_step, "error": ended.error, "hint": ended.hint}
    files = {name: near(path) for name, path in ended.artefacts.items() if name in ("html", "journal")}
    for name, value in {**facts, **files}.items():
        if value:
            lines.append(f"  {name + ':':<9}{mask(value)}".replace("\n", "\n           "))
    return "\n".join(lines)


def plan(shown: Mapping[str, Any], *, details: bool = False) -> str:
    """Say what a run would do, stage by stage: `+` change, `!` destructive, `=` already so."""
    actions: Sequence[Mapping[str, Any]] = shown.get("actions", ())
    todo = [action for action in actions if not action.get("done")]
    if not todo:
        return f"{shown.get('title', 'plan')}: nothing to do, all {len(actions)} actions are already so"
    hosts = {action["target"] for action in todo}
    counts = f"{len(todo)} to do on {', '.join(sorted(hosts))}; {len(actions) - len(todo)} already so"
    head = f"{shown.get('title', 'plan')}: {counts}"
    stages: Mapping[str, str] = shown.get("stages", {})
    parts = [
        _stage(stages.get(stage, stage), [a for a in actions if a["stage"] == stage], details=details)
        for stage in _order(stages, actions)
    ]
    return "\n".join([head, *parts])


def _order(stages: Mapping[str, str], actions: Sequence[Mapping[str, Any]]) -> list[str]:
    used = dict.fromkeys(action["stage"] for action in actions)
    return [*(stage for stage in stages if stage in used), *(stage for stage in used if stage not in stages)]


def _stage(title: str, actions: Sequence[Mapping[str, Any]], *, details: bool) -> str:
    width = max(len(action["target"]) for action in actions)
    lines = [f"\n{title}"]
    for action in actions:
        mark = "=" if action.get("done") else MARKS.get(action.get("effect", ""), "+")
        lines.append(f"  {mark} {action['target']:<{width}}  {action['title']}")
        if details and not action.get("done"):
            lines += [f"      {line}" for line in str(action.get("shows", "")).splitlines()]
    return mask("\n".join(lines))
