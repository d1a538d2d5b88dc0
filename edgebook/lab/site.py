"""The site folder of the practice site: what a real site would hand over, and nothing else.

Not the reader of site.yaml: `edgebook.site` reads it like any other.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgebook.lab.hosts.model import HostSpec
from edgebook.lab.world import WorldSpec

HEAD = """\
# The practice site. `edgebook lab up` wrote this file; its hosts are simulated, on this computer only.
# A real site.yaml looks the same: `edgebook site schema` has every key.
schema: 1
name: lab
title: Practice site
protection: open        # disposable: runs apply what they plan unless told otherwise

ssh:
  user: edge
  key: id_ed25519
  known_hosts: known_hosts
  sudo: nopasswd

hosts:                  # every SSH port is on this computer; node_ip is the address inside the site
"""
TAIL = """\

k3s:
  version: {version}
  profile: standard
  registration:         # the address that every node joins through; keepalived keeps it on one of the servers
    address: {vip}
    by: {by}
{keepalived}\
  operator_url: https://127.0.0.1:{api_port}   # a forward from this computer to {vip}:6443
  token: file:secrets/k3s-token               # made by the runbook, not there at first
  agent_token: file:secrets/k3s-agent-token
  kubeconfig: kubeconfig
  context: lab

source: {{kind: online}}
"""
KEEPALIVED = "    interface: {interface}\n    prefix: {prefix}\n    router_id: 51\n"
FIXED_CLOCK = """
# Makes runs reproducible: a run's clock starts here and each reading is one second later.
fixed_clock: 2026-01-15T08:00:00Z
"""
MADE_BY_RUNS = ("kubeconfig", "secrets")


@dataclass(frozen=True)
class Access:
    """How the hosts are reached: SSH ports and public host keys by name, and the API's forwarded port."""

    ports: Mapping[str, int]
    host_keys: Mapping[str, str]
    api_port: int
    private_key: bytes


def write(folder: Path, spec: WorldSpec, access: Access, *, fixed_clock: bool = False) -> None:
    """Put the folder into its first state: own files written anew, what runs made removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MADE_BY_RUNS:
        _remove(folder / name)
    (folder / "secrets").mkdir(mode=0o700)
    (folder / "site.yaml").write_text(site_yaml(spec, access, fixed_clock=fixed_clock), encoding="utf-8")
    (folder / "known_hosts").write_text(known_hosts(access), encoding="utf-8")
    key = folder / "id_ed25519"
    key.unlink(missing_ok=True)
    key.touch(mode=0o600)
    key.write_bytes(access.private_key)


def site_yaml(spec: WorldSpec, access: Access, *, fixed_clock: bool = False) -> str:
    """Describe the site as a person would write it."""
    hosts = spec.hosts()
    single = spec.servers == 1
    first = next((host.node_ip for host in hosts if host.role == "server"), spec.vip)
    keepalived = KEEPALIVED.format(interface=spec.interface, prefix=spec.prefix)
    tail = TAIL.format(
        version=spec.k3s_version,
        vip=first if single else spec.vip,
        by="server" if single else "keepalived",
        keepalived="" if single else keepalived,
        api_port=access.api_port,
    )
    lines = "".join(_host_line(host, access.ports[host.name]) for host in hosts)
    return HEAD + lines + tail + (FIXED_CLOCK if fixed_clock else "")


def known_hosts(access: Access) -> str:
    """List the host keys in OpenSSH's format."""
    return "".join(f"[127.0.0.1]:{port} {access.host_keys[name]}\n" for name, port in access.ports.items())


def _host_line(host: HostSpec, port: int) -> str:
    return f"  - {{name: {host.name}, role: {host.role}, address: 127.0.0.1, port: {port}, node_ip: {host.node_ip}}}\n"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
