"""Verification: is the cluster what site.yaml wants, asked through the registration address?

Not a step: nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgebook.checks.host import verdict
from edgebook.cluster import Cluster
from edgebook.errors import ClusterError, EdgebookError
from edgebook.k3s.config import registration_url
from edgebook.k3s.finish import SNAPSHOT
from edgebook.k3s.service import condition, votes
from edgebook.k3s.work import node_name
from edgebook.records import Check, Status
from edgebook.site import Host as SiteHost
from edgebook.site import Site
from edgebook.ssh import Fleet
from edgebook.waiting import Look, until

SETTLE_S = 120.0
PRIVATE = "600"
PACKAGED = {
    "coredns": ("coredns", "kube-system", "coredns-"),
    "local-storage": ("local-path-provisioner", "kube-system", "local-path-provisioner-"),
    "metrics-server": ("metrics-server", "kube-system", "metrics-server-"),
    "traefik": ("traefik", "kube-system", "traefik-"),
}
"""Packaged component to its name, namespace and pod prefix (K3s: packaged-components)."""

Node = Mapping[str, Any]


def verify(site: Site, fleet: Fleet) -> tuple[Check, ...]:
    """Check nodes, etcd members, packaged components, the snapshot, and the way to the API from here and every node."""
    return (*_cluster_checks(site), *_host_checks(site, fleet))


def _cluster_checks(site: Site) -> Iterator[Check]:
    path = site.path(site.k3s.kubeconfig)
    with Cluster(path, site.context) as cluster:
        try:
            nodes = {node["metadata"]["name"]: node for node in cluster.list("node")}
        except ClusterError as exc:
            yield Check("k3s.api", "cluster", "API from here", "answers", exc.message, Status.FAIL, exc.hint)
            return
        yield Check("k3s.api", "cluster", "API from here", "answers", "answers", Status.PASS)
        yield from _nodes(site, nodes)
        yield _strangers(site, nodes)
        yield from _components(site, cluster)
    mode = f"{path.stat().st_mode & 0o777:o}"
    yield Check(
        "k3s.kubeconfig",
        "this computer",
        "Kubeconfig",
        "mode 600",
        f"mode {mode}",
        verdict(mode == PRIVATE),
        f"chmod 600 {site.k3s.kubeconfig}: it is the key to the cluster",
    )


def _nodes(site: Site, nodes: Mapping[str, Node]) -> Iterator[Check]:
    for host in (*site.servers, *site.agents):
        seen = _state(nodes.get(node_name(host)))
        wanted = _wanted(site, host, seen)
        yield Check(
            "k3s.node", host.name, "Node", wanted, seen, verdict(seen == wanted), "notebook 40-troubleshoot-not-ready"
        )
    if len(site.servers) > 1:
        voters = [host.name for host in site.servers if votes(nodes.get(node_name(host))) == "True"]
        hint = "a member that stays a learner: journalctl -u k3s on it"
        yield Check(
            "k3s.etcd",
            "cluster",
            "Voting etcd members",
            str(len(site.servers)),
            str(len(voters)),
            verdict(len(voters) == len(site.servers)),
            hint,
        )


def _wanted(site: Site, host: SiteHost, seen: str) -> str:
    """Say what a node should be; a single server may hold its data in etcd, as one that others left does."""
    etcd = len(site.servers) > 1 or ",etcd," in seen
    roles = "control-plane,etcd,master" if etcd else "control-plane,master"
    if host.role == "agent":
        roles = site.k3s.role_label or "none"
    return f"Ready, {roles}, {site.k3s.version}"


def _state(node: Node | None) -> str:
    if node is None:
        return "no such node"
    prefix = "node-role.kubernetes.io/"
    roles = sorted(
        label.removeprefix(prefix) for label in node["metadata"].get("labels", {}) if label.startswith(prefix)
    )
    # A single server that keeps its data in etcd says so in its roles; both are what was asked for.
    ready = {"True": "Ready", "False": "NotReady"}.get(condition(node, "Ready"), "Unknown")
    return f"{ready}, {','.join(roles) or 'none'}, {node['status']['nodeInfo']['kubeletVersion']}"


def _strangers(site: Site, nodes: Mapping[str, Node]) -> Check:
    known = {node_name(host) for host in (*site.servers, *site.agents, *site.edges)}
    others = sorted(set(nodes) - known)
    return Check(
        "k3s.strangers",
        "cluster",
        "Nodes not in site.yaml",
        "none",
        ", ".join(others) or "none",
        verdict(not others, Status.WARN),
        "add them to site.yaml, or remove them with `state: absent`",
    )


def _components(site: Site, cluster: Cluster) -> Iterator[Check]:
    """Wait a little for the components: they come up after the nodes; completed Helm jobs are fine."""
    for component, (name, namespace, prefix) in PACKAGED.items():
        if component in site.k3s.disable:
            continue

        def look(prefix: str = prefix, namespace: str = namespace) -> Look:
            pods = [
                pod for pod in cluster.list("pod", namespace=namespace) if pod["metadata"]["name"].startswith(prefix)
            ]
            phases = sorted({pod["status"].get("phase", "Unknown") for pod in pods})
            return Look(phases == ["Running"], ", ".join(phases) or "no pod")

        try:
            seen, status = until(look, what=name, timeout_s=SETTLE_S), Status.PASS
        except EdgebookError as exc:
            seen, status = exc.message, Status.FAIL
        yield Check(
            "k3s.component",
            "cluster",
            name,
            "Running",
            seen,
            status,
            f"kubectl -n {namespace} describe pod -l k8s-app={name}",
        )


def _host_checks(site: Site, fleet: Fleet) -> Iterator[Check]:
    """Ask for the API from every node, through the registration address, and for the snapshot on the first server."""
    names = [host.name for host in (*site.servers, *site.agents)]
    ping = ["curl", "-sk", "-m", "5", f"{registration_url(site)}/ping"]
    answers = fleet.run(ping, hosts=names)
    silent = [name for name in names if name not in answers.ok or answers.ok[name].out.strip() != "pong"]
    yield Check(
        "k3s.registration",
        "cluster",
        "Registration address from every node",
        "pong",
        f"silent on {', '.join(silent)}" if silent else "pong",
        verdict(not silent),
        f"from that host: curl -sk {registration_url(site)}/ping",
    )
    if len(site.servers) > 1:
        first = site.servers[0].name
        kept = fleet.run(["ls", "-1", f"{site.k3s.data_dir}/server/db/snapshots"], hosts=[first], sudo=True).ok.get(
            first
        )
        taken = [name for name in (kept.out.split() if kept else []) if name.startswith(SNAPSHOT)]
        yield Check(
            "k3s.snapshot",
            first,
            "Snapshot of etcd",
            SNAPSHOT,
            f"{len(taken)} taken" if taken else "none",
            verdict(bool(taken)),
            f"on {first}: k3s etcd-snapshot save; copy it off the host together with the token",
        )
