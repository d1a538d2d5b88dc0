"""The sending of a bundle to practice hosts: what they lack, whole, resumed, capped, and nothing when it is wrong."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from edgebook import lab
from edgebook.bundle import Recipe, create, open_bundle, push, sending
from edgebook.errors import BundleInvalid, ConnectionLost, HostUnreachable, InputError
from edgebook.site import load
from edgebook.ssh import Fleet, Pace
from tests.bundle import releases
from tests.bundle.releases import lay
from tests.openssh import wait_until
from tests.relay import Relay

MIB = 1024 * 1024
NODES = ("s1", "s2", "s3", "a1", "a2")
PROGRAM = "/usr/local/bin/k3s"
IMAGES = "k3s-airgap-images-amd64.tar.zst"


@pytest.fixture
def site(site_folder):
    """A practice site in its first state."""
    return load(site_folder)


@pytest.fixture
def bundle(site, tmp_path):
    """A bundle for it, with images of some megabytes."""
    files = releases.k3s()
    files[IMAGES] = os.urandom(6 * MIB)
    del files["sha256sum-amd64.txt"]
    create(site, Recipe(tmp_path / "bundle", source=lay(tmp_path / "usb", files)))
    return open_bundle(tmp_path / "bundle")


def sums(site, hosts=NODES, path=PROGRAM):
    """Return a file's sum on each host, nothing where it is not there."""
    with Fleet([site.target(name) for name in hosts]) as fleet:
        answers = fleet.run(["sha256sum", path], sudo=True).require()
    return {name: answer.out.split()[0] if answer.ok else "" for name, answer in answers.items()}


def hidden(site, host, folder):
    """Return what lies half-finished in a folder of a host."""
    with Fleet([site.target(host)]) as fleet:
        names = fleet[host].run(["ls", "-A", folder], sudo=True).out.split()
    return [name for name in names if name.endswith(".edgebook-part")]


def changed(sent):
    """Return which files were sent to which host."""
    return {name: [one.name for one in files if one.changed] for name, files in sent.ok.items()}


def test_every_host_gets_what_it_lacks(site, bundle):
    """Servers and agents have program, installer and images with the manifest's sums; edge hosts nothing of K3s."""
    sent = push(site, bundle)
    assert {**{name: ["install.sh", "k3s", IMAGES] for name in NODES}, "e1": [], "e2": []} == {
        name: sorted(files) for name, files in changed(sent).items()
    }
    assert {releases.sha256(releases.program())} == set(sums(site).values())
    images = f"/var/lib/rancher/k3s/agent/images/{IMAGES}"
    wanted = next(file.sha256 for file in bundle.manifest.files if file.name == IMAGES)
    assert {wanted} == set(sums(site, path=images).values())


def test_a_second_time_nothing_is_sent(site, bundle):
    """What is there is left alone, and said to be there."""
    push(site, bundle)
    told = []
    again = push(site, bundle, watch=lambda *told_: told.append(told_))
    assert {()} == {tuple(files) for files in changed(again).values()}
    assert [] == told


def test_only_what_a_host_has_wrong_is_sent_again(site, bundle):
    """One host with one damaged file gets that file."""
    push(site, bundle)
    with Fleet([site.target("s2")]) as fleet:
        fleet["s2"].run(["truncate", "-s", "1000", PROGRAM], sudo=True).check()
    assert {"s2": ["k3s"]} == {name: files for name, files in changed(push(site, bundle)).items() if files}
    assert {releases.sha256(releases.program())} == set(sums(site).values())


def test_some_hosts_can_be_chosen(site, bundle):
    """The others get nothing."""
    assert ["a1", "s1"] == sorted(push(site, bundle, hosts=["s1", "a1"]))
    assert "" == sums(site)["s2"]


def test_an_unknown_host_is_named(site, bundle):
    """With those that there are."""
    with pytest.raises(InputError, match="has no host s9") as caught:
        push(site, bundle, hosts=["s9"])
    assert "s1" in caught.value.hint


