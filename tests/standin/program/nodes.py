"""Node objects as the API shows them, and the pods of the packaged components.

Not a kubelet: a node is what its process says of itself.
"""

import os
import platform
import time
import uuid

from .service import version

ROLE = "node-role.kubernetes.io/"
LOST_AFTER_S = 40.0
"""After how long without a sign of life a node counts as Unknown (Kubernetes' node lifecycle)."""

PACKAGED = {
    "coredns": "coredns",
    "local-storage": "local-path-provisioner",
    "metrics-server": "metrics-server",
    "traefik": "traefik",
}


def node(settings, roles):
    """Describe this host as a node."""
    name, address = settings.node_name, settings.node_ip
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "node.kubernetes.io/instance-type": "k3s"}
    labels |= {f"{ROLE}{role}": "true" for role in roles}
    labels |= dict(pair.split("=", 1) for pair in settings.words("node-label"))
    meta = {"name": name, "uid": str(uuid.uuid4()), "creationTimestamp": now(), "labels": labels}
    spec = {"providerID": f"k3s://{name}"}
    if settings.words("node-taint"):
        spec["taints"] = [_taint(text) for text in settings.words("node-taint")]
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": spec, "status": _status(name, address)}


def _status(name, address):
    release = platform.uname()
    info = {"kubeletVersion": version(), "kernelVersion": release.release, "architecture": release.machine}
    addresses = [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}]
    return {"addresses": addresses, "nodeInfo": info, "capacity": {"cpu": str(os.cpu_count())}, "conditions": []}


def _taint(text):
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "value": value, "effect": effect}


def now():
    """Return the time as Kubernetes writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def etcd(found):
    """Tell whether a node is a member of the datastore."""
    return f"{ROLE}etcd" in found["metadata"]["labels"]


def address(found):
    """Return a node's address."""
    return next(one["address"] for one in found["status"]["addresses"] if one["type"] == "InternalIP")


def condition(kind, status, reason, message):
    """Compose one condition."""
    stamp = now()
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastHeartbeatTime": stamp,
        "lastTransitionTime": stamp,
    }


def shown(found, *, silent_s, voter):
    """Return a node with its conditions: Ready by its last sign of life, and whether its datastore member votes."""
    if silent_s < LOST_AFTER_S:
        ready = condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")
    else:
        ready = condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    conditions = [ready]
    if etcd(found):
        reason = "MemberNotLearner" if voter else "MemberIsLearner"
        said = "Node is a voting member of the etcd cluster" if voter else "Node has not been promoted to voting member"
        conditions.append(condition("EtcdIsVoter", str(voter), reason, said))
    return {**found, "status": {**found["status"], "conditions": conditions}}


def pods(disabled, names):
    """Return the pods of the packaged components that are not disabled, as running on the first node."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{name}-standin-00000", "namespace": "kube-system", "labels": {"k8s-app": name}},
            "spec": {"nodeName": names[0] if names else "", "containers": [{"name": name, "image": f"standin/{name}"}]},
            "status": {"phase": "Running"},
        }
        for component, name in PACKAGED.items()
        if component not in disabled
    ]
