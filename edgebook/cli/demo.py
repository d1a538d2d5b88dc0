"""The command `demo`: the core runbooks on the practice site, and a page about them.

Nothing is special about the site: the runs are the same as anywhere.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from edgebook import batch, book, lab, report
from edgebook import site as sites
from edgebook.batch import Request, Result
from edgebook.cli import text
from edgebook.cli.live import Live
from edgebook.errors import EdgebookError, NotebookNotFound

if TYPE_CHECKING:
    from edgebook.lab import LabStatus

CORE = ("10", "11", "12", "13", "40")
"""The core runbooks, in the order in which each finds what it needs."""
SITE = "lab"
INDEX = "index.html"


def demo(given: argparse.Namespace) -> int:
    """Run what exists of the core runbooks in order; the first that fails ends it."""
    began = time.monotonic()
    names = list(_core())
    seen = _fresh(given)
    results: list[Result] = []
    for name in names:
        results.append(_run(name, seen, given.out))
        if not results[-1].ok:
            break
    path = Path(results[0].artefacts["result"]).with_name(INDEX)
    report.write_index(path, [one.as_dict() for one in results], title="The core runbooks on the practice site")
    _tell(given, results, names, path, time.monotonic() - began)
    return batch.worst([one.exit_code for one in results])


def _core() -> Iterator[str]:
    known = [one.name for one in book.notebooks()]
    found = [name for number in CORE for name in known if name.startswith(f"{number}-")]
    if not found:
        raise NotebookNotFound("none of the core runbooks is here", hint="run this in a checkout of the book")
    yield from found


def _fresh(given: argparse.Namespace) -> LabStatus:
    """Start the practice site, or put the running one back to bare hosts."""
    if lab.status(given.dir).running:
        return lab.reset(given.dir)
    return lab.up(given.dir)


def _run(name: str, seen: LabStatus, out: Path | None) -> Result:
    values = book.values(SITE, name)
    request = Request(name, [_site(seen)], files=[values] if values else [], out=out)
    jobs = batch.prepare(request)
    with Live(1) as live:
        return batch.run_all(jobs, observer=live, beside=True)[0]


def _site(seen: LabStatus) -> str:
    """Name the practice site as a person would, where that leads to this one; else by its folder."""
    try:
        return SITE if sites.load(SITE).folder.resolve() == Path(seen.site_folder).resolve() else str(seen.site_folder)
    except EdgebookError:
        return str(seen.site_folder)


def _tell(given: argparse.Namespace, results: list[Result], names: list[str], page: Path, seconds: float) -> None:
    if given.json:
        facts = {"page": str(page), "seconds": round(seconds, 1), "runs": [one.as_dict() for one in results]}
        print(text.as_json(facts))
        return
    rows: list[tuple[object, ...]] = [_row(one) for one in results]
    rows += [(name, "", "not run", "", "", "") for name in names[len(results) :]]
    print(text.table(("RUNBOOK", "SITE", "STATUS", "CHANGED", "SECONDS", "REPORT"), rows))
    failed = [text.result(one) for one in results if not one.ok]
    print(*failed, sep="\n", end="\n" if failed else "")
    done = sum(one.ok for one in results)
    print(f"\n{done} of {len(names)} runbooks done in {seconds:.0f} s; the page to show around: {text.near(page)}")


def _row(one: Result) -> tuple[object, ...]:
    report_path = text.near(one.artefacts["html"]) if "html" in one.artefacts else ""
    return one.notebook, one.site, one.status, one.changed, f"{one.seconds:.1f}", report_path
