"""The ground: the practice hosts in Docker that a race is run on, and the files that tell each tool of them.

Not a backend: the hosts are `edgebook.lab`'s, and so is the slow link.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from edgebook import lab

SERVERS, AGENTS = 3, 5
FIVE = 5
PAYLOAD_BYTES = 200_000_000
PIECE_BYTES = 1 << 20
REMOTE = "payload.bin"
"""Where a file is sent to, in the home folder of the user who logs in."""
LATE = 1.5
"""A round trip may be measured this many times as long as asked for, on a busy machine."""
TRIES = 5


@dataclass(frozen=True)
class Ground:
    """Eight hosts, the folder of their lab, and a folder for the tools' own files."""

    lab: Path
    folder: Path
    hosts: tuple[dict[str, Any], ...]
    digest: str = ""
    """The sum of the payload."""

    @property
    def payload(self) -> Path:
        """The file that is sent: bytes that nothing can compress."""
        return self.folder / "payload.bin"

    def first(self, count: int) -> Path:
        """Return the file that lists the first hosts for the programs under `peers/`."""
        return self.folder / f"hosts-{count}.json"

    def inventory(self, count: int) -> Path:
        """Return Ansible's list of the first hosts."""
        return self.folder / f"inventory-{count}.yaml"

    def ssh_options(self) -> tuple[str, ...]:
        """Return what OpenSSH's programs are told: this key and these host keys, and no others."""
        one = self.hosts[0]
        pinned = ("-o", f"UserKnownHostsFile={one['known_hosts']}", "-o", "StrictHostKeyChecking=yes")
        return ("-F", "none", "-i", one["key"], "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", *pinned)

    def ask(self, count: int, command: str) -> list[str]:
        """Run a command on the first hosts with OpenSSH, and return what each said."""
        running = [
            subprocess.Popen(
                ["ssh", *self.ssh_options(), f"{host['user']}@{host['address']}", command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
            )
            for host in self.hosts[:count]
        ]
        said = [one.communicate(timeout=60)[0] for one in running]
        if any(one.returncode for one in running):
            raise RuntimeError(f"`{command}` failed on {count} hosts: {said}")
        return said

    @contextmanager
    def slow(self, count: int, rtt_ms: float) -> Iterator[str]:
        """Make the links of the first hosts slow, and yield what was measured; nothing for a round trip of 0."""
        if not rtt_ms:
            yield ""
            return
        names = [host["name"] for host in self.hosts[:count]]
        try:
            for name in names:
                lab.break_(self.lab, "slow-link", name, rtt_ms=rtt_ms)
            seen_ms = [round_trip_ms(host) for host in self.hosts[:count]]
            if not rtt_ms <= min(seen_ms) <= max(seen_ms) <= rtt_ms * LATE:
                raise RuntimeError(f"the round trips are {seen_ms} ms where {rtt_ms} ms were asked for")
            yield f"round trip measured by connecting: {min(seen_ms):.0f} to {max(seen_ms):.0f} ms"
        finally:
            for name in names:
                lab.heal(self.lab, "slow-link", name)


@contextmanager
def ground(folder: Path | None = None) -> Iterator[Ground]:
    """Bring the hosts up, and take them down at the end; those of a given lab's folder stay as they are."""
    with tempfile.TemporaryDirectory(prefix="edgebook-bench-") as made:
        where = folder or Path(made) / "lab"
        status = lab.up(where, backend="docker", servers=SERVERS, agents=AGENTS, edges=0)
        try:
            yield _laid_out(where, status.site_folder, Path(made))
        finally:
            if folder is None:
                lab.down(where)


def round_trip_ms(host: dict[str, Any]) -> float:
    """Measure a round trip: a TCP connection takes one. The least of some counts."""
    seen = []
    for _ in range(TRIES):
        began = time.perf_counter()
        socket.create_connection((host["address"], host["port"]), timeout=10).close()
        seen.append((time.perf_counter() - began) * 1000)
    return min(seen)


def _laid_out(where: Path, site_folder: Path, folder: Path) -> Ground:
    site = yaml.safe_load((site_folder / "site.yaml").read_text(encoding="utf-8"))
    five = folder / "site"
    shutil.copytree(site_folder, five)
    (five / "site.yaml").write_text(yaml.safe_dump({**site, "hosts": site["hosts"][:FIVE]}), encoding="utf-8")
    found = Ground(where, folder, tuple(_host(one, site, five, folder) for one in site["hosts"]))
    for count in (1, FIVE, len(found.hosts)):
        found.first(count).write_text(json.dumps(found.hosts[:count]), encoding="utf-8")
        found.inventory(count).write_text(yaml.safe_dump(_inventory(found, found.hosts[:count])), encoding="utf-8")
    return dataclasses.replace(found, digest=_payload(found.payload))


def _payload(path: Path) -> str:
    """Write a file of random bytes and return its sum."""
    summed = hashlib.sha256()
    with path.open("wb") as file:
        for start in range(0, PAYLOAD_BYTES, PIECE_BYTES):
            piece = secrets.token_bytes(min(PIECE_BYTES, PAYLOAD_BYTES - start))
            file.write(piece)
            summed.update(piece)
    return summed.hexdigest()


def _host(one: dict[str, Any], site: dict[str, Any], five: Path, folder: Path) -> dict[str, Any]:
    return {
        "name": one["name"],
        "address": one["address"],
        "port": one["port"],
        "user": site["ssh"]["user"],
        "key": str(five / site["ssh"]["key"]),
        "known_hosts": str(five / site["ssh"]["known_hosts"]),
        "site": str(five / "site.yaml"),
        "payload": str(folder / "payload.bin"),
    }


def _inventory(found: Ground, hosts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Name Python's place too: it spares Ansible the search for it."""
    known = hosts[0]["known_hosts"]
    return {
        "all": {
            "hosts": {host["name"]: {"ansible_host": host["address"], "ansible_port": host["port"]} for host in hosts},
            "vars": {
                "ansible_user": hosts[0]["user"],
                "ansible_ssh_private_key_file": hosts[0]["key"],
                "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes",
                "ansible_python_interpreter": "/usr/bin/python3",
            },
        }
    }
