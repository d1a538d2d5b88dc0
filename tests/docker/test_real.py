"""Runbooks 10 and 34 with released software: the K3s of the bundle directory that EDGEBOOK_ARTIFACTS names.

Not downloaded here. What a release wants of its hosts, and which packaged components its images lack, the
environment says: EDGEBOOK_LAB_IMAGE and EDGEBOOK_K3S_DISABLE (names with commas between).
"""

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from edgebook import lab
from tests.docker import hands
from tests.docker.clusters import AGENT, SERVER, lasting, listed, loses_power, whole
from tests.docker.conftest import from_bundle
from tests.dockerhosts import docker_reason
from tests.player import play
from tests.standin.release import HERE
from tests.test_uninstall import UNINSTALL

ARTIFACTS = os.environ.get("EDGEBOOK_ARTIFACTS", "")
DISABLE = os.environ.get("EDGEBOOK_K3S_DISABLE", "")
ENVIRONMENT = ("INSTALL_K3S_EXEC=server", "INSTALL_K3S_SKIP_DOWNLOAD=true", "INSTALL_K3S_SKIP_START=true")
INSTALLED = "cd /; find usr/local/bin etc/systemd/system -name 'k3s*' -o -name kubectl -o -name crictl -o -name ctr | sort | xargs stat -c '%F %a %U %N'"
UNIT = "Type,KillMode,Delegate,Restart,RestartUSec,TimeoutStartUSec,TasksMax,LoadState,UnitFileState"
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not ARTIFACTS, reason="EDGEBOOK_ARTIFACTS names no bundle directory with a real K3s"),
]


class Installed(NamedTuple):
    """A cluster of real K3s, and what the hosts were before."""

    status: object
    runs: object
    bare: dict
    played: object
    nodes: dict


def version():
    """Ask the program which version it is."""
    said = subprocess.run([Path(ARTIFACTS) / "k3s", "--version"], capture_output=True, text=True, check=True).stdout
    return next(word for word in said.split() if word.startswith("v1."))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the bundle's K3s on three bare servers and two bare agents."""
    if docker_reason():
        pytest.skip(docker_reason())
    folder = tmp_path_factory.mktemp("real") / "lab"
    with pytest.MonkeyPatch.context() as patch:
        runs = tmp_path_factory.mktemp("runs")
        patch.setenv("EDGEBOOK_RUNS", str(runs))
        patch.setenv("EDGEBOOK_HEADLESS", "1")
        try:
            image = os.environ.get("EDGEBOOK_LAB_IMAGE", "")
            status = lab.up(folder, backend="docker", servers=3, agents=2, edges=0, image=image)
            wanted = {"version": version(), "disable": [name for name in DISABLE.split(",") if name]}
            from_bundle(status.site_folder, Path(ARTIFACTS).resolve(), **wanted)
            bare = whole(status.site_folder)
            played = play(site=str(status.site_folder))
            played.run.close()
            yield Installed(status, runs, bare, played, listed(status))
        finally:
            lab.down(folder)


def test_five_bare_hosts_become_a_cluster(installed):
    """Three servers and two agents are Ready, and every check of the verification passes."""
    assert {"s1": SERVER, "s2": SERVER, "s3": SERVER, "a1": AGENT, "a2": AGENT} == installed.nodes


def test_a_snapshot_was_taken(installed):
    """The install ends with a snapshot of etcd in its folder."""
    assert "post-install" in hands.inside(installed.status, "s1", "k3s", "etcd-snapshot", "ls")


def test_a_second_run_finds_nothing_to_do(installed, monkeypatch):
    """Run again, the plan is empty and nothing changes."""
    monkeypatch.setenv("EDGEBOOK_RUNS", str(installed.runs))
    monkeypatch.setenv("EDGEBOOK_HEADLESS", "1")
    again = play(site=str(installed.status.site_folder))
    again.run.close()
    assert [] == again.changed


def test_the_api_answers_with_a_server_dead(installed):
    """With the address's holder without power the API answers through it; switched on, the server serves again."""
    loses_power(installed.status)


def test_uninstall_leaves_the_hosts_as_they_were(installed, monkeypatch):
    """After runbook 34 a comparison of file trees, units, addresses, rules and packages finds nothing left."""
    monkeypatch.setenv("EDGEBOOK_RUNS", str(installed.runs))
    monkeypatch.setenv("EDGEBOOK_HEADLESS", "1")
    play(UNINSTALL, site=str(installed.status.site_folder), confirm="lab").run.close()
    assert [] == lasting(installed.bare, whole(installed.status.site_folder))


def test_the_stand_in_s_installer_writes_what_the_real_one_writes(pair, bundle):
    """The same files with the same modes and owners, the same links, the same kind of unit."""
    left = {}
    for host, script in (("s1", Path(ARTIFACTS) / "install.sh"), ("a1", HERE / "install.sh")):
        hands.bring(pair, host, bundle / "k3s", "/usr/local/bin/k3s")
        hands.bring(pair, host, script, "/root/install.sh")
        hands.inside(pair, host, "env", *ENVIRONMENT, "sh", "/root/install.sh")
        shown = hands.inside(pair, host, "systemctl", "show", "k3s", "-p", UNIT)
        left[host] = hands.inside(pair, host, "sh", "-c", INSTALLED), sorted(shown.splitlines())
    assert left["s1"] == left["a1"]
    assert 9 == len(left["a1"][0].splitlines())
