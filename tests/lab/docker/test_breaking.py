"""Faults of hosts in Docker: each breaks what it says, and heals."""

import socket
import time

import pytest

from edgebook import lab
from edgebook.errors import HostError, LabError
from edgebook.lab.docker import engine, machines
from edgebook.lab.docker.catalogue import FAULTS
from edgebook.lab.docker.plan import lab_id
from edgebook.site import load
from edgebook.ssh import Host
from tests.lab.docker.conftest import inside

PORT = "timeout 1 bash -c 'read -r _ < /dev/tcp/{}/22'"
"""Ends with 0 where a host's SSH server says its first line."""
NO_REACH = "! ping -q -c 1 -W 1 {} >/dev/null"
SYMPTOMS = {
    "port-closed": ("s1", {"port": 22}, "s2", "! " + PORT),
    "wrong-token": (
        "s2",
        {"token": "0ld"},
        "s2",
        "grep -q 0ld $(cut -sd: -f2 /etc/rancher/k3s/config.yaml.d/90* || echo no)",
    ),
    "critical-flags-differ": ("s2", {}, "s2", "grep -q host-gw /etc/rancher/k3s/config.yaml.d/50-local.yaml"),
    "duplicate-hostname": ("a2", {}, "a2", '[ "$(uname -n) $(cat /etc/hostname)" = "s1 s1" ]'),
    "clock-skew": ("a1", {}, "a1", "[ $(($(date +%s) - $(/bin/date +%s))) -ge 299 ] && ! chronyc tracking"),
    "disk-full": (
        "s3",
        {},
        "s3",
        "cd /var/lib/rancher; ! head -c 9999 /dev/zero > probe; failed=$?; rm -f probe; exit $failed",
    ),
    "read-only-path": ("s3", {}, "s3", "! touch /var/lib/rancher"),
    "no-default-route": ("a1", {}, "a1", '[ -z "$(ip route show default)" ]'),
    "sudo-refused": ("a2", {}, "a2", "! su edge -c 'sudo -n true'"),
    "unit-stopped": ("s2", {"unit": "chrony"}, "s2", "! systemctl -q is-active chrony"),
    "host-down": ("s3", {}, "s2", NO_REACH),
    "host-frozen": ("s3", {}, "s2", "ping -q -c 1 -W 1 {} >/dev/null && ! " + PORT),
    "link-cut": ("s2", {"with": "s1"}, "s1", NO_REACH),
    "packet-loss": ("s1", {"percent": 50}, "s2", "! ping -q -c 20 -i 0.01 -W 0.2 {} | grep ' 0% packet loss'"),
    "slow-link": (
        "s1",
        {"rtt_ms": 60},
        "s2",
        "ping -q -c 2 -i 0.2 {} | grep -E '(6|7|8|9|1[0-9])[0-9]\\.[0-9]+/[0-9]'",
    ),
}
"""Fault: where it goes, with what options, whom to ask, and what ends with 0 while it is there."""
OF_THEIR_OWN = {"version-mismatch", "link-lost"}


@pytest.fixture
def whole(docker_site):
    """Give the lab without faults, and take out what a test puts in."""
    yield docker_site
    lab.heal(docker_site.folder)


def address(status, name):
    """Return a host's address."""
    return next(host.address for host in status.hosts if host.name == name)


def test_every_fault_is_tried_here():
    """The table, and two tests of their own, cover the catalogue."""
    assert set(FAULTS) == set(SYMPTOMS) | OF_THEIR_OWN


@pytest.mark.parametrize("fault", sorted(SYMPTOMS))
def test_a_fault_breaks_what_it_says_and_heals(whole, fault):
    """The symptom is not there before, is there while status names the fault, and is gone after."""
    target, options, witness, script = SYMPTOMS[fault]
    symptom = script.replace("{}", address(whole, target))
    assert not inside(whole, witness, symptom).ok
    assert (fault, target) in lab.break_(whole.folder, fault, target, **options).faults
    assert inside(whole, witness, symptom).ok
    assert () == lab.heal(whole.folder, fault).faults
    assert not inside(whole, witness, symptom).ok


def test_another_version_is_brought_and_taken_away(whole, tmp_path):
    """The program that was there comes back."""
    program = tmp_path / "k3s"
    program.write_text("#!/bin/sh\necho k3s version v1.30.4+k3s1\n")
    inside(whole, "a1", "printf '#!/bin/sh\\necho planned\\n' > /usr/local/bin/k3s; chmod +x /usr/local/bin/k3s")
    lab.break_(whole.folder, "version-mismatch", "a1", binary=str(program))
    assert "k3s version v1.30.4+k3s1\n" == inside(whole, "a1", "k3s --version").out
    lab.heal(whole.folder)
    assert "planned\n" == inside(whole, "a1", "k3s; rm /usr/local/bin/k3s; ls /usr/local/bin").out


def reached(where):
    """Say whether an SSH server answers within a moment."""
    try:
        with socket.create_connection((where, 22), timeout=0.5) as connection:
            return bool(connection.recv(1))
    except OSError:
        return False


def test_a_lost_link_comes_back_by_itself(whole):
    """The host holds the dead man's switch: nobody else could reach it."""
    s2 = address(whole, "s2")
    lab.break_(whole.folder, "link-lost", "s2", seconds=2)
    assert not reached(s2)
    assert inside(whole, "s1", PORT.replace("{}", s2)).ok  # only the link to this computer is cut
    assert machines.until(lambda: reached(s2), bool, 15.0)
    assert () == lab.status(whole.folder).faults


