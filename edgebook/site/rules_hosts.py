"""The rules about hosts: names, addresses, how many servers, labels.

Not how hosts are reached: `rules_ssh` has that.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from edgebook.errors import Problem
from edgebook.site.draft import Draft
from edgebook.site.fields import address_of

ALLOWED_SERVERS = (1, 3, 5)
DEFAULT_PORT = 22

# The kubelet may set these for itself, and exits when it is told to set others under kubernetes.io or k8s.io:
# kubernetes pkg/kubelet/apis/well_known_labels.go.
KUBELET_LABELS = {
    "kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os",
    "beta.kubernetes.io/arch", "beta.kubernetes.io/os",
    "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region", "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
}  # fmt: skip
KUBELET_PREFIXES = ("kubelet.kubernetes.io", "node.kubernetes.io")


class Seen(NamedTuple):
    """Something that must be unique, where it stands, and which host has it."""

    value: Hashable
    host: Draft
    key: str


def node_ip(host: Draft) -> str:
    """Return a host's address among the nodes; empty when the file does not tell."""
    given = host.text("node_ip")
    if given or host.spoilt("node_ip"):
        return given
    address = host.text("address")
    return address if address_of(address) else ""


def port(host: Draft, site: Draft) -> int | None:
    """Return the port that SSH connects to: the host's own, else the site's."""
    for part, key in ((host, "port"), (host.part("ssh"), "port")):
        if part.says(key):
            return part.number(key)
    # A jump host stands outside, so that the site's port is not its own.
    return DEFAULT_PORT if host.where[0] == "jump_hosts" else site.part("ssh").number("port")


def servers(site: Draft) -> list[Draft]:
    """Return the servers that are to be present."""
    return [host for host in site.parts("hosts") if host.text("role") == "server" and host.text("state") == "present"]


def _repeated(seen: list[Seen]) -> Iterator[tuple[Seen, Seen]]:
    first: dict[Hashable, Seen] = {}
    for item in seen:
        if item.value in first:
            yield first[item.value], item
        else:
            first[item.value] = item


def unique_names(site: Draft) -> Iterator[Problem]:
    """Refuse two hosts, or a host and a jump host, of one name."""
    all_hosts = [*site.parts("hosts"), *site.parts("jump_hosts")]
    for first, again in _repeated([Seen(host.text("name"), host, "name") for host in all_hosts if host.text("name")]):
        line = site.document.line((*first.host.where, "name"))
        yield again.host.problem(
            "name", f"`{again.value}` is the name of the host on line {line} too", "give it another name"
        )


def unique_node_names(site: Draft) -> Iterator[Problem]:
    """Refuse two nodes of one name: the second would take over the first one's Node object."""
    seen = []
    for host in site.parts("hosts"):
        name = host.text("node_name") or ("" if host.spoilt("node_name") else host.text("name"))
        if name:
            seen.append(Seen(name, host, "node_name"))
    for first, again in _repeated(seen):
        # Where neither says node_name, their names are the same, and unique_names has said so.
        if first.host.says("node_name") or again.host.says("node_name"):
            teller = again.host if again.host.says("node_name") else first.host
            yield teller.problem("node_name", f"`{again.value}` is the node name of two hosts", "give each its own")


def unique_addresses(site: Draft) -> Iterator[Problem]:
    """Refuse two hosts that SSH would reach at one address and port."""
    seen = []
    for host in [*site.parts("hosts"), *site.parts("jump_hosts")]:
        # A port of the whole site that is not sound is still the same for all of its hosts.
        if host.text("address") and not host.spoilt("port") and not host.part("ssh").spoilt("port"):
            way = host.part("ssh").text("jump") or site.part("ssh").text("jump")
            seen.append(Seen((host.text("address"), port(host, site), way), host, "address"))
    for first, again in _repeated(seen):
        number = port(again.host, site)
        shown = again.host.text("address") + (f" port {number}" if number else "")
        line = site.document.line((*first.host.where, "address"))
        yield again.host.problem(
            "address", f"{shown} is the host on line {line} too", "each host has its own address or port"
        )


