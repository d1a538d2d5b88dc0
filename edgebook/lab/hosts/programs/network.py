"""Programs that show a host's network: ip, ss.

Not those that use it (`reach`, `curl`) or guard it (`firewall`).
"""

from __future__ import annotations

import json
import zlib
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.model import Address, Host
from edgebook.lab.hosts.programs.routes import interfaces, route

FOREVER = 4_294_967_295
FAILED = 255
POINT_TO_POINT, SINGLE = 31, 32
"""Prefixes of networks without a broadcast address, and of one address alone."""
LO_FLAGS = ["LOOPBACK", "UP", "LOWER_UP"]
UP_FLAGS = ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"]


def mac(host: Host, interface: str) -> str:
    """Return an interface's hardware address, made from its host's first name."""
    if interface == "lo":
        return "00:00:00:00:00:00"
    digest = zlib.crc32(f"{host.name}/{interface}".encode())
    return "52:54:00:" + ":".join(f"{digest >> shift & 255:02x}" for shift in (16, 8, 0))


@program("ip", folder="/usr/bin")
async def ip(call: Call) -> int:
    """Show or change addresses, links and routes."""
    args = list(call.argv[1:])
    flags: set[str] = set()
    while args and args[0].startswith("-"):
        flags.add(args.pop(0).lstrip("-"))
    thing, *rest = args or [""]
    acts = {"address": address, "link": link, "route": route, "neighbour": neighbour,
            "netns": netns}  # fmt: skip
    name = next((known for known in acts if thing and known.startswith(thing)), "")
    if not name:
        call.err(
            f'Object "{thing}" is unknown, try "ip help".\n'
            if thing
            else "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n"
        )
        return 1 if thing else FAILED
    verb = rest[0] if rest and rest[0] not in ("dev", "to", "default", "scope") else "show"
    return acts[name](call, verb, rest[1:] if rest[:1] == [verb] else rest, flags)


def address(call: Call, verb: str, words: list[str], flags: set[str]) -> int:
    """Show, add or delete addresses."""
    if verb in ("add", "a", "replace", "del", "delete", "d"):
        return change_address(call, verb, words)
    names = interfaces(call.host)
    chosen = words[words.index("dev") + 1] if "dev" in words else next((word for word in words if word in names), "")
    if (chosen and chosen not in names) or (words and words[0] not in (*names, "dev", "scope", "up", "to", "primary")):
        call.err(f'Device "{chosen or words[0]}" does not exist.\n')
        return 1
    rows = [describe(call.host, name, index) for index, name in enumerate(names, start=1) if chosen in ("", name)]
    if "to" in words:
        rows = [holding(row, words[words.index("to") + 1]) for row in rows]
        rows = [row for row in rows if row["addr_info"]]
    if flags & {"j", "json"}:
        shown = [row for row in rows if row["addr_info"] or "4" not in flags]
        only4 = [
            {key: value for key, value in row.items() if key not in ("link_type", "address", "broadcast")}
            for row in shown
        ]
        call.out(json.dumps(only4 if "4" in flags else shown, separators=(",", ":")) + "\n")
    else:
        call.out("".join(as_text(row, flags) for row in rows))
    return 0


def describe(host: Host, name: str, index: int) -> dict[str, Any]:
    """Describe an interface and its IPv4 addresses as `ip -j addr` does."""
    loopback = name == "lo"
    return {
        "ifindex": index, "ifname": name, "flags": LO_FLAGS if loopback else UP_FLAGS,
        "mtu": 65536 if loopback else 1500,
        "qdisc": "noqueue" if loopback else "fq_codel", "operstate": "UNKNOWN" if loopback else "UP",
        "group": "default",
        "txqlen": 1000, "link_type": "loopback" if loopback else "ether", "address": mac(host, name),
        "broadcast": "00:00:00:00:00:00" if loopback else "ff:ff:ff:ff:ff:ff",
        "addr_info": [inet(item) for item in host.addresses if item.interface == name],
    }  # fmt: skip


