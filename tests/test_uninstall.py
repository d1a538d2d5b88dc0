"""Runbook 34 on the practice site: whatever was installed, wherever it stopped, hosts are as they were before.

The file trees, units, addresses, rules, packages and kernel parameters of every host are compared,
with nothing left out. nbval runs the notebook in a kernel as well.
"""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import yaml

from edgebook import journal, lab
from edgebook.errors import ApprovalMissing, PreflightFailed, StepFailed
from edgebook.k3s import firewall
from edgebook.lab.hosts.nodes import Disk
from edgebook.site import load
from edgebook.ssh import Fleet
from tests import hosttrees
from tests.player import INSTALL, ROOT, Played, play
from tests.test_runbooks import edit

UNINSTALL = "34-uninstall"
INSTALL_KILLS = UNINSTALL_KILLS = 5
SEED = 11
SECRET = "hunter2-of-the-old-cluster"
BEFORE = f"""
mkdir -p /etc/rancher/k3s/config.yaml.d /etc/keepalived /var/lib/rancher/k3s/server/manifests /root/.kube
echo 'token: {SECRET}' >/etc/rancher/k3s/config.yaml
chmod 640 /etc/rancher/k3s/config.yaml
chown edge:edge /etc/rancher/k3s/config.yaml
echo 'mirrors: {{}}' >/etc/rancher/k3s/registries.yaml
echo '# of the office' >/etc/keepalived/keepalived.conf
echo 'kind: Namespace' >/var/lib/rancher/k3s/server/manifests/own.yaml
ln -s /opt/kubectl /usr/local/bin/kubectl
echo 'a user' >/root/.kube/config
mkdir /var/log/pods
sysctl -q -w net.ipv4.ip_forward=1
iptables -A INPUT -p udp --dport 8472 -m comment --comment flannel -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
"""
"""What somebody may have had on a host before: each of it lies where the install or the uninstaller writes."""


@contextmanager
def fleet_of(site_folder):
    """Connect to the hosts that K3s concerns."""
    site = load(site_folder)
    with Fleet([site.target(host.name) for host in site.hosts if host.role != "edge"]) as fleet:
        yield fleet


def states(site_folder):
    """Return the state of every host."""
    with fleet_of(site_folder) as fleet:
        return hosttrees.fleet_state(fleet)


def on(site_folder, name, text):
    """Run a shell text as root on one host."""
    with fleet_of(site_folder) as fleet:
        return fleet[name].script(text, sudo=True).check().out


def differing(before, site_folder):
    """Say in lines how the hosts differ from what they were."""
    return hosttrees.differences(before, states(site_folder))


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Give a practice site of one server and one agent, found under the name `lab`."""
    with lab.running(tmp_path / "lab", speed=60.0, servers=1, agents=1, edges=0) as site:
        pointer = tmp_path / "sites" / "lab" / "site.yaml"
        pointer.parent.mkdir(parents=True)
        pointer.write_text(f"folder: {site.site_folder}\n")
        monkeypatch.setenv("EDGEBOOK_SITES", str(pointer.parent.parent))
        monkeypatch.setenv("EDGEBOOK_RUNS", str(tmp_path / "runs"))
        monkeypatch.setenv("EDGEBOOK_HEADLESS", "1")
        yield site


def forget_journals(tmp_path):
    """Lose every journal, as another computer has none."""
    for path in (tmp_path / "runs").rglob("*.jsonl"):
        path.unlink()


def journals(tmp_path):
    """Return every journal's text."""
    return "".join(path.read_text() for path in (tmp_path / "runs").rglob("*.jsonl"))


def test_five_hosts_are_what_they_were_and_a_second_run_finds_nothing(site_folder, tmp_path):
    """Files that were there have content, mode and owner back; all else is gone; the next plan is empty."""
    for name in ("s1", "a1"):
        on(site_folder, name, BEFORE)
    before = states(site_folder)
    play()
    assert [] != differing(before, site_folder)
    played = play(UNINSTALL)
    assert [] == differing(before, site_folder)
    assert "What was there before" in played.text
    assert SECRET not in journals(tmp_path) + played.text
    again = play(UNINSTALL)
    assert ((), []) == (again.names["plan"].pending, again.changed)
    assert [] == differing(before, site_folder)


