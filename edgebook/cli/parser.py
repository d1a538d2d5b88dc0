"""The words of the command line: commands, options and their help.

Not their meaning; a command's module is imported when the command is called.
"""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(".lab")
EXITS = (
    "exit codes: 0 done, 1 a step or check failed, 2 bad input and nothing started, 3 approval missing, 130 cancelled"
)
PLAN = "show what a runbook would do on a site, and change nothing"
DEMO = "run the core runbooks on the practice site and write a page about it"
NOTEBOOKS = "execute every runbook on a reproducible practice site and store its outputs"
HTML = "draw an executed notebook as one HTML page that needs no network"
TRUST = "fetch the hosts' SSH keys, show their fingerprints and pin them in known_hosts"
IMPORT = "write a site.yaml from an Ansible inventory or a k3sup plan"
CREATE = "gather what a site is made from into a bundle: a folder, or one .tar file"
VERIFY = "compare a bundle's files, and its signature, with its manifest"
PUSH = "send a bundle's files to the hosts that lack them"
LAB = {
    "up": "start the practice site",
    "down": "stop the practice site",
    "status": "show whether the practice site runs, its hosts and what is broken",
    "reset": "put the practice site back to bare hosts",
    "break": "break the practice site in one way",
    "heal": "take faults back",
    "faults": "list what can be broken",
}
BACKENDS = ("embedded", "docker", "kind")
RATE = re.compile(r"(\d+(?:\.\d+)?)([kKmMgG]?)[bB]?(?:/s)?")
RATES = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9}
LAB_FUNCTIONS = {"break": "inject"}
"""`break` is a word of Python's own."""

Parser = argparse.ArgumentParser
Commands = Any  # argparse's own class for this is private


def make_parser() -> Parser:
    """Return the parser of the whole command line."""
    about = "Runbooks for edge sites: walk through them in JupyterLab, or run them from here."
    whole = Parser(prog="edgebook", description=about, epilog=EXITS)
    whole.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(commands, "list", "listing.notebooks", "list the runbooks")
    _plan(_add(commands, "plan", "runs.plan", PLAN))
    _run(_add(commands, "run", "runs.run", "run a runbook on one site or more"))
    _demo(_add(commands, "demo", "demo.demo", DEMO))
    _notebooks(_add(commands, "notebooks", "notebooks.notebooks", NOTEBOOKS))
    _html(_add(commands, "html", "runs.html", HTML, machine=False))
    _journal(_add(commands, "journal", "listing.journal", "show what a run did, from its journal"))
    _site(_group(commands, "site", "check, show, import and trust sites"))
    _bundle(_group(commands, "bundle", "make, verify and send the files for sites without Internet"))
    _lab(_group(commands, "lab", "start, stop, break and heal the practice site"))
    return whole


class _Version(argparse.Action):
    def __call__(self, parser: Parser, *_: object) -> None:
        from edgebook import __version__  # noqa: PLC0415 - only this option needs it

        print(f"edgebook {__version__}")
        parser.exit()


def _call(home: str) -> Callable[[argparse.Namespace], int]:
    module, name = home.split(".")

    def command(given: argparse.Namespace) -> int:
        function: Callable[[argparse.Namespace], int] = getattr(importlib.import_module(f"edgebook.cli.{module}"), name)
        return function(given)

    return command


def _add(commands: Commands, name: str, home: str, text: str, *, machine: bool = True) -> Parser:
    """Add a command; nearly every one can answer a program in JSON."""
    added: Parser = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=EXITS)
    added.set_defaults(command=_call(home))
    if machine:
        added.add_argument("--json", action="store_true", help="print JSON for programs")
    return added


def _group(commands: Commands, name: str, text: str) -> Commands:
    group = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=EXITS)
    return group.add_subparsers(title="commands", metavar="COMMAND", required=True)


def _what(added: Parser) -> None:
    """Add what `plan` and `run` have in common."""
    add = added.add_argument
    add("notebook", metavar="NOTEBOOK", help="path, number or name, such as 10")
    add("--site", metavar="SITE", action="append", required=True, help="name or path; may be given more than once")
    add("-p", "--parameter", metavar="NAME=VALUE", action="append", default=[], help="set a parameter; wins over -f")
    add("-f", "--file", metavar="FILE", type=Path, action="append", default=[], help="YAML file with parameters")
    add("--jobs", metavar="N", type=_count, default=4, help="sites at the same time (default: 4)")
    _out(added)


def _plan(added: Parser) -> None:
    _what(added)
    added.add_argument("--details", action="store_true", help="show each action's exact command or difference")


def _run(added: Parser) -> None:
    _what(added)
    text = "make the changes; without it the site decides"
    added.add_argument("--apply", action="store_true", default=None, help=text)


def _demo(added: Parser) -> None:
    _out(added)
    text = "the practice site's folder (default: .lab)"
    added.add_argument("--dir", metavar="DIR", type=Path, default=FOLDER, help=text)


def _notebooks(added: Parser) -> None:
    added.add_argument("--check", action="store_true", help="write nothing; show what would differ and exit with 1")


def _html(added: Parser) -> None:
    added.add_argument("notebook", metavar="NOTEBOOK", type=Path)
    added.add_argument("out", metavar="OUT", type=Path)


def _journal(added: Parser) -> None:
    text = "run id or path of a .jsonl; without it the last runs are listed"
    added.add_argument("run", metavar="RUN", nargs="?", help=text)


