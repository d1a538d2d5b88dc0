"""One pod on its node, from the sandbox to the end.

Not its status, which `statuses` composes, and not its containers, one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.kubelet import needs
from edgebook.lab.kube.kubelet.containers import NEVER_S, Container
from edgebook.lab.kube.kubelet.machine import SANDBOX_IMAGE, Machine
from edgebook.lab.kube.kubelet.pulling import SYNC_S
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

SANDBOX_S = 1.0
MOST_STEPS = 2000
"""More than a pod does between two looks; the rest waits for the next."""
NO_NETWORK = (
    "network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)
DEADLINE = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")


@dataclass
class PodLife:
    """What a kubelet knows of one pod. `pod` is the object as last seen; it is read only."""

    store: Store
    machine: Machine
    pod: Tree
    born_s: float
    neighbours: Callable[[], list[Tree]]
    """The pods of the same node, whose addresses are taken."""
    address: str = ""
    epoch: int = 0
    ending_s: float | None = None
    failed: tuple[str, str] = ("", "")
    """Reason and message of a pod that its kubelet has ended."""
    inits: list[Container] = field(default_factory=list)
    mains: list[Container] = field(default_factory=list)
    _sandbox_s: float | None = None
    _due_s: float = 0.0

    def __post_init__(self) -> None:
        self.epoch, self._due_s = self.machine.epoch, self.born_s
        policy = str(dig(self.pod, "spec.restartPolicy", "Always"))
        once = "Never" if policy == "Never" else "OnFailure"
        spec = self.pod["spec"]
        self.inits = [self._container(item, "initContainers", once) for item in spec.get("initContainers") or ()]
        self.mains = [self._container(item, "containers", policy) for item in spec["containers"]]

    def _container(self, spec: Tree, group: str, policy: str) -> Container:
        uid = str(self.pod["metadata"]["uid"])
        return Container(
            spec, uid, f"{name_of(self.pod)}_{namespace_of(self.pod)}({uid})",
            str(spec.get("restartPolicy", policy)),
            partial(self.say, field=f"spec.{group}{{{spec['name']}}}"),
            partial(needs.missing_setting, self.store, self.pod, spec),
            float(dig(self.pod, "spec.terminationGracePeriodSeconds", 30)),
            prepares=group == "initContainers",
        )  # fmt: skip

    @property
    def containers(self) -> list[Container]:
        """All containers, those that prepare first."""
        return [*self.inits, *self.mains]

    @property
    def has_sandbox(self) -> bool:
        """Whether the pod has its network."""
        return self._sandbox_s is not None and bool(self.address)

    @property
    def is_ending(self) -> bool:
        """Whether its containers have been asked to end."""
        return self.ending_s is not None or bool(self.failed[0])

    @property
    def is_stopped(self) -> bool:
        """Whether nothing of it runs."""
        return not any(item.running for item in self.containers)

    def say(self, reason: str, words: str, *, sort: str = "Normal", field: str = "") -> None:
        """Record an event about the pod or a part of it."""
        event(self.store, self.pod, reason, words, "kubelet", sort=sort, host=self.machine.name, field=field)

    def next_s(self, now_s: float) -> float:
        """Return when something is to be done."""
        if self.is_ending:
            return min((item.next_s(now_s) for item in self.containers if item.running), default=NEVER_S)
        if not self.has_sandbox:
            return self._due_s
        return min([self._deadline_s(), *(item.next_s(now_s) for item in self._wanted())])

    def advance(self, now_s: float, floor_s: float) -> None:
        """Do all that was due up to now; what was due before `floor_s`, when nobody looked, happens then."""
        self._notice_deletion(now_s)
        if self.epoch != self.machine.epoch:
            self._lose_everything(floor_s)
        for _ in range(MOST_STEPS):
            due_s = self.next_s(now_s)
            if due_s > now_s:
                return
            self._step(max(due_s, floor_s))

    def _notice_deletion(self, now_s: float) -> None:
        if not dig(self.pod, "metadata.deletionTimestamp"):
            return
        grace_s = float(dig(self.pod, "metadata.deletionGracePeriodSeconds", 0))
        self.ending_s = now_s if self.ending_s is None else self.ending_s
        for item in self.containers:
            item.stop(now_s, max(0.0, self.ending_s + grace_s - now_s))

    def kill(self, now_s: float) -> None:
        """End it at once: it is gone from the API."""
        self.ending_s = now_s
        for item in self.containers:
            item.stop(now_s, 0.0)

    def _lose_everything(self, now_s: float) -> None:
        """Begin again after every container was killed under the kubelet's hands."""
        self.epoch = self.machine.epoch
        if self.has_sandbox and not self.is_ending:
            self.say("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
        for item in self.containers:
            item.lose(self.machine, now_s)
        self._sandbox_s, self.address, self._due_s = None, "", now_s

    def _deadline_s(self) -> float:
        seconds = dig(self.pod, "spec.activeDeadlineSeconds")
        return NEVER_S if seconds is None else self.born_s + float(seconds)

    def _step(self, now_s: float) -> None:
        if self.is_ending:
            for item in [item for item in self.containers if item.running]:
                item.step(self.machine, now_s, self.address)
        elif not self.has_sandbox:
            self._make_sandbox(now_s)
        elif self._deadline_s() <= now_s:
            self.failed = DEADLINE
            for item in self.containers:
                item.stop(now_s, item.grace_s)
        else:
            for item in [item for item in self._wanted() if item.next_s(now_s) <= now_s]:
                item.step(self.machine, now_s, self.address)

    def _wanted(self) -> list[Container]:
        """Return the containers that are to run now: init containers one by one, then the others."""
        helpers = []
        for item in self.inits:
            if item.spec.get("restartPolicy") == "Always":
                helpers.append(item)
                if item.run is None or not item.run.started:
                    return helpers
            elif item.run is None or item.running or item.run.code:
                return [*helpers, item]
        return [*helpers, *self.mains]

    def _make_sandbox(self, now_s: float) -> None:
        problem = self._obstacle()
        if problem is not None:
            self.say(*problem, sort="Warning")
            self._sandbox_s, self._due_s = None, now_s + SYNC_S
        elif self._sandbox_s is None:
            self._sandbox_s = self._due_s = now_s + SANDBOX_S
        else:
            self.address = self._address()
            for item in self.containers:
                item.due_s = max(item.due_s, now_s)

    def _obstacle(self) -> tuple[str, str] | None:
        """Return reason and words of what keeps the sandbox from being made."""
        if not self.machine.network_ready and not dig(self.pod, "spec.hostNetwork"):
            return ("NetworkNotReady", NO_NETWORK)
        volume = needs.missing_volume(self.store, self.pod)
        if volume:
            return ("FailedMount", volume)
        if self.machine.has_image(SANDBOX_IMAGE):
            return None
        problem = self.machine.pull_image(SANDBOX_IMAGE)
        if not problem:
            return None
        why = f'failed to get sandbox image "{SANDBOX_IMAGE}": failed to pull image "{SANDBOX_IMAGE}"'
        code, _, detail = problem.partition(" desc = ")
        words = f"{code} desc = failed to start sandbox: {why}: {detail}"
        return ("FailedCreatePodSandBox", f"Failed to create pod sandbox: {words}")

    def _address(self) -> str:
        node = self.store.find("nodes", self.machine.name) or {}
        if dig(self.pod, "spec.hostNetwork"):
            return host_address(node)
        network = str(dig(node, "spec.podCIDR", "10.42.255.0/24")).rpartition(".")[0]
        taken = {
            str(dig(pod, "status.podIP", ""))
            for pod in self.neighbours()
            if dig(pod, "status.phase") not in ("Succeeded", "Failed")
        }
        free = (f"{network}.{number}" for number in range(2, 255) if f"{network}.{number}" not in taken)
        return next(free, f"{network}.254")


def host_address(node: Tree) -> str:
    """Return a node's own address."""
    found = [item["address"] for item in dig(node, "status.addresses", []) if item["type"] == "InternalIP"]
    return str(found[0]) if found else ""
