"""What a host's firewall does to packets from other hosts, read from `iptables -S`.

Not a firewall of its own: a rule that cannot be judged from its text is taken to let packets pass,
so that what is said to be blocked is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

Port = tuple[str, int]
"""Protocol and number."""

HIGHEST = 65_535
REFUSING = frozenset({"DROP", "REJECT"})
HARMLESS_MATCHES = frozenset({"tcp", "udp", "multiport", "comment", "conntrack", "state"})
"""Matches that are understood here; any other (limit, set, mark) makes a rule count for some packets only."""


@dataclass(frozen=True)
class Rule:
    """One rule of `iptables -S`."""

    text: str
    chain: str
    target: str = ""
    protocol: str = ""
    ports: tuple[tuple[int, int], ...] = ()
    source: str = ""
    destination: str = ""
    interface: str = ""
    states: frozenset[str] = field(default_factory=frozenset)
    certain: bool = True
    """Whether it counts for every packet that fits the fields above."""

    @property
    def refuses(self) -> bool:
        """Whether packets end here."""
        return self.target in REFUSING

    def fits(self, port: Port) -> bool:
        """Say whether a new connection from another host to this port meets the rule."""
        protocol, number = port
        return (
            self.protocol in ("", "all", protocol)
            and (not self.ports or any(low <= number <= high for low, high in self.ports))
            and self.interface != "lo"
            and (not self.states or "NEW" in self.states)
        )


def read(text: str) -> Rule | None:
    """Read one line `-A CHAIN …`; anything else is no rule."""
    words = text.split()
    if words[:1] != ["-A"] or len(words) < 2:  # noqa: PLR2004 (-A and its chain)
        return None
    said = {word: words[at + 1] for at, word in enumerate(words[:-1]) if word.startswith("-") and word != "-m"}
    matches = {words[at + 1] for at, word in enumerate(words[:-1]) if word == "-m"}
    return Rule(
        text=text,
        chain=words[1],
        target=said.get("-j", said.get("-g", "")),
        protocol=said.get("-p", ""),
        ports=_ranges(said.get("--dport", said.get("--dports", ""))),
        source=said.get("-s", ""),
        destination=said.get("-d", ""),
        interface=said.get("-i", ""),
        states=frozenset(filter(None, said.get("--ctstate", said.get("--state", "")).split(","))),
        certain="!" not in words and "--sport" not in words and "--sports" not in words and matches <= HARMLESS_MATCHES,
    )


def blocked(lines: Sequence[str], ports: Iterable[Port]) -> Iterator[tuple[Port, str]]:
    """Yield the ports that other hosts cannot reach, each with the line that is the reason."""
    for port in ports:
        line = refusal(lines, port)
        if line:
            yield port, line


def refusal(lines: Sequence[str], port: Port) -> str:
    """Return the line that refuses new connections from other hosts to a port, or nothing."""
    ended = _end(list(filter(None, map(read, lines))), port, "INPUT")
    return _policy(lines) if ended is None else ended


def deaf_to(lines: Sequence[str], address: str) -> list[str]:
    """Return the rules that drop all packets from or to an address, which other addresses pass."""
    found = []
    for rule in filter(None, map(read, lines)):
        place = {"INPUT": rule.source, "OUTPUT": rule.destination}.get(rule.chain, "")
        if place and rule.refuses and rule.certain and not rule.ports and not rule.protocol and _holds(place, address):
            found.append(rule.text)
    return found


def _end(rules: Sequence[Rule], port: Port, chain: str, depth: int = 0) -> str | None:
    """Return the refusing line, "" where the packet is let in, None where it comes to the chain's end."""
    for rule in (rule for rule in rules if rule.chain == chain and rule.fits(port)):
        if rule.target == "ACCEPT":
            return ""
        if rule.target == "RETURN" and rule.certain and not rule.source:
            return None
        if rule.refuses and rule.certain and not rule.source and not rule.destination:
            return rule.text
        inner = _end(rules, port, rule.target, depth + 1) if rule.target and depth < len(rules) else None
        if inner is not None and (rule.certain or not inner):
            return inner
    return None


def _policy(lines: Iterable[str]) -> str:
    return next((line for line in lines if line == "-P INPUT DROP"), "")


def _ranges(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(_range(part) for part in text.split(",") if part.replace(":", "").isdigit())


def _range(text: str) -> tuple[int, int]:
    low, colon, high = text.partition(":")
    return int(low or 0), int(high or (HIGHEST if colon else low))


def _holds(network: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
