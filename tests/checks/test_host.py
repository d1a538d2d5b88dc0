"""Checks of one host: a good one passes all, and each thing wrong fails its own check with a remedy."""

import pytest

from edgebook.checks.facts import Disk, Listener
from edgebook.checks.host import Needs, host_checks, reached
from edgebook.errors import HostUnreachable
from edgebook.records import Status

PORTS = (("tcp", 6443), ("tcp", 2379), ("udp", 8472))
SERVER = Needs("server", PORTS, frozenset({"k3s-server"}))
DROP = "-A INPUT -p tcp -m tcp --dport 6443 -j DROP"
WRONG = [
    ("host.root", {"root": False, "root_error": "sudo: a password is required"}, Status.FAIL),
    ("host.arch", {"arch": "riscv64"}, Status.FAIL),
    ("host.init", {"init": "init"}, Status.FAIL),
    ("host.size", {"memory_mb": 900}, Status.WARN),
    ("host.cgroups", {"cgroup_controllers": frozenset({"cpu"})}, Status.FAIL),
    ("host.modules", {"modules": {"vxlan": False}}, Status.WARN),
    ("host.route", {"default_routes": ()}, Status.FAIL),
    ("host.clock", {"clock_offset_s": 300.0}, Status.FAIL),
    ("host.clock", {"clock_offset_s": -3.0}, Status.FAIL),
    ("host.clock", {"ntp": False}, Status.WARN),
    ("host.disk", {"disk": Disk("/", 0, 100)}, Status.FAIL),
    ("host.disk", {"inodes_used_percent": 99}, Status.FAIL),
    ("host.disk", {"disk": Disk("/", 6_000, 40)}, Status.WARN),
    ("host.disk", {"disk": None}, Status.UNKNOWN),
    ("host.disk", {"read_only": True}, Status.FAIL),
    ("host.storage", {"removable_disk": "mmcblk0"}, Status.FAIL),
    ("host.filesystem", {"file_system": "zfs"}, Status.WARN),
    ("host.ports", {"listeners": (Listener("tcp", 6443, "haproxy"),)}, Status.FAIL),
    ("host.firewall", {"firewall": (DROP,)}, Status.FAIL),
    ("host.firewall", {"firewall": ("-P INPUT DROP",)}, Status.FAIL),
    ("host.firewall", {"units": {"ufw": "active"}}, Status.WARN),
    ("host.kubelet", {"units": {"kubelet": "active"}}, Status.FAIL),
    ("host.nm-cloud-setup", {"nm_cloud_setup": "enabled"}, Status.FAIL),
    ("host.iptables", {"iptables": "1.8.2"}, Status.WARN),
    ("host.selinux", {"selinux": "Enforcing"}, Status.WARN),
    ("host.inotify", {"inotify_instances": 64}, Status.WARN),
]


def test_a_good_server_passes_every_check(facts):
    """Nothing is wrong with a good host."""
    assert {Status.PASS} == {check.status for check in host_checks(facts(), SERVER)}


@pytest.mark.parametrize(
    ("check_id", "changes", "status"), WRONG, ids=[f"{wrong[0]}-{at}" for at, wrong in enumerate(WRONG)]
)
def test_each_thing_wrong_is_found_alone_and_has_a_remedy(facts, check_id, changes, status):
    """One thing wrong gives one check that is not pass, with a hint."""
    found = [check for check in host_checks(facts(**changes), SERVER) if check.status is not Status.PASS]
    assert [(check_id, status, True)] == [(check.id, check.status, bool(check.hint)) for check in found]


def test_ports_that_k3s_itself_holds_are_ours(facts):
    """On an installed host the listeners are K3s's own."""
    checks = host_checks(facts(listeners=(Listener("tcp", 6443, "k3s-server"),)), SERVER)
    assert Status.PASS == next(check.status for check in checks if check.id == "host.ports")


def test_the_blocking_rule_is_the_evidence(facts):
    """A firewall check shows the rule, so that a person can delete it."""
    check = next(
        check for check in host_checks(facts(firewall=("-P INPUT ACCEPT", DROP)), SERVER) if check.id == "host.firewall"
    )
    assert DROP == check.evidence


@pytest.mark.parametrize(
    "rule", ["-A INPUT -p tcp --dport 22 -j DROP", "-A INPUT -p tcp --dport 6443 -j ACCEPT", "-N KUBE"]
)
def test_rules_that_touch_no_needed_port_do_not_count(facts, rule):
    """Only a rule that drops or rejects a port of ours is a failure."""
    checks = host_checks(facts(firewall=(rule,)), SERVER)
    assert Status.PASS == next(check.status for check in checks if check.id == "host.firewall")


def test_an_agent_asks_for_less(facts):
    """One core and half a gigabyte are an agent."""
    small = facts(cpus=1, memory_mb=500, disk=Disk("/", 6_000, 40), removable_disk="mmcblk0")
    assert {Status.PASS} == {check.status for check in host_checks(small, Needs("agent", (), frozenset()))}


def test_a_host_that_does_not_answer_is_a_check_with_the_errors_own_hint():
    """An SSH error becomes a failed check, not an exception."""
    check = reached("s1", HostUnreachable("s1", "connection refused", hint="is it switched on?"))
    assert (Status.FAIL, "s1: connection refused", "is it switched on?") == (check.status, check.seen, check.hint)
