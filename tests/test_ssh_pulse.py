from __future__ import annotations

import time

import pytest

from edgebook.errors import ConnectionLost
from edgebook.ssh import pulse
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
