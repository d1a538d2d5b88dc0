"""Entrants: edgebook's runbook in the ways in which it is run, and k3s-ansible's playbook.

Not the clock, which is the course's.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.hosts.entrants import Entrant
from tests.benchmarks.hosts.figures import OURS
from tests.benchmarks.install.ground import DISABLED, NAME, Ground

RUNBOOK = "10-install-k3s-ha"
WORK = "preflight, registration address, snapshot and verification are inside its time"

Make = Callable[[Ground, Path], Entrant]
"""Make an entrant for one installation; the folder is empty and its own."""


def _env(ground: Ground, folder: Path) -> dict[str, str]:
    return {"EDGEBOOK_SITES": str(ground.folder / "sites"), "EDGEBOOK_RUNS": str(folder)}


def _runbook(ground: Ground, folder: Path, *, drill: bool) -> Entrant:
    words = (sys.executable, "-m", "edgebook.cli", "run", RUNBOOK, "--site", NAME, "-p", f"drill={drill}")
    more = "and the failover drill" if drill else "no drill; papermill and the HTML report"
    return Entrant(
        f"{OURS} run{', drill' if drill else ''}", (words,), env=_env(ground, folder), note=f"{more}; {WORK}"
    )


def runbook(ground: Ground, folder: Path) -> Entrant:
    """Return runbook 10 as `edgebook run` runs it, without the drill, which Ansible's playbook has no like of."""
    return _runbook(ground, folder, drill=False)


def runbook_with_drill(ground: Ground, folder: Path) -> Entrant:
    """Return runbook 10 as it is by default: one server is stopped at the end, and started again."""
    return _runbook(ground, folder, drill=True)


def cells(ground: Ground, folder: Path) -> Entrant:
    """Return the runbook's cells in a plain Python, as Run All does in a kernel that is there."""
    words = (sys.executable, "-m", "tests.player", RUNBOOK, f"site={NAME!r}", "apply=True", "drill=False")
    return Entrant(f"{OURS} cells only", (words,), env=_env(ground, folder), note=f"no drill, no report; {WORK}")


def ansible(ground: Ground, folder: Path) -> Entrant:
    """Return k3s-ansible's playbook with the settings of its own ansible.cfg."""
    return _playbook(ground, folder, name="k3s-ansible")


def ansible_one_by_one(ground: Ground, folder: Path) -> Entrant:
    """Return the playbook with one fork, which its README advises where servers are not to meet."""
    return _playbook(ground, folder, "--forks=1", name="k3s-ansible, one fork")


def _playbook(ground: Ground, folder: Path, *options: str, name: str) -> Entrant:
    inventory = folder / "inventory.yaml"
    inventory.write_text(yaml.safe_dump(_inventory(ground, _airgap(ground))), encoding="utf-8")
    words = (ground.material.ansible, "-i", str(inventory), str(ground.material.playbook), *options)
    env = {
        "ANSIBLE_CONFIG": str(ground.material.checkout / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        # Connections of the installation before would lead to hosts that are gone.
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "ssh"),
        "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(ground.material.ansible).parent}{os.pathsep}{os.environ['PATH']}",
    }
    note = "playbooks/site.yml, its own ansible.cfg (pipelining on); it waits for no node to be Ready"
    return Entrant(name, (words,), env=env, note=note)


def _airgap(ground: Ground) -> Path:
    """Lay the bundle's files out under the names that k3s-ansible looks for."""
    folder = ground.folder / "airgap"
    if not folder.exists():
        folder.mkdir()
        for name, path in ground.material.files.items():
            shutil.copy2(path, folder / {"install.sh": "k3s-install.sh"}.get(name, name))
    return folder


def _inventory(ground: Ground, airgap: Path) -> dict[str, Any]:
    hosts = ground.site["hosts"]
    grouped = {
        role: {"hosts": {host["name"]: {"ansible_host": host["address"]} for host in hosts if host["role"] == role}}
        for role in ("server", "agent")
    }
    known = ground.site_folder / "known_hosts"
    given = {
        "ansible_user": ground.site["ssh"]["user"],
        "ansible_ssh_private_key_file": str(ground.site_folder / "id_ed25519"),
        "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes",
        "ansible_python_interpreter": "/usr/bin/python3",  # spares it the search
        "k3s_version": ground.material.version,
        "token": secrets.token_hex(32),
        "api_endpoint": hosts[0]["address"],
        "airgap_dir": str(airgap),
        "kubeconfig": str(ground.folder / "kubeconfig"),  # any other than its default is not merged into ~/.kube
        "user_kubectl": False,
        "server_config_yaml": yaml.safe_dump({"write-kubeconfig-mode": "0600", "disable": list(DISABLED)}),
    }
    return {"k3s_cluster": {"children": grouped, "vars": given}}


ENTRANTS: dict[str, Make] = {
    "edgebook": runbook,
    "edgebook-drill": runbook_with_drill,
    "edgebook-cells": cells,
    "k3s-ansible": ansible,
    "k3s-ansible-serial": ansible_one_by_one,
}
"""The one that the verdict is about stands first."""
