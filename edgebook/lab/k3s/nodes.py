"""Node objects and leases as a kubelet under K3s writes them.

Not the kubelet: when these are written, and by which host, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edgebook.lab.k3s.log import stamp

Object = dict[str, Any]

SERVER_ROLES = ("control-plane", "master")
ETCD_ROLE = "etcd"
ROLE_PREFIX = "node-role.kubernetes.io/"
HEALTHY = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
}
READY = ("True", "KubeletReady", "kubelet is posting ready status")
NO_NETWORK = (
    "False",
    "KubeletNotReady",
    (
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
        "message:Network plugin returns error: cni plugin not initialized"
    ),
)
VOTER = ("True", "MemberNotLearner", "Node is a voting member of the etcd cluster")
LEARNER = ("False", "MemberIsLearner", "Node has not been promoted to voting member of the etcd cluster")
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
LEASE_S = 40


@dataclass(frozen=True)
class Machine:
    """What a kubelet finds out about its host."""

    name: str
    address: str
    version: str
    arch: str = "amd64"
    cpus: int = 4
    memory_kb: int = 4_000_000
    os_image: str = "Debian GNU/Linux 12 (bookworm)"
    kernel: str = "6.1.0-28-amd64"
    machine_id: str = ""
    external_address: str = ""
    labels: tuple[str, ...] = ()
    taints: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)


def labels(machine: Machine, roles: Sequence[str]) -> dict[str, str]:
    """Return the labels a node registers with."""
    found = {
        "beta.kubernetes.io/arch": machine.arch,
        "beta.kubernetes.io/instance-type": "k3s",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": machine.arch,
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "k3s",
    }
    found |= {f"{ROLE_PREFIX}{role}": "true" for role in roles}
    pairs = (text.partition("=") for text in machine.labels)
    return found | {key: value for key, _, value in pairs if key}


def taint(text: str) -> Object:
    """Read `key=value:Effect` or `key:Effect`."""
    body, _, effect = text.rpartition(":")
    key, _, value = body.partition("=")
    return {"key": key, "value": value, "effect": effect} if value else {"key": key, "effect": effect}


def condition(kind: str, state: tuple[str, str, str], now: datetime) -> Object:
    """Compose one condition that changes now."""
    status, reason, message = state
    return {
        "type": kind,
        "status": status,
        "lastHeartbeatTime": stamp(now),
        "lastTransitionTime": stamp(now),
        "reason": reason,
        "message": message,
    }


def set_condition(node: Object, kind: str, state: tuple[str, str, str], now: datetime) -> bool:
    """Set a condition in place, keep its transition time while the status stays; say whether it changed."""
    conditions = node.setdefault("status", {}).setdefault("conditions", [])
    old: Object | None = next((found for found in conditions if found["type"] == kind), None)
    if old is None:
        conditions.append(condition(kind, state, now))
        return True
    changed = (old["status"], old["reason"], old["message"]) != state
    since = stamp(now) if old["status"] != state[0] else old["lastTransitionTime"]
    old.update(condition(kind, state, now), lastTransitionTime=since)
    return changed


def find_condition(node: Mapping[str, Any], kind: str) -> Object:
    """Return a condition, or an empty one."""
    conditions = node.get("status", {}).get("conditions", [])
    return next((found for found in conditions if found["type"] == kind), {})


def is_ready(node: Mapping[str, Any]) -> bool:
    """Say whether a node reports that it is ready."""
    return bool(find_condition(node, "Ready").get("status") == "True")


def build(machine: Machine, roles: Sequence[str], number: int, now: datetime) -> Object:
    """Compose a node as it first registers: its network is not up yet."""
    node: Object = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": machine.name,
            "labels": labels(machine, roles),
            "annotations": _annotations(machine),
        },
        "spec": {
            "podCIDR": f"10.42.{number}.0/24",
            "podCIDRs": [f"10.42.{number}.0/24"],
            "providerID": f"k3s://{machine.name}",
        },
        "status": status(machine),
    }
    if machine.taints:
        node["spec"]["taints"] = [taint(text) for text in machine.taints]
    for kind, state in HEALTHY.items():
        set_condition(node, kind, state, now)
    set_condition(node, "Ready", NO_NETWORK, now)
    return node


def _annotations(machine: Machine) -> dict[str, str]:
    return {
        "alpha.kubernetes.io/provided-node-ip": machine.address,
        "flannel.alpha.coreos.com/backend-type": "vxlan",
        "flannel.alpha.coreos.com/kube-subnet-manager": "true",
        "flannel.alpha.coreos.com/public-ip": machine.address,
        "k3s.io/hostname": machine.name,
        "k3s.io/internal-ip": machine.address,
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
        **machine.annotations,
    }


def status(machine: Machine) -> Object:
    """Compose the part of the status that describes the host."""
    amounts = {
        "cpu": str(machine.cpus),
        "ephemeral-storage": "30831524Ki",
        "memory": f"{machine.memory_kb}Ki",
        "pods": "110",
    }
    addresses = [{"type": "InternalIP", "address": machine.address}]
    if machine.external_address:
        addresses.append({"type": "ExternalIP", "address": machine.external_address})
    return {
        "addresses": [*addresses, {"type": "Hostname", "address": machine.name}],
        "allocatable": dict(amounts),
        "capacity": amounts,
        "conditions": [],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": _node_info(machine),
    }


def _node_info(machine: Machine) -> Object:
    return {
        "architecture": machine.arch,
        "bootID": "",
        "containerRuntimeVersion": runtime_version(machine.version),
        "kernelVersion": machine.kernel,
        "kubeProxyVersion": machine.version,
        "kubeletVersion": machine.version,
        "machineID": machine.machine_id,
        "operatingSystem": "linux",
        "osImage": machine.os_image,
        "systemUUID": machine.machine_id,
    }


def runtime_version(version: str) -> str:
    """Return the container runtime a K3s release carries: containerd 2.0 from 1.31.6 on."""
    minor, patch = (int(part.partition("+")[0]) for part in version.removeprefix("v").split(".")[1:3])
    containerd_2_since = (31, 6)
    return "containerd://2.0.5-k3s1" if (minor, patch) >= containerd_2_since else "containerd://1.7.23-k3s2"


def lease(name: str, now: datetime) -> Object:
    """Compose a node's heartbeat."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": "kube-node-lease"},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": LEASE_S, "renewTime": micro(now)},
    }


def micro(now: datetime) -> str:
    """Write a time with microseconds, as leases carry it."""
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
