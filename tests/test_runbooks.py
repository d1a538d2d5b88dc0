"""The runbooks, executed on the practice site: plan, apply, again, grow, remove, undo, under every fault, killed.

The cells are the notebooks' own; nbval and tests/ui run them in kernels as well.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
import yaml

from edgebook import lab
from edgebook.bundle import Recipe, create
from edgebook.errors import ApprovalMissing, PreflightFailed, SiteLocked, StepFailed
from edgebook.lab.k3s import releases
from edgebook.site import load
from edgebook.ssh import Fleet
from tests.player import INSTALL, ROOT, Played, play

KILLS = 10
KILL_SEED = 7
STATE = """
for f in /etc/rancher/k3s/config.yaml /etc/keepalived/keepalived.conf /etc/systemd/system/k3s.service /etc/systemd/system/k3s-agent.service /usr/local/bin/k3s
do [ -e $f ] && sha256sum $f && stat -c '%a %n' $f; done
systemctl is-active k3s k3s-agent keepalived
ls -1 /var/lib/edgebook /etc/rancher/k3s
"""
CAUSES = {
    "port-closed": (PreflightFailed, "--dport 6443"),
    "wrong-token": (PreflightFailed, "90-old-cluster.yaml sets token"),
    "version-mismatch": (PreflightFailed, "v1.30"),
    "critical-flags-differ": (PreflightFailed, "50-local.yaml sets flannel-backend"),
    "duplicate-hostname": (PreflightFailed, "Hostnames differ"),
    "clock-skew": (PreflightFailed, "off this computer's"),
    "disk-full": (PreflightFailed, "100% used"),
    "no-default-route": (PreflightFailed, "Default route"),
    "sudo-refused": (PreflightFailed, "sudo"),
    "host-down": (PreflightFailed, "SSH login"),
}


def edit(site_folder, change):
    """Change the practice site's site.yaml as a person would, through its data."""
    path = site_folder / "site.yaml"
    data = yaml.safe_load(path.read_text())
    change(data)
    path.write_text(yaml.safe_dump(data, sort_keys=False))


def state(site_folder):
    """Return what matters on every host, without what is random by nature."""
    site = load(site_folder)
    with Fleet([site.target(host.name) for host in site.hosts if host.role != "edge"]) as fleet:
        return {
            name: answer.out
            for name, answer in fleet.each(lambda host: host.script(STATE, sudo=True)).require().items()
        }


def nodes(played):
    """Return the cluster's nodes with their roles, as the first server's kubectl lists them."""
    server = played.run.site.servers[0].name
    answer = (
        played.run.fleet[server]
        .run(["/usr/local/bin/k3s", "kubectl", "get", "nodes", "--no-headers"], sudo=True)
        .check()
    )
    played.run.close()
    return {line.split()[0]: tuple(line.split()[1:3]) for line in answer.out.splitlines()}


def test_a_plan_changes_nothing(site_folder):
    """With apply False every stage lists what it would do, and no host differs afterwards."""
    before = state(site_folder)
    played = play(apply=False)
    assert [] == played.changed
    assert "planned" in played.text
    assert before == state(site_folder)


def test_five_bare_hosts_become_a_cluster_and_a_second_run_finds_nothing_to_do(site_folder):
    """Three servers and two agents are Ready; run again, the plan is empty and nothing changes."""
    first = play()
    server = ("Ready", "control-plane,etcd,master")
    assert {"s1": server, "s2": server, "s3": server, "a1": ("Ready", "<none>"), "a2": ("Ready", "<none>")} == nodes(
        first
    )
    again = play()
    assert [] == again.changed
    assert () == again.names["plan"].pending
    assert "Nothing to change" in again.text


def holding_too(fleet, name, act):
    """Make a host hold the registration address as a second one, or no longer."""
    fleet[name].run(["ip", "addr", act, "10.20.0.10/24", "dev", "eth0"], sudo=True).check()


def test_a_registration_address_that_is_just_moving_does_not_stop_a_run(site_folder):
    """Where two servers hold the address for a moment, as when one takes over, preflight looks once more."""
    run = play().run
    holding_too(run.fleet, "s3", "add")
    moved = threading.Timer(1.0, holding_too, (run.fleet, "s3", "del"))
    moved.start()
    again = play()
    moved.join()
    run.close()
    assert [] == again.changed