def test_what_was_installed_again_is_taken_back_again(small):
    """The record of the second install counts, not that of the first."""
    play()
    play(UNINSTALL)
    on(small.site_folder, "s1", "echo new >/usr/local/bin/ctr; mkdir -m 700 /var/lib/rancher")
    before = states(small.site_folder)
    play()
    play(UNINSTALL)
    assert [] == differing(before, small.site_folder)


def test_without_a_majority_hosts_are_cleaned_all_the_same(site_folder):
    """With two of three servers stopped the warning says so, no node is deleted, and nothing is left."""
    before = states(site_folder)
    play()
    for name in ("s1", "s2"):
        on(site_folder, name, "systemctl stop k3s")
    played = play(UNINSTALL)
    assert "1 of 3 servers up" in played.text
    assert [] == [step.id for step in played.run.steps if step.id.endswith("/delete")]
    assert [] == differing(before, site_folder)


@pytest.mark.parametrize("name", ["a2", "s3"])
def test_a_host_that_is_down_is_named_and_a_later_run_cleans_it(site_folder, practice, name):
    """The others are cleaned and proven; the run ends with an error that names the host; the next one completes."""
    before = states(site_folder)
    play()
    lab.break_(practice.folder, "host-down", name)
    into = Played()
    with pytest.raises(StepFailed, match=f"(?s)“Clean this host” on {name} failed.*nothing was cleaned there"):
        play(UNINSTALL, into=into)
    assert "Verification" in into.text
    lab.heal(practice.folder, "host-down")
    assert {f"{name}:"} == {line.split()[0] for line in differing(before, site_folder)}
    play(UNINSTALL)
    assert [] == differing(before, site_folder)


def test_a_site_of_which_no_host_answers_is_refused(small):
    """Where nothing can be reached, nothing is planned."""
    small.do(lambda world: [host.power_off() for host in world.hosts.values()])
    with pytest.raises(PreflightFailed, match="SSH login"):
        play(UNINSTALL)


def test_a_host_that_refuses_sudo_ends_the_run_before_anything_goes(small):
    """A refusal is for a person to mend: no other host is touched meanwhile."""
    play()
    installed = states(small.site_folder)
    lab_fault(small, "a1", "refused")
    with pytest.raises(PreflightFailed, match="a1: sudo"):
        play(UNINSTALL)
    lab_fault(small, "a1", "nopasswd")
    assert [] == differing(installed, small.site_folder)


def lab_fault(site, name, right):
    """Change what the user may do on one host."""
    site.do(lambda world: setattr(world.hosts[name], "sudo", right))


def test_without_a_journal_the_hosts_own_record_tells(small, tmp_path):
    """Another computer, which never saw the install, leaves the hosts as they were too."""
    on(small.site_folder, "s1", BEFORE)
    before = states(small.site_folder)
    play()
    forget_journals(tmp_path)
    play(UNINSTALL)
    assert [] == differing(before, small.site_folder)
    assert () == play(UNINSTALL).names["plan"].pending


def test_without_the_hosts_record_the_journal_tells(site_folder):
    """Where somebody removed edgebook's folder, the journal still says which package, folder and value was there."""
    on(site_folder, "s1", "mkdir -m 750 /etc/rancher; sysctl -q -w kernel.panic=3")
    before = states(site_folder)
    play()
    for name in before:
        on(site_folder, name, "rm -rf /var/lib/edgebook")
    played = play(UNINSTALL)
    assert "in the journal" in played.text
    assert [] == differing(before, site_folder)
    assert () == play(UNINSTALL).names["plan"].pending


def test_a_file_whose_copy_is_gone_is_named(small):
    """The journal knows that there was a file; without its copy on the host, that is said and nothing is made up."""
    on(small.site_folder, "s1", BEFORE)
    play()
    on(small.site_folder, "s1", "rm -rf /var/lib/edgebook")
    played = play(UNINSTALL)
    assert "no copy left of" in played.text
    assert "/etc/rancher/k3s/registries.yaml" in played.text
    assert () == play(UNINSTALL).names["plan"].pending


