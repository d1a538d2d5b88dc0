"""`python -m tests.benchmarks.install`: bring up hosts in Docker, install a cluster in each way, print the table.

Not part of the test suite: one installation takes a minute or more, and the ratio is for a person to read.

EDGEBOOK_ARTIFACTS names a bundle's folder, EDGEBOOK_K3S_ANSIBLE a checkout of k3s-ansible, and
EDGEBOOK_ANSIBLE_BIN an ansible-playbook that is not on the PATH.
"""

# ruff: noqa: T201 (a command line prints)

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

from edgebook.errors import EdgebookError
from tests.benchmarks.hosts import table
from tests.benchmarks.hosts.figures import unmet
from tests.benchmarks.hosts.machine import machine
from tests.benchmarks.install.course import measure
from tests.benchmarks.install.entrants import ENTRANTS
from tests.benchmarks.install.ground import ground
from tests.benchmarks.install.material import Lacking, material


def main(words: list[str] | None = None) -> int:
    """Run the entrants that are asked for; return 1 when the aim was missed and `--strict` was given."""
    given = _parser().parse_args(words)
    try:
        found = material()
        with ground(found, given.lab, image=given.image, keep=given.keep) as hosts:
            chosen = {name: ENTRANTS[name] for name in given.entrants}
            row = measure(hosts, chosen, repeats=given.repeats, below=given.below, say=_say)
    except Lacking as lacking:
        _say(str(lacking))
        return 2
    except EdgebookError as error:
        _say(f"{error}\n{error.hint}".rstrip())
        return 2
    about = machine() | {"installed": f"K3s {found.version}, 3 servers and 2 agents, from {found.said}"}
    print(f"{table.machine_text(about)}\n\n{table.row_text(row)}")
    if given.json:
        given.json.write_text(json.dumps(table.document([row], about), indent=1) + "\n", encoding="utf-8")
    return 1 if given.strict and unmet([row]) else 0


def _parser() -> argparse.ArgumentParser:
    names = list(ENTRANTS)
    text = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m tests.benchmarks.install", description=__doc__, formatter_class=text)
    parser.add_argument("--entrants", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--repeats", type=int, default=2, help="installations in each way (default: 2)")
    parser.add_argument(
        "--below",
        type=float,
        default=math.inf,
        metavar="LOAD",
        help="wait up to 20 minutes before each for such a load",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single time there too")
    parser.add_argument(
        "--lab", type=Path, metavar="DIR", help="use and keep the lab of this folder (3 servers, 2 agents)"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave journals, reports and logs in this new folder")
    parser.add_argument("--image", default="", help="image of the hosts; it saves fetching python3-apt for Ansible")
    parser.add_argument("--strict", action="store_true", help="end with 1 when the aim is missed")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
