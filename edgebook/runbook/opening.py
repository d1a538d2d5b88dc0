"""Opening a run: parameters, site, lock, journal, in this order, so that a refusal leaves nothing behind.

Not the run itself.
"""

from __future__ import annotations

import atexit
import os
import socket
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import edgebook
from edgebook import book, journal, parameters, views
from edgebook.clock import Clock, run_id
from edgebook.errors import NotebookNotFound, ParameterInvalid, Problem
from edgebook.records import Parameter
from edgebook.runbook import approval
from edgebook.runbook.lock import Holder, SiteLock, user
from edgebook.runbook.run import Run

if TYPE_CHECKING:
    from edgebook.site import Site

RUN_ID = "EDGEBOOK_RUN_ID"
CELL = "parameters cell"

_open: dict[Path, Run] = {}
"""The runs of this process by their site's lock, so that a cell that is run again ends its run first."""


def form(name: str, namespace: MutableMapping[str, Any]) -> views.Form:
    """Make the form of a runbook's parameters; `namespace` is the notebook's `globals()`.

    What a person changes in the form is written to the namespace, and is kept when the cells run
    again in the same kernel.

    Raises:
        NotebookNotFound: no runbook has this name.
        ParameterInvalid: its parameters cell cannot be read.
    """
    path = book.notebook(name)
    views.shorten_tracebacks()
    return views.Form(path.stem, parameters.read(path), namespace)


def start(what: views.Form | str, **given: Any) -> Run:  # as wide as parameters are
    """Open a run of a runbook, given as its form, or by name with the parameters.

    Raises:
        ParameterInvalid: parameters it does not take, all of them at once.
        SiteNotFound, SiteInvalid: the site cannot be read.
        SiteLocked: another run holds the site.
        ApprovalMissing: the site is locked, and `apply` is true.
    """
    from edgebook.site import load  # noqa: PLC0415  # pydantic takes a tenth of a second

    views.shorten_tracebacks()
    asked = _asked(what, given)
    if not asked.values.get("site"):
        problem = Problem(CELL, 0, "site", "nothing given", "the name of a site, or a path")
        raise ParameterInvalid(f"{asked.notebook} needs a site", [problem])
    site = load(asked.values["site"])
    mode = approval.mode(site, asked.values)
    run = _opened(site, asked, mode, Clock(site.fixed_clock))
    _open[run.journal.path.parent] = run
    return run


@dataclass(frozen=True)
class _Asked:
    """What a run was asked for: the runbook, its parameters, and which of them are not the defaults."""

    notebook: str
    values: dict[str, Any]
    changed: frozenset[str]


def _asked(what: views.Form | str, given: dict[str, Any]) -> _Asked:
    if isinstance(what, views.Form):
        return _against(what.name, what.parameters, {**what.values, **given})
    try:
        path = book.notebook(what)
    except NotebookNotFound:
        # A notebook of somebody's own: its parameters are its author's business.
        return _Asked(what, given, frozenset(given))
    return _against(path.stem, parameters.read(path), given)


def _against(notebook: str, known: Sequence[Parameter], given: dict[str, Any]) -> _Asked:
    usual = parameters.defaults(known)
    values = {**usual, **parameters.check(known, given, file=CELL)}
    return _Asked(notebook, values, frozenset(name for name in values if values[name] != usual[name]))


def _opened(site: Site, asked: _Asked, mode: approval.Mode, clock: Clock) -> Run:
    folder = book.runs()
    earlier = _open.pop(folder / site.name, None)
    if earlier is not None:
        earlier.close()
    lock = SiteLock(folder, site.name)
    name = os.environ.get(RUN_ID) or run_id(clock.now(), asked.notebook)
    lock.take(Holder.here(asked.notebook, name, clock.stamp()))
    try:
        path = _free_path(folder / site.name, name, fixed=clock.fixed)
        past = journal.history(folder, site.name, but=path.stem)
        run = Run(
            site,
            asked.notebook,
            asked.values,
            changed=asked.changed,
            mode=mode,
            clock=clock,
            journal=journal.Journal(path, path.stem, clock),
            lock=lock,
            earlier=past,
        )
        run.journal.write(journal.RUN, **_header(run))
    except BaseException:
        lock.free()
        raise
    atexit.register(run.close)
    return run


def _header(run: Run) -> dict[str, object]:
    facts = {"schema": journal.SCHEMA, "notebook": run.notebook, "site": run.site.name, "parameters": run.parameters}
    who = {"user": user(), "host": socket.gethostname(), "pid": os.getpid(), "version": edgebook.__version__}
    return {**facts, "apply": run.applies, "mode": run.mode.value, **who}


def _free_path(folder: Path, name: str, *, fixed: bool) -> Path:
    """Return the path of the new journal; under a fixed clock the id stays, and the earlier file moves away."""
    path = folder / f"{name}{journal.ENDING}"
    if not path.exists():
        return path
    if not fixed:
        number = next(number for number in range(2, 10_000) if not path.with_stem(f"{name}-{number}").exists())
        return path.with_stem(f"{name}-{number}")
    number = next(number for number in range(1, 10_000) if not path.with_stem(f"{name}~{number}").exists())
    path.rename(path.with_stem(f"{name}~{number}"))
    return path