def test_with_neither_journal_nor_record_it_says_what_it_cannot_know(site_folder, tmp_path):
    """What is surely K3s's or edgebook's goes; keepalived's package stays, because nobody knows who brought it."""
    before = states(site_folder)
    play()
    for name in before:
        on(site_folder, name, "rm -rf /var/lib/edgebook")
    forget_journals(tmp_path)
    played = play(UNINSTALL)
    assert "not known without it: who brought keepalived" in played.text
    left = differing(before, site_folder)
    assert [] == [line for line in left if not any(word in line for word in ("keepalived", "sysctl", "/root/.kube"))]
    assert "s1: + packages: keepalived" in left
    assert [] == [line for line in left if "running" in line or "keepalived.conf" in line]
    assert () == play(UNINSTALL).names["plan"].pending


def test_k3s_that_was_there_before_is_removed_and_said_to_be(small):
    """A K3s that somebody installed by hand, and that runbook 10 met, is no former state to go back to."""
    bare = states(small.site_folder)
    version = load(small.site_folder).k3s.version
    on(small.site_folder, "s1", f"curl -fsSL https://get.k3s.io | INSTALL_K3S_VERSION={version} sh -")
    with pytest.raises(StepFailed, match="another cluster"):
        play()
    played = play(UNINSTALL)
    assert "K3s was there before edgebook" in played.text
    left = differing(bare, small.site_folder)
    assert [] == [line for line in left if "/root/.kube" not in line and "sysctl" not in line]


def test_a_plan_deletes_nothing(small):
    """With apply False every stage lists what it would do, and no host differs."""
    play()
    installed = states(small.site_folder)
    played = play(UNINSTALL, apply=False)
    assert ([], []) == (played.changed, differing(installed, small.site_folder))
    assert "Not verified" in played.text


@pytest.mark.parametrize("approval", [{"confirm": "lab"}, {"allow_destructive": True}], ids=["name", "batch"])
def test_a_guarded_site_wants_its_name(small, approval):
    """Without the typed name nothing is deleted; with it, or a batch's approval, everything is."""
    bare = states(small.site_folder)
    play()
    edit(small.site_folder, lambda data: data.update(protection="guarded"))
    installed = states(small.site_folder)
    with pytest.raises(ApprovalMissing, match="lab"):
        play(UNINSTALL, apply=True, confirm="lba")
    assert [] == differing(installed, small.site_folder)
    play(UNINSTALL, apply=True, **approval)
    assert [] == differing(bare, small.site_folder)


def test_what_is_lost_for_good_is_named_before(small):
    """Volumes and a user's kubeconfig are warned of; the volumes' data goes, the kubeconfig is its user's."""
    play()
    on(small.site_folder, "a1", "mkdir -p /var/lib/rancher/k3s/storage/pvc-1_default_films")
    config = "mkdir -p /home/edge/.kube; echo 'server: https://10.20.0.11:6443' >/home/edge/.kube/config"
    on(small.site_folder, "s1", config)
    played = play(UNINSTALL)
    assert "pvc-1_default_films" in played.text
    assert "copy /var/lib/rancher/k3s/storage from a1 first" in played.text
    assert "/home/edge/.kube/config" in played.text
    assert "edge" in on(small.site_folder, "s1", "ls /home; cat /home/edge/.kube/config")


APT = """\
#!/bin/sh
echo "Purg keepalived [1:2.2.7-1+b2]"
echo "Purg office-cluster [1.0]"
"""


def test_packages_that_something_else_needs_now_stay(site_folder):
    """Purging would take somebody's later package along: keepalived is stopped, and the verification says what stays."""
    play()
    on(site_folder, "s1", f"cat >/usr/local/sbin/apt-get <<'X'\n{APT}X\nchmod 755 /usr/local/sbin/apt-get")
    played = play(UNINSTALL)
    assert "stopped; its packages stay: office-cluster would go with them" in played.text
    units = on(
        site_folder, "s1", "systemctl is-active keepalived; ls -1 /etc/keepalived; dpkg-query -W keepalived; true"
    )
    assert ["inactive", "keepalived"] == [line.split()[0] for line in units.splitlines()]


def test_tokens_stay_unless_told_otherwise(small):
    """Snapshots open only with the token, so it is kept; keep_token off removes what edgebook made, and no other."""
    secrets = small.site_folder / "secrets"
    was = sorted(secrets.iterdir()) if secrets.is_dir() else None
    play()
    play(UNINSTALL)
    assert {"k3s-token", "k3s-agent-token"} <= {path.name for path in secrets.iterdir()}
    play(UNINSTALL, keep_token=False)
    assert was == (sorted(secrets.iterdir()) if secrets.is_dir() else None)


