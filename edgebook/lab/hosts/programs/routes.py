"""The routes of a host as `ip route` shows and changes them.

Not the decision who reaches whom: `lab/network.py`.
"""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from typing import Any

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.model import Host, Route

SINGLE = 32
"""The prefix of one address alone."""


def routes(host: Host) -> list[dict[str, Any]]:
    """Return the routes as `ip -j route` does: the default first, then those of the addresses."""
    found = [as_route(item) for item in host.routes]
    for item in host.addresses:
        network = str(ip_network(f"{item.ip}/{item.prefix}", strict=False))
        if item.interface != "lo" and item.prefix < SINGLE and not any(row["dst"] == network for row in found):
            found.append({"dst": network, "dev": item.interface, "protocol": "kernel", "scope": "link",
                          "prefsrc": item.ip, "flags": []})  # fmt: skip
    return found


def as_route(item: Route) -> dict[str, Any]:
    """Describe one configured route."""
    if item.kind:
        return {"type": item.kind, "dst": item.destination, "flags": []}
    found: dict[str, Any] = {"dst": item.destination}
    if item.via:
        found["gateway"] = item.via
    found["dev"] = item.interface
    if not item.via:
        found["scope"] = "link"
    if item.metric:
        found["metric"] = item.metric
    return {**found, "flags": []}


def route(call: Call, verb: str, words: list[str], flags: set[str]) -> int:
    """Show, add, delete or look up routes."""
    if verb in ("add", "replace", "append", "del", "delete", "d"):
        return change_route(call, verb, words)
    if verb in ("get", "g"):
        return route_to(call, words[0], flags)
    rows = routes(call.host)
    chosen = [word for word in words if word == "default" or word[:1].isdigit()]
    rows = [row for row in rows if not chosen or row["dst"] in chosen]
    if flags & {"j", "json"}:
        call.out(json.dumps(rows, separators=(",", ":")) + "\n")
    else:
        call.out("".join(route_text(row) for row in rows))
    return 0


def route_text(row: dict[str, Any]) -> str:
    """Lay a route out for a reader."""
    words = [*([row["type"]] if "type" in row else []), row["dst"]]
    named = (
        ("gateway", "via"),
        ("dev", "dev"),
        ("protocol", "proto"),
        ("scope", "scope"),
        ("prefsrc", "src"),
        ("metric", "metric"),
    )
    for key, name in named:
        if key in row:
            words += [name, str(row[key])]
    return " ".join(words) + " \n"


def change_route(call: Call, verb: str, words: list[str]) -> int:
    """Add or delete a route."""
    if call.uid:
        call.err("RTNETLINK answers: Operation not permitted\n")
        return 2
    kind, words = (words[0], words[1:]) if words[0] in ("blackhole", "unreachable") else ("", words)
    named = dict(zip(words[1::2], words[2::2], strict=False))
    if named.get("dev", call.host.spec.interface) not in interfaces(call.host):
        call.err(f'Cannot find device "{named["dev"]}"\n')
        return 1
    if verb in ("add", "replace", "append") and not on_link(call.host, named.get("via", "")):
        call.err("Error: Nexthop has invalid gateway.\n")
        return 2
    there = [item for item in call.host.routes if item.destination == words[0]]
    if verb.startswith("d") and not there:
        call.err("RTNETLINK answers: No such process\n")
        return 2
    if verb == "add" and any(str(item.metric) == named.get("metric", "0") for item in there):
        call.err("RTNETLINK answers: File exists\n")
        return 2
    if verb.startswith("d") or verb == "replace":
        call.host.routes = [item for item in call.host.routes if item.destination != words[0]]
    if not verb.startswith("d"):
        via = named.get("via", "")
        new = Route(words[0], via, named.get("dev", call.host.spec.interface), int(named.get("metric", 0)), kind)
        call.host.routes.append(new)
    return 0


def interfaces(host: Host) -> list[str]:
    """Return the names of the interfaces, loopback first."""
    return list(dict.fromkeys(["lo", host.spec.interface, *(address.interface for address in host.addresses)]))


def on_link(host: Host, via: str) -> bool:
    """Say whether a gateway is in a network of the host's own; no gateway always is."""
    networks = [ip_network(f"{item.ip}/{item.prefix}", strict=False) for item in host.addresses]
    return not via or any(ip_address(via) in network for network in networks)


def route_to(call: Call, target: str, flags: set[str]) -> int:
    """Show which way an address is reached."""
    host = call.host
    if target in host.ips() and flags & {"j", "json"}:
        found = {"type": "local", "dst": target, "dev": "lo", "prefsrc": target, "flags": [], "uid": call.uid}
        call.out(json.dumps([{**found, "cache": ["local"]}], separators=(",", ":")) + "\n")
        return 0
    if target in host.ips():
        call.out(f"local {target} dev lo src {target} uid {call.uid} \n    cache <local> \n")
        return 0
    for row in sorted(routes(host), key=lambda row: row["dst"] == "default"):
        if row["dst"] == "default" or ip_address(target) in ip_network(row["dst"], strict=False):
            via = f"via {row['gateway']} " if "gateway" in row else ""
            call.out(f"{target} {via}dev {row['dev']} src {host.node_ip} uid {call.uid} \n    cache \n")
            return 0
    call.err("RTNETLINK answers: Network is unreachable\n")
    return 2