def test_a_bundle_in_one_file_is_sent_from_there(site, bundle, tmp_path):
    """Nothing is unpacked on this computer."""
    create(site, Recipe(tmp_path / "site.tar", source=tmp_path / "usb"))
    push(site, open_bundle(tmp_path / "site.tar"), hosts=["a1"])
    assert {"a1": releases.sha256(releases.program())} == sums(site, ["a1"])
    assert ["bundle", "site.tar", "usb"] == sorted(
        path.name for path in tmp_path.iterdir() if path.name not in ("sites", "runs")
    )


def test_a_host_that_is_off_does_not_hold_the_others_up(site, bundle, practice):
    """It stands as its error; the others have the bundle."""
    lab.break_(practice.folder, "host-down", "a2")
    sent = push(site, bundle)
    assert ["a2"] == list(sent.failed)
    assert isinstance(sent["a2"], HostUnreachable)
    assert {releases.sha256(releases.program())} == set(sums(site, NODES[:-1]).values())


def test_a_disk_that_is_full_is_named(site, bundle, practice):
    """The host, the file, and what to do."""
    lab.break_(practice.folder, "disk-full", "s1")
    sent = push(site, bundle, hosts=["s1", "s2"])
    assert "no space left" in str(sent["s1"]) or "No space left" in str(sent["s1"])
    assert ["s1"] == list(sent.failed)


def test_a_tampered_file_stops_everything(site, bundle):
    """Before a byte is sent, every wrong file is named."""
    (bundle.path / "k3s").write_bytes(bytes(40_000))
    (bundle.path / "install.sh").unlink()
    with pytest.raises(BundleInvalid) as caught:
        push(site, open_bundle(bundle.path))
    assert ["install.sh", "k3s"] == [problem.where for problem in caught.value.problems]
    assert {""} == set(sums(site).values())


def test_a_host_of_another_processor_stops_everything(bundle, tmp_path):
    """It is named before anything is sent to any host."""
    with lab.running(tmp_path / "lab", speed=40.0, servers=1, agents=1, edges=0) as practice:
        practice.do(lambda world: setattr(world.hosts["a1"], "arch", "aarch64"))
        site = load(practice.site_folder)
        with pytest.raises(BundleInvalid, match="a1: its programs are for x86_64, and the host's is aarch64"):
            push(site, bundle)
        assert {"s1": ""} == sums(site, ["s1"])


def test_an_unsigned_bundle_is_not_sent_where_signers_are_named(site, bundle, key, tmp_path):
    """Neither by site.yaml nor on the command line; a signed one is."""
    with pytest.raises(InputError, match="must be signed here"):
        push(site, bundle, signers=tmp_path / "signers")
    create(site, Recipe(tmp_path / "signed", source=tmp_path / "usb", sign=key))
    assert push(site, open_bundle(tmp_path / "signed"), hosts=["s1"], signers=tmp_path / "signers").ok


@contextlib.contextmanager
def through_a_relay(site_folder, name):
    """Give a site whose host is reached through a relay, under the same pinned key."""
    path, known = site_folder / "site.yaml", site_folder / "known_hosts"
    data = yaml.safe_load(path.read_text())
    host = next(one for one in data["hosts"] if one["name"] == name)
    target = load(site_folder).target(name)
    relay = Relay(target.port)
    lines = [line for line in known.read_text().splitlines() if f"]:{target.port} " in line]
    known.write_text(
        known.read_text() + "".join(line.replace(f"]:{target.port} ", f"]:{relay.port} ") + "\n" for line in lines)
    )
    host.setdefault("ssh", {}).pop("port", None)
    host["port"] = relay.port
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    try:
        yield load(site_folder), relay
    finally:
        relay.close()


def test_a_broken_link_is_resumed_in_mid_file(site_folder, bundle):
    """After a cut in the images the next push goes on from there, and not from the beginning."""
    with through_a_relay(site_folder, "s1") as (site, relay):
        relay.cut_after_bytes = 4 * MIB
        first = push(site, bundle, hosts=["s1"])
        assert isinstance(first["s1"], ConnectionLost)
        before, told = relay.sent_bytes, []
        again = push(site, bundle, hosts=["s1"], watch=lambda _, name, done, __: told.append((name, done)))
        assert IMAGES in changed(again)["s1"]
        begins = next(done for name, done in told if name == IMAGES)
        assert begins > MIB
        assert relay.sent_bytes - before < 6 * MIB - begins + MIB


