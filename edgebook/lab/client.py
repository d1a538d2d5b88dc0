"""Orders to a practice site that runs in another process: start, ask, change, stop.

Not the site; this side imports neither asyncio nor its servers.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from edgebook.errors import LabError, shorten
from edgebook.lab.processid import end, is_same

EMBEDDED = "embedded"
POLL_S = 0.02
ASK_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0
START_HINT = "start it with: edgebook lab up"
_children: dict[int, subprocess.Popen[bytes]] = {}
"""Sites this process started; kept so that they are reaped when they end."""


@dataclass(frozen=True)
class HostStatus:
    """One host of a practice site. `address` is inside the site; SSH answers at `ssh_address`:`port`."""

    name: str
    role: str
    address: str
    port: int
    powered: bool
    ssh_address: str = "127.0.0.1"


@dataclass(frozen=True)
class LabStatus:
    """What runs in a folder. `faults` are (id, host) of those that are in now; `fresh` is true right after a start."""

    running: bool
    folder: Path
    site_folder: Path
    pid: int = 0
    since: datetime | None = None
    hosts: tuple[HostStatus, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    cluster: str = ""
    api_port: int = 0
    fresh: bool = False
    backend: str = EMBEDDED


def backend_of(folder: Path) -> str:
    """Return the backend of the folder's lab; the embedded one where there is no lab."""
    try:
        return str(json.loads((folder / "lab.json").read_text(encoding="utf-8")).get("backend", EMBEDDED))
    except (OSError, json.JSONDecodeError):
        return EMBEDDED


def read_status(folder: Path) -> LabStatus:
    """Say what runs in a folder; a site that died is not running."""
    try:
        return order(folder, "status")
    except LabError:
        return LabStatus(running=False, folder=folder, site_folder=folder / "site")


def order(folder: Path, name: str, body: Mapping[str, Any] | None = None) -> LabStatus:
    """Give the site of a folder an order; raise `LabError` with its reason when it refuses or is not there."""
    facts = _facts(folder)
    if facts is None:
        raise LabError(f"no practice site runs in {folder}", hint=START_HINT)
    request = urllib.request.Request(  # noqa: S310 - the URL is our own, on 127.0.0.1
        f"{facts['control']}/{name}",
        data=None if name == "status" else json.dumps(body or {}).encode(),
        headers={"Authorization": f"Bearer {facts['token']}", "Content-Type": "application/json"},
    )
    # A proxy in the environment must not see this, and could not reach 127.0.0.1 here.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=ASK_TIMEOUT_S) as answer:
            return _status(folder, json.load(answer))
    except urllib.error.HTTPError as exc:
        raise _refusal(exc) from exc
    except OSError as exc:
        raise LabError(f"the practice site in {folder} does not answer: {exc}", hint=START_HINT) from exc


def start_process(folder: Path, options: Mapping[str, object], *, fixed_clock: bool, timeout_s: float) -> LabStatus:
    """Start the site's process, detached from this one, and wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "lab.log"
    command = [sys.executable, "-m", "edgebook.lab", str(folder.resolve())]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command += ["--fixed-clock"] if fixed_clock else []
    package_root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [package_root, os.environ.get("PYTHONPATH", "")]))
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path},
        )
    _children[child.pid] = child
    return _wait_until_ready(folder, child, timeout_s)


def stop_process(folder: Path) -> LabStatus:
    """Stop the site's process: by its control port, else by signals to the process it was started as."""
    facts = _facts(folder, alive=False)
    stopped = LabStatus(running=False, folder=folder, site_folder=folder / "site")
    if facts is None:
        return stopped
    pid, birth = int(facts["pid"]), str(facts["birth"])
    try:
        order(folder, "down")
    except LabError:
        if pid != os.getpid():
            end(pid, birth)
    if pid == os.getpid():
        return stopped  # a site in a thread of this very process ends by itself
    if not _gone(pid, birth):
        end(pid, birth, force=True)
        if not _gone(pid, birth):
            raise LabError(f"the practice site in {folder}, process {pid}, does not end")
    (folder / "lab.json").unlink(missing_ok=True)
    return stopped


def _facts(folder: Path, *, alive: bool = True) -> dict[str, Any] | None:
    """Read lab.json; None when there is none, or (with `alive`) when its process is gone."""
    try:
        facts: dict[str, Any] = json.loads((folder / "lab.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return facts if not alive or is_same(int(facts["pid"]), str(facts["birth"])) else None


def _status(folder: Path, facts: Mapping[str, Any]) -> LabStatus:
    return LabStatus(
        running=True,
        folder=folder,
        site_folder=folder / "site",
        pid=facts["pid"],
        since=datetime.fromisoformat(facts["since"]),
        hosts=tuple(HostStatus(**host) for host in facts["hosts"]),
        faults=tuple((fault["fault"], fault["host"]) for fault in facts["faults"]),
        cluster=facts["cluster"],
        api_port=facts["api_port"],
    )


def _refusal(exc: urllib.error.HTTPError) -> LabError:
    try:
        said = json.load(exc)
    except ValueError:
        return LabError(f"the practice site failed with HTTP {exc.code}; lab.log has the reason")
    return LabError(said.get("error", str(exc)), hint=said.get("hint", ""))


def _wait_until_ready(folder: Path, child: subprocess.Popen[bytes], timeout_s: float) -> LabStatus:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise LabError(f"the practice site ended at once: {_last_line(folder / 'lab.log')}")
        now = read_status(folder)
        if now.running and now.pid == child.pid:
            return LabStatus(**{**vars(now), "fresh": True})
        time.sleep(POLL_S)
    child.terminate()
    raise LabError(f"the practice site was not ready within {timeout_s:g} s: {_last_line(folder / 'lab.log')}")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return shorten(lines[-1]) if lines else f"nothing in {log}"


def _gone(pid: int, birth: str) -> bool:
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < deadline:
        child = _children.get(pid)
        if (child is not None and child.poll() is not None) or not is_same(pid, birth):
            _reap(pid)
            return True
        time.sleep(POLL_S)
    return False


@atexit.register
def _disown() -> None:
    """Let the sites that go on when this process ends do so, without a complaint of `subprocess` about them."""
    for child in _children.values():
        if child.poll() is None:
            child.returncode = 0


def _reap(pid: int) -> None:
    child = _children.pop(pid, None)
    if child is not None:
        child.wait(STOP_TIMEOUT_S)
