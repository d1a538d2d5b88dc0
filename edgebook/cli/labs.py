"""The commands `lab …`: a thin way to `edgebook.lab`.

Nothing of the practice site is known here.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from edgebook import lab
from edgebook.cli import text
from edgebook.errors import InputError

if TYPE_CHECKING:
    from edgebook.lab import HostStatus, LabStatus


UP_OPTIONS = ("backend", "servers", "agents", "edges", "image", "bundle", "patch", "speed", "seed", "fixed_clock")
PLACES = {"docker": "in Docker", "kind": "on kind"}
FACTS = ("title", "cause", "symptoms", "mend", "targets", "options")


def up(given: argparse.Namespace) -> int:
    """Start the practice site; one that runs already is left as it is."""
    options = {name: getattr(given, name) for name in UP_OPTIONS}
    return _show(given, lab.up(given.dir, say=say, **options))


def down(given: argparse.Namespace) -> int:
    """Stop the practice site; one that does not run is fine."""
    return _show(given, lab.down(given.dir))


def status(given: argparse.Namespace) -> int:
    """Show the practice site; exit code 1 when it does not run."""
    seen = lab.status(given.dir)
    _show(given, seen)
    return 0 if seen.running else 1


def reset(given: argparse.Namespace) -> int:
    """Put the practice site back to bare hosts."""
    return _show(given, lab.reset(given.dir))


def inject(given: argparse.Namespace) -> int:
    """Inject one fault."""
    return _show(given, lab.break_(given.dir, given.fault, given.target, **_options(given.option)))


def heal(given: argparse.Namespace) -> int:
    """Take one fault back, or all."""
    return _show(given, lab.heal(given.dir, given.fault, given.target))


def faults(given: argparse.Namespace) -> int:
    """List the faults: what each does, and how it shows."""
    known = lab.catalogue(given.dir, backend=given.backend)
    if given.json:
        print(text.as_json({name: {key: getattr(one, key) for key in FACTS} for name, one in known.items()}))
    else:
        rows = [(name, one.title, one.symptoms) for name, one in known.items()]
        print(text.table(("FAULT", "WHAT IS WRONG", "HOW IT SHOWS"), rows))
    return 0


def say(word: str) -> None:
    """Tell how far a long start is, beside the answer and not in it."""
    print(word, file=sys.stderr, flush=True)


def _show(given: argparse.Namespace, seen: LabStatus) -> int:
    print(text.as_json(asdict(seen)) if given.json else _status_text(seen))
    return 0


def _status_text(seen: LabStatus) -> str:
    if not seen.running:
        return "the practice site is down; start it with: edgebook lab up"
    place = f"process {seen.pid}" if seen.pid else PLACES[seen.backend]
    head = f"the practice site is up: {text.near(seen.site_folder)} ({place})"
    rows = [(one.name, one.role, one.address, _ssh(one), "on" if one.powered else "off") for one in seen.hosts]
    hosts = text.table(("HOST", "ROLE", "ADDRESS", "SSH", "POWER"), rows)
    broken = [f"broken: {fault} on {host}" for fault, host in seen.faults]
    return "\n".join([head, hosts, *([f"cluster: {seen.cluster}"] if seen.cluster else []), *broken])


def _ssh(host: HostStatus) -> str:
    """Say where a host's SSH answers; a node of kind has none."""
    return f"{host.ssh_address}:{host.port}" if host.port else "none"


def _options(given: list[str]) -> dict[str, str]:
    wrong = [option for option in given if "=" not in option]
    if wrong:
        raise InputError(f"{wrong[0]!r} is not NAME=VALUE", hint="write -o name=value")
    return dict(option.partition("=")[::2] for option in given)
