"""Checks that compare hosts with one another: names, identities, addresses, clocks.

Not here: what one host alone can answer (`checks.host`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from edgebook.checks.facts import HostFacts
from edgebook.checks.firewall import deaf_to
from edgebook.checks.host import CLOCK_SKEW_S, reached, verdict
from edgebook.records import Check, Status
from edgebook.ssh import Fleet

LOCAL_ONLY = ("lo", "docker", "br-", "virbr", "cni", "veth", "lxc", "lxd", "podman")
"""Interfaces that only a host's own containers and machines see: their addresses are the same on many hosts."""


def fleet_checks(facts: Sequence[HostFacts]) -> tuple[Check, ...]:
    """Check that no two hosts share a name, a machine id or an address, that clocks agree and all reach each other."""
    return (*_identities(facts), _clocks(facts), *_links(facts))


def _identities(facts: Sequence[HostFacts]) -> tuple[Check, ...]:
    return (
        _unique(
            facts,
            "fleet.hostname",
            "Hostnames differ",
            lambda one: [one.hostname],
            "rename one (hostnamectl set-hostname NAME): a second node of that name is rejected by its node password",
        ),
        _unique(
            facts,
            "fleet.machine-id",
            "Machine ids differ",
            lambda one: [one.machine_id],
            "a cloned image: rm /etc/machine-id && systemd-machine-id-setup on all but one, and new SSH host keys",
        ),
        _unique(
            facts,
            "fleet.address",
            "Addresses differ",
            lambda one: [ip for interface, ip, _ in one.addresses if not interface.startswith(LOCAL_ONLY)],
            "two hosts hold one address: check DHCP reservations and cloned network settings",
        ),
    )


def _unique(
    facts: Sequence[HostFacts], check_id: str, title: str, values: Callable[[HostFacts], Iterable[str]], hint: str
) -> Check:
    holders: dict[str, list[str]] = defaultdict(list)
    for one in facts:
        for value in values(one):
            holders[value].append(one.host)
    twice = {value: hosts for value, hosts in holders.items() if len(hosts) > 1 and value}
    seen = "; ".join(f"{value} on {' and '.join(hosts)}" for value, hosts in sorted(twice.items()))
    # A registration address that moved a second ago may be seen on two hosts: a warning, never a stop.
    bad = Status.WARN if check_id == "fleet.address" else Status.FAIL
    return Check(check_id, "site", title, "one each", seen or "one each", verdict(not twice, bad), hint)


def _clocks(facts: Sequence[HostFacts]) -> Check:
    spread_s = max((one.clock_offset_s for one in facts), default=0.0) - min(
        (one.clock_offset_s for one in facts), default=0.0
    )
    good = spread_s <= CLOCK_SKEW_S
    ahead = max(facts, key=lambda one: abs(one.clock_offset_s), default=None)
    seen = "they agree" if good or ahead is None else f"{spread_s:.0f} s apart, {ahead.host} the furthest"
    hint = "certificates made by one host must be valid on the next: start NTP everywhere before anything is installed"
    return Check("fleet.clock", "site", "Clocks agree", f"within {CLOCK_SKEW_S:.0f} s", seen, verdict(good), hint)


def _links(facts: Sequence[HostFacts]) -> Iterator[Check]:
    """Name the hosts that drop all packets of another one; where there are none, there is nothing to say."""
    for one in facts:
        others = [other for other in facts if other is not one]
        rules = {
            rule: other.host for other in others for ip in other.ips - one.ips for rule in deaf_to(one.firewall, ip)
        }
        if rules:
            seen = f"{one.host} drops packets of {' and '.join(sorted(set(rules.values())))}"
            hint = f"on {one.host}: iptables -D the rules, and look for who put them there"
            evidence = "\n".join(rules)
            yield Check("fleet.link", "site", "Hosts reach each other", "all", seen, Status.FAIL, hint, evidence)


def answers(fleet: Fleet) -> tuple[Check, ...]:
    """Check that every host answers over SSH."""
    results = fleet.run(["true"])
    return tuple(reached(name, results.failed.get(name)) for name in results)
