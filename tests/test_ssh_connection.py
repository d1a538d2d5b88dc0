from __future__ import annotations

import re
import socket
import subprocess
import threading
import time

import pytest

from edgebook.errors import ConnectionLost, HostKeyMismatch, HostKeyUnknown, HostUnreachable
from edgebook.ssh import Host, connection
from edgebook.ssh.link import FAST_CIPHERS
from edgebook.ssh.wire import QUIET_LIMIT_S
from tests.openssh import running_sshd, wait_until, when_begun

pytest_plugins = ("tests.openssh",)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    """Repeat attempts at once."""
    monkeypatch.setattr(connection, "RETRY_PAUSE_S", 0.0)


@pytest.fixture
def silent():
    """A port that accepts connections and counts them, but says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def hanging_up():
    """A port that accepts connections, counts them, and closes them at once."""
    accepted = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
                accepted.append(True)  # before the other side can know
                connection.close()
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1], accepted
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_closed_port_is_unreachable(sshd):
    """The error names user, address, port and reason, and what to check."""
    with pytest.raises(HostUnreachable, match=r"box: connecting to \w+@127.0.0.1:1: Connection refused") as caught:
        Host(sshd.target(port=1)).run(["true"])
    assert "firewall" in caught.value.hint


def test_a_name_that_does_not_resolve_is_unreachable(sshd):
    """A wrong address is not called a broken network."""
    with pytest.raises(HostUnreachable, match="the name cannot be resolved"):
        Host(sshd.target(address="no-such-host.invalid")).run(["true"])


def test_a_host_that_says_nothing_is_given_up_once(sshd, silent):
    """A silent host costs one connect timeout, not one for each attempt."""
    began = time.monotonic()
    with pytest.raises(HostUnreachable):
        Host(sshd.target(port=silent, connect_timeout_s=0.5)).run(["true"])
    assert 0.5 <= time.monotonic() - began < 1.4


@pytest.mark.parametrize("retries", [0, 2])
def test_a_broken_attempt_is_repeated(sshd, hanging_up, retries):
    """Attempts to connect are repeated, up to the bound."""
    port, accepted = hanging_up
    with pytest.raises(HostUnreachable):
        Host(sshd.target(port=port), retries=retries).run(["true"])
    assert retries + 1 == len(accepted)


def test_a_host_that_comes_back_is_reached(sshd, relay):
    """An attempt that is cut is followed by one that succeeds."""
    relay.cut_after_bytes = 10
    with Host(sshd.target(port=relay.port)) as host:
        assert host.run(["true"]).ok
    assert 2 == relay.connections


def test_an_unknown_key_is_refused_before_anything_is_said(sshd, relay, tmp_path):
    """A host that nobody trusts yet gets neither a user name nor a second attempt."""
    with pytest.raises(HostKeyUnknown, match="edgebook site trust SITE"):
        Host(sshd.target(port=relay.port, known_hosts=(tmp_path / "known_hosts",))).run(["true"])
    assert 1 == relay.connections


def test_a_changed_key_is_refused(sshd, relay, tmp_path):
    """A host with another key than the pinned one is refused, once, with both fingerprints."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    known = tmp_path / "known_hosts"
    known.write_text(f"127.0.0.1,[127.0.0.1]:* {' '.join((tmp_path / 'other.pub').read_text().split()[:2])}\n")
    with pytest.raises(HostKeyMismatch) as caught:
        Host(sshd.target(port=relay.port, known_hosts=(known,))).run(["true"])
    assert 2 == len(set(re.findall("SHA256:[A-Za-z0-9+/]{43}", str(caught.value))))
    assert 1 == relay.connections


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_key_of_any_one_kind_is_enough(sshd, tmp_path, kind):
    """A host with several keys is asked for the one that is pinned."""
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_key(kind)}\n")
    with Host(sshd.target(known_hosts=(known,))) as host:
        assert host.run(["true"]).ok


def test_the_fast_cipher_is_chosen(through):
    """Large files go through AES-GCM, which paramiko would choose last."""
    through.run(["true"])
    assert FAST_CIPHERS[0] == through._shell.connection.link().transport.remote_cipher


def test_the_socket_has_the_options_that_ssh_needs(sshd):
    """No delayed acknowledgements, and a bound on silence where the system has one."""
    with Host(sshd.target()) as host:
        host.run(["true"])
        wire = host._shell.connection.link().wire
        assert 1 == wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert QUIET_LIMIT_S * 1000 == wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)


def test_one_connection_serves_many_commands(through, relay):
    """Commands do not connect anew."""
    for _ in range(3):
        through.run(["true"])
    assert 1 == relay.connections


def test_a_link_that_is_cut_in_mid_command(through, relay, shared_folder):
    """The error names the command, says that it may go on, and the next call connects again."""
    waiting = when_begun(shared_folder, relay.cut)
    with pytest.raises(ConnectionLost, match=r"the connection broke while `sh -c .*` was running, which may go on"):
        through.run(["sh", "-c", 'touch "$0/begun"; sleep 2; touch "$0/ended"', shared_folder])
    waiting.join()
    assert through.run(["true"]).ok
    wait_until(lambda: through.run(["ls", f"{shared_folder}/ended"]).ok, "the command did not go on")


def test_a_link_that_is_cut_in_mid_round(through, relay, shared_folder):
    """A round that lost its link is not taken for one that ended."""
    waiting = when_begun(shared_folder, relay.cut)
    with pytest.raises(ConnectionLost):
        through.run_all([["true"], ["sh", "-c", 'touch "$0/begun"; sleep 2', shared_folder]])
    waiting.join()


def test_a_connection_that_broke_unseen_is_made_again(through, relay):
    """A link that was cut between two commands costs a new connection, not an error."""
    through.run(["true"])
    relay.cut()
    assert through.run(["true"]).ok
    assert 2 == relay.connections


def test_a_host_with_few_channels_is_not_overrun():
    """Where the host allows two sessions at once, six commands wait for each other and all end."""
    with running_sshd("MaxSessions 2\n") as server, Host(server.target()) as host:
        host.run(["true"])
        threads = [threading.Thread(target=lambda: done.append(host.run(["sleep", "0.1"]).code)) for _ in range(6)]
        done: list[int] = []
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [0] * 6 == done


def test_a_host_that_allows_no_session_says_so():
    """A refusal that our own channels do not explain is an error."""
    with (
        running_sshd("MaxSessions 0\n") as server,
        Host(server.target()) as host,
        pytest.raises(HostUnreachable, match="the host refused a channel"),
    ):
        host.run(["true"])


def test_a_server_that_restarts_is_reached_again():
    """A host that was rebooted is connected to again by the next call."""
    with running_sshd() as server, Host(server.target()) as host:
        host.run(["true"])
        host._shell.connection.link().wire.shutdown(socket.SHUT_RDWR)
        server.stop()
        server.start()
        assert host.run(["true"]).ok
