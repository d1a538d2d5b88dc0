"""One run of a container: since when, how far, and how it ended.

Not the next one; `containers` decides whether there is one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from edgebook.lab.kube.kubelet.probing import Probe
from edgebook.lab.kube.kubelet.programs import SIGKILL_CODE, Program
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree

LOST_CODE = 255


@dataclass
class Run:
    """A container from its start to its end; `kill_s` is when it must be over, if somebody wants that."""

    id: str
    program: Program
    started_s: float
    started_at: datetime
    probes: dict[str, Probe] = field(default_factory=dict)
    kill_s: float | None = None
    ended_s: float | None = None
    finished_at: datetime | None = None
    code: int = 0
    reason: str = ""
    _kill_code: int = SIGKILL_CODE

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.ended_s is None

    @property
    def started(self) -> bool:
        """Whether its startup probe, if it has one, has passed."""
        probe = self.probes.get("startup")
        return self.running and (probe is None or probe.passes)

    @property
    def ready(self) -> bool:
        """Whether it serves."""
        probe = self.probes.get("readiness")
        return self.started and (probe is None or probe.passes)

    def age_s(self, now_s: float) -> float:
        """Return how long it has run."""
        return now_s - self.started_s

    def over_s(self, now_s: float) -> float | None:
        """Return when it ends, if that is known to be no later than now."""
        self.program.look(self.age_s(now_s))
        own_s = self.started_s + self.program.ended.at_s if self.program.ended else None
        known = [moment for moment in (own_s, self.kill_s) if moment is not None and moment <= now_s]
        return min(known, default=None)

    def stop(self, now_s: float, grace_s: float) -> None:
        """Ask it to end: with SIGTERM, and with SIGKILL once the grace is over."""
        stops_s = self.program.stops_s
        due_s = now_s + min(stops_s, grace_s)
        if self.kill_s is None or due_s < self.kill_s:
            self.kill_s = due_s
            self._kill_code = self.program.stop_code if stops_s <= grace_s else SIGKILL_CODE

    def end(self, at_s: float, finished_at: datetime, *, code: int | None = None, reason: str = "") -> None:
        """Note that it is over."""
        own = self.program.ended
        by_itself = own is not None and self.started_s + own.at_s <= at_s
        self.ended_s, self.finished_at = at_s, finished_at
        self.code = code if code is not None else own.code if own is not None and by_itself else self._kill_code
        self.reason = reason or ("Completed" if not self.code else "Error")

    def terminated(self) -> Tree:
        """Return how it ended, as a container status has it."""
        finished = self.finished_at or self.started_at
        times = {"startedAt": stamp(self.started_at), "finishedAt": stamp(finished)}
        return {"terminated": {"exitCode": self.code, "reason": self.reason, **times, "containerID": self.id}}


def container_id(uid: str, name: str, attempt: int) -> str:
    """Return a container's id, the same in every run."""
    return "containerd://" + hashlib.sha256(f"{uid} {name} {attempt}".encode()).hexdigest()
