"""What a container of this node has printed, as the kubelet's own API gives it.

Not which lines of it are wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from edgebook.lab.kube.kubelet.machine import Machine
from edgebook.lab.kube.kubelet.podlife import PodLife
from edgebook.lab.kube.kubelet.programs import Line
from edgebook.lab.kube.kubelet.runs import Run
from edgebook.lab.kube.logs import Entry, Log, Written, run_of
from edgebook.lab.kube.trees import Tree

ROUNDING_S = 1e-6
"""A line printed at the very end belongs to the run."""
CLOCK = "%a %b %e %H:%M:%S UTC %Y"


@dataclass
class RunLog:
    """The output of one run, which may still go on."""

    machine: Machine
    run: Run

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        now_s = self.machine.elapsed_s()
        return not self.run.running or self.run.over_s(now_s) is not None

    def entries(self) -> list[Entry]:
        """Return what was printed up to now, or up to the end."""
        until_s = self.run.ended_s if self.run.ended_s is not None else self.machine.elapsed_s()
        age_s = self.run.age_s(until_s) + ROUNDING_S
        self.run.program.look(age_s)
        return [self._entry(line) for line in self.run.program.lines if line.at_s <= age_s]

    def _entry(self, line: Line) -> Entry:
        at = self._when(line.at_s)
        return Entry(at, line.text.replace("{date}", at.strftime(CLOCK)))

    def _when(self, at_s: float) -> datetime:
        """Return the time of day so many practice seconds after the start."""
        return self.run.started_at + timedelta(seconds=self.machine.real_s(at_s))


def log_of(life: PodLife | None, machine: Machine, pod: Tree, container: str, *, previous: bool) -> Log:
    """Return a container's log.

    Raises:
        ApiError: 400 where it has not run.
    """
    wanted = run_of(pod, container, previous=previous)
    for item in life.containers if life else ():
        if item.name == container:
            for run in (item.run, item.previous):
                if run is not None and run.id == wanted:
                    return RunLog(machine, run)
    return Written()