def test_a_registration_address_that_stays_with_two_is_named(site_folder, monkeypatch):
    """Where two servers go on holding the address, preflight fails and says which."""
    monkeypatch.setattr(sys.modules["edgebook.k3s.inspect"], "SETTLING_S", 0.2)
    run = play().run
    holding_too(run.fleet, "s3", "add")
    run.close()
    with pytest.raises(PreflightFailed, match="held by s1, s3"):
        play()


def test_undo_leaves_hosts_as_they_were(site_folder):
    """After undo nothing of K3s, keepalived or edgebook is on any host, and the kubeconfig is gone."""
    before = state(site_folder)
    play()
    play(undo=True)
    assert before == state(site_folder)
    assert not (site_folder / "kubeconfig").exists()


def test_undo_needs_no_healthy_cluster(site_folder):
    """With two of three servers stopped, and so no majority of etcd, undo still leaves the hosts as they were."""
    before = state(site_folder)
    run = play().run
    for name in ("s1", "s2"):
        run.fleet[name].run(["systemctl", "stop", "k3s"], sudo=True).check()
    run.close()
    play(undo=True)
    assert before == state(site_folder)


def test_undo_on_a_guarded_site_wants_its_name(site_folder):
    """Where the site is guarded, undo without the typed name removes nothing."""
    play()
    edit(site_folder, lambda data: data.update(protection="guarded"))
    installed = state(site_folder)
    with pytest.raises(ApprovalMissing):
        play(undo=True, apply=True)
    assert installed == state(site_folder)
    play(undo=True, apply=True, confirm="lab")
    assert installed != state(site_folder)


def test_a_single_server_grows_to_three(site_folder):
    """A site of one server runs on sqlite; with three in site.yaml its data moves to etcd and the others join."""
    whole = yaml.safe_load((site_folder / "site.yaml").read_text())

    def shrink(data):
        data["hosts"] = [host for host in data["hosts"] if host["name"] in ("s1", "a1")]

    edit(site_folder, shrink)
    assert {"s1": ("Ready", "control-plane,master"), "a1": ("Ready", "<none>")} == nodes(play())
    edit(site_folder, lambda data: data.update(whole))
    grown = nodes(play())
    assert {"control-plane,etcd,master"} == {grown[name][1] for name in ("s1", "s2", "s3")}
    assert {"s1", "s2", "s3", "a1", "a2"} == set(grown)


@pytest.mark.parametrize("leaving", [("a2",), ("s2", "s3")], ids=["an agent", "two servers"])
def test_hosts_that_site_yaml_calls_absent_leave(site_folder, leaving):
    """Nodes are drained, deleted and uninstalled, servers out of etcd first; the others stay Ready."""
    everybody = nodes(play())

    def absent(data):
        for host in data["hosts"]:
            if host["name"] in leaving:
                host["state"] = "absent"

    edit(site_folder, absent)
    after = nodes(play())
    assert set(everybody) - set(leaving) == set(after)
    assert {"Ready"} == {status for status, _ in after.values()}


@pytest.mark.parametrize("fault", CAUSES)
def test_a_fault_is_named_and_after_healing_the_run_completes(site_folder, practice, fault):
    """Preflight, or the step that meets it, names the cause with a hint; healed, the same run goes through."""
    error, said = CAUSES[fault]
    lab.break_(practice.folder, fault)
    with pytest.raises(error, match=r"(?s).*") as caught:
        play()
    assert said in str(caught.value)
    assert caught.value.hint or "hint" in str(caught.value)
    lab.heal(practice.folder, fault)
    assert {"Ready"} == {status for status, _ in nodes(play()).values()}


def test_a_link_lost_in_mid_command_is_named_and_the_next_run_goes_on(site_folder, practice):
    """The step whose connection broke fails by name; the next run keeps what was done and completes."""
    lab.break_(practice.folder, "link-lost", "s2", match="INSTALL_K3S_EXEC", seconds=1)
    into = Played()
    with pytest.raises(StepFailed, match="s2"):
        play(into=into)
    done = set(into.changed)
    lab.heal(practice.folder)
    again = play()
    assert {"Ready"} == {status for status, _ in nodes(again).values()}
    assert set() == done & set(again.changed)


