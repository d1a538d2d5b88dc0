"""The rules about networks: pod, service and node addresses, and what a proxy must leave alone.

Not the registration address's service: `rules_registration` has that.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgebook.errors import Problem
from edgebook.site.draft import Draft
from edgebook.site.fields import Network, address_of, networks_of
from edgebook.site.rules_hosts import node_ip

IPV4 = 4
POD_MASK = 24
LOCAL = "127.0.0.0/8"


def networks(site: Draft, key: str) -> tuple[Network, ...]:
    """Return the pod or service networks; none when they are not sound."""
    text = site.part("k3s").text(key)
    return networks_of(text) if text else ()


def overlaps(ours: Network, theirs: Network) -> bool:
    """Tell whether two networks of any family share addresses."""
    return ours.version == theirs.version and ours.overlaps(theirs)


def pods_and_services(site: Draft) -> Iterator[Problem]:
    """Refuse pod and service networks that overlap, or are of different families."""
    k3s = site.part("k3s")
    pods, services = networks(site, "cluster_cidr"), networks(site, "service_cidr")
    key = "service_cidr" if k3s.says("service_cidr") else "cluster_cidr"
    for ours in pods:
        for theirs in services:
            if overlaps(ours, theirs):
                yield k3s.problem(
                    key, f"the service network {theirs} overlaps the pod network {ours}", "two separate networks"
                )
    if pods and services and {net.version for net in pods} != {net.version for net in services}:
        yield k3s.problem(
            key, "pod and service networks are not of the same IP versions", "both IPv4, both IPv6, or two of each"
        )


def nodes_outside(site: Draft) -> Iterator[Problem]:
    """Refuse hosts whose address lies in the pod or service network: nothing would reach them."""
    for host in site.parts("hosts"):
        key = "node_ip" if host.says("node_ip") else "address"
        yield from _outside(site, host, key, node_ip(host))
    registration = site.part("k3s").part("registration")
    yield from _outside(site, registration, "address", registration.text("address"))


def _outside(site: Draft, part: Draft, key: str, text: str) -> Iterator[Problem]:
    address = address_of(text)
    for name, title in (("cluster_cidr", "pod"), ("service_cidr", "service")):
        for network in networks(site, name):
            if address and address.version == network.version and address in network:
                right = f"k3s.{name}: a network that no host is in"
                yield part.problem(key, f"{address} lies in the {title} network {network}", right)


def room_for_pods(site: Draft) -> Iterator[Problem]:
    """Refuse a pod network with fewer parts than there are nodes: the last nodes would get none."""
    args = [text for _, text in site.part("k3s").part("server_config").texts("kube-controller-manager-arg")]
    if any("node-cidr-mask-size" in arg for arg in args):
        return
    count = len([host for host in site.parts("hosts") if host.text("role") != "edge"])
    for network in networks(site, "cluster_cidr"):
        room = 2 ** (POD_MASK - network.prefixlen) if network.prefixlen <= POD_MASK else 0
        if network.version == IPV4 and room < count:
            wrong = f"{network} has room for {room} nodes of a /{POD_MASK} each, but the site has {count}"
            yield site.part("k3s").problem("cluster_cidr", wrong, "a larger network, such as 10.42.0.0/16")


def cluster_dns(site: Draft) -> Iterator[Problem]:
    """Refuse a DNS address outside the service network."""
    config = site.part("k3s").part("server_config")
    address = address_of(config.text("cluster-dns"))
    services = networks(site, "service_cidr")
    if (
        address
        and services
        and not any(address in network for network in services if network.version == address.version)
    ):
        shown = " and ".join(map(str, services))
        yield config.problem(
            "cluster-dns", f"{address} lies outside the service network {shown}", "its tenth address, or leave it out"
        )


def proxy(site: Draft) -> Iterator[Problem]:
    """Refuse a proxy that the cluster's own traffic would be sent to."""
    part = site.part("proxy")
    if not (part.text("http") or part.text("https")) or part.spoilt("no_proxy"):
        return
    listed = [text for _, text in part.texts("no_proxy")]
    lacking = [wanted for wanted in _direct(site) if not _covered(wanted, listed)]
    if lacking:
        wrong = "leaves the cluster's own traffic to the proxy: " + ", ".join(lacking)
        yield part.problem("no_proxy", wrong, f"add {', '.join(lacking)}")


def _direct(site: Draft) -> list[str]:
    domain = site.part("k3s").part("server_config").text("cluster-domain") or "cluster.local"
    wanted = [LOCAL, *(str(net) for key in ("cluster_cidr", "service_cidr") for net in networks(site, key))]
    wanted += [".svc", f".{domain}"]
    wanted += [node_ip(host) for host in site.parts("hosts") if node_ip(host)]
    address = site.part("k3s").part("registration").text("address")
    return list(dict.fromkeys([*wanted, address] if address else wanted))


def _covered(wanted: str, listed: list[str]) -> bool:
    for entry in listed:
        if entry in ("*", wanted) or (entry == f".{wanted}" or entry == wanted.lstrip(".")):
            return True
        try:
            ours, theirs = networks_of(wanted)[0], networks_of(entry)[0]
        except ValueError:
            if address_of(wanted) is None and "/" not in wanted and wanted.endswith("." + entry.lstrip(".")):
                return True
            continue
        if ours.version == theirs.version and ours.subnet_of(theirs):  # type: ignore[arg-type]
            return True
    return False


RULES = (pods_and_services, nodes_outside, room_for_pods, cluster_dns, proxy)