def killed_in_the_middle(site, bundle, host):
    """Push to one host from a process of its own, and kill it when a part of the images is there."""
    folder = "/var/lib/rancher/k3s/agent/images"
    argv = ["bundle", "push", "--site", str(site.folder), str(bundle.path), "--hosts", host, "--limit", "4M"]
    victim = subprocess.Popen([sys.executable, "-m", "edgebook.cli", *argv], start_new_session=True)
    wait_until(lambda: hidden(site, host, folder), "no part of the images came", timeout_s=30)
    time.sleep(0.4)  # for some of its bytes
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    return hidden(site, host, folder)


def test_a_killed_push_is_resumed_in_mid_file(site, bundle):
    """After kill -9 there is no half file under the final name, and the next push goes on from the part."""
    part = killed_in_the_middle(site, bundle, "s1")
    assert 1 == len(part)
    assert {"s1": ""} == sums(site, ["s1"], f"/var/lib/rancher/k3s/agent/images/{IMAGES}")
    told = []
    push(site, bundle, hosts=["s1"], watch=lambda _, name, done, __: told.append((name, done)))
    assert 0 < next(done for name, done in told if name == IMAGES) < 6 * MIB
    assert [] == hidden(site, "s1", "/var/lib/rancher/k3s/agent/images")


def test_real_linux_takes_a_bundle_too(bare_docker_site, bundle):
    """On hosts in Docker: killed in mid-file, resumed, repaired where one file is wrong, and then nothing to send."""
    site = load(bare_docker_site.site_folder)
    assert 1 == len(killed_in_the_middle(site, bundle, "s1"))
    told = []
    push(site, bundle, watch=lambda host, name, done, _: told.append((host, name, done)))
    assert 0 < next(done for host, name, done in told if (host, name) == ("s1", IMAGES)) < 6 * MIB
    assert {releases.sha256(releases.program())} == set(sums(site).values())
    with Fleet([site.target("a1")]) as fleet:
        fleet["a1"].run(["truncate", "-s", "1000", PROGRAM], sudo=True).check()
    assert {"a1": ["k3s"]} == {name: files for name, files in changed(push(site, bundle)).items() if files}


def test_the_cap_holds_for_all_hosts_together(site, bundle, monkeypatch):
    """Two hosts at once take no less time than the cap allows for the bytes of both."""
    asked = []

    class Watched(Pace):
        def wait(self, size):
            asked.append(size)
            super().wait(size)

    monkeypatch.setattr(sending, "Pace", Watched)
    total = 2 * sum(file.size for file in bundle.manifest.files if file.kind != "checksums")
    began = time.monotonic()
    push(site, bundle, hosts=["s1", "s2"], bytes_per_s=8 * MIB)
    assert total == sum(asked)
    assert time.monotonic() - began > total / (8 * MIB) - 0.5


def test_progress_names_host_and_file(site, bundle):
    """Whoever watches sees each file of each host grow to its size."""
    last = {}
    push(
        site,
        bundle,
        hosts=["s1", "a1"],
        watch=lambda host, name, done, total: last.update({(host, name): (done, total)}),
    )
    assert 6 == len(last)
    assert all(done == total for done, total in last.values())


def test_edge_hosts_get_what_joins_them(site_folder, tmp_path):
    """KubeEdge's archives wait in edgebook's own folder on every edge host."""
    path = site_folder / "site.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "kubeedge": {"version": "v1.22.1"}}))
    site = load(site_folder)
    files = releases.k3s() | releases.kubeedge() | releases.cni()
    create(site, Recipe(tmp_path / "bundle", source=lay(tmp_path / "usb", files)))
    push(site, open_bundle(tmp_path / "bundle"), hosts=["e1", "e2"])
    keadm = "keadm-v1.22.1-linux-amd64.tar.gz"
    wanted = releases.sha256(releases.kubeedge()[keadm])
    assert {"e1": wanted, "e2": wanted} == sums(site, ["e1", "e2"], f"/var/lib/edgebook/bundle/{keadm}")
