"""Channels of a connection: streams, input, signals, how many at once, and what a lost connection leaves behind."""

import contextlib
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import paramiko
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.contract.bench import eventually

MAX_SESSIONS = 10
"""sshd's default (sshd_config(5))."""
CONNECT_FAILED = 2
"""RFC 4254, 5.1: SSH_OPEN_CONNECT_FAILED."""
WAIT_S = 20


def run(client, line, *, stdin=None):
    """Run a command line on a channel of its own; return the channel when it has ended, and its two streams."""
    channel = client.get_transport().open_session(timeout=WAIT_S)
    channel.settimeout(WAIT_S)
    channel.exec_command(line)
    if stdin is not None:
        channel.sendall(stdin)
        channel.shutdown_write()
    out, err = channel.makefile("rb").read(), channel.makefile_stderr("rb").read()
    channel.recv_exit_status()
    channel.close()
    return channel, out, err


@pytest.mark.parametrize("code", [0, 1, 2, 126, 255])
def test_exit_code_comes_back(raw, code):
    """An exit code is what the command gave, from 0 to 255."""
    channel, *_ = run(raw, f"exit {code}")
    assert code == channel.recv_exit_status()


@pytest.mark.parametrize("signal", ["TERM", "KILL", "HUP"])
def test_signal_leaves_no_exit_code(raw, signal):
    """A command that a signal ended has no exit code, and the connection goes on."""
    channel, *_ = run(raw, f"sh -c 'kill -{signal} $$'")
    assert (-1, True) == (channel.recv_exit_status(), raw.get_transport().is_active())


def test_signal_under_sudo_leaves_no_exit_code(raw):
    """sudo ends itself with the signal that ended its command."""
    channel, *_ = run(raw, "sudo -n -- sh -c 'kill -TERM $$'")
    assert -1 == channel.recv_exit_status()


def test_streams_are_two(raw):
    """Output and error output come apart."""
    _, out, err = run(raw, "echo out; echo err >&2")
    assert (b"out\n", b"err\n") == (out, err)


def test_every_byte_comes_through(raw):
    """All 256 bytes go in and come out as they were."""
    data = bytes(range(256)) * 64
    _, out, _ = run(raw, "cat", stdin=data)
    assert data == out


def test_bytes_that_are_no_text(raw):
    """Output need not be UTF-8."""
    _, out, _ = run(raw, r"printf '\377\376\000x'")
    assert b"\xff\xfe\0x" == out


def test_input_ends_when_the_client_says_so(raw):
    """A command that reads to the end of its input ends when the client closes its side."""
    _, out, _ = run(raw, "wc -c", stdin=b"12345")
    assert b"5" == out.strip()


def test_output_may_come_before_the_input_ends(raw):
    """A command answers while its input is open."""
    channel = raw.get_transport().open_session()
    channel.settimeout(WAIT_S)
    channel.exec_command("read line; echo got $line; cat >/dev/null")
    channel.sendall(b"one\n")
    assert b"got one\n" == channel.recv(100)
    channel.close()


def test_input_that_nobody_reads_is_no_error(raw):
    """A command may end with its input unread, and its exit code comes back."""
    channel = raw.get_transport().open_session(timeout=WAIT_S)
    channel.exec_command("exit 3")
    with contextlib.suppress(OSError):
        channel.sendall(b"x" * 100_000)
    assert 3 == channel.recv_exit_status()
    channel.close()


def test_large_output_comes_whole(raw):
    """Sixteen megabytes of output come back whole."""
    _, out, _ = run(raw, "head -c 16777216 /dev/zero")
    assert 16 << 20 == len(out)


def test_two_full_streams_do_not_block(host):
    """A megabyte on each stream at once comes back whole."""
    done = host.script("head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2")
    assert (1_000_000, 1_000_000) == (len(done.out), len(done.err))


def test_long_command_line(raw):
    """A command line of a hundred thousand characters is taken."""
    _, out, _ = run(raw, "printf %s " + "x" * 100_000)
    assert 100_000 == len(out)


def test_a_background_job_holds_the_channel(raw):
    """The channel ends when the last process that holds its output has ended."""
    _, out, _ = run(raw, "(sleep 0.2; echo late) & echo early")
    assert b"early\nlate\n" == out


def test_a_job_without_the_streams_holds_nothing(raw):
    """A job that gave the streams away lets the command end."""
    channel, out, _ = run(raw, "sleep 1000 >/dev/null 2>&1 </dev/null & echo $!")
    assert 0 == channel.recv_exit_status()
    run(raw, f"kill {int(out)}")


def test_ten_channels_at_once_and_no_more(connect):
    """A connection carries ten sessions; the next is refused, and there is room again when one has ended."""
    transport = connect().get_transport()
    channels = [transport.open_session(timeout=WAIT_S) for _ in range(MAX_SESSIONS)]
    for channel in channels:
        channel.exec_command("cat")
    with pytest.raises(paramiko.ChannelException) as refused:
        transport.open_session(timeout=WAIT_S)
    assert CONNECT_FAILED == refused.value.code
    channels[0].shutdown_write()
    channels[0].recv_exit_status()
    channels[0].close()
    assert eventually(lambda: _opens(transport), wanted=True)
    transport.close()


