"""The `kind` program: one gate to it, with time limits and errors that name a remedy.

Not what is done with it: `nodes.py` and `images.py` know that. No library stands in between:
pytest-kubernetes, the maintained one, starts the same program through a shell, cannot give a cluster
both a name and a configuration, leaves kind to edit ~/.kube/config when it deletes, and brings pytest.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from edgebook.errors import LabError, LabUnavailable, shorten
from edgebook.lab.docker import engine

PROGRAM = "kind"
OLDEST = (0, 24)
"""The first that made clusters of Kubernetes 1.31."""
VERSION_TIMEOUT_S = 10.0
END_S = 10.0
INSTALL = "install kind (Debian 13: apt-get install kind; else see https://kind.sigs.k8s.io)"
STEPS = ("•", "✓", "✗")
Say = Callable[[str], None]
PULL = re.compile(r'failed to pull image "([^"]+)"')
REMEDIES = (
    (
        r"docker: Error response from daemon: .*(?:unable to apply caps|not permitted)",
        "Docker may not run privileged containers on this machine, and every node of kind is one",
        "use a machine of your own, or hosts without a cluster: edgebook lab up --backend docker",
    ),
    (
        r"could not find a log line that matches|too many open files",
        "a node did not boot",
        "nodes watch many files: sudo sysctl -w fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=524288",
    ),
    (
        r"port is already allocated|failed to bind host port",
        "the API's port is somebody else's now",
        "edgebook lab down, then up again: kind chooses another",
    ),
)
"""What kind says, what it means, and what helps."""


def reason() -> str:
    """Say in one sentence why no cluster can be made here; nothing when one can."""
    trouble = engine.reason()
    return trouble or getattr(_trouble(), "message", "")


def require() -> None:
    """Raise `LabUnavailable` with the remedy unless clusters can be made here."""
    engine.require()
    trouble = _trouble()
    if trouble:
        raise trouble


def there() -> bool:
    """Say whether there is a kind program at all."""
    return shutil.which(PROGRAM) is not None


def run(
    *argv: str, network: str, kubeconfig: Path, timeout_s: float, stdin: str = "", say: Say = lambda _: None
) -> str:
    """Run one `kind` command, telling its steps as they come, and return what it printed; raise `LabError` if it fails.

    It and all that it started have ended when this returns or raises.
    """
    command = [PROGRAM, *argv]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=environment(network, kubeconfig),
    ) as process:
        heard: list[str] = []
        listener = threading.Thread(target=_listen, args=(process.stdout, heard, say), daemon=True)
        listener.start()
        try:
            _feed(process, stdin)
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired as exc:
            last = shorten(heard[-1]) if heard else "it said nothing"
            raise LabError(f"`kind {' '.join(argv[:2])}` has not ended within {timeout_s:g} s: {last}") from exc
        finally:
            _end(process)
            listener.join(END_S)
    said = "\n".join(heard)
    if code:
        raise explained(argv, said)
    return said


def environment(network: str, kubeconfig: Path) -> dict[str, str]:
    """Return the environment for `kind`: Docker, the lab's own network, and never the user's own kubeconfig.

    A network that kind makes takes no fixed addresses (docker: "supported only when connecting to networks with user
    configured subnets"), is shared by all clusters of a machine, and stays when they go.
    """
    return {
        **engine.environment(),
        "KIND_EXPERIMENTAL_PROVIDER": "docker",
        "KIND_EXPERIMENTAL_DOCKER_NETWORK": network,
        "KUBECONFIG": str(kubeconfig),
    }


def explained(argv: tuple[str, ...], said: str) -> LabError:
    """Return what a failure of kind means, as far as its words tell."""
    missing = PULL.search(said)
    if missing:
        name = missing[1]
        hint = (
            f"where there is Internet: docker pull {name} && docker save --output node.tar {name}; "
            "then bring node.tar in a folder: edgebook lab up --backend kind --bundle FOLDER"
        )
        return LabError(f"Docker has no image {name}, and cannot pull it", hint=hint)
    for words, meaning, hint in REMEDIES:
        found = re.search(words, said)
        if found:
            line = next(line for line in said.splitlines() if found[0] in line)
            return LabError(f"{meaning}: {shorten(line)}", hint=hint)
    # After ERROR comes the command that failed, long and without its reason; that stands at the end of what it printed.
    last = said.rstrip().rpartition("\n")[2].removeprefix("Command Output: ") or "no reason given"
    return LabError(f"`kind {' '.join(argv[:2])}` failed: {shorten(last)}")


def _trouble() -> LabUnavailable | None:
    path = shutil.which(PROGRAM)
    if path is None:
        return LabUnavailable("there is no kind program here", hint=f"{INSTALL}, {engine.OTHERWISE}")
    try:
        shown = subprocess.run(
            [path, "version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        return LabUnavailable(f"the kind program here does not run: {shorten(str(exc))}", hint=INSTALL)
    found = re.search(r"v(\d+)\.(\d+)\.\d+", shown.stdout)
    if found is None:
        return LabUnavailable(
            f"the kind program here says no version: {shorten(shown.stdout + shown.stderr)}", hint=INSTALL
        )
    if (int(found[1]), int(found[2])) < OLDEST:
        return LabUnavailable(
            f"kind {found[0]} is too old for Kubernetes 1.31: it takes v0.24.0 or newer", hint=INSTALL
        )
    return None


def _listen(source: IO[bytes] | None, heard: list[str], say: Say) -> None:
    for raw in source or ():
        line = raw.decode(errors="replace").strip()
        if line:
            heard.append(line)
        if line.startswith(STEPS[0]):
            say(f"  {line.removeprefix(STEPS[0]).split(' ...')[0].strip()}")


def _feed(process: subprocess.Popen[bytes], text: str) -> None:
    if process.stdin:
        with suppress(BrokenPipeError):  # one that refuses its words before it has read them all
            process.stdin.write(text.encode())
            process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
            return