def test_a_link_is_lost_when_a_command_begins(whole):
    """The link breaks as soon as a process has the text in its words; the command goes on on the host."""
    site = load(whole.site_folder)
    lab.break_(whole.folder, "link-lost", "s2", match="edgebook-test-[w]ork", seconds=30)
    assert reached(address(whole, "s2"))
    with Host(site.target("s2")) as host:
        with pytest.raises(HostError):
            host.run(["sh", "-c", "sleep 1; touch /tmp/went-on; sleep 60", "edgebook-test-work"], timeout_s=3.0)
        assert machines.until(lambda: inside(whole, "s2", "[ -e /tmp/went-on ]").ok, bool, 10.0)
        lab.heal(whole.folder)
        assert host.run(["true"]).ok


def test_a_full_disk_keeps_what_was_there_and_what_was_changed(whole):
    """Files show through while the disk is full, and changes made meanwhile stay after it."""
    inside(whole, "s3", "cd /var/lib/rancher; echo old > kept; echo old > removed")
    lab.break_(whole.folder, "disk-full", "s3", free_mb=1)
    done = inside(
        whole, "s3", "cd /var/lib/rancher; cat kept; rm removed; echo new > added; head -c 2M /dev/zero > big"
    )
    assert ("old\n", "No space left on device" in done.err) == (done.out, True)
    lab.heal(whole.folder)
    assert "added\nbig\nkept\n" == inside(whole, "s3", "cd /var/lib/rancher; ls; rm *").out


def test_a_fault_that_a_person_mended_is_no_longer_listed(whole):
    """Status looks at the host, not at its own list."""
    lab.break_(whole.folder, "port-closed", "s1")
    inside(whole, "s1", "iptables -F INPUT")
    assert () == lab.status(whole.folder).faults


def test_the_same_fault_again_is_once(whole):
    """Its options are those that were given last."""
    lab.break_(whole.folder, "port-closed", "s1")
    assert (("port-closed", "s1"),) == lab.break_(whole.folder, "port-closed", "s1", port=2379).faults
    assert "--dport 2379" in inside(whole, "s1", "iptables -S INPUT").out
    assert "--dport 6443" not in inside(whole, "s1", "iptables -S INPUT").out


def test_one_host_is_healed_and_another_is_not(whole):
    """Heal takes a fault, a host, both or none."""
    lab.break_(whole.folder, "no-default-route", "a1")
    lab.break_(whole.folder, "no-default-route", "s1")
    assert (("no-default-route", "a1"),) == lab.heal(whole.folder, "no-default-route", "s1").faults
    assert () == lab.heal(whole.folder, target="a1").faults


def test_a_host_that_hangs_comes_back_before_its_other_faults_are_mended(whole):
    """What is inside a frozen host cannot be reached before."""
    lab.break_(whole.folder, "sudo-refused", "s3")
    faults = lab.break_(whole.folder, "host-frozen", "s3").faults
    assert (("host-frozen", "s3"), ("sudo-refused", "s3")) == faults
    assert () == lab.heal(whole.folder).faults


def test_a_power_cut_is_no_goodbye(whole):
    """An open connection hears nothing when its host loses power; a process that ends would have closed it."""
    with socket.create_connection((address(whole, "s3"), 22), timeout=5) as connection:
        connection.recv(100)
        lab.break_(whole.folder, "host-down", "s3")
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert [False] == [host.powered for host in lab.status(whole.folder).hosts if host.name == "s3"]


def test_a_wire_that_was_killed_can_be_healed(whole):
    """Its port lies outside of the bridge; healing puts it back."""
    lab.break_(whole.folder, "slow-link", "s1", rtt_ms=1)
    engine.call("kill", f"{lab_id(whole.folder)}-s1-wire")
    assert machines.until(lambda: not reached(address(whole, "s1")), bool, 5.0)
    assert () == lab.status(whole.folder).faults
    lab.heal(whole.folder)
    assert machines.until(lambda: reached(address(whole, "s1")), bool, 5.0)


@pytest.mark.parametrize(
    ("fault", "target", "options", "said"),
    [
        ("no-such", "", {}, "no fault is called 'no-such'"),
        ("host-down", "s9", {}, "no host s9 here"),
        ("link-lost", "", {"command": 2}, "takes no option command; it takes match, seconds"),
        ("unit-stopped", "s1", {"unit": "nothing"}, "s1 has no unit nothing"),
        ("disk-full", "s3", {"path": "/usr", "size_mb": 32}, "/usr holds"),
        ("version-mismatch", "", {}, "needs one of another version"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(whole, fault, target, options, said):
    """Nothing is in after a refusal."""
    with pytest.raises(LabError, match=said):
        lab.break_(whole.folder, fault, target, **options)
    assert () == lab.status(whole.folder).faults


def test_a_slow_link_still_carries_much(whole, tmp_path):
    """Ten megabytes go through the wire whole, within a few seconds."""
    (tmp_path / "much").write_bytes(b"0123456789" * 1_000_000)
    lab.break_(whole.folder, "slow-link", "s1", rtt_ms=2)
    began = time.monotonic()
    with Host(load(whole.site_folder).target("s1")) as host:
        assert host.upload(tmp_path / "much", "/tmp/much")
    assert time.monotonic() - began < 20