def test_a_slow_link_only_takes_longer(site_folder, practice):
    """With a tenth of a second to one host and back, the run completes all the same."""
    lab.break_(practice.folder, "slow-link", "a1")
    assert {"Ready"} == {status for status, _ in nodes(play(drill=False)).values()}
    lab.heal(practice.folder)


def test_two_runs_on_one_site_are_one_too_many(site_folder):
    """While another process holds the site, a run is refused and told who holds it since when."""
    code = "import sys, edgebook; run = edgebook.start('00-start-here', site='lab'); print(run.id, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        held = holder.stdout.readline().strip()
        with pytest.raises(SiteLocked, match=f"(?s){held}.*since|since.*{held}"):
            play()
        holder.communicate("")
    assert play(apply=False).run.id != held


def test_killed_at_any_moment_the_next_run_completes(site_folder, practice):
    """Ten kills at seeded moments: every next run completes, to the state of an undisturbed one."""
    began = time.monotonic()
    play()
    undisturbed, took_s = state(site_folder), time.monotonic() - began
    seeded = random.Random(KILL_SEED)
    moments = [seeded.uniform(0.5, took_s) for _ in range(KILLS)]
    for moment in moments:
        lab.reset(practice.folder)
        _killed(moment)
        play()
        assert undisturbed == state(site_folder), f"killed after {moment:.2f} s"


def _killed(moment):
    """Start the install in a process of its own and kill it, as the kernel's out-of-memory killer would."""
    victim = subprocess.Popen(
        [sys.executable, "-m", "tests.player", INSTALL],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        victim.wait(moment)
    except subprocess.TimeoutExpired:
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()


def test_from_a_bundle_no_host_needs_the_internet(tmp_path, monkeypatch):
    """From a bundle here, hosts that reach no Internet become a cluster all the same."""
    with lab.running(tmp_path / "lab", speed=40.0, servers=1, agents=1, edges=0) as site:
        source = tmp_path / "usb"
        source.mkdir()
        for name, content in site.do(released).items():
            (source / name).write_bytes(content)
        create(load(site.site_folder), Recipe(tmp_path / "bundle", source=source))
        site.do(lambda world: [setattr(host, "online", False) for host in world.hosts.values()])
        edit(site.site_folder, lambda data: data.update(source={"kind": "bundle", "path": str(tmp_path / "bundle")}))
        monkeypatch.setenv("EDGEBOOK_RUNS", str(tmp_path / "runs"))
        monkeypatch.setenv("EDGEBOOK_HEADLESS", "1")
        played = play(site=str(site.site_folder))
        assert {"s1", "a1"} == set(nodes(played))
        assert "artifacts/s1/program" in played.changed


def released(world):
    """Return what a release of the practice site's K3s consists of, by file name."""
    version = world.spec.k3s_version
    images = {"k3s-airgap-images-amd64.tar.zst": releases.images(version)}
    return {"k3s": releases.binary(version), "install.sh": releases.INSTALLER.encode(), **images}


def papermill(out):
    """Run the install with plain papermill, as a person who knows only papermill would."""
    command = [
        sys.executable,
        "-m",
        "papermill",
        f"notebooks/{INSTALL}.ipynb",
        str(out),
        "-f",
        f"parameters/lab/{INSTALL}.yaml",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_plain_papermill_works(site_folder, tmp_path):
    """Without any of edgebook's own commands the notebook runs through, and its output holds the result."""
    code, said = papermill(tmp_path / "out.ipynb")
    assert code == 0, said
    assert "49 changes on 7 targets" in (tmp_path / "out.ipynb").read_text()


def test_plain_papermill_without_a_practice_site_is_told_how_to_start_one(tmp_path, monkeypatch):
    """Where the practice site is not up, the error names the command that starts it."""
    pointer = tmp_path / "sites" / "lab" / "site.yaml"
    pointer.parent.mkdir(parents=True)
    pointer.write_text(f"folder: {tmp_path / 'gone'}\nstart: edgebook lab up\n")
    monkeypatch.setenv("EDGEBOOK_SITES", str(pointer.parent.parent))
    code, said = papermill(tmp_path / "out.ipynb")
    assert code != 0
    assert "edgebook lab up" in said
