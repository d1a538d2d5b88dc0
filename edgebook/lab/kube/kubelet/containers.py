"""One container of a pod: its image, its runs, its probes, and how long it waits before it starts again.

Not the pod. Order and back-off are those of pkg/kubelet/kuberuntime in Kubernetes 1.31.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edgebook.lab.kube.kubelet import probing
from edgebook.lab.kube.kubelet.machine import Machine
from edgebook.lab.kube.kubelet.programs import program
from edgebook.lab.kube.kubelet.pulling import FIRST_BACKOFF_S, LONGEST_BACKOFF_S, SYNC_S, Pull, Say
from edgebook.lab.kube.kubelet.runs import LOST_CODE, Run, container_id
from edgebook.lab.kube.trees import Tree, dig

NOTICED_S = 1.0
"""A kubelet looks once a second which containers have ended (PLEG)."""
NEVER_S = float("inf")
MINUTE_S = 60
KILLED = {"liveness": "failed liveness probe", "startup": "failed startup probe"}


@dataclass
class Waiting:
    """Why a container does not run."""

    reason: str
    message: str = ""


@dataclass
class Container:
    """A container as its kubelet sees it. `policy` is when it starts again; `config` says what it lacks."""

    spec: Tree
    uid: str
    shown_pod: str
    policy: str
    say: Say
    config: Callable[[], str]
    grace_s: float = 30.0
    prepares: bool = False
    """Whether it is an init container."""
    restarts: int = 0
    run: Run | None = None
    previous: Run | None = None
    waiting: Waiting | None = None
    pull: Pull | None = None
    due_s: float = 0.0
    _backoff_s: float = 0.0
    _backed_off_s: float = -NEVER_S
    _restarting: bool = field(default=False)

    @property
    def name(self) -> str:
        """The container's name."""
        return str(self.spec["name"])

    @property
    def running(self) -> bool:
        """Whether a run of it goes on."""
        return self.run is not None and self.run.running

    @property
    def is_over(self) -> bool:
        """Whether it has ended and will not start again."""
        return self.run is not None and not self.run.running and not self._starts_again(self.run)

    def next_s(self, now_s: float) -> float:
        """Return when something is to be done, no later than now if it is already."""
        run = self.run
        if run is not None and run.running:
            over_s = run.over_s(now_s)
            probes = [run.started_s + probe.due_s for probe in self._active(run)]
            return min([over_s if over_s is not None else NEVER_S, *probes, run.kill_s or NEVER_S])
        return NEVER_S if self.is_over else self.due_s

    def step(self, machine: Machine, now_s: float, address: str) -> None:
        """Do what is due."""
        run = self.run
        if run is not None and run.running:
            over_s = run.over_s(now_s)
            if over_s is not None:
                self._end(machine, run, over_s, now_s)
            else:
                self._probe(run, now_s, address)
        elif run is not None and not self._restarting:
            self._again(run, now_s)
        if not self.running and (self.run is None or self._restarting) and now_s >= self.due_s:
            self._begin(machine, now_s)

    def stop(self, now_s: float, grace_s: float, words: str = "") -> None:
        """Ask the run to end."""
        if self.run is not None and self.run.running:
            if self.run.kill_s is None:
                self.say("Killing", words or f"Stopping container {self.name}")
            before = dig(self.spec, "lifecycle.preStop.sleep.seconds", 0)
            self.run.stop(now_s + min(float(before), grace_s), max(0.0, grace_s - float(before)))

    def lose(self, machine: Machine, now_s: float) -> None:
        """Note that the run ended unseen, as by a power cut."""
        if self.run is not None and self.run.running:
            self.run.end(now_s, machine.wall(now_s), code=LOST_CODE, reason="Unknown")
            self.due_s = now_s

    def _begin(self, machine: Machine, now_s: float) -> None:
        """Get the image, then start."""
        if self.pull is None:
            image, policy = str(self.spec["image"]), str(self.spec.get("imagePullPolicy", "IfNotPresent"))
            self.pull = Pull(image, policy, self.say)
        self.pull.step(machine, now_s)
        if not self.pull.done:
            self.due_s = self.pull.due_s
            shown = self.pull.reason != "ContainerCreating"
            self.waiting = Waiting(self.pull.reason, self.pull.message) if shown else self.waiting
            return
        self.pull = None
        lacks = self.config()
        if lacks:
            self.say("Failed", f"Error: {lacks}", sort="Warning")
            self.waiting, self.due_s = Waiting("CreateContainerConfigError", lacks), now_s + SYNC_S
            return
        self._start(machine, now_s)

    def _start(self, machine: Machine, now_s: float) -> None:
        self.say("Created", f"Created container: {self.name}")
        self.say("Started", f"Started container {self.name}")
        if self.run is not None:
            self.previous, self.restarts = self.run, self.restarts + 1
        identity = container_id(self.uid, self.name, self.restarts)
        found = probing.probes(self.spec)
        self.run = Run(identity, program(self.spec, machine.fetch), now_s, machine.wall(now_s), found)
        self.waiting, self._restarting = None, False

    def _end(self, machine: Machine, run: Run, over_s: float, now_s: float) -> None:
        run.end(over_s, machine.wall(over_s))
        self.due_s = max(over_s + NOTICED_S, now_s)

    def _starts_again(self, run: Run) -> bool:
        return self.policy == "Always" or (self.policy == "OnFailure" and run.code != 0)

    def _again(self, run: Run, now_s: float) -> None:
        """Start again, unless it was started too often for that."""
        if now_s < self.due_s or not self._starts_again(run):
            return
        ended_s = run.ended_s or now_s
        expired = now_s - self._backed_off_s > 2 * LONGEST_BACKOFF_S
        if self._backoff_s and not expired and now_s - ended_s < self._backoff_s:
            shown = _duration(self._backoff_s)
            self.say(
                "BackOff", f"Back-off restarting failed container {self.name} in pod {self.shown_pod}", sort="Warning"
            )
            words = f"back-off {shown} restarting failed container={self.name} pod={self.shown_pod}"
            self.waiting = Waiting("CrashLoopBackOff", words)
            self.due_s = min(now_s + SYNC_S, ended_s + self._backoff_s)
            return
        self._backoff_s = FIRST_BACKOFF_S if expired or not self._backoff_s else self._backoff_s * 2
        self._backoff_s, self._backed_off_s = min(self._backoff_s, LONGEST_BACKOFF_S), now_s
        self._restarting, self.due_s = True, now_s

    def _active(self, run: Run) -> list[probing.Probe]:
        """Return the probes that are tried now: the startup probe alone until it has passed."""
        if run.kill_s is not None:
            return [probe for kind, probe in run.probes.items() if kind == "readiness" and run.started]
        wanted = ("liveness", "readiness") if run.started else ("startup",)
        return [run.probes[kind] for kind in wanted if kind in run.probes]

    def _probe(self, run: Run, now_s: float, address: str) -> None:
        age_s = run.age_s(now_s)
        for probe in [probe for probe in self._active(run) if probe.due_s <= age_s]:
            was_started = run.started
            failure = probe.try_once(self.spec, run.program, age_s, address)
            if failure is not None:
                kind = probe.kind.capitalize()
                self.say("Unhealthy", f"{kind} probe failed: {failure}", sort="Warning")
            if probe.kind in KILLED and probe.has_failed:
                restart = ", will be restarted" if self.policy != "Never" else ""
                self.stop(now_s, self._probe_grace_s(probe), f"Container {self.name} {KILLED[probe.kind]}{restart}")
            if run.started and not was_started:
                self._begin_other_probes(run, age_s)

    def _begin_other_probes(self, run: Run, age_s: float) -> None:
        """Let the probes that waited for the start begin where their rhythm is now."""
        for probe in run.probes.values():
            probe.due_s = max(probe.due_s, age_s)

    def _probe_grace_s(self, probe: probing.Probe) -> float:
        return float(probe.spec.get("terminationGracePeriodSeconds") or self.grace_s)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), MINUTE_S)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
