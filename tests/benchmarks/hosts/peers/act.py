"""The frame that every program measured here has: which act, on which hosts, once or as often as asked.

Not a library: the programs run by path, each in a process of its own, so that one peer's imports are
neither paid by another nor patched into it. This module imports little, for all of them pay for it.
"""

# ruff: noqa: T201 (this is how it answers)

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

Hosts = list[dict[str, Any]]
"""Of each host: name, address, port, user, key, known_hosts, site, payload; `ground.py` writes the file."""

Act = Callable[[Hosts], None]
"""Does the work once, from the first connection to the last; raises when a host did not do it."""

TEN = 10
"""How many commands the rows of ten have."""


def main(acts: Mapping[str, Act]) -> None:
    """Do one act and end; with `serve`, do it at every line of standard input and print its seconds."""
    name, file, *mode = sys.argv[1:]
    with open(file, encoding="utf-8") as text:  # noqa: PTH123 (pathlib costs an import that some do without)
        hosts = json.load(text)
    if mode != ["serve"]:
        acts[name](hosts)
        return
    print("ready", flush=True)
    for _ in sys.stdin:
        print(_timed(acts[name], hosts), flush=True)


def _timed(act: Act, hosts: Hosts) -> str:
    began = time.perf_counter()
    try:
        act(hosts)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (one run that fails does not end the others)
        return f"{type(error).__name__}: {error}".replace("\n", " ")
    return str(time.perf_counter() - began)


def expect(answers: Mapping[str, str], hosts: Hosts) -> None:
    """End with an error unless every host has answered."""
    silent = [host["name"] for host in hosts if not answers.get(host["name"], "").strip()]
    if silent:
        sys.exit(f"no answer from {', '.join(silent)}")
