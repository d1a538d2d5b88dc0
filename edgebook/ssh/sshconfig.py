"""The OpenSSH client configuration as a source of defaults for one target.

Not a configuration of edgebook: what site.yaml says wins. Read are HostName, Port, User,
IdentityFile, HostKeyAlias, UserKnownHostsFile, ProxyJump and ProxyCommand.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import paramiko

from edgebook.records import SshTarget
from edgebook.ssh.failures import Phase, translated
from edgebook.ssh.hostkeys import SSH_PORT


@dataclass(frozen=True)
class Route:
    """A target with every default filled in, and how to get a byte stream to it."""

    target: SshTarget
    known_as: str
    """What known_hosts calls the host, without the port."""
    proxy_command: str = ""

    def __str__(self) -> str:
        through = f" through {self.target.jump.name}" if self.target.jump else ""
        return f"{self.target.user}@{self.target.address}:{self.target.port}{through}"


def route(target: SshTarget) -> Route:
    """Fill in a target's defaults from its ssh_config, if it has one."""
    if target.ssh_config is None:
        return Route(replace(target, user=target.user or getpass.getuser()), target.address)
    found = _lookup(target, target.ssh_config)
    filled = replace(
        target,
        address=found["hostname"],
        port=int(found.get("port", SSH_PORT)),
        user=found.get("user") or getpass.getuser(),
        keys=target.keys or _paths(found.get("identityfile", [])),
        known_hosts=target.known_hosts or _paths(found.get("userknownhostsfile", "~/.ssh/known_hosts").split()),
    )
    filled = replace(filled, jump=target.jump or _jump(filled, found.get("proxyjump", "none")))
    command = "" if filled.jump else found.get("proxycommand", "none")
    return Route(filled, found.get("hostkeyalias", filled.address), "" if command in (None, "none") else command)


def _lookup(target: SshTarget, path: Path) -> Mapping[str, Any]:
    """Look a target up, with what site.yaml says in front: the first value counts, and tokens use it too."""
    path = path.expanduser()
    known = {"Port": str(target.port) if target.port != SSH_PORT else "", "User": target.user}
    front = "".join(f"{name} {value}\n" for name, value in known.items() if value)
    with translated(target.name, Phase.CONNECT, f"reading {path}"):
        config = paramiko.SSHConfig.from_text(front + path.read_text(encoding="utf-8"))
        return config.lookup(target.address)


def _paths(names: list[str]) -> tuple[Path, ...]:
    return tuple(Path(name).expanduser() for name in names)


def _jump(target: SshTarget, chain: str) -> SshTarget | None:
    """Return the last host of `ProxyJump first,last`, which is itself reached through the ones before it."""
    jump: SshTarget | None = None
    for hop in chain.split(",") if chain != "none" else ():
        user, _, place = hop.strip().removeprefix("ssh://").rpartition("@")
        address, _, port = place.rpartition(":") if ":" in place else (place, "", SSH_PORT)
        if (address, int(port)) == (target.address, target.port):
            return None  # `Host *` with a ProxyJump matches the jump host itself; OpenSSH goes straight there too
        name = f"{target.name} (jump host {place})"
        jump = replace(target, name=name, address=address, port=int(port), user=user, password=None, jump=jump)
    return jump
