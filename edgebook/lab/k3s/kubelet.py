"""The kubelet inside K3s: it registers the host's node and keeps it alive.

Not a container runtime: pods get their states from `pods`.
"""

from __future__ import annotations

import base64
from typing import Any

from edgebook.lab.hosts.daemon import DaemonCall
from edgebook.lab.k3s import nodes, pace
from edgebook.lab.k3s.cluster import Cluster, password_hash, secret_text
from edgebook.lab.k3s.hostcheck import Fatal, disk_pressure
from edgebook.lab.k3s.log import line, stamp
from edgebook.lab.k3s.nodes import Machine
from edgebook.lab.k3s.packaged import NAMESPACE
from edgebook.lab.k3s.settings import Settings

LOOPBACK_PORTS = (6444, 10010, 10248, 10249, 10256)
KUBELET_PORT = 10250
FLANNEL_PORT = 8472
PRESSURE = ("True", "KubeletHasDiskPressure", "kubelet has disk pressure")
REJECTED = (
    "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match "
    "server node-passwd entry, try enabling a unique node name with the --with-node-id flag"
)


class Kubelet:
    """One host's kubelet. `register` once, then `beat` every ten seconds."""

    def __init__(self, call: DaemonCall, settings: Settings, machine: Machine, roles: tuple[str, ...]) -> None:
        self.call = call
        self.settings = settings
        self.machine = machine
        self.roles = roles
        self.network_up = False
        self._reported: tuple[bool, bool] | None = None
        self._reported_at_s = 0.0

    def open_ports(self) -> None:
        """Open the kubelet's ports; a foreign kubelet on them is fatal."""
        for port in LOOPBACK_PORTS:
            self._open("tcp", port, "127.0.0.1")
        self._open("tcp", KUBELET_PORT, "0.0.0.0")  # noqa: S104 - a model, nothing is bound
        self._open("udp", FLANNEL_PORT, "0.0.0.0")  # noqa: S104 - a model, nothing is bound

    def _open(self, proto: str, port: int, address: str) -> None:
        try:
            self.call.listen(proto, port, address=address)
        except OSError as exc:
            who = "kubelet" if port == KUBELET_PORT else "agent"
            raise Fatal(f"{who} exited: listen {proto} {address}:{port}: bind: address already in use") from exc

    def register(self, cluster: Cluster) -> None:
        """Create the node, or bring an old one up to date; its network is not up yet."""
        now = self.call.world.clock.now()
        name = self.machine.name
        fresh = nodes.build(self.machine, self.roles, cluster.number_of(name), now)
        if cluster.store.find("nodes", name) is None:
            cluster.store.create("nodes", fresh)
            self.event(cluster, "Starting", "Starting kubelet.")
            self.event(cluster, "RegisteredNode", f"Node {name} event: Registered Node {name} in Controller")
        else:
            cluster.store.modify("nodes", name, lambda node: _refresh(node, fresh))
            cluster.store.modify("nodes", name, self._report, subresource="status")
        self._renew(cluster)

    def _report(self, node: dict[str, Any]) -> None:
        now = self.call.world.clock.now()
        fresh = nodes.status(self.machine)
        node["status"] |= {key: value for key, value in fresh.items() if key != "conditions"}
        states = dict(nodes.HEALTHY)
        if self._under_pressure():
            states["DiskPressure"] = PRESSURE
        states["Ready"] = nodes.READY if self.network_up else nodes.NO_NETWORK
        for kind, state in states.items():
            nodes.set_condition(node, kind, state, now)

    def _under_pressure(self) -> bool:
        return disk_pressure(self.call.host, self.settings.data_dir)

    def _due(self, node: dict[str, Any]) -> bool:
        """Say whether there is news: like a kubelet, report what changed at once and the rest every five minutes."""
        news = (self.network_up, self._under_pressure())
        elapsed_s = self.call.world.clock.elapsed_s()
        known = nodes.find_condition(node, "Ready").get("status") != "Unknown"
        if news == self._reported and known and elapsed_s - self._reported_at_s < pace.REPORT_S:
            return False
        self._reported, self._reported_at_s = news, elapsed_s
        return True

    def beat(self, cluster: Cluster) -> None:
        """Renew the lease and report the status."""
        name = self.machine.name
        before = cluster.store.find("nodes", name)
        if before is None:
            self.log("error", f'Error getting node {name}: nodes "{name}" not found')
            return
        self._renew(cluster)
        if not self._due(before):
            return
        cluster.store.modify("nodes", name, self._report, subresource="status")
        if self.network_up and not nodes.is_ready(before):
            self.event(cluster, "NodeReady", f"Node {name} status is now: NodeReady")

    def _renew(self, cluster: Cluster) -> None:
        fresh = nodes.lease(self.machine.name, self.call.world.clock.now())
        cluster.store.put("leases.coordination.k8s.io", fresh)

    def set_condition(self, cluster: Cluster, kind: str, state: tuple[str, str, str]) -> None:
        """Set one more condition on the node, if it is there."""
        name, now = self.machine.name, self.call.world.clock.now()

        def change(node: dict[str, Any]) -> None:
            nodes.set_condition(node, kind, state, now)

        if cluster.store.find("nodes", name):
            cluster.store.modify("nodes", name, change, subresource="status")

    def event(self, cluster: Cluster, reason: str, message: str) -> None:
        """Record an event about the node."""
        record_event(cluster, self.machine.name, reason, message, source="kubelet", host=self.machine.name)

    def log(self, level: str, message: str) -> None:
        """Write a line to the unit's journal."""
        self.call.log(line(self.call.host.now(), level, message))


def _refresh(node: dict[str, Any], fresh: dict[str, Any]) -> None:
    node["metadata"].setdefault("labels", {}).update(fresh["metadata"]["labels"])
    node["metadata"].setdefault("annotations", {}).update(fresh["metadata"]["annotations"])


def record_event(cluster: Cluster, node: str, reason: str, message: str, *, source: str, host: str = "") -> None:
    """Record an event about a node, as `kubectl get events` lists it."""
    seen = stamp(cluster.store.now())
    normal = reason not in {"NodeNotReady", "InvalidDiskCapacity", "CertificateExpirationWarning"}
    cluster.store.create(
        "events",
        {
            "metadata": {"generateName": f"{node}.", "namespace": "default"},
            "involvedObject": {"kind": "Node", "name": node, "uid": node},
            "reason": reason,
            "message": message,
            "source": {"component": source, "host": host},
            "type": "Normal" if normal else "Warning",
            "count": 1,
            "firstTimestamp": seen,
            "lastTimestamp": seen,
        },
        "default",
    )


def check_password(cluster: Cluster, node: str, password: str) -> bool:
    """Compare a node's password with its Secret; the first one to come sets it."""
    name = f"{node}.node-password.k3s"
    secret = cluster.store.find("secrets", name, NAMESPACE)
    if secret is not None:
        return secret_text(secret).get("hash") == password_hash(password)
    data = {"hash": base64.b64encode(password_hash(password).encode()).decode()}
    cluster.store.create(
        "secrets", {"metadata": {"name": name, "namespace": NAMESPACE}, "type": "Opaque", "data": data}, NAMESPACE
    )
    return True
