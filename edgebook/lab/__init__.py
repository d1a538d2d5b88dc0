"""The practice site: simulated hosts and a simulated cluster behind real SSH, SFTP and HTTPS servers.

Not for the package's own use: only the `edgebook lab` command and tests import it. It simulates what
a runbook can see of Debian hosts, systemd, K3s and the Kubernetes API, from causes; it runs no
container and no workload, and nothing it serves leaves 127.0.0.1.
With `backend="docker"` the hosts are real instead: Linux in containers (`edgebook.lab.docker`); with
`backend="kind"` the cluster is, and the edge hosts on its network are such containers (`edgebook.lab.kind`).
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
from typing import TYPE_CHECKING, Any, Protocol, cast

from edgebook.errors import LabError
from edgebook.lab.catalogue import Entry  # now: imported later it would take the name of the function below
from edgebook.lab.client import (
    EMBEDDED,
    HostStatus,
    LabStatus,
    backend_of,
    order,
    read_status,
    start_process,
    stop_process,
)

if TYPE_CHECKING:
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

BACKENDS = (_, DOCKER, KIND) = (EMBEDDED, "docker", "kind")
SPEED, SEED = 20.0, 7
OTHER_BACKEND = "edgebook lab down, then up again; or another folder with --dir"
Say = Callable[[str], None]
FAULTS: Mapping[str, Fault]
"""The embedded site's catalogue of faults by id; loaded on first use."""


class Containers(Protocol):
    """What a backend can do whose hosts are containers."""

    FAULTS: Mapping[str, Entry]

    def up(self, where: Path, *, say: Say, **options: Any) -> LabStatus: ...
    def down(self, where: Path) -> LabStatus: ...
    def may_have_left(self, where: Path) -> bool: ...
    def reset(self, where: Path) -> LabStatus: ...
    def break_(self, where: Path, fault: str, target: str, options: Mapping[str, str | float]) -> LabStatus: ...
    def heal(self, where: Path, fault: str, target: str) -> LabStatus: ...
    def status(self, where: Path) -> LabStatus: ...


def up(
    folder: Path,
    *,
    backend: str = "",
    servers: int = 3,
    agents: int = 2,
    edges: int = 2,
    image: str = "",
    bundle: Path | None = None,
    patch: Path | None = None,
    say: Say = lambda _: None,
    speed: float = SPEED,
    seed: int = SEED,
    fixed_clock: bool = False,
    timeout_s: float = 30,
) -> LabStatus:
    """Start a practice site in the background and wait until it is ready.

    A site that runs in this folder already is left as it is; its status comes back with
    `fresh=False`. `LabError` names the last line of the log when it does not come up.
    `backend` is `embedded`, `docker` or `kind`; without one it is the folder's, or `embedded`. Only the
    last two have an `image`, of hosts or of nodes, and words to `say` while a start takes long; only a
    cluster takes images from a `bundle`, and a `patch` with more configuration for kubeadm.
    """
    now = status(folder)
    if backend and backend != now.backend and (now.running or _containers(backend_of(folder))):
        raise LabError(f"the practice site in {folder} is {now.backend} already", hint=OTHER_BACKEND)
    chosen = backend or now.backend
    if (bundle or patch) and chosen != KIND:
        raise LabError("only a cluster of kind takes a bundle's images and a patch", hint="add --backend kind")
    counts: dict[str, Any] = {"servers": servers, "agents": agents, "edges": edges}
    real = _containers(chosen)
    if real:
        if (speed, seed, fixed_clock) != (SPEED, SEED, False):
            raise LabError("time is real in Docker: speed, seed and a fixed clock are the embedded site's")
        more = {"bundle": bundle, "patch": patch} if chosen == KIND else {}
        return real.up(folder, **counts, **more, wanted_image=image, say=say)
    if image:
        raise LabError("only hosts in Docker have an image", hint="add --backend docker")
    if now.running:
        return now
    options = {**counts, "speed": speed, "seed": seed}
    return start_process(folder, options, fixed_clock=fixed_clock, timeout_s=timeout_s)


def down(folder: Path) -> LabStatus:
    """Stop the site of this folder; where none runs, that is fine."""
    real = _containers(backend_of(folder)) or _lost(folder)
    return real.down(folder) if real else stop_process(folder)


def status(folder: Path) -> LabStatus:
    """Say what runs in this folder."""
    real = _containers(backend_of(folder))
    return real.status(folder) if real else read_status(folder)


def reset(folder: Path) -> LabStatus:
    """Give the site a fresh world behind the same ports and keys, and put its folder back."""
    real = _containers(backend_of(folder))
    return real.reset(folder) if real else order(folder, "reset")


def break_(folder: Path, fault: str, target: str = "", **options: str | float) -> LabStatus:
    """Put a fault of the catalogue in; `target` is a host's name, else the fault's default."""
    real = _containers(backend_of(folder))
    if real:
        return real.break_(folder, fault, target, options)
    return order(folder, "break", {"fault": fault, "target": target, "options": options})


def heal(folder: Path, fault: str = "", target: str = "") -> LabStatus:
    """Take faults out: one, those of one host, or all."""
    real = _containers(backend_of(folder))
    if real:
        return real.heal(folder, fault, target)
    return order(folder, "heal", {"fault": fault, "target": target})


def catalogue(folder: Path, *, backend: str = "") -> Mapping[str, Entry]:
    """Return the faults that a backend can have: the named one, or the folder's own."""
    real = _containers(backend or backend_of(folder))
    return real.FAULTS if real else importlib.import_module("edgebook.lab.faults").FAULTS


def _containers(backend: str) -> Containers | None:
    """Return what does a backend's work whose hosts are containers; nothing for the embedded site."""
    if backend not in (DOCKER, KIND):
        return None
    return cast("Containers", importlib.import_module(f"edgebook.lab.{backend}"))


def _lost(folder: Path) -> Containers | None:
    """Return the backend that has something of a lab whose folder knows nothing of it."""
    if (folder / "lab.json").exists():
        return None
    real = filter(None, map(_containers, (KIND, DOCKER)))
    return next((one for one in real if one.may_have_left(folder)), None)


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
