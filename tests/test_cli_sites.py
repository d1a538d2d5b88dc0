"""The commands `site …`."""

from __future__ import annotations

import json

import pytest

from edgebook import ssh
from edgebook.cli import main
from edgebook.errors import HostUnreachable
from edgebook.ssh import HostKey
from tests.headless import site

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIB6GZm3PU7Vq7nCkXwzUvYlQ2Ce1Yc5lF0X3zqYbq3aA"


@pytest.fixture
def hut(tmp_path, monkeypatch):
    """A valid site named hut, in the working folder's parameters."""
    folder = site(tmp_path)
    for name in ("id", "known_hosts"):
        (folder / name).touch()
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def shown(monkeypatch):
    """Let every host show one key, and keep what is to be pinned."""
    pinned = []

    def trust(path, targets, *, keys, replace):
        pinned.append((path, [target.name for target in targets], replace))
        return tuple(keys)

    monkeypatch.setattr(ssh, "scan", lambda target: (HostKey(target.address, "ssh-ed25519", KEY),))
    monkeypatch.setattr(ssh, "trust", trust)
    return pinned


def test_a_site_without_mistakes_passes(hut, capsys):
    """The answer names the file, the exit code is 0."""
    assert 0 == main(["site", "check", "hut"])
    assert "parameters/hut/site.yaml: no mistake\n" == capsys.readouterr().out


def test_every_mistake_is_reported_and_the_exit_code_is_2(hut, capsys):
    """Each mistake has its line."""
    path = hut / "site.yaml"
    path.write_text(
        path.read_text().replace("role: server", "role: king").replace("version: v1.31.9+k3s1", "version: new")
    )
    assert 2 == main(["site", "check", "hut"])
    lines = capsys.readouterr().out.splitlines()
    assert (True, True, True) == (
        " mistakes" in lines[0],
        any(":5: " in line for line in lines),
        any(":7: " in line for line in lines),
    )


def test_mistakes_for_a_program_are_json(hut, capsys):
    """--json gives file, line, where, wrong and right of each."""
    (hut / "known_hosts").unlink()
    main(["site", "check", "hut", "--json"])
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert {"file", "line", "where", "wrong", "right"} == problem.keys()


def test_a_site_that_is_not_there_is_bad_input(hut, capsys):
    """The error says where it was looked for."""
    assert 2 == main(["site", "show", "barn"])
    assert "parameters/barn/site.yaml" in capsys.readouterr().err


def test_a_site_is_shown_as_it_is_understood(hut, capsys):
    """Hosts with the way they are reached, the cluster's version and address."""
    main(["site", "show", "hut"])
    shown = capsys.readouterr().out
    assert [] == [
        text for text in ("edge@192.168.1.11:22", "v1.31.9+k3s1", "192.168.1.11 by server") if text not in shown
    ]


def test_a_site_for_a_program_shows_references_only(hut, capsys, monkeypatch):
    """--json holds the reference of a secret, never its value."""
    (hut / "token").write_text("the-very-token")
    main(["site", "show", "hut", "--json"])
    shown = capsys.readouterr().out
    assert ("file:token" in shown, "the-very-token" in shown, json.loads(shown)["name"]) == (True, False, "hut")


def test_the_schema_is_json(capsys):
    """Editors read what is printed."""
    main(["site", "schema"])
    assert "$schema" in json.loads(capsys.readouterr().out)


def test_an_inventory_becomes_a_site(tmp_path, capsys):
    """An Ansible inventory is written as a site.yaml of the given name."""
    source = tmp_path / "hosts.ini"
    source.write_text("[server]\ns1 ansible_host=192.168.1.11\n[server:vars]\nansible_user=edge\n")
    main(["site", "import", str(source), "--name", "cabin", "--out", str(tmp_path / "cabin" / "site.yaml")])
    assert '\nname: "cabin"\n' in (tmp_path / "cabin" / "site.yaml").read_text()


def test_a_k3sup_plan_becomes_a_site(tmp_path, capsys):
    """A JSON file is taken for k3sup's."""
    source = tmp_path / "devices.json"
    source.write_text(json.dumps([{"hostname": "n1", "ip": "192.168.1.11"}]))
    main(["site", "import", str(source)])
    assert "address: 192.168.1.11" in capsys.readouterr().out


def test_an_import_overwrites_nothing(tmp_path, capsys):
    """A site.yaml that is there is not replaced."""
    source, out = tmp_path / "devices.json", tmp_path / "site.yaml"
    source.write_text(json.dumps([{"hostname": "n1", "ip": "192.168.1.11"}]))
    out.write_text("mine")
    assert (2, "mine") == (main(["site", "import", str(source), "--out", str(out)]), out.read_text())


def test_fingerprints_are_shown_before_anything_is_pinned(hut, shown, capsys):
    """Without a person's yes nothing is pinned, and the exit code is 3."""
    assert (3, []) == (main(["site", "trust", "hut"]), shown)
    assert "SHA256:" in capsys.readouterr().out


def test_a_person_who_says_yes_pins_the_keys(hut, shown, monkeypatch, capsys):
    """The answer has to be the whole word."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert (0, [(hut / "known_hosts", ["s1"], False)]) == (main(["site", "trust", "hut"]), shown)


def test_yes_as_an_option_asks_nobody(hut, shown, capsys):
    """Fingerprints that were compared elsewhere are pinned by --yes."""
    assert (0, 1) == (main(["site", "trust", "hut", "--yes", "--replace"]), len(shown))


def test_jump_hosts_are_pinned_before_what_is_behind_them(hut, shown, capsys):
    """A host behind a jump host can be asked for its key only through a trusted one."""
    path = hut / "site.yaml"
    text = path.read_text().replace("user: edge,", "user: edge, jump: gate,")
    path.write_text(text + "jump_hosts: [{name: gate, address: gate.example.com, user: ops}]\n")
    main(["site", "trust", "hut", "--yes"])
    assert [["gate"], ["s1"]] == [names for _, names, _ in shown]


def test_a_host_that_does_not_answer_stops_no_other(hut, monkeypatch, shown, capsys):
    """The others are pinned, the silent one is named, and the exit code is 1."""

    def scan(target):
        raise HostUnreachable(target.name, "no route")

    monkeypatch.setattr(ssh, "scan", scan)
    assert 1 == main(["site", "trust", "hut"])
    assert "s1: no route" in capsys.readouterr().err
