"""What is known of K3s: ports, files, options that must match, profiles, and what its log lines mean.

Not code: tables, each with the K3s document or source file it was read in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from edgebook.bundle import delivery

BINARY = delivery.PROGRAM
OURS = delivery.OURS
INSTALLER = delivery.INSTALLER
SERVER_PORTS = (("tcp", 6443), ("tcp", 2379), ("tcp", 2380), ("tcp", 10250), ("udp", 8472))
AGENT_PORTS = (("tcp", 10250), ("udp", 8472))
"""Inbound rules (K3s: installation/requirements)."""

OWN_PROCESSES = frozenset({"k3s", "k3s-server", "k3s-agent", "containerd", "flannel"})
OWN_DEVICES = {("udp", 8472): "flannel.1"}
"""The kernel receives VXLAN itself: `ss` shows that port without a program, also while K3s is stopped."""

CONFIG = "/etc/rancher/k3s/config.yaml"
DROP_INS = "/etc/rancher/k3s/config.yaml.d"
CLUSTER_TOKEN = "/etc/rancher/k3s/cluster-token"  # noqa: S105 (a path)
AGENT_TOKEN = "/etc/rancher/k3s/agent-token"  # noqa: S105 (a path)
NODE_PASSWORD = "/etc/rancher/node/password"  # noqa: S105 (a path)
KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
KEEPALIVED = "/etc/keepalived/keepalived.conf"
INSTALL_LOCK = f"{OURS}/install.lock"
RESTART_DUE = f"{OURS}/restart-due"

CRITICAL = (
    "agent-token",
    "agent-token-file",
    "cluster-cidr",
    "service-cidr",
    "cluster-dns",
    "cluster-domain",
    "disable-cloud-controller",
    "disable-helm-controller",
    "disable-kube-proxy",
    "disable-network-policy",
    "egress-selector-mode",
    "embedded-registry",
    "flannel-backend",
    "flannel-external-ip",
    "flannel-ipv6-masq",
    "secrets-encryption",
)
"""Options that must be equal on every server (K3s: cli/server, "Critical Configuration Values")."""

RESERVED = ("token", "token-file", "server", "cluster-init", "tls-san", "node-ip", "node-name")
"""Options that this runbook writes itself; a drop-in that sets one works against it."""

EVICTION = "eviction-hard=memory.available<100Mi,nodefs.available<10%,imagefs.available<10%,nodefs.inodesFree<5%"
"""All four signals: naming one drops K3s's own defaults for the others, and the disk fills unseen."""

PROFILES: Mapping[str, tuple[str, ...]] = {
    "standard": (EVICTION,),
    "low-resource": (EVICTION, "max-pods=30", "image-gc-high-threshold=75", "image-gc-low-threshold=60"),
}

NO_PROXY = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", ".svc", ".cluster.local")
"""What must never go through a proxy (K3s: advanced, "Configuring an HTTP proxy")."""


class Signature(NamedTuple):
    """A log line's pattern, what it means, and what to do about it."""

    id: str
    pattern: str
    cause: str
    hint: str
    final: bool = True
    """Whether K3s cannot get over it by itself, so that waiting on is in vain."""


SIGNATURES = (
    Signature(
        "N11",
        "duplicate node name found",
        "the etcd cluster has a member of this name already",
        "delete the stale node (kubectl delete node NAME) and run again",
    ),
    Signature(
        "N11",
        "is a not a member of the etcd cluster",
        "this server was removed from etcd, or its address changed",
        "move its server/db aside and run again",
    ),
    Signature(
        "N11",
        "too many learner members|etcdserver: unhealthy cluster",
        "another server is still joining etcd",
        "wait; if it stays, delete the stale member's node",
        final=False,
    ),
    Signature(
        "N12",
        "encrypted with different token",
        "a data directory of another cluster lies on this host",
        "uninstall the older K3s (k3s-uninstall.sh) or move /var/lib/rancher/k3s/server aside",
    ),
    Signature(
        "N12",
        "newer than datastore and could cause a cluster outage",
        "certificates on disk are newer than etcd's",
        "move the named files aside and run again",
    ),
    Signature(
        "N13",
        "critical configuration value mismatch",
        "an option that must match on every server differs here",
        "compare /etc/rancher/k3s/config.yaml and config.yaml.d/ with another server's",
    ),
    Signature(
        "N03",
        "token CA hash does not match",
        "the registration address leads to another cluster than the token's",
        "check who answers at the registration address",
    ),
    Signature(
        "N05",
        "Node password rejected|unable to verify (hash|password) for node",
        "a node of this name joined earlier from another installation",
        "if that node is gone for good: kubectl delete node NAME, then run again; else rename this host",
    ),
    Signature(
        "N35",
        "server-bootstrap: 401 Unauthorized",
        "the first server runs on sqlite, without cluster-init, or the token is wrong",
        "run this runbook with all servers in site.yaml: it converts the first one",
    ),
    Signature(
        "N04",
        "/v1-k3s/config: 401|401 Unauthorized|failed to normalize.* token",
        "the token is not this cluster's",
        "look for a token in /etc/rancher/k3s/config.yaml.d/ and compare with the site's token reference",
    ),
    Signature(
        "N07",
        "unable to select an IP from default routes",
        "the host has no default route",
        "add one; on a site without Internet a dummy interface with a default route",
    ),
    Signature("N17", "x509: .*is before", "the host's clock is behind", "start NTP, wait for the step, run again"),
    Signature(
        "N16",
        "x509: certificate has expired or is not yet valid",
        "the host's clock is wrong, or a certificate expired",
        "check the clock first (timedatectl), then k3s certificate check",
    ),
    Signature(
        "N18",
        "(?i)failed to find memory cgroup",
        "the memory control group is off",
        "Raspberry Pi: cgroup_memory=1 cgroup_enable=memory in cmdline.txt, reboot",
    ),
    Signature("N23", "no space left on device", "the disk is full", "free space under /var/lib, run again"),
    Signature(
        "N32",
        "bind: address already in use",
        "another program holds a port of K3s",
        "ss -ltnp names it: stop and disable it",
    ),
    Signature(
        "N14",
        "newer than the server|version skew|is newer than",
        "this host's K3s is newer than the cluster's",
        "install the version of site.yaml on every host",
    ),
    Signature(
        "N02",
        'cacerts": (context deadline exceeded|dial tcp)|failed to get CA certs|CA cert validation failed',
        "nothing answers at the registration address",
        "from the host: curl -sk https://ADDRESS:6443/ping; refused = K3s is down there, timeout = a firewall or VLAN",
        final=False,
    ),
)
"""First match wins (edgebook's own reading of K3s's source and issue threads)."""
