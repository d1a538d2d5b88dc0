"""Runbooks 10 and 34 on real hosts: five of them become a cluster, and are afterwards what they were before.

K3s is the tests' stand-in here; `test_real` does the same with the real one, where there is one.
"""

from typing import NamedTuple

import pytest

from edgebook import lab
from edgebook.cluster import Cluster
from edgebook.site import load
from tests.docker import hands
from tests.docker.clusters import AGENT, SERVER, lasting, listed, loses_power, whole
from tests.docker.conftest import from_bundle
from tests.player import play
from tests.test_uninstall import BEFORE, SECRET, UNINSTALL

pytestmark = pytest.mark.slow
LASTING = "\n".join(line for line in BEFORE.splitlines() if not line.startswith(("iptables", "sysctl")))
"""What a power cut leaves on a host of what was there before."""
UNIT = "Type,KillMode,Delegate,Restart,LoadState,ActiveState,UnitFileState"
FILES = {
    "/etc/rancher/k3s/config.yaml": "600",
    "/etc/rancher/k3s/cluster-token": "600",
    "/etc/rancher/k3s/k3s.yaml": "600",
    "/etc/systemd/system/k3s.service": "644",
    "/usr/local/bin/k3s": "755",
    "/var/lib/rancher/k3s/server": "700",
    "/var/lib/rancher/k3s/server/token": "600",
    "/var/lib/rancher/k3s/server/agent-token": "600",
}


class Story(NamedTuple):
    """What was seen along the way."""

    status: object
    runs: object
    bare: dict
    first: object
    nodes: dict
    again: object


@pytest.fixture(scope="module")
def story(docker_site, bundle, tmp_path_factory):
    """Install on bare hosts from a bundle, then run the same once more."""
    with pytest.MonkeyPatch.context() as patch:
        runs = tmp_path_factory.mktemp("runs")
        patch.setenv("EDGEBOOK_RUNS", str(runs))
        patch.setenv("EDGEBOOK_HEADLESS", "1")
        status = lab.reset(docker_site.folder)
        from_bundle(status.site_folder, bundle)
        site = str(status.site_folder)
        for host, text in (("s1", LASTING), ("a1", BEFORE)):
            hands.inside(status, host, "sh", "-c", text)
        bare = whole(status.site_folder)
        first = play(site=site)
        first.run.close()
        nodes = listed(status)
        again = play(site=site)
        again.run.close()
        yield Story(status, runs, bare, first, nodes, again)


def test_five_bare_hosts_become_a_cluster(story):
    """Preflight, artifacts, configuration, units, joins, proof and verification: three servers and two agents Ready."""
    assert {"s1": SERVER, "s2": SERVER, "s3": SERVER, "a1": AGENT, "a2": AGENT} == story.nodes
    assert "15 of 15 checks pass" in story.first.text


def test_a_second_run_finds_nothing_to_do(story):
    """Run again, the plan is empty and nothing changes."""
    assert [] == story.again.changed
    assert () == story.again.names["plan"].pending


def test_the_drill_moved_the_registration_address(story):
    """With K3s stopped where the address lived, the API went on answering through it."""
    drill = next(step for step in story.first.run.steps if step.id == "proof/cluster/drill")
    assert "the API answers through the registration address" in drill.after


def test_the_units_are_what_the_installer_makes(story):
    """K3s runs as an enabled notify service that leaves its children alone when it stops."""
    wanted = "Type=notify KillMode=process Delegate=yes Restart=always LoadState=loaded ActiveState=active"
    for host, unit in (("s2", "k3s"), ("a1", "k3s-agent")):
        shown = set(hands.inside(story.status, host, "systemctl", "show", unit, "-p", UNIT).split())
        assert {*wanted.split(), "UnitFileState=enabled"} == {
            word.replace("Delegate=cpu", "Delegate=yes") for word in shown
        }


def test_files_with_secrets_are_root_s_alone(story):
    """Configuration, tokens and kubeconfig are 0600, the data folder 0700, and node-token leads to the token."""
    shown = hands.inside(story.status, "s2", "stat", "-c", "%a %U %n", *FILES)
    assert {path: (mode, "root") for path, mode in FILES.items()} == {
        line.split()[2]: tuple(line.split()[:2]) for line in shown.splitlines()
    }
    link = hands.inside(story.status, "s2", "readlink", "/var/lib/rancher/k3s/server/node-token")
    assert "/var/lib/rancher/k3s/server/token" == link.strip()


def test_the_kubeconfig_here_leads_to_the_cluster(story):
    """The kubeconfig on this computer is private, carries the site's name, and asks the registration address."""
    path = story.status.site_folder / "kubeconfig"
    assert 0o600 == path.stat().st_mode & 0o777
    with Cluster(path, "lab") as cluster:
        assert 5 == len(cluster.list("node"))
    assert load(story.status.site_folder).api_url in path.read_text()


def test_the_address_leaves_a_server_that_loses_power(story):
    """With its holder dead the address is on another server and the API answers; switched on, it serves again."""
    loses_power(story.status)


def test_uninstall_leaves_the_hosts_as_they_were(story, monkeypatch):
    """After runbook 34 files, units, addresses, rules and packages of every host are what they were before."""
    monkeypatch.setenv("EDGEBOOK_RUNS", str(story.runs))
    monkeypatch.setenv("EDGEBOOK_HEADLESS", "1")
    played = play(UNINSTALL, site=str(story.status.site_folder), confirm="lab")
    played.run.close()
    assert [] == lasting(story.bare, whole(story.status.site_folder))
    assert not (story.status.site_folder / "kubeconfig").exists()
    assert SECRET not in played.text