def test_a_token_that_edgebook_did_not_make_stays(small):
    """A token file that was there before the install is its owner's, and the verification says that it stays."""
    token = small.site_folder / "secrets" / "k3s-token"
    token.parent.mkdir(exist_ok=True)
    token.write_text("f" * 64)
    play()
    played = play(UNINSTALL, keep_token=False)
    assert "f" * 64 == token.read_text()
    assert "no journal here says that edgebook made it" in played.text


def test_the_sites_own_kubeconfig_that_was_there_before_comes_back(small):
    """A file in the kubeconfig's place is not lost to the install."""
    path = small.site_folder / "kubeconfig"
    path.write_text("# of the old cluster\n")
    path.chmod(0o640)
    play()
    play(UNINSTALL)
    assert ("# of the old cluster\n", 0o640) == (path.read_text(), path.stat().st_mode & 0o777)
    play(UNINSTALL)
    assert "# of the old cluster\n" == path.read_text()


OTHERS = """\
# my clusters, by hand
apiVersion: v1
kind: Config
clusters:
- {name: home, cluster: {server: https://home}}
- {name: lab, cluster: {server: https://an-older-lab}}
contexts:
- {name: home, context: {cluster: home, user: home}}
- {name: lab, context: {cluster: lab, user: lab}}
users:
- {name: home, user: {token: x}}
- {name: lab, user: {token: y}}
current-context: home
"""


def merging(site, path):
    """Let the site merge its context into a kubeconfig."""
    edit(site.site_folder, lambda data: data["k3s"].update(merge_kubeconfig=str(path)))


def test_a_merged_kubeconfig_is_what_it_was_to_the_byte(small, tmp_path):
    """Comments, order, mode and an older entry of the same name are back."""
    path = tmp_path / "kube" / "config"
    path.parent.mkdir()
    path.write_text(OTHERS)
    path.chmod(0o640)
    merging(small, path)
    play()
    assert "an-older-lab" not in path.read_text()
    play(UNINSTALL)
    assert (OTHERS, 0o640) == (path.read_text(), path.stat().st_mode & 0o777)
    assert [path] == list(path.parent.iterdir())
    play(UNINSTALL)
    assert OTHERS == path.read_text()


def test_a_merged_kubeconfig_that_others_changed_loses_our_entries_alone(small, tmp_path):
    """A context that somebody added after the install stays, and the older entry of our name comes back."""
    path = tmp_path / "config"
    path.write_text(OTHERS)
    merging(small, path)
    play()
    data = yaml.safe_load(path.read_text())
    data["contexts"].append({"name": "new", "context": {"cluster": "home", "user": "home"}})
    path.write_text(yaml.safe_dump(data))
    play(UNINSTALL)
    after = yaml.safe_load(path.read_text())
    assert ["home", "new", "lab"] == [entry["name"] for entry in after["contexts"]]
    assert {"home": "https://home", "lab": "https://an-older-lab"} == {
        entry["name"]: entry["cluster"]["server"] for entry in after["clusters"]
    }


def test_a_kubeconfig_that_merging_made_is_gone_with_its_folder(small, tmp_path):
    """Nothing stays of a file and a folder that were not there before."""
    path = tmp_path / "home" / ".kube" / "config"
    merging(small, path)
    play()
    assert path.is_file()
    play(UNINSTALL)
    assert not (tmp_path / "home").exists()


def test_a_volume_that_is_still_mounted_stops_the_host_before_anything_goes(small):
    """K3s's uninstaller would empty it, so nothing is deleted there and the mount is named."""
    play()
    mount = "/var/lib/kubelet/pods/1/volumes/kubernetes.io~nfs/films"
    small.do(lambda world: world.hosts["a1"].disks.update({mount: Disk(mount, "nas:/films", 1000)}))
    with pytest.raises(StepFailed, match=f"still mounted: {mount}; nothing was deleted there"):
        play(UNINSTALL)
    assert "k3s-agent.service" in on(small.site_folder, "a1", "ls /etc/systemd/system")
    small.do(lambda world: world.hosts["a1"].disks.pop(mount))
    play(UNINSTALL)


def test_a_link_lost_in_mid_uninstall_is_named_and_the_next_run_completes(site_folder, practice):
    """What goes on on the host is waited for, and the rest is done."""
    before = states(site_folder)
    play()
    lab.break_(practice.folder, "link-lost", "s2", match="kubepods", seconds=1)
    with pytest.raises(StepFailed, match="s2"):
        play(UNINSTALL)
    lab.heal(practice.folder)
    play(UNINSTALL)
    assert [] == differing(before, site_folder)


