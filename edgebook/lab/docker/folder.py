"""The folder of a lab in Docker: keys, the site folder, and lab.json that remembers what was made.

Not the reader of site.yaml: `edgebook.site` reads it like any other.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgebook.lab.docker.plan import SSH_PORT, HostPlan, LabPlan

BACKEND = "docker"
K3S_VERSION = "v1.31.9+k3s1"
HEAD = """\
# The practice site in Docker. `edgebook lab up --backend docker` wrote this file; its hosts are containers with Linux.
# A real site.yaml looks the same: `edgebook site schema` has every key.
schema: 1
name: lab
title: Practice site on Linux containers
protection: open        # disposable: runs apply what they plan unless told otherwise

ssh:
  user: edge
  key: id_ed25519
  known_hosts: known_hosts
  sudo: nopasswd

hosts:
"""
TAIL = """\

k3s:
  version: {version}
  profile: standard
  registration:         # the address that every node joins through{kept}
    address: {vip}
    by: {by}
{keepalived}\
  token: file:secrets/k3s-token               # made by the runbook, not there at first
  agent_token: file:secrets/k3s-agent-token
  kubeconfig: kubeconfig
  context: lab

source: {{kind: online}}
"""
KEEPALIVED = "    interface: eth0\n    prefix: 24\n    router_id: 51\n"
KEPT = "; keepalived keeps it on one of the servers"


@dataclass(frozen=True)
class KeyPair:
    """An ed25519 key in OpenSSH's formats."""

    private: str
    public: str


@dataclass(frozen=True)
class Keys:
    """The keys of a lab: the user's, and each host's own by its name."""

    user: KeyPair
    hosts: Mapping[str, KeyPair]


def make_keys(plan: LabPlan) -> Keys:
    """Make new keys for a lab."""
    return Keys(_pair("edgebook practice site"), {host.name: _pair(host.name) for host in plan.ssh_hosts()})


def _pair(comment: str) -> KeyPair:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - takes 0.1 s to import
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()).decode()
    public = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()
    return KeyPair(private, f"{public} {comment}\n")


def write_site(folder: Path, plan: LabPlan, keys: Keys, text: str = "") -> None:
    """Put the site folder into its first state: own files anew, everything else removed.

    `text` is the site.yaml, where it is not the one of hosts for a K3s.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "secrets").mkdir(mode=0o700)
    (folder / "site.yaml").write_text(text or site_yaml(plan), encoding="utf-8")
    known = [f"{host.address} {' '.join(keys.hosts[host.name].public.split()[:2])}\n" for host in plan.ssh_hosts()]
    (folder / "known_hosts").write_text("".join(known), encoding="utf-8")
    private(folder / "id_ed25519", keys.user.private)


def site_yaml(plan: LabPlan) -> str:
    """Describe the site as a person would write it."""
    hosts, single = plan.hosts(), plan.servers == 1
    tail = TAIL.format(
        version=K3S_VERSION,
        kept="" if single else KEPT,
        vip=hosts[0].address if single else plan.vip,
        by="server" if single else "keepalived",
        keepalived="" if single else KEEPALIVED,
    )
    return HEAD + host_lines(hosts) + tail


def host_lines(hosts: Sequence[HostPlan]) -> str:
    """Write the list of hosts, one line each."""
    return "".join(map(_host_line, hosts))


def _host_line(host: HostPlan) -> str:
    facts = f"name: {host.name}, role: {host.role}, address: {host.address}, port: {SSH_PORT}, node_ip: {host.address}"
    return f"  - {{{facts}}}\n"


def private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all of it or nothing."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def read_facts(folder: Path) -> dict[str, Any]:
    """Read lab.json; nothing when there is none."""
    try:
        facts: dict[str, Any] = json.loads((folder / "lab.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return {}
    return facts


def write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write lab.json."""
    folder.mkdir(parents=True, exist_ok=True)
    private(folder / "lab.json", json.dumps({"schema": 1, "backend": BACKEND, **facts}, indent=1) + "\n")


def keys_of(facts: Mapping[str, Any]) -> Keys:
    """Read a lab's keys from lab.json."""
    hosts = {name: KeyPair(**pair) for name, pair in facts["keys"]["hosts"].items()}
    return Keys(KeyPair(**facts["keys"]["user"]), hosts)


def keys_as_facts(keys: Keys) -> dict[str, Any]:
    """Return keys as plain data for lab.json, which only its owner may read."""
    return {"user": vars(keys.user), "hosts": {name: vars(pair) for name, pair in keys.hosts.items()}}


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from changing the lab of this folder meanwhile."""
    import fcntl  # noqa: PLC0415 - not there on Windows, where this backend refuses before it comes here

    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "lab.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def remove(where: Path) -> None:
    """Remove what describes a lab that is no more."""
    shutil.rmtree(where / "site", ignore_errors=True)
    for name in ("lab.json", "lab.json.new"):
        (where / name).unlink(missing_ok=True)
