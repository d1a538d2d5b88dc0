"""The command `notebooks`: every runbook executed anew on a practice site whose runs repeat exactly.

Not a test run: what is stored here is what nbval compares with later.
"""

from __future__ import annotations

import argparse
import difflib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from edgebook import batch, book, clock, lab
from edgebook import site as sites
from edgebook.batch import Job, Result
from edgebook.batch.job import write_whole
from edgebook.batch.normal import normal
from edgebook.book import Runbook
from edgebook.cli import text
from edgebook.cli.live import Live
from edgebook.errors import NotebookNotFound
from edgebook.report import document

SITE = "lab"
DIFF_LINES = 60


def notebooks(given: argparse.Namespace) -> int:
    """Execute all runbooks in order and write their outputs back, or compare with `--check`.

    Nothing is written unless all of them end well.
    """
    found = book.notebooks()
    if not found:
        raise NotebookNotFound("there is no runbook here", hint="run this in a checkout of the book")
    made: dict[Path, str] = {}
    for group in groups(found):
        bad = _executed(group, made)
        if bad is not None:
            print(text.result(bad))
            return bad.exit_code
    paths = [Path(one.path) for one in found]
    changed = [path for path in paths if _store(path, made[path], check=given.check)]
    _tell(given, paths, changed)
    return 1 if given.check and changed else 0


def groups(found: Sequence[Runbook]) -> Iterator[list[Runbook]]:
    """Yield the runbooks that share a practice site, in the order in which they run there.

    All but those that come after others share one. What such a one leaves, a reader of the others
    does not expect: an uninstalled cluster. So it has a site of its own, on which the others ran.
    """
    known = {one.name: one for one in found}
    yield [one for one in found if not one.after]
    for one in (one for one in found if one.after):
        yield [*(known[name] for name in one.after), one]


def _executed(group: Sequence[Runbook], made: dict[Path, str]) -> Result | None:
    """Run a group's notebooks on a fresh site and keep what came out, once each; return the one that failed."""
    with _practice() as (folder, env):
        for path in (Path(one.path) for one in group):
            result = _execute(path, folder, env)
            if not result.ok:
                return result
            executed = document.read(Path(result.artefacts["notebook"]))
            made.setdefault(path, normal(path.read_text(encoding="utf-8"), executed, path.stem))
    return None


@contextmanager
def _practice() -> Iterator[tuple[Path, dict[str, str]]]:
    """Start a practice site with a fixed clock that is found as `lab`, whatever else is up."""
    with tempfile.TemporaryDirectory(prefix="edgebook-notebooks-") as name:
        folder = Path(name)
        pointer = folder / "sites" / SITE / "site.yaml"
        pointer.parent.mkdir(parents=True)
        seen = lab.up(folder / "lab", fixed_clock=True)
        pointer.write_text(f"folder: {seen.site_folder}\n", encoding="utf-8")
        try:
            yield folder, {"EDGEBOOK_SITES": str(pointer.parent.parent)}
        finally:
            lab.down(folder / "lab")


def _execute(path: Path, folder: Path, env: dict[str, str]) -> Result:
    """Run a notebook as it stands, nothing injected, in its own folder, as nbval does."""
    site = sites.load(folder / "sites" / SITE)
    run_id = clock.run_id(site.fixed_clock or datetime.now(UTC), path.stem)
    job = Job(path, SITE, site.name, run_id, folder / "runs", env=env, folder=path.parent)
    with Live(1) as live:
        return batch.run_all([job], observer=live, beside=True)[0]


def _store(path: Path, after: str, *, check: bool) -> bool:
    """Write the outputs back, or show what differs; return whether anything does."""
    before = path.read_text(encoding="utf-8")
    if before == after:
        return False
    if check:
        difference = difflib.unified_diff(
            before.splitlines(), after.splitlines(), str(path), "executed now", lineterm="", n=1
        )
        print(*(line[:200] for line in list(difference)[:DIFF_LINES]), sep="\n")
    else:
        write_whole(path, after)
    return True


def _tell(given: argparse.Namespace, paths: list[Path], changed: list[Path]) -> None:
    if given.json:
        print(text.as_json({"notebooks": [str(path) for path in paths], "changed": [str(path) for path in changed]}))
        return
    print(f"{len(paths)} notebooks executed, {len(changed)} {'differ' if given.check else 'were written'}")
    print("".join(f"  {text.near(path)}\n" for path in changed), end="")
