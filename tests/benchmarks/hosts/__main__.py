"""`python -m tests.benchmarks.hosts`: bring up hosts in Docker, run the rows, print the table.

Not part of the test suite: it takes some minutes, and its ratios are for a person to read.
"""

# ruff: noqa: T201 (a command line prints)

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from edgebook.errors import EdgebookError
from tests.benchmarks.hosts import table
from tests.benchmarks.hosts.course import measure
from tests.benchmarks.hosts.figures import Measured, unmet
from tests.benchmarks.hosts.ground import ground
from tests.benchmarks.hosts.machine import machine
from tests.benchmarks.hosts.rows import ROWS


def main(words: list[str] | None = None) -> int:
    """Run the rows that are asked for; return 1 when an aim was missed and `--strict` was given."""
    given = _parser().parse_args(words)
    chance = random.Random(given.seed)
    about = machine()
    rows: list[Measured] = []
    print(table.machine_text(about))
    try:
        with ground(given.lab) as hosts:
            for row in (one for one in ROWS if one.id in given.rows):
                rows.append(measure(row, hosts, repeats=given.repeats, chance=chance))
                print(f"\n{table.row_text(rows[-1])}", flush=True)
                if given.json:
                    given.json.write_text(json.dumps(table.document(rows, about), indent=1) + "\n", encoding="utf-8")
    except EdgebookError as error:
        print(f"{error}\n{error.hint}".rstrip(), file=sys.stderr)
        return 2
    print(f"\n{table.summary(rows)}")
    return 1 if given.strict and unmet(rows) else 0


def _parser() -> argparse.ArgumentParser:
    names = [row.id for row in ROWS]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.hosts", description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=names, default=names, metavar="ROW", help=", ".join(names))
    parser.add_argument("--repeats", type=int, default=5, help="timed rounds a row (default: 5)")
    parser.add_argument("--seed", type=int, default=7, help="of the order in which tools take turns (default: 7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single time there too")
    parser.add_argument(
        "--lab", type=Path, metavar="DIR", help="use and keep the lab of this folder (3 servers, 5 agents)"
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 when an aim is missed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
