"""Entrants: ways to let a tool do the work once and to learn how long it took.

Not the work itself: that is in the programs under `peers/`, and in other people's tools.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.hosts.figures import Timing

PEERS = Path(__file__).parent / "peers"
LIMIT_S = 600.0
"""No single measured run takes longer; one that does has hung."""
SHOWN_CHARS = 400

Once = Callable[[], float]
"""Do the work once and return its seconds."""


class RunFailed(Exception):
    """A tool did not do the work."""


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Entrant:
    """A tool, and how it is called.

    `commands` are started at the same moment, and the time ends with the last of them. With `serve`
    there is one command, which is started beforehand and does the work each time it is asked.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    programs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    serve: bool = False
    note: str = ""
    before: Callable[[], None] = nothing
    """Done before each run, outside its time."""
    after: Callable[[], None] = nothing
    """Done when the row has ended."""

    def missing(self) -> str:
        """Say what it lacks here, or nothing."""
        lacks = [name for name in self.programs if not program(name)]
        lacks += [name for name in self.modules if importlib.util.find_spec(name) is None]
        return f"not installed: {', '.join(lacks)}" if lacks else ""

    @contextmanager
    def ready(self) -> Iterator[Once]:
        """Start what has to run beforehand, and give the call that does the work once."""
        if self.serve:
            with _worker(self.commands[0], self._environment()) as once:
                yield once
        else:
            yield lambda: _timed(self.commands, self._environment())

    def timing(self, seconds: Sequence[float], missing: str = "", failures: Sequence[str] = ()) -> Timing:
        """Make the record of what it took."""
        return Timing(self.name, tuple(seconds), missing, self.note, tuple(failures))

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.env}


def program(name: str) -> str:
    """Return where a program is: beside this Python first, then on the PATH; empty when it is not there."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name) or ""


def peer(tool: str, act: str, hosts: Path, *, serve: bool = False) -> tuple[str, ...]:
    """Return the command for a program under `peers/`."""
    return (sys.executable, str(PEERS / f"with_{tool}.py"), act, str(hosts), *(["serve"] if serve else []))


def _timed(commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> float:
    began = time.perf_counter()
    running = [
        subprocess.Popen(
            words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for words in commands
    ]
    try:
        said = [one.communicate(timeout=LIMIT_S)[0] for one in running]
    finally:
        for one in running:
            one.kill()
    seconds = time.perf_counter() - began
    for words, one, text in zip(commands, running, said, strict=True):
        if one.returncode:
            raise RunFailed(f"{Path(words[0]).name} ended with {one.returncode}: {_end(text)}")
    return seconds


@contextmanager
def _worker(command: Sequence[str], env: Mapping[str, str]) -> Iterator[Once]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            _heard(process)
            yield lambda: _asked(process)
        finally:
            process.kill()
            process.communicate()


def _asked(process: subprocess.Popen[str]) -> float:
    """Let a worker do its work once; what it answers is its seconds, or why it has none."""
    print(file=process.stdin, flush=True)
    answer = _heard(process)
    try:
        return float(answer)
    except ValueError:
        raise RunFailed(_end(answer)) from None


def _heard(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RunFailed(_end(process.communicate()[1]))
    return line


def _end(text: str) -> str:
    """Return the end of what a tool said: that is where the reason stands."""
    return " ".join(text.split())[-SHOWN_CHARS:] or "it said nothing"