def test_commands_side_by_side(raw):
    """Fifty commands over five channels come back each with its own output."""
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda number: run(raw, f"echo {number}")[1], range(50)))
    assert [f"{number}\n".encode() for number in range(50)] == answers


def test_a_second_exec_on_a_channel_is_refused(raw):
    """One channel runs one command."""
    channel = raw.get_transport().open_session()
    channel.exec_command("cat")
    with pytest.raises(paramiko.SSHException):
        channel.exec_command("true")
    channel.close()


def test_command_outlives_the_connection(connect, host, place):
    """A command goes on when its connection is cut, as under OpenSSH without a terminal."""
    client = connect()
    channel = client.get_transport().open_session()
    channel.exec_command(f"echo begun; cat >{place}/got; echo $? >{place}/code; echo done >{place}/done")
    assert b"begun\n" == channel.recv(100)
    client.get_transport().sock.shutdown(socket.SHUT_RDWR)
    ended = eventually(lambda: host.run(["cat", f"{place}/done"]).out, "done\n")
    assert ("done\n", "0\n") == (ended, host.run(["cat", f"{place}/code"]).out)


def test_writing_to_a_lost_connection_does_not_stop_a_command(connect, host, place):
    """What nobody hears any more is no reason for a command to fail before its next lines."""
    client = connect()
    channel = client.get_transport().open_session()
    channel.exec_command(f"trap '' PIPE; echo begun; cat >/dev/null; echo more 2>/dev/null; echo done >{place}/done")
    channel.recv(100)
    client.get_transport().sock.shutdown(socket.SHUT_RDWR)
    assert "done\n" == eventually(lambda: host.run(["cat", f"{place}/done"]).out, "done\n")


def test_closing_a_channel_does_not_kill_its_command(raw, host, place):
    """A command whose channel the client closes goes on, which is why a time-out says that it may."""
    channel = raw.get_transport().open_session()
    channel.exec_command(f"cat >/dev/null; echo done >{place}/done")
    channel.close()
    assert "done\n" == eventually(lambda: host.run(["cat", f"{place}/done"]).out, "done\n")


def test_keepalive_requests_are_answered(raw):
    """sshd answers a global request it does not know, which proves that it lives."""
    transport = raw.get_transport()
    answered = threading.Event()

    def ask():
        transport.global_request("keepalive@openssh.com", wait=True)
        answered.set()

    threading.Thread(target=ask, daemon=True).start()
    assert answered.wait(WAIT_S)


def test_an_unknown_user_is_refused_like_a_wrong_key(target, tmp_path):
    """A key that is not the user's and a user that is not there get the same answer."""
    keys = {"stranger": paramiko.Ed25519Key.from_private_key_file(str(target.keys[0])), target.user: _new_key(tmp_path)}
    assert [paramiko.AuthenticationException] * 2 == [_refusal(target, user, key) for user, key in keys.items()]


def test_root_cannot_log_in_with_the_users_key(target):
    """The user's key opens the user's account only."""
    key = paramiko.Ed25519Key.from_private_key_file(str(target.keys[0]))
    assert paramiko.AuthenticationException is _refusal(target, "root", key)


def test_forwarding_to_a_closed_port_is_refused(raw):
    """A jump to a port where nothing listens is refused at once."""
    with pytest.raises(paramiko.ChannelException) as refused:
        raw.get_transport().open_channel("direct-tcpip", ("127.0.0.1", 9), ("127.0.0.1", 0), timeout=WAIT_S)
    assert CONNECT_FAILED == refused.value.code


def test_forwarding_reaches_another_host(raw, site):
    """A jump leads from one host to the next host's SSH port, by its address inside the site."""
    to = (str(site.servers[1].node_ip), 22)
    channel = raw.get_transport().open_channel("direct-tcpip", to, ("127.0.0.1", 0), timeout=WAIT_S)
    channel.settimeout(WAIT_S)
    assert channel.recv(100).startswith(b"SSH-2.0-OpenSSH_9.2p1 Debian")
    channel.close()


def test_server_names_itself_as_debians(raw):
    """The server's version is that of Debian 12's OpenSSH."""
    assert raw.get_transport().remote_version.startswith("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u")


def _opens(transport):
    try:
        transport.open_session(timeout=WAIT_S).close()
    except paramiko.ChannelException:
        return False
    return True


def _new_key(folder):
    path = folder / f"key-{os.urandom(4).hex()}"
    path.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
    )
    return paramiko.Ed25519Key.from_private_key_file(str(path))


def _refusal(target, user, key):
    sock = socket.create_connection((target.address, target.port), timeout=WAIT_S)
    with paramiko.Transport(sock) as transport:
        transport.start_client(timeout=WAIT_S)
        try:
            transport.auth_publickey(user, key)
        except paramiko.SSHException as exc:
            return type(exc)
    return None
