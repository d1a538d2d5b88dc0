"""The ground: five hosts in Docker, made anew for every installation, and what is asked of the cluster on them.

Not a backend: the hosts are `edgebook.lab`'s.
"""

from __future__ import annotations

import calendar
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from edgebook import lab
from tests.benchmarks.hosts.entrants import RunFailed
from tests.benchmarks.install.material import Material

SERVERS, AGENTS = 3, 2
DISABLED = ("coredns", "servicelb", "traefik", "local-storage", "metrics-server")
"""For both: their images are no part of what is compared, and a bundle may lack them."""
READY_TIMEOUT_S = 300.0
NAME = "lab"
APT = "python3 -c 'import apt' 2>/dev/null || { apt-get update -qq && apt-get install -qq -y python3-apt; } >&2"


@dataclass(frozen=True)
class Ground:
    """The hosts, and a folder for the tools' own files."""

    lab: Path
    folder: Path
    material: Material

    @property
    def site(self) -> dict[str, Any]:
        """What site.yaml says now."""
        read: dict[str, Any] = yaml.safe_load((self.site_folder / "site.yaml").read_text(encoding="utf-8"))
        return read

    @property
    def site_folder(self) -> Path:
        """Where site.yaml is."""
        return self.lab / "site"

    def ssh(self, host: dict[str, Any], command: str, *, timeout_s: float = 60) -> str:
        """Run a command as root on a host with OpenSSH and return what it said; raise `RunFailed`."""
        words = [
            "ssh",
            *self.ssh_options(),
            f"{self.site['ssh']['user']}@{host['address']}",
            f"sudo sh -c {_quoted(command)}",
        ]
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=timeout_s, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise RunFailed(f"{host['name']}: {command}: {' '.join(done.stderr.split())[-300:]}")
        return done.stdout

    def ssh_options(self) -> tuple[str, ...]:
        """Return what OpenSSH is told: this key and these host keys, and no others."""
        key, known = self.site_folder / "id_ed25519", self.site_folder / "known_hosts"
        pinned = ("-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes")
        return ("-F", "none", "-i", str(key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", *pinned)

    def fresh(self) -> None:
        """Make the hosts anew, write what is to be installed into site.yaml, and give the hosts what Ansible needs."""
        lab.reset(self.lab)
        self.describe()
        for host in self.site["hosts"]:
            self.ssh(host, APT, timeout_s=300)

    def describe(self) -> None:
        """Write what is to be installed into site.yaml."""
        site = self.site
        site["k3s"] |= {"version": self.material.version, "disable": list(DISABLED)}
        site["source"] = {"kind": "bundle", "path": str(self.material.bundle)}
        (self.site_folder / "site.yaml").write_text(yaml.safe_dump(site, sort_keys=False), encoding="utf-8")

    def ready(self) -> float:
        """Wait until every node is Ready; return when the last one became so, in seconds since 1970, to a second."""
        wanted, deadline = {host["name"] for host in self.site["hosts"]}, time.monotonic() + READY_TIMEOUT_S
        while True:
            since = self._ready_since()
            if wanted == set(since):
                return max(since.values())
            if time.monotonic() > deadline:
                raise RunFailed(
                    f"after {READY_TIMEOUT_S:.0f} s only these nodes were Ready: {', '.join(since) or 'none'}"
                )
            time.sleep(0.5)

    def _ready_since(self) -> dict[str, float]:
        said = self.ssh(self.site["hosts"][0], "k3s kubectl get nodes -o json")
        return {
            node["metadata"]["name"]: calendar.timegm(time.strptime(one["lastTransitionTime"], "%Y-%m-%dT%H:%M:%SZ"))
            for node in json.loads(said)["items"]
            for one in node["status"]["conditions"]
            if (one["type"], one["status"]) == ("Ready", "True")
        }


def _quoted(command: str) -> str:
    return "'" + command.replace("'", "'\\''") + "'"


@contextmanager
def ground(
    material: Material, folder: Path | None = None, *, image: str = "", keep: Path | None = None
) -> Iterator[Ground]:
    """Bring up the hosts, or use those of a lab that is kept; leave nothing of those that were brought up here.

    Args:
        material: what is installed.
        folder: the folder of a lab that stays.
        image: the image of the hosts; ours without one.
        keep: where the tools' journals and logs stay; without one they go.
    """
    with tempfile.TemporaryDirectory(prefix="edgebook-bench-") as made:
        where, own = folder or Path(made) / "lab", keep or Path(made)
        lab.up(where, backend="docker", servers=SERVERS, agents=AGENTS, edges=0, image=image)
        sites = own / "sites"
        sites.mkdir(parents=True)
        (sites / NAME).symlink_to((where / "site").resolve())
        try:
            yield Ground(where, own.resolve(), material)
        finally:
            if folder is None:
                lab.down(where)
