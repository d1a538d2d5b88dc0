"""The commands `bundle …`: a thin way to `edgebook.bundle`.

Not its work; words, tables and progress alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from edgebook import bundle as bundles
from edgebook import site as sites
from edgebook.cli import text
from edgebook.cli.meter import Meter, size
from edgebook.errors import EdgebookError, InputError, Problem

if TYPE_CHECKING:
    from edgebook.bundle import Bundle, Created, Sent
    from edgebook.records import Results

FAILED = EdgebookError.exit_code


def create(given: argparse.Namespace) -> int:
    """Gather a bundle, and say of each file how it came and by whose sum it was verified."""
    site = sites.load(given.site)
    options = ("out", "source", "mirror", "sign", "wheels", "jobs")
    recipe = bundles.Recipe(**{name: getattr(given, name) for name in options}, arches=given.arch)
    with Meter() as meter:
        made = bundles.create(site, recipe, watch=lambda name, done, total: meter.tell((name,), done, total))
    print(text.as_json(_as_data(made)) if given.json else _created(made, site.name))
    return 0


def verify(given: argparse.Namespace) -> int:
    """Name every file that is not what the manifest says; exit code 1 when there is one."""
    found = bundles.open_bundle(given.bundle)
    who = bundles.signed_by(found, given.signers) if given.signers else ""
    problems = bundles.mistakes(found)
    if given.json:
        keys = ("where", "wrong", "right")
        wrong = [{key: getattr(one, key) for key in keys} for one in problems]
        print(text.as_json({"bundle": str(given.bundle), "signed_by": who, "problems": wrong}))
    else:
        print(_verified(found, problems, who, signed=bool(found.signature)))
    return FAILED if problems else 0


def push(given: argparse.Namespace) -> int:
    """Send a bundle; exit code 1 when a host failed, the others have it all the same."""
    site = sites.load(given.site)
    if given.bundle is None and site.source.path is None:
        raise InputError(f"site {site.name} names no bundle", hint="give its folder or .tar file after --site")
    found = bundles.open_bundle(given.bundle or site.path(str(site.source.path)))
    options = {"hosts": given.hosts, "bytes_per_s": given.limit, "signers": given.signers}
    with Meter() as meter:
        sent = bundles.push(site, found, **options, watch=lambda *told: meter.tell(told[:2], *told[2:]))
    if given.json:
        print(text.as_json({host: _answer(one) for host, one in sent.items()}))
    else:
        print(_sent(sent))
        for error in sent.failed.values():
            print(f"error: {error}", file=sys.stderr)
    return FAILED if sent.failed else 0


def _created(made: Created, site: str) -> str:
    rows = [(one.file.name, size(one.file.size), one.how, one.checked or "-") for one in made.had]
    rows += [(file.name, size(file.size), "fetched", "by pip") for file in made.wheels]
    lines = [text.table(("FILE", "SIZE", "", "SUM AS IN"), rows)]
    lines += [f"left out: {one.name} is not in the folder" for one in made.left_out]
    total = sum(file.size for file in made.files)
    where = text.near(made.path)
    after = f"send it with: edgebook bundle push --site {site} {where}"
    return "\n".join([*lines, f"{where}: {len(made.files)} files, {size(total)}; {after}"])


def _as_data(made: Created) -> dict[str, object]:
    files = [{**asdict(one.file), "how": one.how, "checked": one.checked} for one in made.had]
    files += [{**asdict(file), "how": "fetched", "checked": ""} for file in made.wheels]
    return {"bundle": str(made.path), "files": files, "left_out": [one.name for one in made.left_out]}


def _verified(found: Bundle, problems: Sequence[Problem], who: str, *, signed: bool) -> str:
    if problems:
        count = f"{len(problems)} mistake{'s' * (len(problems) != 1)}"
        return "\n".join([f"{text.near(found.path)}: {count}", *(f"  {one.where}: {one.wrong}" for one in problems)])
    files = found.manifest.files
    said = f"signed by {who}" if who else "signed; --signers FILE tells by whom" if signed else "not signed"
    whose = "upstream's checksum files say" if found.released else "the manifest says"
    total = size(sum(file.size for file in files))
    return f"{text.near(found.path)}: {len(files)} files, {total}, all as {whose}; {said}"


def _sent(sent: Results[tuple[Sent, ...]]) -> str:
    rows = [
        (host, one.name, one.remote, size(one.size), "sent" if one.changed else "was there")
        for host, files in sent.ok.items()
        for one in files
    ]
    rows += [(host, "-", "-", "-", "failed") for host in sent.failed]
    return text.table(("HOST", "FILE", "WHERE", "SIZE", ""), rows)


def _answer(one: tuple[Sent, ...] | EdgebookError) -> object:
    return {"error": str(one)} if isinstance(one, EdgebookError) else [asdict(file) for file in one]
