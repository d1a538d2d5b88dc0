"""The network between the practice hosts: who reaches whom, and what the Internet holds.

Not real sockets: the decision is made from the model. Client connections of a person come in over
the wires of `wire.py`.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING

from edgebook.lab.hosts.model import Host, Listener, Rule

if TYPE_CHECKING:
    from edgebook.lab.world import World

LOOPBACK = ip_network("127.0.0.0/8")
INTERNET_IP = "198.51.100.80"
"""Where every name of the Internet leads; a documentation address (RFC 5737)."""
Page = Callable[[Host], bytes]


def refuse(code: int) -> OSError:
    """Make the error that connect(2) would give."""
    return OSError(code, os.strerror(code))


class Network:
    """Who reaches whom.

    `connect` raises ECONNREFUSED at once; ETIMEDOUT and EHOSTUNREACH too, without waiting: a caller
    that models time sleeps for its own time-out first. `names` is the site's DNS, `pages` what the
    Internet serves by URL (without query), `cuts` the pairs of hosts between which nothing passes.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.names: dict[str, str] = {}
        self.pages: dict[str, Page] = {}
        self.cuts: set[frozenset[str]] = set()

    def owner(self, ip: str, *, near: Host | None = None) -> Host | None:
        """Return the powered host that has an address; of two that have it, the one asking, else the first."""
        owners = [host for host in self._world.hosts.values() if host.powered and ip in host.ips()]
        return near if near in owners else owners[0] if owners else None

    def resolve(self, source: Host, name: str) -> str:
        """Turn a name into an address as the host would: /etc/hosts, then DNS; raise socket.gaierror."""
        try:
            return str(ip_address(name))
        except ValueError:
            pass
        known = _hosts_file(source).get(name) or self.names.get(name)
        if known:
            return known
        if self.has_internet(source) and any(url.split("/")[2] == name for url in self.pages):
            return INTERNET_IP
        raise socket.gaierror(socket.EAI_NONAME, f"Could not resolve host: {name}")

    def has_internet(self, source: Host) -> bool:
        """Say whether the host reaches the Internet: online, and with a default route."""
        return source.powered and source.online and any(route.destination == "default" for route in source.routes)

    def route(self, source: Host, ip: str) -> Host:
        """Return the host that answers at an address, whatever the port; raise OSError when none does."""
        if not source.powered:
            raise refuse(errno.ENETDOWN)
        if ip_address(ip) in LOOPBACK or ip in source.ips():
            return source
        if any(route.kind == "blackhole" and _covers(route.destination, ip) for route in source.routes):
            raise refuse(errno.EINVAL)
        near = _on_link(source, ip)
        if not near and not any(_covers(route.destination, ip) for route in source.routes):
            raise refuse(errno.ENETUNREACH)
        target = self.owner(ip)
        if target is None:
            raise refuse(errno.EHOSTUNREACH if near else errno.ETIMEDOUT)
        if frozenset((source.name, target.name)) in self.cuts:
            raise refuse(errno.ETIMEDOUT)
        return target

    def connect(self, source: Host, ip: str, port: int, proto: str = "tcp") -> Host:
        """Return the host that has the address and listens there, or raise the error a program would get."""
        target = self.route(source, ip)
        local = target is source
        if not local:
            self._pass(source, "OUTPUT", port, proto, ip)
            self._pass(target, "INPUT", port, proto, source.node_ip)
        self.listener(target, port, proto, local=local and ip_address(ip) in LOOPBACK)
        return target

    def listener(self, target: Host, port: int, proto: str = "tcp", *, local: bool = False) -> Listener:
        """Return who listens on a host's port; raise ECONNREFUSED when nobody does, or only on loopback."""
        found = target.listeners.get((proto, port))
        if found is None or (found.address.startswith("127.") and not local):
            raise refuse(errno.ECONNREFUSED)
        return found

    def request(self, source: Host, host: str, port: int, path: str, *, method: str = "GET") -> tuple[int, bytes]:
        """Ask a practice host's HTTPS listener; raise OSError as `connect` does, ECONNRESET for another protocol."""
        ip = self.resolve(source, host)
        target = self.connect(source, ip, port)
        answer = self.listener(target, port, local=target is source).http
        if answer is None:
            raise refuse(errno.ECONNRESET)
        return answer(method, path)

    def download(self, source: Host, url: str) -> bytes:
        """Fetch a page of the Internet; raise OSError when there is no way, KeyError when there is no page (404)."""
        self.resolve(source, url.split("/")[2])
        return self.pages[url.partition("?")[0]](source)

    def _pass(self, host: Host, chain: str, port: int, proto: str, peer: str) -> None:
        inbound = chain == "INPUT"
        judged = _judged(host, chain, lambda rule: _matches(rule, port, proto, peer, inbound=inbound))
        verdict = judged or host.chains[chain]
        if verdict != "ACCEPT":
            raise refuse(errno.ETIMEDOUT if verdict == "DROP" else errno.ECONNREFUSED)


def _judged(host: Host, chain: str, matches: Callable[[Rule], bool]) -> str:
    """Return what the rules of a chain do with a new connection, or nothing where none decides."""
    for rule in [rule for rule in host.firewall if rule.chain == chain and matches(rule)]:
        if rule.target == "RETURN":
            return ""
        if rule.target in ("ACCEPT", "DROP", "REJECT"):
            return rule.target
        verdict = _judged(host, rule.target, matches) if rule.target in host.chains else ""
        if verdict:
            return verdict
    return ""


def _matches(rule: Rule, port: int, proto: str, peer: str, *, inbound: bool) -> bool:
    if rule.interface == "lo" or rule.proto not in ("", "all", proto) or (rule.states and "NEW" not in rule.states):
        return False
    if rule.port not in (0, port) or (rule.ports and port not in rule.ports):
        return False
    network = rule.source if inbound else rule.destination
    return not network or ip_address(peer) in ip_network(network, strict=False)


def _on_link(source: Host, ip: str) -> bool:
    networks = (ip_interface(f"{address.ip}/{address.prefix}").network for address in source.addresses)
    return any(ip_address(ip) in network for network in networks)


def _covers(destination: str, ip: str) -> bool:
    return destination == "default" or ip_address(ip) in ip_network(destination, strict=False)


def _hosts_file(source: Host) -> dict[str, str]:
    names: dict[str, str] = {}
    if not source.files.exists("/etc/hosts"):
        return names
    for line in source.files.text("/etc/hosts").splitlines():
        ip, *known = line.partition("#")[0].split() or [""]
        for name in known:
            if ":" not in ip:
                names.setdefault(name, ip)
    return names
