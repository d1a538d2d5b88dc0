from __future__ import annotations

import os
import threading
import time

import pytest

from edgebook.errors import CommandFailed, HostUnreachable
from edgebook.records import SshTarget
from edgebook.ssh import Fleet

pytest_plugins = ("tests.openssh",)

NOWHERE = [SshTarget(f"box{n}", "192.0.2.1", "edge") for n in range(5)]


def test_making_a_fleet_connects_to_nothing():
    """A fleet of hosts that do not exist is made at once."""
    assert ["box0", "box1", "box2", "box3", "box4"] == list(Fleet(NOWHERE))


def test_a_fleet_knows_its_hosts_by_name():
    """An unknown name is a KeyError that lists the known ones."""
    assert "box1" == Fleet(NOWHERE)["box1"].name
    with pytest.raises(KeyError, match="box0, box1"):
        Fleet(NOWHERE)["box9"]


def test_two_hosts_of_one_name_are_refused():
    """Results are by name, so names are unique."""
    with pytest.raises(ValueError, match="two hosts are called box0"):
        Fleet([*NOWHERE, NOWHERE[0]])


def test_results_are_in_inventory_order():
    """However the hosts are asked for, and whoever ends first, the inventory orders them."""
    results = Fleet(NOWHERE).each(lambda host: time.sleep(0.05 * (host.name == "box1")), hosts=["box3", "box1"])
    assert ["box1", "box3"] == list(results)


def test_an_unknown_host_is_refused_before_any_act():
    """A wrong name among right ones stops the whole call."""
    acted = []
    with pytest.raises(KeyError):
        Fleet(NOWHERE).each(acted.append, hosts=["box0", "nobody"])
    assert [] == acted


def test_one_hosts_failure_is_data():
    """An error stands in its host's place; the others' answers are there."""

    def act(host):
        if host.name == "box2":
            raise CommandFailed("box2", "broken")
        return host.name.upper()

    results = Fleet(NOWHERE).each(act)
    assert {"box0": "BOX0", "box1": "BOX1", "box3": "BOX3", "box4": "BOX4"} == results.ok
    assert ["box2"] == list(results.failed)


def test_a_mistake_in_an_act_is_raised():
    """An error that is not edgebook's is a bug and not data."""
    with pytest.raises(ZeroDivisionError):
        Fleet(NOWHERE).each(lambda host: len(host.name) // 0)


def test_no_more_hosts_at_once_than_the_limit():
    """The limit bounds how many hosts are used at the same time."""
    busy, most, lock = 0, 0, threading.Lock()

    def act(host):
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.02)
        with lock:
            busy -= 1

    Fleet(NOWHERE, limit=2).each(act)
    assert 2 == most


def test_a_command_on_every_host(sshd):
    """`run` reaches each host, and one that is down is an error among answers."""
    targets = [sshd.target(name="up"), sshd.target(name="down", port=1), sshd.target(name="too")]
    with Fleet(targets, retries=0) as fleet:
        results = fleet.run(["echo", "here"])
    assert {"up": "here\n", "too": "here\n"} == {name: done.out for name, done in results.ok.items()}
    assert HostUnreachable is type(results["down"])


def test_ctrl_c_ends_a_fleet_at_once(sshd):
    """A KeyboardInterrupt closes every connection instead of waiting for the commands."""
    with Fleet([sshd.target(name=f"box{n}") for n in range(3)]) as fleet:
        fleet.run(["true"])
        began = time.monotonic()
        threading.Timer(0.3, lambda: os.kill(os.getpid(), 2)).start()
        with pytest.raises(KeyboardInterrupt):
            fleet.run(["sleep", "30"])
        assert 5 > time.monotonic() - began
