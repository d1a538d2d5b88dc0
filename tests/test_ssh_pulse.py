from __future__ import annotations

import contextlib
import errno
import socket
import time

import pytest

from edgebook.errors import ConnectionLost
from edgebook.ssh import pulse
from edgebook.ssh.wire import Wire
from tests.openssh import when_begun

pytest_plugins = ("tests.openssh",)


@pytest.fixture
def _fast_pulse(monkeypatch):
    """Let the pulse beat twenty times as fast."""
    monkeypatch.setattr(pulse, "TICK_S", 0.05)


@pytest.mark.usefixtures("_fast_pulse")
def test_a_frozen_host_is_found_in_the_stated_time(through, relay, shared_folder):
    """A peer whose TCP goes on, but which says nothing, is lost after fifteen ticks."""
    waiting = when_begun(shared_folder, relay.frozen.set)
    began = time.monotonic()
    with pytest.raises(ConnectionLost, match="no sign of life for 15 s"):
        through.run(["sh", "-c", 'touch "$0/begun"; sleep 30', shared_folder])
    waiting.join()
    relay.frozen.clear()
    assert 15 * 0.05 <= time.monotonic() - began < 15 * 0.05 + 1.5


@pytest.mark.usefixtures("_fast_pulse")
def test_a_quiet_command_is_not_a_frozen_host(through):
    """A command that says nothing for longer than the limit is left alone: the host answers."""
    assert "done\n" == through.run(["sh", "-c", "sleep 1.5; echo done"]).out


@pytest.mark.usefixtures("_fast_pulse")
def test_an_idle_connection_is_kept(through, relay):
    """A connection that is not used stays open, because the host answers."""
    through.run(["true"])
    time.sleep(1.2)  # longer than the limit of this test's pulse; there is nothing to poll for
    assert through.run(["true"]).ok
    assert 1 == relay.connections


class GivenUp:
    """A socket whose peer has acknowledged nothing for TCP_USER_TIMEOUT."""

    def recv(self, size):
        raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")

    send = recv


@pytest.mark.parametrize("act", [lambda wire: wire.recv(1), lambda wire: wire.send(b"x")], ids=["recv", "send"])
def test_what_tcp_gave_up_on_is_remembered(act):
    """The kernel says once that nobody acknowledges what was sent; the wire keeps it for the error's words."""
    wire = Wire(GivenUp())
    with pytest.raises(TimeoutError):
        act(wire)
    assert wire.unanswered


def test_a_short_time_limit_is_no_lost_link():
    """A socket's own time limit, which paramiko uses to look around, does not count."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0.01)
    wire = Wire(ours)
    with theirs, contextlib.closing(ours), pytest.raises(TimeoutError):
        wire.recv(1)
    assert not wire.unanswered
