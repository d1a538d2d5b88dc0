"""What a pod's status says at each point of its life.

Not when that point is reached: that is `pods`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from edgebook.lab.k3s.log import stamp
from edgebook.lab.k3s.packaged import Component

Object = dict[str, Any]


class State(StrEnum):
    """How far a pod is."""

    CREATING = "ContainerCreating"
    STARTING = "Starting"
    READY = "Ready"
    LOST = "Lost"
    COMPLETED = "Completed"


PULL_S = 2.0


def reached(component: Component, age_s: float, *, node_ready: bool, ended: bool) -> State:
    """Say which state a pod of this age is in."""
    if ended:
        return State.COMPLETED
    if age_s < PULL_S:
        return State.CREATING
    if not node_ready:
        return State.LOST
    if age_s < component.starts_s:
        return State.STARTING
    return State.COMPLETED if component.kind == "Job" else State.READY


def status(
    component: Component, state: State, pod: Mapping[str, Any], node: Mapping[str, Any], now: datetime
) -> Object:
    """Compose a pod's status."""
    phase = {State.CREATING: "Pending", State.COMPLETED: "Succeeded"}.get(state, "Running")
    ready = state is State.READY
    started = pod["status"].get("startTime", stamp(now))
    address = next((item["address"] for item in node["status"]["addresses"] if item["type"] == "InternalIP"), "")
    found: Object = {
        "phase": phase,
        "startTime": started,
        "hostIP": address,
        "qosClass": "BestEffort" if component.kind in {"Job", "DaemonSet"} else "Burstable",
        "conditions": _conditions(now, ready=ready),
        "containerStatuses": [_container(item, state, started, now) for item in pod["spec"]["containers"]],
    }
    if state is not State.CREATING:
        found["podIP"] = _address(pod["metadata"]["name"], node)
        found["podIPs"] = [{"ip": found["podIP"]}]
    return found


def _conditions(now: datetime, *, ready: bool) -> list[Object]:
    states = {"PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready}
    return [
        {"type": kind, "status": "True" if on else "False", "lastTransitionTime": stamp(now)}
        for kind, on in states.items()
    ]


def _container(item: Mapping[str, Any], state: State, started: str, now: datetime) -> Object:
    if state is State.CREATING:
        shown: Object = {"waiting": {"reason": "ContainerCreating"}}
    elif state is State.COMPLETED:
        ended = {"exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": stamp(now)}
        shown = {"terminated": ended}
    else:
        shown = {"running": {"startedAt": started}}
    return {
        "name": item["name"],
        "image": item["image"],
        "imageID": "",
        "ready": state is State.READY,
        "started": state not in {State.CREATING, State.COMPLETED},
        "restartCount": 0,
        "state": shown,
        "lastState": {},
    }


def _address(name: str, node: Mapping[str, Any]) -> str:
    network = str(node["spec"].get("podCIDR", "10.42.0.0/24")).rpartition(".")[0]
    addresses = 240
    return f"{network}.{int(hashlib.sha256(name.encode()).hexdigest(), 16) % addresses + 2}"
