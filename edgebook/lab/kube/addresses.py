"""Addresses and node ports of services: which are taken, and the next one that is free.

Not routing: nothing listens there.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from edgebook.lab.kube.trees import Tree, dig

if TYPE_CHECKING:
    from edgebook.lab.kube.store import Store

SERVICES = IPv4Network("10.43.0.0/16")
FIRST_DYNAMIC = 256
"""Up to here addresses are given out on request only, as 10.43.0.10 is for DNS."""
NODE_PORTS = range(30000, 32768)
HEADLESS = "None"
WITH_NODE_PORTS = ("NodePort", "LoadBalancer")


def allot(store: Store, service: Tree) -> None:
    """Give a service its address and its node ports, in place."""
    spec = service.setdefault("spec", {})
    if not isinstance(spec, dict) or spec.get("type") == "ExternalName":
        return
    if not spec.get("clusterIP"):
        spec["clusterIP"] = _free_address(store)
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    if spec.get("type") in WITH_NODE_PORTS:
        _allot_ports(store, spec)


def _allot_ports(store: Store, spec: Tree) -> None:
    taken = {port.get("nodePort") for item in store.list("services") for port in dig(item, "spec.ports", [])}
    free = (port for port in NODE_PORTS if port not in taken)
    for port in spec.get("ports") or []:
        if isinstance(port, dict) and not port.get("nodePort"):
            port["nodePort"] = next(free)


def _free_address(store: Store) -> str:
    taken = {dig(item, "spec.clusterIP", "") for item in store.list("services")}
    first = int(SERVICES.network_address)
    numbers = range(first + FIRST_DYNAMIC, int(SERVICES.broadcast_address))
    return next(str(IPv4Address(number)) for number in numbers if str(IPv4Address(number)) not in taken)
