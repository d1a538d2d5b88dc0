"""Jobs from what a person asked for: everything is checked here, before a kernel starts.

Nothing is run, and nothing is written.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from edgebook import book, clock, parameters
from edgebook import site as sites
from edgebook.batch.job import Job
from edgebook.errors import InputError, ParameterInvalid, Problem, SecretUnavailable
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
    jobs = [_job(request, notebook, known, values, site, when) for site in _sites(request)]
    answers = _ask([secret for job in jobs for secret in job.secrets])
    return tuple(replace(job, answers=answers) for job in jobs)


def _sites(request: Request) -> list[tuple[str, Site]]:
    """Read the sites; all that cannot be used are reported, and two of one name."""
    found: list[tuple[str, Site]] = []
    errors: list[InputError] = []
    for name in dict.fromkeys(request.sites):
        try:
            found.append((name, sites.load(name)))
        except InputError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise InputError("\n".join(error.message for error in errors), hint="put these right, or leave them out")
    twice = [own for own, count in Counter(site.name for _, site in found).items() if count > 1]
    if twice:
        raise InputError(
            f"more than one of the sites is named {twice[0]}",
            hint="their records would be mixed up: run them one by one",
        )
    return found


def _ask(secrets: Sequence[Secret]) -> dict[str, str]:
    """Ask a person what a headless kernel cannot ask, each question once, however many sites have it."""
    asked = {secret.reference: secret for secret in secrets if secret.kind == "prompt"}
    if asked and not (sys.stdin and sys.stdin.isatty()):
        text = f"secret {next(iter(asked))} has to be typed, and there is no terminal"
        raise SecretUnavailable(
            text, hint="run it from a terminal, or make it an env:, file: or command: secret in site.yaml"
        )
    return {reference: secret.value() for reference, secret in asked.items()}


def _job(
    request: Request,
    notebook: Path,
    known: Sequence[Parameter],
    values: Mapping[str, Any],
    named: tuple[str, Site],
    when: datetime,
) -> Job:
    site, found = named
    chosen = {name: value for name, value in ((SITE, site), (APPLY, request.apply)) if value is not None}
    _require(notebook, chosen, names={parameter.name for parameter in known})
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


def _require(notebook: Path, chosen: Iterable[str], *, names: set[str]) -> None:
    """Refuse a notebook that would not hear what it is told: a plan of it would run it for real."""
    deaf = [name for name in chosen if name not in names]
    wrong = "is no parameter of this notebook"
    if deaf:
        problems = [Problem(notebook.name, 0, name, wrong, REMEDIES[name]) for name in deaf]
        raise ParameterInvalid("the runbook cannot be run like this", problems)


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
