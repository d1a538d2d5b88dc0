"""What goes wrong on real hosts in mid-run: each ends in a named error in its time, and the next run completes."""

import time

import pytest

from edgebook import lab
from edgebook.errors import ConnectionLost, PreflightFailed, StepFailed, SudoRefused, TransferFailed
from edgebook.ssh.wire import QUIET_LIMIT_S
from tests.docker import hands
from tests.docker.conftest import SIZE_MB
from tests.player import play

pytestmark = pytest.mark.slow
MB = 1024 * 1024
MARGIN_S = 10.0
"""For what a run does before and after the fault that is timed here, on a machine with other work."""
FROZEN_S = 30.0


def completes(status):
    """Run the install again and return what it changed; both nodes are Ready afterwards."""
    played = play(site=str(status.site_folder))
    server = played.run.fleet["s1"]
    listed = server.run(["/usr/local/bin/k3s", "kubectl", "get", "nodes", "--no-headers"], sudo=True).check()
    played.run.close()
    assert ["a1 Ready", "s1 Ready"] == [" ".join(line.split()[:2]) for line in listed.out.splitlines()]
    return played.changed


def fails(status, kind, match, *, before=None):
    """Run the install, which fails with this error at a step; return the error and when it came."""
    with pytest.raises(StepFailed, match=match) as caught:
        play(site=str(status.site_folder), before=before)
    assert isinstance(caught.value.__cause__, kind)
    assert caught.value.hint
    return caught.value, time.monotonic()


def test_a_connection_lost_in_mid_upload(pair):
    """The upload ends as lost within 15 quiet seconds; the next run sends only the rest."""
    hands.cut_after(pair, "s1", 8 * MB)
    began_s = time.monotonic()
    _, ended_s = fails(pair, ConnectionLost, "(?s)s1.*no sign of life")
    assert ended_s - began_s < QUIET_LIMIT_S + MARGIN_S
    kept = hands.part_bytes(pair, "s1")
    assert 4 * MB < kept < SIZE_MB * MB
    hands.count(pair, "s1")
    assert "artifacts/s1/program" in completes(pair)
    assert hands.counted_bytes(pair, "s1") < 1.1 * (SIZE_MB * MB - kept) + MB


def test_a_host_that_hangs_for_half_a_minute_in_mid_command(pair):
    """The command ends as lost within 15 quiet seconds; when the host goes on, the next run completes."""

    def wait():
        hands.wait_for_installer(pair, "a1")

    def thaw():
        time.sleep(FROZEN_S)
        lab.heal(pair.folder, "host-frozen")
        hands.free_lock(pair, "a1")

    hanging = hands.Meanwhile(wait, lambda: lab.break_(pair.folder, "host-frozen", "a1"), thaw)
    lock = {'run.apply("agents")': lambda: hands.hold_lock(pair, "a1")}
    _, ended_s = fails(pair, ConnectionLost, "(?s)a1.*no sign of life", before=lock)
    assert ended_s - hanging.struck_at_s < QUIET_LIMIT_S + MARGIN_S
    hanging.done()
    assert "agents/a1/start" in completes(pair)


def test_a_host_that_loses_power_in_mid_command(pair):
    """The command ends as lost; when the host is up again, the next run completes."""

    def wait():
        hands.wait_for_installer(pair, "a1")

    def strike():
        lab.break_(pair.folder, "host-down", "a1")

    cut = hands.Meanwhile(wait, strike, lambda: lab.heal(pair.folder, "host-down"))
    lock = {'run.apply("agents")': lambda: hands.hold_lock(pair, "a1")}
    _, ended_s = fails(pair, ConnectionLost, "a1", before=lock)
    cut.done()
    assert ended_s - cut.struck_at_s < QUIET_LIMIT_S + MARGIN_S
    assert "agents/a1/start" in completes(pair)


def test_sudo_that_is_taken_away_between_two_steps(pair):
    """The first step that needs root says so by name; given back, the next run completes."""

    def take():
        lab.break_(pair.folder, "sudo-refused", "a1")

    began_s = time.monotonic()
    _, ended_s = fails(pair, SudoRefused, "(?s)a1.*sudo", before={'run.apply("configuration")': take})
    assert ended_s - began_s < MARGIN_S
    lab.heal(pair.folder)
    assert "configuration/a1/config" in completes(pair)


def test_a_disk_that_fills_up_during_an_upload(pair):
    """The upload ends with the cause and what to do about it; with room again, the next run completes."""
    lab.break_(pair.folder, "disk-full", "s1", path="/usr/local/bin", size_mb=64, free_mb=40)
    hands.when_uploading(pair, "s1", "head -c 64M /dev/zero >/usr/local/bin/growing.log")
    error, _ = fails(pair, TransferFailed, "(?s)s1.*No space left on device")
    assert "free some room" in error.hint
    hands.inside(pair, "s1", "rm", "-f", "/usr/local/bin/growing.log")
    lab.heal(pair.folder)
    assert "artifacts/s1/program" in completes(pair)


def test_a_host_whose_key_has_changed(pair):
    """Preflight refuses the host before anything is sent to it; with the pinned key again, the run completes."""
    key = "/etc/ssh/ssh_host_ed25519_key"
    other = f"cp -p {key} {key}.kept && rm {key} && ssh-keygen -q -t ed25519 -N '' -f {key} && systemctl restart ssh"
    hands.inside(pair, "a1", "sh", "-c", other)
    began_s = time.monotonic()
    with pytest.raises(
        PreflightFailed, match=r"(?s)a1: SSH login.*shown is ssh-ed25519.*a reinstalled host has a new key"
    ):
        play(site=str(pair.site_folder))
    assert time.monotonic() - began_s < MARGIN_S
    hands.inside(pair, "a1", "sh", "-c", f"mv {key}.kept {key} && systemctl restart ssh")
    completes(pair)


def test_a_token_that_is_not_the_cluster_s(pair):
    """K3s's own log names the cause, also where its unit does not wait for the join, as older installers make it."""

    def spoil():
        lab.break_(pair.folder, "wrong-token", "a1")
        hands.inside(pair, "a1", "sed", "-i", "s/:-notify}/:-exec}/", "/var/lib/edgebook/k3s-install.sh")

    with pytest.raises(StepFailed, match=r"(?s)a1: k3s-agent does not start.*not this cluster's.*401 Unauthorized"):
        play(site=str(pair.site_folder), timeout_s=10.0, before={'run.apply("agents")': spoil})
    lab.heal(pair.folder)
    assert "agents/a1/start" in completes(pair)
