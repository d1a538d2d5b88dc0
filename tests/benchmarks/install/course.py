"""The course: one installation after another, each on hosts made anew, in alternating order.

Not parallel: while one runs, no other does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.benchmarks.hosts.entrants import Entrant, RunFailed
from tests.benchmarks.hosts.figures import Measured, Timing
from tests.benchmarks.install.entrants import Make
from tests.benchmarks.install.ground import Ground

AIM = 0.5
"""Edgebook is to take at most half of k3s-ansible's time."""
QUIET_TIMEOUT_S = 1200.0
LOOK_S = 5.0
TITLE = "K3s on 3 servers and 2 agents, from the start of the tool until it has ended and 5 nodes are Ready"
NOTES = (
    "the same files, the same packaged components disabled, hosts made anew before every installation",
    "Ready is when the last node became so, to a second, as the cluster tells it; the drill moves it",
)


@dataclass
class Lane:
    """One entrant's installations so far, or why it is out."""

    name: str
    seconds: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    note: str = ""
    missing: str = ""

    def timing(self) -> Timing:
        """Make the record of what it took."""
        seconds = () if self.missing else tuple(self.seconds)
        return Timing(self.name, seconds, self.missing, f"{self.note}; {'; '.join(self.said)}")


def measure(
    ground: Ground, makers: Mapping[str, Make], *, repeats: int, below: float, say: Callable[[str], None]
) -> Measured:
    """Install `repeats` times in each way, in the given order and then in the reverse one; one that fails is out.

    Before each, the machine is given some minutes to come down to a load `below` this.
    """
    began = os.getloadavg()[0]
    lanes = {name: Lane(name) for name in makers}
    for number in range(repeats):
        for name in list(makers)[:: 1 if number % 2 == 0 else -1]:
            if not lanes[name].missing:
                _install(ground, lanes[name], makers[name], below)
                say(f"{number + 1} {lanes[name].name}: {lanes[name].missing or lanes[name].said[-1]}")
    timings = tuple(lane.timing() for lane in lanes.values())
    return Measured("install", TITLE, AIM, timings, NOTES, (began, os.getloadavg()[0]))


def _install(ground: Ground, lane: Lane, make: Make, below: float) -> None:
    folder = ground.folder / f"{len(lane.seconds)}-{lane.name.replace(' ', '-')}"
    folder.mkdir()
    ground.fresh()
    entrant = make(ground, folder)
    lane.name, lane.note = entrant.name, entrant.note
    _settle(below)
    load = os.getloadavg()[0]
    try:
        took = _timed(ground, entrant)
    except RunFailed as failed:
        lane.missing = f"failed: {failed}"
        return
    lane.seconds.append(took.seconds)
    lane.said.append(f"{took}, load {load:.1f} to {os.getloadavg()[0]:.1f}")


def _settle(below: float) -> None:
    deadline = time.monotonic() + QUIET_TIMEOUT_S
    while os.getloadavg()[0] >= below and time.monotonic() < deadline:
        time.sleep(LOOK_S)


@dataclass(frozen=True)
class Took:
    """The seconds of one installation: until all was done, until the tool ended, until the last node was Ready."""

    seconds: float
    ended_s: float
    ready_s: float
    complaint: str = ""

    def __str__(self) -> str:
        said = f"{self.seconds:.1f} s: ended at {self.ended_s:.1f}, Ready at {self.ready_s:.0f}"
        return f"{said} ({self.complaint})" if self.complaint else said


def _timed(ground: Ground, entrant: Entrant) -> Took:
    """Run it, and wait until every node is Ready.

    A peer that ends with an error counts all the same, and what it said is told, when the nodes become Ready:
    K3s 1.21 refuses a server while another one joins, and systemd starts it again after Ansible has given up.
    """
    with entrant.ready() as once:
        clock, began, complaint = time.time(), time.perf_counter(), ""
        try:
            once()
        except RunFailed as failed:
            if entrant.timing([]).ours:
                raise
            complaint = str(failed).partition(":")[0]
        ended_s = time.perf_counter() - began
        ready = ground.ready()
        return Took(time.perf_counter() - began, ended_s, ready - clock, complaint)
