"""What a kubelet writes about a pod: phase, conditions, and a status for each container.

Not what happens. Rules and words are those of pkg/kubelet/status and kubelet_pods.go in Kubernetes 1.31.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from edgebook.lab.kube.kubelet.containers import Container
from edgebook.lab.kube.kubelet.podlife import PodLife, host_address
from edgebook.lab.kube.kubelet.references import is_valid, parse
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, condition, dig

OWN = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
"""The conditions a kubelet writes, in its order; others belong to others."""
GATE_MISSING = 'corresponding condition of pod readiness gate "{}" does not exist.'
GATE_SHUT = 'the status of pod readiness gate "{}" is not "True", but {}'


def status(life: PodLife, node: Tree, now: datetime) -> Tree:
    """Compose the status of a pod, over what others have written into it."""
    pod = life.pod
    inits = [_container(item, "PodInitializing" if life.inits else "ContainerCreating") for item in life.inits]
    mains = [_container(item, "PodInitializing" if life.inits else "ContainerCreating") for item in life.mains]
    shown = phase(life, inits, mains)
    found: Tree = {"phase": shown, "containerStatuses": mains}
    found |= {"initContainerStatuses": inits} if inits else {}
    found["startTime"] = dig(pod, "status.startTime") or stamp(life.machine.wall(life.born_s))
    found |= dict(zip(("reason", "message"), life.failed, strict=True)) if life.failed[0] else {}
    host = host_address(node)
    found |= {"hostIP": host, "hostIPs": [{"ip": host}]} if host else {}
    found |= {"podIP": life.address, "podIPs": [{"ip": life.address}]} if life.address else {}
    found["conditions"] = _conditions(life, found, now)
    return {**dig(pod, "status", {}), **found}


def _container(item: Container, default: str) -> Tree:
    run, image = item.run, str(item.spec["image"])
    started = run is not None
    shown: Tree = {"name": item.name, "image": str(parse(image)) if started else image, "imageID": ""}
    shown |= {"restartCount": item.restarts, "lastState": {}, "state": {"waiting": {"reason": default}}}
    shown |= {"ready": False, "started": False}
    mounts = [_mount(mount) for mount in item.spec.get("volumeMounts") or ()]
    shown |= {"volumeMounts": mounts} if mounts else {}
    if item.waiting is not None:
        message = {"message": item.waiting.message} if item.waiting.message else {}
        shown["state"] = {"waiting": {"reason": item.waiting.reason, **message}}
    if run is None:
        return shown
    shown |= {"containerID": run.id, "imageID": image_id(image), "started": run.started}
    if run.running:
        shown |= {"state": {"running": {"startedAt": stamp(run.started_at)}}, "ready": run.ready and _serves(item)}
    elif item.waiting is None:
        shown |= {"state": run.terminated(), "ready": item.prepares and not run.code}
    before = item.previous if run.running or item.waiting is None else run
    return {**shown, "lastState": before.terminated() if before else {}}


def _serves(item: Container) -> bool:
    return not item.prepares or item.policy == "Always"


def _mount(mount: Tree) -> Tree:
    shown = {"name": mount["name"], "mountPath": mount["mountPath"]}
    return {**shown, "readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else shown


def image_id(image: str) -> str:
    """Return the digest an image is known by."""
    reference = parse(image) if is_valid(image) else None
    if reference is None:
        return ""
    digest = reference.digest or "sha256:" + hashlib.sha256(str(reference).encode()).hexdigest()
    return f"{reference.name}@{digest}"


def phase(life: PodLife, inits: list[Tree], mains: list[Tree]) -> str:
    """Return the phase that follows from the containers, as getPhase does."""
    if life.failed[0]:
        return "Failed"
    policy = dig(life.pod, "spec.restartPolicy", "Always")
    pending, failed = _initialization(life, inits)
    if failed and policy == "Never":
        return "Failed"
    waiting = [item for item in mains if "waiting" in item["state"] and not item["lastState"]]
    if (pending and not any(item.run for item in life.mains)) or waiting:
        return "Failed" if life.is_ending and life.is_stopped else "Pending"
    if any("running" in item["state"] for item in mains):
        return "Running"
    codes = [dig(item, "state.terminated.exitCode", dig(item, "lastState.terminated.exitCode", 0)) for item in mains]
    if (life.is_ending and life.is_stopped) or policy == "Never":
        return "Failed" if any(codes) else "Succeeded"
    return "Running" if policy == "Always" or any(codes) else "Succeeded"


def _initialization(life: PodLife, inits: list[Tree]) -> tuple[bool, bool]:
    """Return whether init containers are still to come, and whether one has failed."""
    pending = failed = False
    for item, shown in zip(life.inits, inits, strict=True):
        if item.spec.get("restartPolicy") == "Always":
            pending |= not shown["started"] and not shown["lastState"]
            continue
        over = shown["state"].get("terminated") or shown["lastState"].get("terminated")
        if "running" in shown["state"] or not over:
            pending = True
        elif over["exitCode"]:
            failed = True
    return pending or failed, failed


def _conditions(life: PodLife, found: Tree, now: datetime) -> list[Tree]:
    containers = _containers_ready(life, found)
    wanted = {
        "PodReadyToStartContainers": (life.has_sandbox and not (life.is_ending and life.is_stopped), "", ""),
        "Initialized": _initialized(life, found),
        "Ready": containers if not containers[0] else _gates(life.pod),
        "ContainersReady": containers,
        "PodScheduled": (True, "", ""),
    }
    written = [_condition(life.pod, sort, *wanted[sort], stamp(now)) for sort in OWN]
    others = [item for item in dig(life.pod, "status.conditions", []) if item["type"] not in OWN]
    return [*written, *others]


def _condition(pod: Tree, sort: str, on: bool, reason: str, message: str, now: str) -> Tree:  # noqa: FBT001 - a row
    old, shown = condition(pod, sort), "True" if on else "False"
    since = old.get("lastTransitionTime", now) if old.get("status") == shown else now
    mark = {"type": sort, "status": shown, "lastProbeTime": None, "lastTransitionTime": since}
    return {**mark, **({"reason": reason} if reason else {}), **({"message": message} if message else {})}


def _containers_ready(life: PodLife, found: Tree) -> tuple[bool, str, str]:
    if found["phase"] == "Succeeded":
        return (False, "PodCompleted", "")
    if found["phase"] == "Failed":
        return (False, "PodFailed", "")
    sidecars = {item.name for item in life.inits if item.spec.get("restartPolicy") == "Always"}
    shown = [item for item in found.get("initContainerStatuses", []) if item["name"] in sidecars]
    unready = [item["name"] for item in (*shown, *found["containerStatuses"]) if not item["ready"]]
    if not unready:
        return (True, "", "")
    return (False, "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")


def _initialized(life: PodLife, found: Tree) -> tuple[bool, str, str]:
    if found["phase"] == "Succeeded":
        return (True, "PodCompleted", "")
    shown = found.get("initContainerStatuses", [])
    left = [
        item.name
        for item, seen in zip(life.inits, shown, strict=True)
        if not (seen["started"] if item.spec.get("restartPolicy") == "Always" else seen["ready"])
    ]
    if not left:
        return (True, "", "")
    return (False, "ContainersNotInitialized", f"containers with incomplete status: [{' '.join(left)}]")


def _gates(pod: Tree) -> tuple[bool, str, str]:
    words = []
    for gate in dig(pod, "spec.readinessGates", []):
        kind = gate["conditionType"]
        seen = condition(pod, kind).get("status")
        if seen is None:
            words.append(GATE_MISSING.format(kind))
        elif seen != "True":
            words.append(GATE_SHUT.format(kind, seen))
    return (not words, "ReadinessGatesNotReady" if words else "", ", ".join(words))
