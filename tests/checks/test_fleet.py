"""Checks that compare hosts."""

import dataclasses

import pytest

from edgebook.checks.fleet import fleet_checks
from edgebook.records import Status


def statuses(hosts):
    """Return the status of each check by its id."""
    return {check.id: check for check in fleet_checks(hosts)}


@pytest.fixture
def pair(facts):
    """Return a function that makes two hosts, the second changed where wanted."""

    def make(**changes):
        other = {
            "host": "s2",
            "hostname": "s2",
            "machine_id": "2",
            "addresses": (("lo", "127.0.0.1", 8), ("eth0", "10.20.0.12", 24)),
        }
        return [facts(), facts(**{**other, **changes})]

    return make


def test_hosts_that_differ_pass(pair):
    """Two hosts of their own name, id, address, with one clock, pass; sharing 127.0.0.1 is no sharing."""
    assert {Status.PASS} == {check.status for check in fleet_checks(pair())}


@pytest.mark.parametrize(
    ("check_id", "changes", "status", "said"),
    [
        ("fleet.hostname", {"hostname": "s1"}, Status.FAIL, "s1 on s1 and s2"),
        ("fleet.machine-id", {"machine_id": "1"}, Status.FAIL, "1 on s1 and s2"),
        ("fleet.address", {"addresses": (("eth0", "10.20.0.11", 24),)}, Status.WARN, "10.20.0.11 on s1 and s2"),
        ("fleet.clock", {"clock_offset_s": 300.0}, Status.FAIL, "300 s apart, s2 the furthest"),
    ],
)
def test_what_two_hosts_share_is_named_with_both(pair, check_id, changes, status, said):
    """A duplicate names the value and its holders."""
    check = statuses(pair(**changes))[check_id]
    assert (status, said) == (check.status, check.seen)


def test_a_bridge_that_only_a_hosts_own_containers_see_is_no_shared_address(pair):
    """Docker's bridge has the same address on every host."""
    bridge = ("docker0", "172.17.0.1", 16)
    hosts = [dataclasses.replace(host, addresses=(*host.addresses, bridge)) for host in pair()]
    assert Status.PASS == statuses(hosts)["fleet.address"].status


def test_a_host_that_drops_another_ones_packets_is_named(pair):
    """The link is judged from both ends' facts; the rule is the evidence."""
    rule = "-A INPUT -s 10.20.0.11/32 -j DROP"
    check = statuses(pair(firewall=("-P INPUT ACCEPT", rule)))["fleet.link"]
    assert (Status.FAIL, "s2 drops packets of s1", rule) == (check.status, check.seen, check.evidence)


def test_no_host_at_all_is_no_error():
    """When no host answered there is nothing to compare."""
    assert {Status.PASS} == {check.status for check in fleet_checks([])}
