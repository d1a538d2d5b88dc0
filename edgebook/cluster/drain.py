"""Draining a node: which pods go, which stay, and evicting the first as budgets allow.

Not the cordon; a drain begins with one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from edgebook.cluster.failures import TOO_MANY, refused
from edgebook.cluster.resources import Resource
from edgebook.cluster.wire import Ask, Wire
from edgebook.errors import ClusterError, ObjectConflict, WaitTimeout

Tree = dict[str, Any]
MIRROR = "kubernetes.io/config.mirror"
ENDED = ("Succeeded", "Failed")
PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
HINT_STAY = (
    "force=True deletes pods that nothing makes again; delete_local_data=True gives up what emptyDir volumes hold"
)
HINT_BUDGET = "a disruption budget keeps them: scale the workload up, or drain the other node first"


@dataclass(frozen=True)
class Drained:
    """What a drain did: pods evicted, and pods left where they are, as `namespace/name`."""

    node: str
    evicted: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class Sorted:
    """The pods of a node: those that go, those that stay, and why some may not go at all."""

    going: tuple[Tree, ...]
    left: tuple[str, ...]
    obstacles: tuple[str, ...]


def title(pod: Tree) -> str:
    """Name a pod as `namespace/name`."""
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def sort_pods(pods: Iterable[Tree], *, force: bool, delete_local_data: bool) -> Sorted:
    """Decide about each pod as kubectl does: DaemonSets' and mirror pods stay; some want consent."""
    going, left, obstacles = [], [], []
    for pod in pods:
        obstacle = _obstacle(pod, force=force, delete_local_data=delete_local_data)
        if _stays(pod):
            left.append(title(pod))
        elif obstacle:
            obstacles.append(f"{title(pod)} {obstacle}")
        else:
            going.append(pod)
    return Sorted(tuple(going), tuple(left), tuple(obstacles))


def _stays(pod: Tree) -> bool:
    return MIRROR in (pod["metadata"].get("annotations") or {}) or _controller(pod).get("kind") == "DaemonSet"


def _controller(pod: Tree) -> Tree:
    owners = pod["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), {})


def _obstacle(pod: Tree, *, force: bool, delete_local_data: bool) -> str:
    if (pod.get("status") or {}).get("phase") in ENDED:
        return ""
    if not _controller(pod) and not force:
        return "is made again by nothing"
    volumes = pod["spec"].get("volumes") or []
    if any("emptyDir" in volume for volume in volumes) and not delete_local_data:
        return "keeps data in an emptyDir volume"
    return ""


@dataclass
class Drain:
    """One drain under way."""

    wire: Wire
    pods: Resource
    node: str
    timeout_s: float
    grace_s: int | None = None
    refusals: dict[str, str] = field(default_factory=dict)
    """What a budget said when a pod was last asked to go."""

    def run(self, going: Sequence[Tree]) -> tuple[str, ...]:
        """Evict pods until none is left, and return which went.

        Raises:
            WaitTimeout: naming the pods that are still there and what keeps them.
        """
        deadline, pause_s = time.monotonic() + self.timeout_s, PAUSE_S
        asked: set[str] = set()
        waiting = list(going)
        while True:
            asked |= {_uid(pod) for pod in waiting if _uid(pod) not in asked and self.evict(pod)}
            waiting = self._still_there(waiting)
            if not waiting:
                return tuple(title(pod) for pod in going)
            if time.monotonic() + pause_s > deadline:
                raise self._late(waiting)
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def evict(self, pod: Tree) -> bool:
        """Ask a pod to go; False when a budget does not let it go now.

        Raises:
            ClusterError: for every other refusal.
        """
        meta = pod["metadata"]
        options: Tree = {"preconditions": {"uid": meta["uid"]}}
        if self.grace_s is not None:
            options["gracePeriodSeconds"] = self.grace_s
        names = {"name": meta["name"], "namespace": meta["namespace"]}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": names, "deleteOptions": options}
        ask = Ask("POST", self.pods.path(meta["name"], meta["namespace"], "eviction"), body=body)
        answer = self.wire.exchange(ask)
        if answer.code == TOO_MANY:
            refusal = refused(answer.code, answer.body)
            self.refusals[title(pod)] = (
                " ".join(cause.get("message", "") for cause in refusal.causes) or refusal.message
            )
            return False
        if answer.ok or answer.code in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            return True  # gone already, or another pod has its name now
        raise self.wire.error(ask, answer)

    def _still_there(self, pods: Sequence[Tree]) -> list[Tree]:
        query = {"fieldSelector": f"spec.nodeName={self.node}"}
        listed = self.wire.json(Ask("GET", self.pods.path(), query))["items"]
        uids = {_uid(pod) for pod in listed}
        return [pod for pod in pods if _uid(pod) in uids]

    def _late(self, waiting: Sequence[Tree]) -> WaitTimeout:
        shown = "; ".join(f"{title(pod)}: {self.refusals.get(title(pod), 'is stopping')}" for pod in waiting)
        hint = HINT_BUDGET if self.refusals else ""
        return WaitTimeout(f"{self.node}: not drained within {self.timeout_s:.0f} s; still there: {shown}", hint=hint)


def refuse(node: str, obstacles: Sequence[str]) -> ClusterError:
    """Say which pods a drain may not take without consent."""
    return ObjectConflict(f"{node}: cannot be drained: {'; '.join(obstacles)}", hint=HINT_STAY)


def _uid(pod: Tree) -> str:
    return str(pod["metadata"]["uid"])