def _site(verbs: Commands) -> None:
    check = _add(verbs, "check", "sites.check", "report every mistake in a site.yaml at once")
    show = _add(verbs, "show", "sites.show", "show a site's hosts and cluster as they are understood")
    trust = _add(verbs, "trust", "sites.trust", TRUST)
    for added in (check, show, trust):
        added.add_argument("site", metavar="SITE", help="name or path")
    trust.add_argument("--yes", action="store_true", help="pin without asking: the fingerprints were compared already")
    trust.add_argument("--replace", action="store_true", help="put new keys in the place of pinned ones that differ")
    _add(verbs, "schema", "sites.schema", "print the JSON Schema of site.yaml, for editors", machine=False)
    source = _add(verbs, "import", "sites.import_", IMPORT, machine=False)
    source.add_argument("source", metavar="FILE", type=Path, help="hosts.ini, inventory.yml, or k3sup's devices.json")
    source.add_argument("--name", metavar="NAME", default="", help="the site's name (default: after the file)")
    source.add_argument("--out", metavar="FILE", type=Path, help="where to write it (default: standard output)")


def _bundle(verbs: Commands) -> None:
    create = _add(verbs, "create", "bundles.create", CREATE)
    verify = _add(verbs, "verify", "bundles.verify", VERIFY)
    push = _add(verbs, "push", "bundles.push", PUSH)
    for added in (create, push):
        added.add_argument("--site", metavar="SITE", required=True, help="name or path")
    _create(create)
    verify.add_argument("bundle", metavar="DIR|FILE", type=Path, help="a bundle's folder, or its .tar")
    push.add_argument("bundle", metavar="DIR|FILE", type=Path, nargs="?", help="the bundle (default: site.yaml's)")
    push.add_argument("--hosts", metavar="A,B", type=_names, default=(), help="only these hosts (default: all)")
    text = "bytes a second to all hosts together, such as 20M (default: as fast as it goes)"
    push.add_argument("--limit", metavar="RATE", type=_rate, default=0.0, help=text)
    for added in (verify, push):
        text = "who may have signed it: an allowed_signers file of ssh-keygen"
        added.add_argument("--signers", metavar="FILE", type=Path, help=text)


def _create(added: Parser) -> None:
    add = added.add_argument
    add("--out", metavar="DIR|FILE", type=Path, required=True, help="where: a folder, or a name that ends in .tar")
    add("--from", metavar="DIR", dest="source", type=Path, help="take the files from here, and download none")
    text = "processors, such as x86_64,arm64 (default: those of site.yaml's hosts)"
    add("--arch", metavar="A,B", type=_names, default=(), help=text)
    text = "another server with upstream's files under upstream's paths"
    add("--mirror", metavar="URL", default="", help=text)
    add("--sign", metavar="KEY", type=Path, help="sign the manifest with this SSH key")
    add("--wheels", action="store_true", help="also the Python packages that edgebook itself needs")
    add("--jobs", metavar="N", type=_count, default=4, help="downloads at the same time (default: 4)")


def _lab(verbs: Commands) -> None:
    added = {name: _add(verbs, name, f"labs.{LAB_FUNCTIONS.get(name, name)}", text) for name, text in LAB.items()}
    for one in added.values():
        one.add_argument("--dir", metavar="DIR", type=Path, default=FOLDER, help="the site's folder (default: .lab)")
    _up(added["up"])
    which = "the backend whose faults to list (default: the folder's)"
    added["faults"].add_argument("--backend", choices=BACKENDS, default="", help=which)
    added["break"].add_argument("fault", metavar="FAULT", help="see `edgebook lab faults`")
    added["heal"].add_argument("fault", metavar="FAULT", nargs="?", default="", help="which (default: all)")
    for one, which in ((added["break"], "the fault's own"), (added["heal"], "all")):
        one.add_argument("target", metavar="HOST", nargs="?", default="", help=f"host (default: {which})")
    detail = "a detail of the fault"
    added["break"].add_argument("-o", "--option", metavar="NAME=VALUE", action="append", default=[], help=detail)


def _up(added: Parser) -> None:
    text = (
        "embedded: simulated hosts in one process (default); docker: Linux in containers; "
        "kind: a real cluster, and edge hosts in containers"
    )
    added.add_argument("--backend", choices=BACKENDS, default="", help=text)
    text = "docker: hosts from this image (default: built); kind: nodes (default: kindest/node of the site's version)"
    added.add_argument("--image", metavar="TAG", default="", help=text)
    text = "kind, without Internet: images from this folder's archives, or from one archive (docker save)"
    added.add_argument("--bundle", metavar="DIR|FILE", type=Path, help=text)
    text = "kind: more configuration for kubeadm and the kubelets, merged into theirs by its `kind:`"
    added.add_argument("--patch", metavar="FILE", type=Path, help=text)
    for name, count in (("servers", 3), ("agents", 2), ("edges", 2)):
        added.add_argument(f"--{name}", metavar="N", type=int, default=count, help=f"how many (default: {count})")
    added.add_argument("--speed", metavar="X", type=float, default=20.0, help="times faster than life (default: 20)")
    added.add_argument("--seed", metavar="N", type=int, default=7, help="fixes names and order (default: 7)")
    text = "runs on this site begin at a fixed time, so that their outputs repeat"
    added.add_argument("--fixed-clock", action="store_true", help=text)


def _out(added: Parser) -> None:
    text = "where the records go (default: $EDGEBOOK_RUNS, or runs/ in the book)"
    added.add_argument("--out", metavar="DIR", type=Path, help=text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _rate(text: str) -> float:
    found = RATE.fullmatch(text.strip())
    if not found or not float(found[1]):
        raise argparse.ArgumentTypeError("a number with k, M or G, such as 20M")
    return float(found[1]) * RATES[found[2].lower()]


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
