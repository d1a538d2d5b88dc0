from __future__ import annotations

import dataclasses
import sys

import pytest

from edgebook.errors import HostUnreachable
from edgebook.records import SshTarget
from edgebook.ssh import Fleet, Host
from edgebook.ssh.sshconfig import route

pytest_plugins = ("tests.openssh",)

PROXY = """\
import os, select, socket, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
while True:
    for end in select.select([0, sock], [], [])[0]:
        data = os.read(0, 65536) if end == 0 else sock.recv(65536)
        if not data:
            sys.exit()
        sock.sendall(data) if end == 0 else os.write(1, data)
"""


@pytest.fixture
def configured(tmp_path):
    """Return what a target becomes with an ssh_config."""

    def configured(text, **changes):
        file = tmp_path / "config"
        file.write_text(text)
        return route(dataclasses.replace(SshTarget("box", "box", "", ssh_config=file), **changes))

    return configured


def test_defaults_come_from_the_configuration(configured):
    """HostName, Port, User and IdentityFile fill what site.yaml leaves open."""
    way = configured(
        "Host box\n  HostName 192.0.2.7\n  Port 2222\n  User ops\n  IdentityFile /k/a\n  IdentityFile /k/b\n"
    )
    target = way.target
    assert ("192.0.2.7", 2222, "ops") == (target.address, target.port, target.user)
    assert ["/k/a", "/k/b"] == [str(key) for key in target.keys]


def test_the_site_wins(configured, tmp_path):
    """What site.yaml says is not changed by the configuration."""
    text = "Host *\n  Port 2222\n  User ops\n  IdentityFile /k/a\n  ProxyJump gate\n"
    jump = SshTarget("j", "192.0.2.9", "j")
    target = configured(text, port=2200, user="edge", keys=(tmp_path,), jump=jump).target
    assert (2200, "edge", (tmp_path,), jump) == (target.port, target.user, target.keys, target.jump)


def test_a_chain_of_jump_hosts(configured):
    """`ProxyJump first,last` is the last one, reached through the first."""
    jump = configured("Host box\n  ProxyJump ops@first:2201,last\n").target.jump
    assert ("last", 22, "") == (jump.address, jump.port, jump.user)
    assert ("first", 2201, "ops") == (jump.jump.address, jump.jump.port, jump.jump.user)


def test_a_jump_host_does_not_jump_through_itself(configured):
    """`Host *` with a ProxyJump covers the jump host too, and does not send it in circles."""
    assert configured("Host *\n  ProxyJump gate\n", address="gate").target.jump is None


@pytest.mark.parametrize("text", ["", "Host *\n  ProxyJump none\n  ProxyCommand none\n"])
def test_no_detour_by_default(configured, text):
    """`none` is no host and no program."""
    way = configured(text)
    assert (None, "") == (way.target.jump, way.proxy_command)


def test_known_hosts_knows_the_alias(configured):
    """HostKeyAlias is what known_hosts calls the host."""
    assert "cabinet" == configured("Host box\n  HostKeyAlias cabinet\n").known_as


def test_a_configuration_that_cannot_be_read_is_named(configured):
    """The error names the file."""
    with pytest.raises(HostUnreachable, match=r"reading .*config"):
        configured("Host box\n  nonsense\n")


def test_tokens_stand_for_what_the_site_says(configured):
    """%h, %p and %r in a ProxyCommand are the address, port and user that are used in the end."""
    way = configured("Host box\n  Port 1\n  User x\n  ProxyCommand carry %h %p %r\n", port=2200, user="edge")
    assert "carry box 2200 edge" == way.proxy_command


def test_a_configuration_that_is_not_there_is_named(tmp_path):
    """A file that site.yaml names must exist."""
    with pytest.raises(HostUnreachable, match="none: No such file"):
        route(SshTarget("box", "box", "edge", ssh_config=tmp_path / "none"))


def test_a_host_of_the_configuration_is_reached(sshd, tmp_path):
    """A name that only the configuration knows works as it does with `ssh NAME`."""
    file = tmp_path / "config"
    file.write_text(
        f"Host cabinet\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User {sshd.user}\n"
        f"  IdentityFile {sshd.key}\n  UserKnownHostsFile {sshd.known_hosts}\n"
    )
    with Host(SshTarget("box", "cabinet", "", ssh_config=file)) as host:
        assert f"{sshd.user}\n" == host.run(["id", "-un"]).out


def test_a_proxy_command_carries_the_connection(sshd, tmp_path):
    """ProxyCommand with its tokens, as OpenSSH runs it."""
    (tmp_path / "proxy.py").write_text(PROXY)
    file = tmp_path / "config"
    file.write_text(f"Host *\n  ProxyCommand {sys.executable} {tmp_path}/proxy.py %h %p\n")
    with Host(sshd.target(ssh_config=file)) as host:
        assert "through\n" == host.run(["echo", "through"]).out


def test_a_proxy_command_that_fails_is_unreachable(sshd, tmp_path):
    """A program that ends at once, and one that is not there, are errors of the way."""
    file = tmp_path / "config"
    for command in ("false", "/no/such/program"):
        file.write_text(f"Host *\n  ProxyCommand {command}\n")
        with pytest.raises(HostUnreachable):
            Host(sshd.target(ssh_config=file), retries=0).run(["true"])


def test_hosts_behind_a_jump_host(sshd, relay):
    """Three hosts behind one jump host are reached through one connection to it."""
    gate = sshd.target(name="gate", port=relay.port)
    targets = [sshd.target(name=f"box{n}", jump=gate) for n in range(3)]
    with Fleet(targets) as fleet:
        results = fleet.run(["true"])
    assert ["box0", "box1", "box2"] == list(results.ok)
    assert 1 == relay.connections


def test_a_host_that_the_jump_host_cannot_reach(sshd):
    """The error names the host, the jump host, and what the jump host said."""
    target = sshd.target(port=1, jump=sshd.target(name="gate"))
    with Host(target, retries=0) as host, pytest.raises(HostUnreachable, match=r"box: .*through gate.*refused"):
        host.run(["true"])


def test_a_jump_host_that_is_down_is_named(sshd):
    """It is the jump host's name that stands in front of the error."""
    target = sshd.target(jump=sshd.target(name="gate", port=1))
    with pytest.raises(HostUnreachable, match=r"^gate: "):
        Host(target, retries=0).run(["true"])