def test_a_server_that_leaves_a_living_cluster_is_left_as_it_was(site_folder):
    """`state: absent` in runbook 10 uses the same way back: keepalived, files and folders of that host too."""
    on(site_folder, "s3", BEFORE)
    before = states(site_folder)
    play()

    def absent(data):
        for host in data["hosts"]:
            if host["name"] in ("s2", "s3"):
                host["state"] = "absent"

    edit(site_folder, absent)
    play()
    after = states(site_folder)
    assert [] == hosttrees.differences(before["s3"], after["s3"])
    assert [] == hosttrees.differences(before["s2"], after["s2"])
    play(UNINSTALL)
    assert [] == differing(before, site_folder)


def test_the_undo_of_runbook_10_is_the_same_way_back(small):
    """There is one mechanism: the undo leaves hosts with their earlier files as well."""
    on(small.site_folder, "s1", BEFORE)
    before = states(small.site_folder)
    play()
    play(undo=True)
    assert [] == differing(before, small.site_folder)


def killed(name, moment_s):
    """Start a runbook in a process of its own and kill it, as the kernel's out-of-memory killer would."""
    command = [sys.executable, "-m", "tests.player", name]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, start_new_session=True) as one:
        try:
            one.wait(moment_s)
        except subprocess.TimeoutExpired:
            os.killpg(one.pid, signal.SIGKILL)


def moments(first_s, last_s, number):
    """Return seeded moments, in seconds after the start."""
    seeded = random.Random(SEED)
    return [seeded.uniform(first_s, last_s) for _ in range(number)]


def timed(name):
    """Run a runbook in a process of its own and return how long that took."""
    began = time.monotonic()
    killed(name, 120)
    return time.monotonic() - began


def test_an_install_that_was_killed_anywhere_is_taken_back(site_folder, practice):
    """Kills at seeded moments of the install: every uninstall after one leaves the hosts as they were."""
    on(site_folder, "s1", BEFORE)
    before = states(site_folder)
    took_s = timed(INSTALL)
    for moment_s in moments(1.0, took_s, INSTALL_KILLS):
        lab.reset(practice.folder)
        on(site_folder, "s1", BEFORE)
        killed(INSTALL, moment_s)
        play(UNINSTALL)
        assert [] == differing(before, site_folder), f"killed after {moment_s:.2f} s"


def test_an_uninstall_that_was_killed_anywhere_is_completed(small):
    """Kills at seeded moments of the uninstall: the next one does the rest, and the hosts are as they were."""
    on(small.site_folder, "s1", BEFORE)
    before = states(small.site_folder)
    play()
    took_s = timed(UNINSTALL)
    for moment_s in moments(0.8, took_s, UNINSTALL_KILLS):
        play()
        killed(UNINSTALL, moment_s)
        play(UNINSTALL)
        assert [] == differing(before, small.site_folder), f"killed after {moment_s:.2f} s"


def test_rules_come_back_where_a_run_ended_right_after_the_uninstaller(small, monkeypatch):
    """K3s's script takes a rule that names flannel; who dies before it is back leaves the next run to do it."""
    on(small.site_folder, "s1", BEFORE)
    before = states(small.site_folder)
    play()
    put_back = firewall.put_back

    def dying(host, former):
        return put_back(host, former) if host.name != "s1" else 1 / 0

    with monkeypatch.context() as crash:
        crash.setattr(firewall, "put_back", dying)
        with pytest.raises(StepFailed):
            play(UNINSTALL)
    play(UNINSTALL)
    assert [] == differing(before, small.site_folder)


def test_the_journal_has_what_was_there_before_the_first_change(small, tmp_path):
    """The record of every host stands in the journal before any other step began."""
    play()
    (path,) = (tmp_path / "runs" / "lab").glob("*.jsonl")
    acted = [event for event in journal.read(path) if event.kind in ("began", "done")]
    names = [event.facts["id"] for event in acted]
    last = max(at for at, name in enumerate(names) if name.startswith("before/"))
    assert {"before/s1/record", "before/a1/record"} == set(names[: last + 1])
    assert all(event.facts["facts"]["machine"] for event in acted[: last + 1] if event.kind == "done")
