"""Jobs from what a person asked for: everything is checked here, before a kernel starts.

Nothing is run, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from edgebook import book, clock, parameters
from edgebook import site as sites
from edgebook.batch.job import Job
from edgebook.errors import ParameterInvalid, Problem
from edgebook.records import Parameter
from edgebook.secrets import Secret

if TYPE_CHECKING:
    from edgebook.site import Site

SITE, APPLY = "site", "apply"
REMEDIES = {
    SITE: "a runbook says in its parameters cell: site: str = ...",
    APPLY: "it changes nothing and has nothing to plan: use `edgebook run` without --apply",
}
OPTION = "-p"


@dataclass(frozen=True)
class Request:
    """What a person asked for: one runbook on one or more sites.

    `files` are YAML files with values, `given` are `name=value` texts; the later win over the
    earlier, and `given` over `files`. `apply` None leaves it to the site. `env` is for the kernel.
    """

    notebook: str
    sites: Sequence[str]
    files: Sequence[Path] = ()
    given: Sequence[str] = ()
    apply: bool | None = None
    out: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)


def prepare(request: Request, *, now: datetime | None = None) -> tuple[Job, ...]:
    """Turn a request into jobs, one a site, or raise an `InputError` with every mistake.

    Raises:
        NotebookNotFound, SiteNotFound, SiteInvalid, ParameterInvalid: nothing was started.
    """
    notebook = book.notebook(request.notebook)
    known = parameters.read(notebook)
    values = _values(request, known)
    when = now or datetime.now(UTC)
    return tuple(_job(request, notebook, known, values, site, when) for site in dict.fromkeys(request.sites))


def _job(
    request: Request, notebook: Path, known: Sequence[Parameter], values: Mapping[str, Any], site: str, when: datetime
) -> Job:
    found = sites.load(site)
    names = {parameter.name for parameter in known}
    chosen = {name: value for name, value in ((SITE, site), (APPLY, request.apply)) if value is not None}
    deaf = [
        Problem(notebook.name, 0, name, "is no parameter of this notebook", REMEDIES[name])
        for name in chosen
        if name not in names
    ]
    if deaf:
        raise ParameterInvalid("the runbook cannot be run like this", deaf)
    out = (request.out or book.runs()).absolute()
    return Job(
        notebook=notebook,
        site=site,
        site_name=found.name,
        run_id=_run_id(out / found.name, notebook, found, when),
        out=out,
        parameters={**values, **chosen},
        env=request.env,
        secrets=tuple(_secrets(found)),
    )


def _secrets(value: object) -> Iterator[Secret]:
    """Find every secret in a site, however deep it lies."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        yield from (secret for item in value.values() for secret in _secrets(item))
    elif isinstance(value, tuple | list):
        yield from (secret for item in value for secret in _secrets(item))
    elif hasattr(value, "model_fields_set"):  # one of the site's models
        yield from _secrets(vars(value))


def _run_id(folder: Path, notebook: Path, site: Site, when: datetime) -> str:
    """Name the run by its start; a second run in the same second gets a number."""
    base = clock.run_id(site.fixed_clock or when, notebook.stem)
    taken = {path.name for path in folder.glob(f"{base}*")} if folder.is_dir() else set()
    free = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in free if not any(entry.startswith(f"{name}.") for entry in taken))


def _values(request: Request, known: Sequence[Parameter]) -> dict[str, Any]:
    """Read and check the values of files and options, one after the other, later ones winning."""
    values: dict[str, Any] = {}
    for path in request.files:
        values |= parameters.check(known, load(path), file=str(path))
    values |= parameters.parse_all(known, _pairs(request.given), file=OPTION)
    return {name: value for name, value in values.items() if name != SITE}  # a file may name its site for papermill


def load(path: Path) -> dict[str, Any]:
    """Read a YAML file of parameter values.

    Raises:
        ParameterInvalid: it cannot be read, is not YAML, or is not a mapping.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as exc:
        line = getattr(getattr(exc, "problem_mark", None), "line", -1) + 1
        reason = getattr(exc, "problem", None) or getattr(exc, "strerror", None) or type(exc).__name__
        raise ParameterInvalid(
            "the parameter file cannot be read", [Problem(str(path), line, "file", str(reason))]
        ) from exc
    if loaded is not None and not isinstance(loaded, dict):
        problem = Problem(str(path), 1, "file", f"holds a {type(loaded).__name__}", "write one `name: value` a line")
        raise ParameterInvalid("the parameter file cannot be read", [problem])
    return {str(name): value for name, value in (loaded or {}).items()}


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """Split `name=value` texts."""
    pairs = [text.partition("=")[::2] for text in given if "=" in text]
    wrong = [Problem(OPTION, 0, text, "is not name=value", "write -p name=value") for text in given if "=" not in text]
    wrong += [Problem(OPTION, 0, SITE, "is set by --site", "use --site NAME") for name, _ in pairs if name == SITE]
    if wrong:
        raise ParameterInvalid("the parameters cannot be used", wrong)
    return dict(pairs)
