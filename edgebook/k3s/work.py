"""What every stage of the plan works with: the site, its hosts, what was seen, and the run's options.

Not a stage itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgebook import secrets
from edgebook.journal import Event
from edgebook.k3s import tables
from edgebook.k3s.inspect import K3sFacts, Seen, Unit
from edgebook.k3s.service import condition
from edgebook.records import Action, Effect, Outcome
from edgebook.site import Host as SiteHost
from edgebook.site import Site
from edgebook.ssh import Fleet, Host

HERE = "this computer"
CLUSTER = "cluster"


def sha256(text: str) -> str:
    """Return a text's SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Work:
    """One run's material; `options` are the runbook's parameters that the stages read."""

    site: Site
    fleet: Fleet
    seen: Seen
    timeout_s: float = 600.0
    agents_at_once: int = 10
    drill: bool = True
    history: Sequence[Event] = ()

    @property
    def first(self) -> SiteHost:
        """The server that makes the cluster."""
        return self.site.servers[0]

    @property
    def joined(self) -> tuple[SiteHost, ...]:
        """Every host that is to be a node, in the order in which they join."""
        return (*self.site.servers, *self.site.agents)

    def host(self, name: str) -> Host:
        """Return the connection to a host."""
        return self.fleet[name]

    def answering(self) -> Host:
        """Return a server whose K3s was seen running, to ask the API of: the first one if it is, or if none is."""
        up = [server for server in self.site.servers if self.unit(server).running]
        return self.host((up or [self.first])[0].name)

    def k3s(self, name: str) -> K3sFacts:
        """Return what K3s has left on a host; empty where the host could not be asked."""
        return self.seen.k3s.get(name, K3sFacts())

    def unit(self, host: SiteHost) -> Unit:
        """Return the state of the host's K3s service."""
        return self.k3s(host.name).unit(host.role)

    def node(self, host: SiteHost) -> Mapping[str, Any] | None:
        """Return the host's node as it was seen, or None."""
        return self.seen.nodes.get(node_name(host))

    def up(self, host: SiteHost) -> bool:
        """Tell whether the host is a node that is all it should be."""
        voter = (
            host.role != "server" or len(self.site.servers) == 1 or condition(self.node(host), "EtcdIsVoter") == "True"
        )
        return self.unit(host).running and condition(self.node(host), "Ready") == "True" and voter

    def holds(self, host: SiteHost, path: str, text: str, mode: str = "600") -> bool:
        """Tell whether a file on a host was seen with this content and mode."""
        k3s = self.k3s(host.name)
        return k3s.digests.get(path) == sha256(text) and k3s.modes.get(path) == mode

    def write(self, host: SiteHost, path: str, text: str, *, mode: int = 0o600, backup: bool = False) -> Outcome:
        """Write a file as root; report what was there before and what is there now."""
        before = self.k3s(host.name).digests.get(path, "")
        changed = self._put(host, path, text, mode=mode, backup=backup)
        return Outcome(f"sha256 {before[:12]}" if before else "absent", f"sha256 {sha256(text)[:12]}", changed)

    def write_secret(self, host: SiteHost, path: str, text: str) -> Outcome:
        """Write a secret as root, 0600; not even its digest is reported."""
        before = "there" if path in self.k3s(host.name).digests else "absent"
        return Outcome(before, "mode 600", self._put(host, path, text, mode=0o600, backup=False))

    def _put(self, host: SiteHost, path: str, text: str, *, mode: int, backup: bool) -> bool:
        return self.host(host.name).write(path, text, mode=mode, owner="root:root", sudo=True, backup=backup)

    def cluster_token(self, role: str) -> str:
        """Read the token that verifies the cluster's CA from the first server; it is a secret from here on.

        The short form would join anybody who answers at the address (K3s: cli/token).
        """
        name = "token" if role == "server" else "agent-token"
        path = f"{self.site.k3s.data_dir}/server/{name}"
        return secrets.register(self.host(self.first.name).read(path, sudo=True).decode().strip()) + "\n"


def node_name(host: SiteHost) -> str:
    """Return the name under which a host joins."""
    return host.node_name


def change(
    stage: str,
    host: str,
    name: str,
    title: str,
    shows: str,
    do: Callable[[], Outcome],
    *,
    done: bool = False,
    why: str = "",
    wave: int = 0,
    undo: str = "",
    effect: Effect = Effect.CHANGE,
) -> Action:
    """Return an action of a stage; its id is stable over runs: stage/target/name."""
    target = f"{stage}/{host.replace(' ', '-')}/{name}"
    why = "" if done else why
    return Action(target, stage, host, title, effect, secrets.mask(shows), do, done=done, why=why, wave=wave, undo=undo)


def exists(work: Work, host: SiteHost, path: str) -> bool:
    """Tell whether a file was seen on a host."""
    return path in work.k3s(host.name).digests


def installed(work: Work, host: SiteHost) -> bool:
    """Tell whether the wanted K3s is on a host, as a service."""
    k3s = work.k3s(host.name)
    return k3s.version == str(work.site.k3s.version) and work.unit(host).loaded and work.unit(host).enabled


__all__ = ["CLUSTER", "HERE", "Work", "change", "exists", "installed", "node_name", "sha256", "tables"]
