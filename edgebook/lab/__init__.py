"""The practice site: simulated hosts and a simulated cluster behind real SSH, SFTP and HTTPS servers.

Not for the package's own use: only the `edgebook lab` command and tests import it. It simulates what
a runbook can see of Debian hosts, systemd, K3s and the Kubernetes API, from causes; it runs no
container and no workload, and nothing it serves leaves 127.0.0.1.
With `backend="docker"` the hosts are real instead: Linux in containers (`edgebook.lab.docker`).
The folder remembers its backend, so that only `up` is told.

    status = up(Path(".lab"))          # a background process; returns when it is ready
    break_(Path(".lab"), "disk-full")  # FAULTS has the catalogue
    reset(Path(".lab"))                # a fresh world behind the same ports
    down(Path(".lab"))

    with running(tmp_path) as lab:     # the same in a thread of this process, for tests
        lab.do(lambda world: world.hosts["s1"].files.text("/etc/hostname"))
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgebook.errors import LabError
from edgebook.lab import docker
from edgebook.lab.client import HostStatus, LabStatus, in_docker, order, read_status, start_process, stop_process

if TYPE_CHECKING:
    from edgebook.lab.catalogue import Entry
    from edgebook.lab.faults import Fault
    from edgebook.lab.thread import Running

__all__ = [
    "BACKENDS",
    "FAULTS",
    "HostStatus",
    "LabStatus",
    "break_",
    "catalogue",
    "down",
    "heal",
    "reset",
    "running",
    "status",
    "up",
]

BACKENDS = (EMBEDDED, DOCKER) = ("embedded", "docker")
SPEED, SEED = 20.0, 7
OTHER_BACKEND = "edgebook lab down, then up again; or another folder with --dir"
Say = Callable[[str], None]
FAULTS: Mapping[str, Fault]
"""The embedded site's catalogue of faults by id; loaded on first use."""


def up(
    folder: Path,
    *,
    backend: str = "",
    servers: int = 3,
    agents: int = 2,
    edges: int = 2,
    image: str = "",
    say: Say = lambda _: None,
    speed: float = SPEED,
    seed: int = SEED,
    fixed_clock: bool = False,
    timeout_s: float = 30,
) -> LabStatus:
    """Start a practice site in the background and wait until it is ready.

    A site that runs in this folder already is left as it is; its status comes back with
    `fresh=False`. `LabError` names the last line of the log when it does not come up.
    `backend` is `embedded` or `docker`; without one it is the folder's, or `embedded`. Only Docker's
    hosts have an `image`, and only there are there words to `say` while it is built.
    """
    now = status(folder)
    if backend and backend != now.backend and (now.running or in_docker(folder)):
        raise LabError(f"the practice site in {folder} is {now.backend} already", hint=OTHER_BACKEND)
    if (backend or now.backend) == DOCKER:
        if (speed, seed, fixed_clock) != (SPEED, SEED, False):
            raise LabError("time is real in Docker: speed, seed and a fixed clock are the embedded site's")
        return docker.up(folder, servers=servers, agents=agents, edges=edges, wanted_image=image, say=say)
    if image:
        raise LabError("only hosts in Docker have an image", hint="add --backend docker")
    if now.running:
        return now
    options = {"servers": servers, "agents": agents, "edges": edges, "speed": speed, "seed": seed}
    return start_process(folder, options, fixed_clock=fixed_clock, timeout_s=timeout_s)


def down(folder: Path) -> LabStatus:
    """Stop the site of this folder; where none runs, that is fine."""
    lost = not (folder / "lab.json").exists() and docker.may_have_left(folder)
    return docker.down(folder) if lost or in_docker(folder) else stop_process(folder)


def status(folder: Path) -> LabStatus:
    """Say what runs in this folder."""
    return docker.status(folder) if in_docker(folder) else read_status(folder)


def reset(folder: Path) -> LabStatus:
    """Give the site a fresh world behind the same ports and keys, and put its folder back."""
    return docker.reset(folder) if in_docker(folder) else order(folder, "reset")


def break_(folder: Path, fault: str, target: str = "", **options: str | float) -> LabStatus:
    """Put a fault of the catalogue in; `target` is a host's name, else the fault's default."""
    if in_docker(folder):
        return docker.break_(folder, fault, target, options)
    return order(folder, "break", {"fault": fault, "target": target, "options": options})


def heal(folder: Path, fault: str = "", target: str = "") -> LabStatus:
    """Take faults out: one, those of one host, or all."""
    if in_docker(folder):
        return docker.heal(folder, fault, target)
    return order(folder, "heal", {"fault": fault, "target": target})


def catalogue(folder: Path, *, backend: str = "") -> Mapping[str, Entry]:
    """Return the faults that a backend can have: the named one, or the folder's own."""
    chosen = backend or (DOCKER if in_docker(folder) else EMBEDDED)
    return docker.FAULTS if chosen == DOCKER else importlib.import_module("edgebook.lab.faults").FAULTS


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
