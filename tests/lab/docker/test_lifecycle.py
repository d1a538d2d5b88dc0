"""The life of a lab in Docker: up, down, reset, and what comes in between them."""

import os
import signal
import subprocess
import sys
import time

import pytest

from edgebook import lab
from edgebook.errors import LabError
from edgebook.lab.docker import engine, folder, lifecycle, machines
from edgebook.lab.docker.plan import lab_id
from edgebook.site import load
from edgebook.ssh import Fleet
from tests.lab.docker.conftest import inside, needs_docker, rules, traces, volumes

UP = ("lab", "up", "--backend", "docker", "--servers", "2", "--agents", "0", "--edges", "0", "--dir")


def fleet_of(status):
    """Open connections to all hosts of a site, as a runbook does."""
    site = load(status.site_folder)
    return Fleet([site.target(host.name) for host in site.hosts])


def test_hosts_let_the_user_in_and_up_to_root(docker_site):
    """Right after `up` every host answers over SSH with its name, as root, with systemd running."""
    script = (
        "sudo -n id -u; uname -n; systemctl is-system-running; systemctl is-enabled keepalived; arping -V | head -c 6"
    )
    with fleet_of(docker_site) as fleet:
        answers = fleet.run(["sh", "-c", script])
        assert {} == answers.failed
        said = {name: answer.out.split() for name, answer in answers.ok.items()}
    assert {name: ["0", name, "running", "disabled", "arping"] for name in ("s1", "s2", "s3", "a1", "a2", "e1")} == said


def test_status_lists_the_hosts_as_they_are_reached(docker_site):
    """Roles, addresses, ports and power."""
    status = lab.status(docker_site.folder)
    assert (True, "docker", 6) == (status.running, status.backend, len(status.hosts))
    assert {("server", 22, True), ("agent", 22, True), ("edge", 22, True)} == {
        (host.role, host.port, host.powered) for host in status.hosts
    }
    assert [host.address for host in status.hosts] == [host.ssh_address for host in status.hosts]


def test_hosts_are_told_apart(docker_site):
    """Machine ids and host keys differ, and the clock is kept by chrony."""
    script = (
        "cat /etc/machine-id; cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub; chronyc -c tracking | grep -c Normal"
    )
    said = [inside(docker_site, host.name, script).out.split() for host in docker_site.hosts]
    assert [6, 6, 1] == [len({words[at] for words in said}) for at in range(3)]


def test_a_second_up_leaves_a_lab_as_it_is(docker_site):
    """What runs is not touched, whatever numbers are asked for."""
    inside(docker_site, "s1", "touch /root/mine")
    again = lab.up(docker_site.folder, servers=1)
    assert (False, 6, True) == (again.fresh, len(again.hosts), inside(docker_site, "s1", "rm /root/mine").ok)


def test_another_backend_in_the_same_folder_is_refused(docker_site):
    """One folder is one site."""
    with pytest.raises(LabError, match="is docker already"):
        lab.up(docker_site.folder, backend="embedded")


def test_reset_gives_bare_hosts_behind_the_same_keys(docker_site):
    """Files on hosts, volumes, faults, kubeconfig and tokens are gone; whoever knew the hosts knows them still."""
    known = (docker_site.site_folder / "known_hosts").read_text()
    old = volumes(docker_site.folder)
    inside(docker_site, "s1", "touch /root/mine /var/lib/rancher/mine")
    (docker_site.site_folder / "kubeconfig").touch()
    lab.break_(docker_site.folder, "port-closed", "s2")
    status = lab.reset(docker_site.folder)
    assert () == status.faults
    assert inside(docker_site, "s1", "[ ! -e /root/mine ] && [ ! -e /var/lib/rancher/mine ]").ok
    assert (False, known) == (
        (docker_site.site_folder / "kubeconfig").exists(),
        (docker_site.site_folder / "known_hosts").read_text(),
    )
    assert set() == old & set(engine.lines("volume", "ls", "--quiet"))
    with fleet_of(status) as fleet:
        assert {} == fleet.run(["true"]).failed


def test_down_leaves_nothing(small):
    """No container, network, bridge, volume or rule; the folder describes no site any more."""
    old = volumes(small.folder)
    assert (2, True) == (len(old), bool(traces(small.folder)))
    lab.break_(small.folder, "slow-link", "s1")
    down = lab.down(small.folder)
    assert (False, [], set()) == (
        down.running,
        traces(small.folder),
        old & set(engine.lines("volume", "ls", "--quiet")),
    )
    assert (False, False) == (small.site_folder.exists(), (small.folder / "lab.json").exists())
    assert not lab.down(small.folder).running


def test_two_labs_live_side_by_side(small, tmp_path):
    """Each folder has its own network; taking one down leaves the other."""
    other = lab.up(tmp_path / "other", backend="docker", servers=1, agents=0, edges=0)
    try:
        assert small.hosts[0].address != other.hosts[0].address
    finally:
        lab.down(other.folder)
    assert ([], True) == (traces(other.folder), inside(small, "s1", "true").ok)


def test_hosts_removed_by_hand_are_seen_and_brought_back(small):
    """Status says that the lab is down; `up` makes the host anew behind its key and address."""
    known = (small.site_folder / "known_hosts").read_text()
    engine.call("rm", "--force", "--volumes", f"{lab_id(small.folder)}-s1")
    assert not lab.status(small.folder).running
    again = lab.up(small.folder, servers=1, agents=0, edges=0)
    assert (True, known) == (again.fresh, (small.site_folder / "known_hosts").read_text())
    with fleet_of(again) as fleet:
        assert {} == fleet.run(["true"]).failed


