"""Machines: the command that makes a host, what is put into it, and how it is waited for."""

import io
import tarfile

import pytest

from edgebook.errors import LabError
from edgebook.lab.docker import folder, machines
from tests.lab.docker.test_plan import made

HOST = made().hosts()[0]


def test_a_host_gets_its_name_address_labels_and_image():
    """The image comes last: all before are options."""
    words = machines.create_command(made(), HOST)
    said = " ".join(words)
    assert "--hostname s1 --network eb012345 --ip 10.213.7.11" in said
    assert "--label edgebook.lab=eb012345 --label edgebook.lab.host=s1" in said
    assert "image:tag" == words[-1]


def test_a_host_is_never_privileged():
    """It may not set the machine's clock, load modules, or raise limits."""
    flags = " ".join(machines.FLAGS)
    assert "--privileged" not in flags
    assert {"SYS_TIME", "SYS_MODULE", "SYS_RESOURCE"} == {
        flag.partition("=")[2] for flag in machines.FLAGS if flag.startswith("--cap-drop")
    }


def test_a_host_is_given_its_key_and_whom_it_lets_in():
    """Private parts are readable by their owners only: root's key, and each user's list."""
    keys = folder.make_keys(made())
    with tarfile.open(fileobj=io.BytesIO(machines.identity(keys, "s1"))) as tar:
        found = {entry.name: (oct(entry.mode), entry.uid) for entry in tar}
        inside = tar.extractfile("etc/ssh/ssh_host_ed25519_key").read().decode()
    assert keys.hosts["s1"].private == inside
    assert {
        "etc/ssh/ssh_host_ed25519_key": ("0o600", 0),
        "etc/ssh/ssh_host_ed25519_key.pub": ("0o644", 0),
        "home/edge/.ssh/authorized_keys": ("0o600", 1000),
        "home/nosudo/.ssh/authorized_keys": ("0o600", 1001),
    } == found


def test_hosts_are_read_with_their_state_and_helpers_are_not_hosts(fake_docker):
    """A container of the lab without a host's name is a helper."""
    fake_docker.says("printf 's1 running\\ns2 paused\\ns3 exited\\n running\\n'")
    found = machines.machines("edgebook.lab=x")
    assert {"s1": True, "s2": True, "s3": False} == {name: one.on for name, one in found.items()}


def test_a_host_that_has_booted_is_waited_for_no_longer(fake_docker):
    """systemd's bus may not be there at once: the question is put again."""
    asked = fake_docker.asked
    fake_docker.says(
        f'[ $1 = exec ] && [ "$(grep -c ^exec {asked})" = 1 ] && {{ echo no bus >&2; exit 1; }}; echo running'
    )
    asked.write_text("")
    machines.start([HOST])
    assert ["start", "exec", "exec"] == [call.split()[0] for call in fake_docker.calls]


def test_a_host_that_ends_while_it_boots_says_its_last_words(fake_docker):
    """What the container logged is the reason."""
    script = "case $1 in exec) echo 'Container x is not running' >&2; exit 1;; logs) echo no cgroups;; esac"
    fake_docker.says(script)
    with pytest.raises(LabError, match="s1 ended while it booted: no cgroups"):
        machines.start([HOST])


def test_a_host_that_never_boots_is_an_error(fake_docker, monkeypatch):
    """The time is bounded, and what systemd said last is told."""
    monkeypatch.setattr(machines, "BOOT_TIMEOUT_S", 0.2)
    fake_docker.says("[ $1 = start ] || { echo starting; exit 1; }")
    with pytest.raises(LabError, match=r"s1 has not booted within 0\.2 s: starting"):
        machines.start([HOST])


def test_removing_goes_on_until_nothing_is_left(fake_docker):
    """What was being made while the first were removed is removed too."""
    fake_docker.says(f'[ $1 = ps ] && [ "$(grep -c ^ps {fake_docker.asked})" -le 2 ] && echo id; true')
    machines.remove("edgebook.lab=x")
    assert ["ps", "rm", "ps", "rm", "ps"] == [call.split()[0] for call in fake_docker.calls]


def test_a_host_that_cannot_be_removed_is_told(fake_docker):
    """It is no endless loop."""
    fake_docker.says("[ $1 = ps ] && echo id || { echo device busy >&2; exit 1; }")
    with pytest.raises(LabError, match="does not remove a host: device busy"):
        machines.remove("edgebook.lab=x")


def test_more_hosts_than_the_kernel_lets_watch_files_are_refused(fake_docker, monkeypatch, tmp_path):
    """They would hang in their boot; the remedy is one command."""
    (tmp_path / "instances").write_text("128\n")
    monkeypatch.setattr(machines, "INSTANCES", tmp_path / "instances")
    fake_docker.says("printf 'a\\nb\\nc\\nd\\ne\\n'")
    with pytest.raises(LabError, match="11 hosts need 132 inotify instances") as caught:
        machines.make(made(), folder.make_keys(made()), made().hosts())
    assert "sysctl -w fs.inotify.max_user_instances" in caught.value.hint


def test_all_of_many_have_ended_when_one_failed():
    """Who cleans up after an error finds nobody still at work."""
    ended = []

    def act(number):
        if number == 0:
            raise LabError("first")
        ended.append(number)

    with pytest.raises(LabError, match="first"):
        machines.each(act, range(6))
    assert {1, 2, 3, 4, 5} == set(ended)


def test_looking_ends_with_what_was_seen_last():
    """Good is returned at once, and bad when the time is over."""
    assert 3 == machines.until(iter(range(9)).__next__, lambda seen: seen == 3, 5.0)
    assert 0 == machines.until(lambda: 0, bool, 0.0)