def unique_node_ips(site: Draft) -> Iterator[Problem]:
    """Refuse two nodes of one IP address."""
    hosts = [host for host in site.parts("hosts") if node_ip(host)]
    for first, again in _repeated([Seen(address_of(node_ip(host)), host, "node_ip") for host in hosts]):
        # Where neither says node_ip, and address and port are the same, unique_addresses has said so.
        told = first.host.says("node_ip") or again.host.says("node_ip")
        if told or port(first.host, site) != port(again.host, site):
            key = "node_ip" if again.host.says("node_ip") else "address"
            line = site.document.line((*first.host.where, "node_ip" if first.host.says("node_ip") else "address"))
            yield again.host.problem(
                key, f"the node IP {again.value} is that of line {line} too", "node_ip: an address of its own"
            )


def local_node_ip(site: Draft) -> Iterator[Problem]:
    """Refuse a node IP that other nodes cannot reach."""
    for host in site.parts("hosts"):
        address = address_of(node_ip(host))
        if address and (address.is_loopback or address.is_unspecified or address.is_multicast):
            key = "node_ip" if host.says("node_ip") else "address"
            yield host.problem(
                key, f"the other nodes cannot reach {address}", "node_ip: the host's address among the nodes"
            )


def count_of_servers(site: Draft) -> Iterator[Problem]:
    """Refuse a number of servers that etcd gains nothing from."""
    hosts = site.parts("hosts")
    if not hosts or any(host.spoilt("role", "state") for host in hosts) or site.spoilt("hosts"):
        return
    count = len(servers(site))
    if count == 0 and not _made_elsewhere(site):
        right = "at least one host with `role: server`; of a cluster made elsewhere: edge hosts alone, `by: external`"
        yield site.problem("hosts", "has no server", right)
    elif count and count % 2 == 0:
        wrong = f"has {count} servers: they stand no more failures than {count - 1} would, and one more can fail"
        yield site.problem("hosts", wrong, "1, 3 or 5 servers; make one an agent, or add one")
    elif count and count not in ALLOWED_SERVERS:
        wrong = f"has {count} servers: each write waits for {count // 2 + 1} of them"
        yield site.problem("hosts", wrong, "1, 3 or 5 servers; make the others agents")


def _made_elsewhere(site: Draft) -> bool:
    """Tell whether the site has nothing to make a cluster from, and says that somebody else serves its address."""
    alone = all(host.text("role") == "edge" for host in site.parts("hosts"))
    return alone and site.part("k3s").part("registration").text("by") == "external"


def labels(site: Draft) -> Iterator[Problem]:
    """Refuse labels that a kubelet may not give itself."""
    for host in site.parts("hosts"):
        for key in host.pairs("labels"):
            prefix = key.rpartition("/")[0]
            where = (*host.where, "labels", key)
            if prefix == "node-role.kubernetes.io":
                yield host.problem(
                    where, "a kubelet may not set node-role labels", "k3s.role_label: ROLE, for all agents"
                )
            elif _reserved(prefix) and key not in KUBELET_LABELS:
                yield host.problem(
                    where, f"the kubelet exits when it is to set labels under {prefix}", "a prefix of your own"
                )


def _reserved(prefix: str) -> bool:
    if prefix.endswith(KUBELET_PREFIXES):
        return False
    return any(prefix == domain or prefix.endswith(f".{domain}") for domain in ("kubernetes.io", "k8s.io"))


def taints(site: Draft) -> Iterator[Problem]:
    """Refuse the same taint twice on one host: Kubernetes keeps one of each key and effect."""
    for host in site.parts("hosts"):
        seen = set()
        for where, taint in host.texts("taints"):
            name, _, effect = taint.rpartition(":")
            identity = (name.partition("=")[0], effect)
            if identity in seen:
                yield host.problem(
                    where, f"`{taint}` repeats a key and effect of this host", "one taint for each key and effect"
                )
            seen.add(identity)


RULES = (
    unique_names,
    unique_node_names,
    unique_addresses,
    unique_node_ips,
    local_node_ip,
    count_of_servers,
    labels,
    taints,
)
