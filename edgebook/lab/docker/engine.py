"""The `docker` program: one gate to it, with time limits and errors that name a remedy.

Not what is done with it: `machines.py`, `network.py` and `image.py` know that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from edgebook.errors import LabError, LabUnavailable, shorten

ASK_TIMEOUT_S = 10.0
CALL_TIMEOUT_S = 60.0
"""Long enough for a loaded machine to start or remove a container."""
PROGRAM = "docker"
OTHERWISE = "or use the practice site that needs no Docker: edgebook lab up --backend embedded"
NOT_LINUX = (
    "practice hosts in Docker need Linux: elsewhere Docker keeps containers in a virtual machine that SSH cannot enter"
)


@dataclass(frozen=True)
class Answer:
    """How a `docker` command ended."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0


class DockerFailed(LabError):
    """A `docker` command ended with an error; `answer` is all it said."""

    def __init__(self, message: str, answer: Answer, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.answer = answer


def ask(*argv: str, stdin: bytes = b"", timeout_s: float = CALL_TIMEOUT_S) -> Answer:
    """Run one `docker` command and return how it ended; raise `LabError` when it cannot be run or does not end.

    It runs in a session of its own, so that Ctrl-C ends what waits for it and not the command itself:
    a container that is half made could not be found again.
    """
    try:
        done = subprocess.run(
            [PROGRAM, *argv],
            input=stdin,
            capture_output=True,
            timeout=timeout_s,
            check=False,
            start_new_session=True,
            env=environment(),
        )
    except FileNotFoundError as exc:
        raise LabUnavailable("there is no docker program here", hint=f"install Docker, {OTHERWISE}") from exc
    except subprocess.TimeoutExpired as exc:
        raise LabError(
            f"Docker does not answer: `docker {' '.join(argv[:2])}` took longer than {timeout_s:g} s",
            hint="look at the daemon: systemctl status docker, journalctl -u docker",
        ) from exc
    return Answer(argv, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def call(*argv: str, stdin: bytes = b"", timeout_s: float = CALL_TIMEOUT_S) -> str:
    """Run one `docker` command and return what it printed; raise `DockerFailed` when it fails."""
    answer = ask(*argv, stdin=stdin, timeout_s=timeout_s)
    if not answer.ok:
        raise DockerFailed(f"`docker {' '.join(argv[:2])}` failed: {shorten(answer.err)}", answer)
    return answer.out


def lines(*argv: str) -> list[str]:
    """Run one `docker` command and return the lines it printed."""
    return call(*argv).split("\n")[:-1]


def environment() -> dict[str, str]:
    """Return the environment for `docker`: messages in English, and its older builder, which asks for no plug-in."""
    return {**os.environ, "LC_ALL": "C", "DOCKER_BUILDKIT": "0", "DOCKER_CLI_HINTS": "false"}


def reason() -> str:
    """Say in one sentence why no practice hosts can be made here; nothing when they can."""
    trouble = _trouble()
    return trouble.message if trouble else ""


def require() -> None:
    """Raise `LabError` with the remedy unless practice hosts can be made here."""
    trouble = _trouble()
    if trouble:
        raise trouble


def _trouble() -> LabError | None:
    if sys.platform != "linux":
        return LabUnavailable(NOT_LINUX, hint="use a Linux machine, " + OTHERWISE)
    if shutil.which(PROGRAM) is None:
        return LabUnavailable("there is no docker program here", hint=f"install Docker, {OTHERWISE}")
    try:
        answer = ask("version", "--format", "{{.Server.Os}}", timeout_s=ASK_TIMEOUT_S)
    except LabError as exc:
        return exc
    return None if answer.ok else _refusal(answer.err)


def _refusal(said: str) -> LabError:
    if "permission denied" in said:
        return LabUnavailable(
            "you may not talk to Docker: permission denied on its socket",
            hint="join its group (sudo usermod -aG docker $USER, then log in again), or run this as root",
        )
    return LabUnavailable(
        f"Docker does not answer: {shorten(said.splitlines()[0] if said.strip() else 'no reason given')}",
        hint=f"start it (sudo systemctl start docker), {OTHERWISE}",
    )