def test_a_lab_whose_docker_was_restarted_comes_back_with_what_it_had(small):
    """A daemon that stops stops all hosts; `up` starts them, and their files are there."""
    inside(small, "s1", "touch /root/mine")
    engine.call("kill", f"{lab_id(small.folder)}-s1")
    assert not lab.status(small.folder).running
    again = lab.up(small.folder, servers=1, agents=0, edges=0)
    assert (True, True) == (again.fresh, inside(again, "s1", "[ -e /root/mine ]").ok)


def test_a_host_that_reboots_comes_back_and_one_that_powers_off_does_not(small):
    """A reboot keeps files and clears /run; after a poweroff the host is off until somebody switches it on."""
    inside(small, "s1", "touch /root/mine /run/mine; systemctl reboot")
    rebooted = "[ ! -e /run/mine ] && systemctl is-system-running --wait && ls /root/mine"
    assert machines.until(lambda: inside(small, "s1", rebooted).ok, bool, 20.0)
    inside(small, "s1", "systemctl poweroff")
    assert machines.until(lambda: not lab.status(small.folder).running, bool, 20.0)
    again = lab.up(small.folder, servers=1, agents=0, edges=0)
    assert (True, True) == (again.hosts[0].powered, inside(again, "s1", "ls /root/mine").ok)


def test_up_leaves_a_host_off_that_a_fault_switched_off(small):
    """A fault stays until it is healed, though it be that of the only host and other numbers be asked for."""
    lab.break_(small.folder, "host-down", "s1")
    again = lab.up(small.folder, servers=3)
    assert (True, False, (("host-down", "s1"),)) == (again.running, again.fresh, again.faults)
    assert lab.heal(small.folder).hosts[0].powered


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_up_that_is_stopped_leaves_nothing(tmp_path, number):
    """Ctrl-C and SIGTERM while hosts are being made take back what was made."""
    with started(tmp_path / "lab") as process:
        process.send_signal(number)
        assert 130 == process.wait(60)
    assert [] == traces(tmp_path / "lab")


def test_what_a_killed_up_left_is_taken_down(tmp_path):
    """Nobody can clean up after SIGKILL; the next `down`, or `up`, does, though the folder knows nothing of it."""
    folder_ = tmp_path / "lab"
    with started(folder_) as process:
        process.kill()
        process.wait(10)
    # the daemon may still be making what it was asked for
    assert machines.until(lambda: traces(folder_), bool, 10.0)
    (folder_ / "lab.json").unlink(missing_ok=True)
    lab.down(folder_)
    assert [] == traces(folder_)


def started(where):
    """Start `edgebook lab up` in a process, and wait until Docker has something of it."""
    needs_docker()
    process = subprocess.Popen(
        [sys.executable, "-m", "edgebook.cli", *UP, str(where)], stdout=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not traces(where) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process


def test_a_start_that_fails_leaves_nothing(tmp_path, monkeypatch):
    """A host that does not boot takes the network and the others with it."""
    needs_docker()

    def fails(*_):
        raise LabError("no boot")

    monkeypatch.setattr(machines, "_booted", fails)
    with pytest.raises(LabError, match="no boot"):
        lab.up(tmp_path / "lab", backend="docker", servers=1, agents=0, edges=0)
    assert ([], False) == (traces(tmp_path / "lab"), (tmp_path / "lab" / "lab.json").exists())


def test_a_folder_without_a_lab_takes_no_orders(tmp_path, fake_docker):
    """Reset, break and heal say how to start one."""
    folder.write_facts(tmp_path, {"made": False})
    for order in (lab.reset, lambda where: lab.break_(where, "host-down"), lab.heal):
        with pytest.raises(LabError, match="no practice site in Docker") as caught:
            order(tmp_path)
        assert "--backend docker" in caught.value.hint


def test_a_site_in_docker_without_docker_says_so(tmp_path, monkeypatch):
    """Status cannot know; it does not say that the site is down."""
    folder.write_facts(tmp_path, {"made": True})
    monkeypatch.setenv("PATH", str(tmp_path))
    for ask in (lab.status, lab.down):
        with pytest.raises(LabError, match="there is no docker program"):
            ask(tmp_path)


def test_down_without_docker_and_without_a_lab_is_fine(tmp_path, monkeypatch):
    """There is nothing to stop."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (False, False) == (lab.down(tmp_path / "none").running, lifecycle.may_have_left(tmp_path / "none"))


def test_an_image_is_for_docker_only(tmp_path):
    """Simulated hosts have none."""
    with pytest.raises(LabError, match="only hosts in Docker have an image"):
        lab.up(tmp_path / "lab", image="mine:1")


@pytest.mark.parametrize("option", [{"speed": 2.0}, {"seed": 1}, {"fixed_clock": True}])
def test_time_is_real_in_docker(tmp_path, option):
    """What only a simulation can do is refused, not forgotten."""
    with pytest.raises(LabError, match="time is real in Docker"):
        lab.up(tmp_path / "lab", backend="docker", **option)


def test_an_image_that_is_nowhere_is_named_before_anything_is_made(tmp_path, fake_docker):
    """Nothing is left behind either."""
    fake_docker.says("case $1 in version) echo linux;; ps|network) exit 0;; *) exit 1;; esac")
    with pytest.raises(LabError, match="no image mine:1"):
        lab.up(tmp_path / "lab", backend="docker", image="mine:1")
    assert not (tmp_path / "lab" / "lab.json").exists()


def test_rules_are_seen_where_they_are(small):
    """The test of `down` looks at something: Docker's rules name the lab's bridge."""
    if os.geteuid() != 0 or not rules(lab_id(small.folder)):
        pytest.skip("this user may not see the machine's firewall, or Docker keeps none")
    assert lab_id(small.folder) in rules(lab_id(small.folder))[0]
