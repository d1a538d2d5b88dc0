"""The commands `list` and `journal`: what there is to run, and what was run.

Nothing is started or changed.
"""

from __future__ import annotations

import argparse
import shutil
import textwrap
from pathlib import Path

from edgebook import book
from edgebook import journal as journals
from edgebook.cli import text
from edgebook.errors import InputError
from edgebook.journal import Event

SHOWN_RUNS = 20
INDENT, NARROWEST = 22, 60


def notebooks(given: argparse.Namespace) -> int:
    """List the runbooks with their first sentence."""
    found = book.notebooks()
    if given.json:
        print(text.as_json([one.as_dict() for one in found]))
    else:
        print("\n".join(_entry(one) for one in found) or "there is no runbook here")
    return 0


def _entry(one: book.Runbook) -> str:
    indent = " " * INDENT
    width = max(shutil.get_terminal_size().columns, NARROWEST)
    summary = textwrap.fill(one.summary, width, initial_indent=indent, subsequent_indent=indent)
    return f"{one.name:<{INDENT - 1}} {one.title}\n{summary}"


def journal(given: argparse.Namespace) -> int:
    """Show one run, or list the last ones."""
    if given.run is None:
        return _last(given)
    events = journals.read(_find(given.run))
    if given.json:
        print(text.as_json([{"at": event.at.isoformat(), "event": event.kind, **event.facts} for event in events]))
        return 0
    steps = journals.steps(events)
    rows = [
        (f"{one.began_s:8.1f}", one.status, one.target, one.title, f"{one.seconds:.1f}", one.error) for one in steps
    ]
    print(_heading(events))
    print(text.table(("   BEGAN", "STATUS", "TARGET", "STEP", "SECONDS", "ERROR"), rows))
    return 0


def _last(given: argparse.Namespace) -> int:
    found = sorted(book.runs().glob(f"*/*{journals.ENDING}"), key=lambda path: path.name)[-SHOWN_RUNS:]
    told = [_told(path) for path in found]
    head = ("run", "site", "status", "changed")
    print(
        text.as_json(told)
        if given.json
        else text.table([name.upper() for name in head], [[one[name] for name in head] for one in told])
    )
    return 0


def _told(path: Path) -> dict[str, object]:
    events = journals.read(path)
    changed = sum(step.changed for step in journals.steps(events))
    return {
        "run": path.stem,
        "site": path.parent.name,
        "status": _status(events),
        "changed": changed,
        "path": str(path),
    }


def _status(events: tuple[Event, ...]) -> str:
    closed = [event.facts.get("status", "") for event in events if event.kind == journals.CLOSED]
    return str(closed[-1]) if closed else "interrupted"


def _heading(events: tuple[Event, ...]) -> str:
    facts = next((event.facts for event in events if event.kind == journals.RUN), {})
    return f"{facts.get('notebook', '?')} on {facts.get('site', '?')}: {_status(events)}"


def _find(run: str) -> Path:
    given = Path(run)
    if given.is_file():
        return given
    found = sorted(book.runs().glob(f"*/{run.removesuffix(journals.ENDING)}{journals.ENDING}"))
    if not found:
        raise InputError(f"no run {run!r} in {book.runs()}", hint="`edgebook journal` lists the last runs")
    return found[0]