def holding(row: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Keep of an interface's addresses those in a network, or the one, that `to` names."""
    network = ip_network(wanted, strict=False)
    return {**row, "addr_info": [item for item in row["addr_info"] if ip_address(item["local"]) in network]}


def inet(item: Address) -> dict[str, Any]:
    """Describe one address."""
    found: dict[str, Any] = {"family": "inet", "local": item.ip, "prefixlen": item.prefix}
    if item.interface != "lo" and item.prefix < POINT_TO_POINT:
        found["broadcast"] = str(ip_interface(f"{item.ip}/{item.prefix}").network.broadcast_address)
    found["scope"] = "host" if item.interface == "lo" else "global"
    if item.secondary and item.prefix < SINGLE:
        found["secondary"] = True
    return {**found, "label": item.interface, "valid_life_time": FOREVER, "preferred_life_time": FOREVER}


def as_text(row: dict[str, Any], flags: set[str]) -> str:
    """Lay an interface out for a reader."""
    lines = [f"{item['local']}/{item['prefixlen']}" for item in row["addr_info"]]
    if flags & {"br", "brief"}:
        return f"{row['ifname']:<16} {row['operstate']:<14} {' '.join(lines)} \n"
    inets = []
    for item, shown in zip(row["addr_info"], lines, strict=True):
        brd = f" brd {item['broadcast']}" if "broadcast" in item else ""
        second = " secondary" * ("secondary" in item)
        inets.append(
            (
                f"inet {shown}{brd} scope {item['scope']}{second} {item['label']}",
                "valid_lft forever preferred_lft forever",
            )
        )
    if flags & {"o", "oneline"}:
        return "".join(f"{row['ifindex']}: {row['ifname']}    {first}\\       {second}\n" for first, second in inets)
    head = (f"{row['ifindex']}: {row['ifname']}: <{','.join(row['flags'])}> mtu {row['mtu']} qdisc {row['qdisc']} "
            f"state {row['operstate']} group default qlen 1000\n")  # fmt: skip
    hard = "" if "4" in flags else f"    link/{row['link_type']} {row['address']} brd {row['broadcast']}\n"
    return head + hard + "".join(f"    {first}\n       {second}\n" for first, second in inets)


def change_address(call: Call, verb: str, words: list[str]) -> int:
    """Add or delete an address."""
    if call.uid:
        call.err("RTNETLINK answers: Operation not permitted\n")
        return 2
    item, _, prefix = words[0].partition("/")
    interface = words[words.index("dev") + 1] if "dev" in words else "lo"
    there = item in call.host.ips()
    if verb.startswith("d"):
        if not there:
            call.err("RTNETLINK answers: Cannot assign requested address\n")
            return 2
        call.host.remove_address(item)
        return 0
    if there and verb != "replace":
        call.err("RTNETLINK answers: File exists\n")
        return 2
    call.host.add_address(Address(interface, item, int(prefix or 32), secondary=True))
    return 0


def link(call: Call, verb: str, words: list[str], flags: set[str]) -> int:
    """Show links; setting them up or down is accepted from root."""
    if verb in ("set", "add", "del", "delete"):
        if call.uid:
            call.err("RTNETLINK answers: Operation not permitted\n")
            return 2
        missing = verb.startswith("d") and words and words[-1] not in interfaces(call.host)
        if missing:
            call.err(f'Cannot find device "{words[-1]}"\n')
        elif verb.startswith("d") and words:
            call.host.addresses = [item for item in call.host.addresses if item.interface != words[-1]]
        return int(bool(missing))
    names = interfaces(call.host)
    chosen = next((word for word in reversed(words) if word != "dev"), "")
    if chosen and chosen not in names:
        call.err(f'Device "{chosen}" does not exist.\n')
        return 1
    rows = [describe(call.host, name, index) for index, name in enumerate(names, start=1) if chosen in ("", name)]
    if flags & {"j", "json"}:
        shown = [{key: value for key, value in row.items() if key != "addr_info"} for row in rows]
        call.out(json.dumps(shown, separators=(",", ":")) + "\n")
        return 0
    for row in rows:
        text = as_text({**row, "addr_info": []}, flags - {"4", "o", "oneline"})
        text = text.replace("group default", "mode DEFAULT group default")
        call.out(text.rstrip("\n").replace("\n", "\\") + "\n" if flags & {"o", "oneline"} else text)
    return 0


def netns(call: Call, verb: str, words: list[str], flags: set[str]) -> int:  # noqa: ARG001 - the shape of an object
    """List the network namespaces, of which a practice host has none."""
    if verb in ("list", "show"):
        return 0
    call.err(f'Cannot remove namespace file "/run/netns/{"".join(words[:1])}": No such file or directory\n')
    return 1


def neighbour(call: Call, verb: str, words: list[str], flags: set[str]) -> int:  # noqa: ARG001 - the shape of an object
    """Show the neighbours that answer."""
    host = call.host
    for other in call.world.hosts.values():
        if other is not host and other.powered:
            call.out(f"{other.node_ip} dev {host.spec.interface} lladdr {mac(other, other.spec.interface)} REACHABLE\n")
    return 0
