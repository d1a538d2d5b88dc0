"""The commands `site …`.

Not the reading of site files, nor the SSH that `trust` needs.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from edgebook import site as sites
from edgebook.cli import text
from edgebook.errors import ApprovalMissing, EdgebookError, InputError

if TYPE_CHECKING:
    from edgebook.records import SshTarget
    from edgebook.site import Site
    from edgebook.ssh import HostKey

K3SUP = ".json"
SCANS_AT_ONCE = 10


def check(given: argparse.Namespace) -> int:
    """Report every mistake at once; exit code 2 when there is one."""
    path = sites.find(given.site)
    problems = sites.check(given.site)
    if given.json:
        keys = ("file", "line", "where", "wrong", "right")
        print(
            text.as_json(
                {"file": str(path), "problems": [{key: getattr(one, key) for key in keys} for one in problems]}
            )
        )
    elif problems:
        print(f"{text.near(path)}: {len(problems)} mistake{'s' * (len(problems) != 1)}", *problems, sep="\n")
    else:
        print(f"{text.near(path)}: no mistake")
    return InputError.exit_code if problems else 0


def show(given: argparse.Namespace) -> int:
    """Show a site as it is understood; secrets are references and stay so."""
    site = sites.load(given.site)
    if given.json:
        print(text.as_json({**site.model_dump(mode="python", by_alias=True), "folder": str(site.folder)}))
        return 0
    registration = site.k3s.registration
    facts = {
        "site": f"{site.name} ({site.title})" if site.title else site.name,
        "folder": text.near(site.folder),
        "protection": site.protection,
        "k3s": f"{site.k3s.version}, profile {site.k3s.profile}",
        "registration": f"{registration.address} by {registration.by}",
        "api": site.api_url,
    }
    print("\n".join(f"{name + ':':<14}{value}" for name, value in facts.items()))
    print(
        text.table(
            ("HOST", "ROLE", "STATE", "REACHED AS"),
            [(host.name, host.role, host.state, _route(site, host.name)) for host in site.hosts],
        )
    )
    return 0


def schema(_: argparse.Namespace) -> int:
    """Print the JSON Schema."""
    print(json.dumps(sites.json_schema(), indent=1, ensure_ascii=False))
    return 0


def import_(given: argparse.Namespace) -> int:
    """Write a site.yaml from another tool's file; what is not to be known from it is said in comments."""
    made = (sites.from_k3sup if given.source.suffix == K3SUP else sites.from_ansible)(given.source)
    if given.name:
        made = re.sub(r"^name: .*$", lambda _: f"name: {json.dumps(given.name)}", made, count=1, flags=re.MULTILINE)
    if given.out is None:
        print(made, end="")
        return 0
    if given.out.exists():
        raise InputError(f"{given.out} exists already", hint="give another --out, or remove it first")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(made, encoding="utf-8")
    print(f"{text.near(given.out)}; check it with: edgebook site check {text.near(given.out)}")
    return 0


def trust(given: argparse.Namespace) -> int:
    """Show the fingerprints of the hosts' keys and, once they are approved, pin them; jump hosts first."""
    site = sites.load(given.site)
    targets = [site.target(host.name) for host in site.hosts]
    jumps = {target.jump.name: target.jump for target in targets if target.jump}
    missed: list[str] = []
    # A host behind a jump host is reached only when the jump host's key is pinned.
    for group in filter(None, (list(jumps.values()), targets)):
        missed += _trust(given, site, group)
    if missed:
        print(*missed, sep="\n", file=sys.stderr)
    return 1 if missed else 0


def _trust(given: argparse.Namespace, site: Site, targets: Sequence[SshTarget]) -> list[str]:
    from edgebook import ssh  # noqa: PLC0415 - paramiko takes a tenth of a second

    file = _known_hosts(site, targets)
    with ThreadPoolExecutor(SCANS_AT_ONCE) as pool:
        seen = dict(zip(targets, pool.map(_scanned, targets), strict=True))
    found = {target: keys for target, keys in seen.items() if not isinstance(keys, EdgebookError)}
    keys = [key for shown in found.values() for key in shown]
    _show_keys(given, found, file)
    if keys and not given.yes and not _agreed(site):
        hint = "compare the fingerprints with the hosts' consoles, then answer yes or give --yes"
        raise ApprovalMissing("nothing was pinned", hint=hint)
    added = ssh.trust(file, list(found), keys=keys, replace=given.replace)
    if not given.json:
        print(f"{len(added)} of {len(keys)} keys are new in {text.near(file)}")
    return [str(error) for error in seen.values() if isinstance(error, EdgebookError)]


def _scanned(target: SshTarget) -> Sequence[HostKey] | EdgebookError:
    from edgebook import ssh  # noqa: PLC0415 - paramiko takes a tenth of a second

    try:
        return ssh.scan(target)
    except EdgebookError as error:
        return error


def _known_hosts(site: Site, targets: Sequence[SshTarget]) -> Path:
    files = {file for target in targets for file in target.known_hosts[:1]}
    if len(files) != 1:
        hint = "name one in site.yaml: ssh: {known_hosts: known_hosts}"
        raise InputError(f"the hosts of site {site.name} name {len(files) or 'no'} known_hosts files", hint=hint)
    return files.pop()


def _show_keys(given: argparse.Namespace, found: Mapping[SshTarget, Sequence[HostKey]], file: Path) -> None:
    rows = [(target.name, key.type, key.fingerprint) for target, keys in found.items() for key in keys]
    if given.json:
        shown = [dict(zip(("host", "type", "fingerprint"), row, strict=True)) for row in rows]
        print(text.as_json({"known_hosts": str(file), "keys": shown}))
    elif rows:
        print(text.table(("HOST", "TYPE", "FINGERPRINT"), rows))


def _agreed(site: Site) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"pin these keys for site {site.name}? [yes/no] ").strip().lower() == "yes"


def _route(site: Site, name: str) -> str:
    target = site.target(name)
    jump = f" through {target.jump.name}" if target.jump else ""
    return f"{target.user}@{target.address}:{target.port}{jump}"
