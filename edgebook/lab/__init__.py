"""The practice site: simulated hosts and a simulated cluster behind real SSH, SFTP and HTTPS servers.

Not for the package's own use: only the `edgebook lab` command and tests import it. It simulates what
a runbook can see of Debian hosts, systemd, K3s and the Kubernetes API, from causes; it runs no
container and no workload, and nothing it serves leaves 127.0.0.1.

    status = up(Path(".lab"))          # a background process; returns when it is ready
    break_(Path(".lab"), "disk-full")  # FAULTS has the catalogue
    reset(Path(".lab"))                # a fresh world behind the same ports
    down(Path(".lab"))

    with running(tmp_path) as lab:     # the same in a thread of this process, for tests
        lab.do(lambda world: world.hosts["s1"].files.text("/etc/hostname"))
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgebook.lab.client import HostStatus, LabStatus, order, read_status, start_process, stop_process

if TYPE_CHECKING:
    from edgebook.lab.faults import Fault
    from edgebook.lab.thread import Running

__all__ = ["FAULTS", "HostStatus", "LabStatus", "break_", "down", "heal", "reset", "running", "status", "up"]

FAULTS: Mapping[str, Fault]
"""The catalogue of faults by id; loaded on first use."""


def up(
    folder: Path,
    *,
    servers: int = 3,
    agents: int = 2,
    edges: int = 2,
    speed: float = 20.0,
    seed: int = 7,
    fixed_clock: bool = False,
    timeout_s: float = 30,
) -> LabStatus:
    """Start a practice site in the background and wait until it is ready.

    A site that runs in this folder already is left as it is; its status comes back with
    `fresh=False`. `LabError` names the last line of the log when it does not come up.
    """
    now = status(folder)
    if now.running:
        return now
    options = {"servers": servers, "agents": agents, "edges": edges, "speed": speed, "seed": seed}
    return start_process(folder, options, fixed_clock=fixed_clock, timeout_s=timeout_s)


def down(folder: Path) -> LabStatus:
    """Stop the site of this folder; where none runs, that is fine."""
    return stop_process(folder)


def status(folder: Path) -> LabStatus:
    """Say what runs in this folder."""
    return read_status(folder)


def reset(folder: Path) -> LabStatus:
    """Give the site a fresh world behind the same ports and keys, and put its folder back."""
    return order(folder, "reset")


def break_(folder: Path, fault: str, target: str = "", **options: str | float) -> LabStatus:
    """Put a fault of the catalogue in; `target` is a host's name, else the fault's default."""
    return order(folder, "break", {"fault": fault, "target": target, "options": options})


def heal(folder: Path, fault: str = "", target: str = "") -> LabStatus:
    """Take faults out: one, those of one host, or all."""
    return order(folder, "heal", {"fault": fault, "target": target})


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[Running]:
    """Run a site in a thread of this process; options as for `up`."""
    from edgebook.lab.thread import run_in_thread  # noqa: PLC0415 - the servers take 0.4 s to import

    with run_in_thread(folder, **options) as site:
        yield site


def __getattr__(name: str) -> Any:
    if name == "FAULTS":
        return importlib.import_module("edgebook.lab.faults").FAULTS
    raise AttributeError(name)
