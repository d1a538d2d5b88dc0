"""Preflight on real Linux hosts: nothing is wrong with good ones, and what is broken is named, where it is."""

import time

import pytest

from edgebook import k3s, lab
from edgebook.records import Status
from edgebook.site import load
from edgebook.ssh import Fleet

BROKEN = [
    ("port-closed", "s1", {}),
    ("critical-flags-differ", "s1", {}),
    ("wrong-token", "s2", {}),
    ("link-cut", "s2", {"with": "s3"}),
    ("disk-full", "s3", {}),
    ("no-default-route", "a1", {}),
    ("clock-skew", "a1", {"seconds": -300}),
    ("sudo-refused", "a2", {}),
    ("duplicate-hostname", "a2", {"like": "a1"}),
]
NAMED = {
    ("host.firewall", "s1"),
    ("k3s.drop-ins", "s1"),
    ("k3s.drop-ins", "s2"),
    ("fleet.link", "site"),
    ("host.disk", "s3"),
    ("host.route", "a1"),
    ("host.clock", "a1"),
    ("fleet.clock", "site"),
    ("host.root", "a2"),
    ("k3s.hostname", "a2"),
    ("fleet.hostname", "site"),
}


@pytest.fixture(scope="module")
def bare(docker_site):
    """Make all hosts anew, once: these tests only break, and what they break heals."""
    return lab.reset(docker_site.folder)


@pytest.fixture
def hosts(bare):
    """Give bare hosts, and take out what a test breaks."""
    yield bare
    lab.heal(bare.folder)


def preflight(status):
    """Return what is not pass: check and place, with what was seen."""
    site = load(status.site_folder)
    with Fleet([site.target(host.name) for host in site.hosts]) as fleet:
        checks = k3s.preflight(site, k3s.inspect(site, fleet))
    return {(check.id, check.target): check for check in checks if check.status is not Status.PASS}


def test_nothing_is_wrong_with_good_hosts(hosts):
    """Every check of runbook 10 passes on bare Debian, without a warning."""
    assert {} == preflight(hosts)


def test_each_fault_is_named_where_it_is(hosts):
    """Nine faults at once give eleven failed checks, and no other."""
    for fault, host, options in BROKEN:
        lab.break_(hosts.folder, fault, host, **options)
    assert dict.fromkeys(NAMED, Status.FAIL) == {place: check.status for place, check in preflight(hosts).items()}


def test_a_folder_that_became_read_only_is_named(hosts):
    """df still shows space on it."""
    lab.break_(hosts.folder, "read-only-path", "s3")
    assert "read-only" == preflight(hosts)["host.disk", "s3"].seen


def test_a_host_that_is_off_is_named_within_its_connect_time(hosts):
    """The others are judged all the same."""
    lab.break_(hosts.folder, "host-down", "s3")
    began = time.monotonic()
    assert {("host.ssh", "s3")} == set(preflight(hosts))
    assert time.monotonic() - began < 60
