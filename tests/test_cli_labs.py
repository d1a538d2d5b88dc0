"""The commands `lab …`, on a stand-in for the practice site."""

from __future__ import annotations

import json

import pytest

from edgebook import lab
from edgebook.cli import labs, main
from edgebook.errors import LabError
from edgebook.lab import HostStatus, LabStatus


@pytest.fixture
def orders(monkeypatch, tmp_path):
    """Keep what the practice site is told, and answer that it runs."""
    told: list[tuple] = []
    hosts = (
        HostStatus("s1", "server", "10.20.0.11", 2201, powered=True),
        HostStatus("a1", "agent", "10.20.0.21", 2202, powered=False),
    )
    up = LabStatus(
        running=True, folder=tmp_path, site_folder=tmp_path / "site", pid=7, hosts=hosts, faults=(("disk-full", "a1"),)
    )

    def order(name):
        def take(folder, *words, **options):
            told.append((name, str(folder), *words, options))
            return LabStatus(running=False, folder=folder, site_folder=folder) if name == "down" else up

        return take

    for name in ("up", "down", "status", "reset", "break_", "heal"):
        monkeypatch.setattr(lab, name, order(name))
    return told


def test_status_shows_hosts_ports_power_and_faults(orders, capsys):
    """A person sees at a glance what runs and what is broken."""
    assert 0 == main(["lab", "status"])
    shown = capsys.readouterr().out
    assert [] == [
        text for text in ("127.0.0.1:2201", "10.20.0.21", "off", "broken: disk-full on a1") if text not in shown
    ]


def test_status_for_a_program_is_json(orders, capsys):
    """--json holds what the status record holds."""
    main(["lab", "status", "--json"])
    assert 2201 == json.loads(capsys.readouterr().out)["hosts"][0]["port"]


def test_a_site_that_is_down_says_how_to_start_it(tmp_path, capsys):
    """The exit code is 1 and the command that helps is named."""
    assert 1 == main(["lab", "status", "--dir", str(tmp_path / "none")])
    assert "edgebook lab up" in capsys.readouterr().out


def test_up_passes_its_options_on(orders, capsys):
    """Backend, numbers, image, speed, seed and clock reach the site."""
    main(["lab", "up", "--dir", "x", "--edges", "9", "--speed", "40", "--fixed-clock"])
    wanted = {
        "backend": "",
        "servers": 3,
        "agents": 2,
        "edges": 9,
        "image": "",
        "bundle": None,
        "patch": None,
        "speed": 40.0,
        "seed": 7,
    }
    assert [("up", "x", {**wanted, "fixed_clock": True, "say": labs.say})] == orders


def test_words_about_a_long_start_are_beside_the_answer(capsys):
    """What is said while an image is built goes to standard error: standard output is for the answer."""
    labs.say("building")
    assert ("", "building\n") == capsys.readouterr()


def test_hosts_in_docker_show_where_their_ssh_answers(orders, monkeypatch, capsys, tmp_path):
    """A site without a process of its own names its backend, and hosts their own address."""
    host = HostStatus("s1", "server", "10.213.0.11", 22, powered=True, ssh_address="10.213.0.11")
    seen = LabStatus(running=True, folder=tmp_path, site_folder=tmp_path / "site", hosts=(host,), backend="docker")
    monkeypatch.setattr(lab, "status", lambda _: seen)
    main(["lab", "status"])
    shown = capsys.readouterr().out
    assert ("(in Docker)" in shown, "10.213.0.11:22" in shown) == (True, True)


def test_nodes_of_kind_show_that_they_have_no_ssh(orders, monkeypatch, capsys, tmp_path):
    """A node is listed with its power and without a way in."""
    node = HostStatus("worker", "agent", "10.213.0.130", 0, powered=True, ssh_address="")
    seen = LabStatus(running=True, folder=tmp_path, site_folder=tmp_path / "site", hosts=(node,), backend="kind")
    monkeypatch.setattr(lab, "status", lambda _: seen)
    main(["lab", "status"])
    shown = capsys.readouterr().out
    assert ("(on kind)" in shown, ["worker", "agent", "10.213.0.130", "none", "on"]) == (
        True,
        shown.splitlines()[-1].split(),
    )


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["down"], ("down", ".lab", {})),
        (["reset"], ("reset", ".lab", {})),
        (["break", "host-down"], ("break_", ".lab", "host-down", "", {})),
        (["break", "link-lost", "s2", "-o", "seconds=5"], ("break_", ".lab", "link-lost", "s2", {"seconds": "5"})),
        (["heal"], ("heal", ".lab", "", "", {})),
        (["heal", "disk-full", "a1"], ("heal", ".lab", "disk-full", "a1", {})),
    ],
)
def test_each_command_is_one_order(orders, words, order, capsys):
    """Words become exactly one call."""
    main(["lab", *words])
    assert [order] == orders


def test_an_option_of_a_fault_needs_a_value(orders, capsys):
    """A word that is not NAME=VALUE is bad input."""
    assert (2, []) == (main(["lab", "break", "slow-link", "-o", "seconds"]), orders)


def test_faults_are_listed_with_how_they_show(capsys):
    """The catalogue says what is wrong and how it shows."""
    main(["lab", "faults"])
    assert "disk-full" in capsys.readouterr().out


def test_faults_of_another_backend_are_listed_on_demand(capsys):
    """What only hosts in Docker can have is listed for that backend."""
    main(["lab", "faults", "--backend", "docker"])
    assert "packet-loss" in capsys.readouterr().out


def test_faults_for_a_program_have_all_their_facts(capsys):
    """--json holds title, cause, symptoms, mend, targets and options."""
    main(["lab", "faults", "--json"])
    fault = json.loads(capsys.readouterr().out)["disk-full"]
    assert {"title", "cause", "symptoms", "mend", "targets", "options"} == fault.keys()


def test_an_error_of_the_site_is_told(monkeypatch, capsys):
    """What the practice site refuses is an error with its hint."""

    def refuse(*_, **__):
        raise LabError("no such fault", hint="see edgebook lab faults")

    monkeypatch.setattr(lab, "break_", refuse)
    assert 1 == main(["lab", "break", "nonsense"])
    assert "hint: see edgebook lab faults" in capsys.readouterr().err
