"""The commands `plan`, `run` and `html`.

Not the running itself, which is the batch's.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from edgebook import batch, report
from edgebook.batch import Request, Result
from edgebook.cli import text
from edgebook.cli.live import Live


def run(given: argparse.Namespace) -> int:
    """Run a runbook on the given sites."""
    results = carry_out(given, apply=given.apply)
    print(text.as_json([one.as_dict() for one in results]) if given.json else "\n".join(map(text.result, results)))
    if len(results) > 1:
        _overview(given, results)
    return batch.worst([one.exit_code for one in results])


def plan(given: argparse.Namespace) -> int:
    """Run a runbook with nothing applied and print its plan."""
    results = carry_out(given, apply=False)
    if given.json:
        print(text.as_json([one.as_dict() for one in results]))
    else:
        print("\n\n".join(_planned(one, details=given.details) for one in results))
    return batch.worst([one.exit_code for one in results])


def carry_out(given: argparse.Namespace, *, apply: bool | None) -> tuple[Result, ...]:
    """Check what was asked for, then run it with its progress on standard error."""
    request = Request(given.notebook, given.site, given.file, given.parameter, apply=apply, out=given.out)
    jobs = batch.prepare(request)
    with Live(len(jobs)) as live:
        return batch.run_all(jobs, at_once=given.jobs, observer=live)


def html(given: argparse.Namespace) -> int:
    """Draw an executed notebook; the banner comes from the `result.json` beside it, if there is one."""
    from edgebook.report import document  # noqa: PLC0415 - nbformat takes a fifth of a second

    notebook = document.read(given.notebook)
    told = given.notebook.with_suffix(".result.json")
    facts = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(report.page(notebook, facts), encoding="utf-8")
    print(text.near(given.out))
    return 0


def _planned(ended: Result, *, details: bool) -> str:
    if ended.plan and ended.ok:
        return f"{ended.site}: {text.plan(ended.plan, details=details)}"
    return text.result(ended)


def _overview(given: argparse.Namespace, results: Sequence[Result]) -> None:
    out = Path(results[0].artefacts["result"]).parent.parent
    path = out / f"{results[0].run_id}.html"
    report.write_index(path, [one.as_dict() for one in results], title=f"{results[0].notebook} on {len(results)} sites")
    if not given.json:
        print(f"overview: {text.near(path)}")
