"""The rules about the registration address: who serves it, and whether they can.

Not the pod and service networks: `rules_network` has those.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from edgebook.errors import Problem
from edgebook.site.draft import Draft
from edgebook.site.fields import Address, address_of
from edgebook.site.rules_hosts import node_ip, servers


def _registration(site: Draft, by: str) -> Draft | None:
    part = site.part("k3s").part("registration")
    return part if part.text("by") == by else None


def _owner(site: Draft, address: str) -> Draft | None:
    """Return the host that an address belongs to."""
    wanted = address_of(address)
    for host in site.parts("hosts"):
        own = [text for text in (host.text("address"), node_ip(host)) if text]
        if address and any(address == text or (wanted and wanted == address_of(text)) for text in own):
            return host
    return None


def keepalived(site: Draft) -> Iterator[Problem]:
    """Refuse keepalived without an interface, or with an address that cannot move between the servers."""
    part = _registration(site, "keepalived")
    if part is None:
        return
    if not part.text("interface") and not part.spoilt("interface"):
        yield part.problem(
            "interface", "keepalived needs the servers' network interface", "interface: eth0, as `ip addr` shows it"
        )
    text = part.text("address")
    address = address_of(text)
    if text and address is None:
        yield part.problem(
            "address", "keepalived serves an IP address, not a name", "a free IP of the servers' network"
        )
    owner = _owner(site, text)
    if owner:
        wrong = f"{text} is the address of host `{owner.text('name')}`: it could not move to another server"
        yield part.problem("address", wrong, "a free IP of the servers' network")
    elif address:
        yield from _reachable(site, part, address)


def _reachable(site: Draft, part: Draft, address: Address) -> Iterator[Problem]:
    prefix = part.number("prefix")
    if prefix is None:
        return
    if prefix > address.max_prefixlen:
        yield part.problem("prefix", f"{prefix} is out of range", f"at most {address.max_prefixlen}")
        return
    network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
    inside = {host.text("name"): address_of(node_ip(host)) for host in servers(site)}
    outside = [name for name, own in inside.items() if own and (own.version != network.version or own not in network)]
    if outside:
        wrong = f"the servers {', '.join(outside)} are not in {network}, so that they cannot take {address} over"
        yield part.problem("address", wrong, "a free IP of the servers' network, and its prefix")
    elif network.prefixlen < network.max_prefixlen - 1 and address in (
        network.network_address,
        getattr(network, "broadcast_address", None),
    ):
        yield part.problem(
            "address", f"{address} is not a host's address in {network}", "a free IP of the servers' network"
        )


def keepalived_peers(site: Draft) -> Iterator[Problem]:
    """Refuse keepalived between servers whose IP addresses the file does not tell."""
    if _registration(site, "keepalived") is None:
        return
    for host in servers(site):
        if not node_ip(host) and not host.spoilt("node_ip", "address"):
            yield host.here("keepalived needs this server's IP address", "node_ip: its address among the nodes")


def single(site: Draft) -> Iterator[Problem]:
    """Refuse a server's own address where there are more servers, or where it is not that server's."""
    part = _registration(site, "server")
    if part is None:
        return
    count = len(servers(site))
    if count > 1:
        wrong = f"`server` is for one server, but the site has {count}: nothing could join while that one is down"
        yield part.problem("by", wrong, "keepalived, external or dns")
    address = part.text("address")
    owner = _owner(site, address)
    if count == 1 and address_of(address) and (owner is None or owner.text("role") != "server"):
        wrong = f"{address} is not the address of the server `{servers(site)[0].text('name')}`"
        yield part.problem("address", wrong, "the server's own address")


def dns(site: Draft) -> Iterator[Problem]:
    """Refuse an IP address where DNS is to serve it."""
    part = _registration(site, "dns")
    if part and address_of(part.text("address")):
        yield part.problem(
            "address", "is an IP address, but `by: dns` wants a name", "a DNS name with an A record for each server"
        )


def external(site: Draft) -> Iterator[Problem]:
    """Refuse a load balancer on a server itself: K3s takes port 6443 there."""
    part = _registration(site, "external")
    owner = _owner(site, part.text("address")) if part else None
    if part and owner and owner.text("role") == "server":
        wrong = f"is the address of server `{owner.text('name')}`, where K3s itself takes port 6443"
        yield part.problem("address", wrong, "a load balancer on another host, or `by: keepalived` with a free IP")


RULES = (keepalived, keepalived_peers, single, dns, external)
