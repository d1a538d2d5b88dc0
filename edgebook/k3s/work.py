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
from edgebook.k3s import scripts, tables
from edgebook.k3s.former import Former, recorded
from edgebook.k3s.inspect import K3sFacts, Seen, Unit
from edgebook.k3s.service import condition, votes
from edgebook.records import Action, Completed, Effect, Outcome
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
    keep_token: bool = True

    @property
    def first(self) -> SiteHost:
        """The server that makes the cluster."""
        return self.site.servers[0]

    @property
    def joined(self) -> tuple[SiteHost, ...]:
        """Every host that is to be a node, in the order in which they join."""
        return (*self.site.servers, *self.site.agents)

    @property
    def back(self) -> tuple[SiteHost, ...]:
        """Every host that can be taken back, in the order in which they leave: agents first, the first server last."""
        present = (*reversed(self.site.servers), *self.site.agents, *(h for h in self.site.absent if h.role != "edge"))
        reached = [host for host in present if self.reached(host)]
        first = [host for host in reached if host.name == self.first.name]
        others = [host for host in reached if host.name != self.first.name]
        return (*sorted(others, key=lambda host: host.role), *first)

    @property
    def unreached(self) -> tuple[SiteHost, ...]:
        """The hosts of which nothing could be learned, and on which nothing can be done."""
        wanted = (*self.site.servers, *self.site.agents, *(host for host in self.site.absent if host.role != "edge"))
        return tuple(host for host in wanted if not self.reached(host))

    def reached(self, host: SiteHost) -> bool:
        """Tell whether a host answered, to root too."""
        facts = self.seen.facts.get(host.name)
        return facts is not None and facts.root

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
        voter = host.role != "server" or len(self.site.servers) == 1 or votes(self.node(host)) == "True"
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

    def touched(self, host: SiteHost) -> bool:
        """Tell whether edgebook has changed a host, by what is there: its folder, and traces of an install."""
        left = self.k3s(host.name).left
        return left.ours and bool(left.found or left.conf_ours or left.packages)

    def claimed(self, host: SiteHost) -> bool:
        """Tell whether what lies in K3s's places on a host is K3s's, and not somebody's own.

        So it is where a record tells what was there before, where edgebook's folder is, or K3s itself.
        """
        k3s = self.k3s(host.name)
        there = k3s.server.loaded or k3s.agent.loaded or any("uninstall" in one for one in k3s.left.found)
        return bool(self.former(host) or k3s.left.ours or there or k3s.left.of("process"))

    def traces(self, host: SiteHost) -> tuple[str, ...]:
        """Return what is K3s's on a host, and may be taken away."""
        return self.k3s(host.name).left.found if self.claimed(host) else ()

    def former(self, host: SiteHost) -> Former | None:
        """Return what was on a host before: by its own record, else by the journal; None where neither tells."""
        facts = self.seen.facts.get(host.name)
        machine = facts.machine_id if facts else ""
        return self.seen.former(host.name) or recorded(self.history, host.name, machine=machine)

    def locked(self, host: SiteHost, text: str, args: Sequence[str], *, timeout_s: float, stdin: str = "") -> Completed:
        """Run a shell text as root after whatever an earlier run left at work on the host; `$1` is our folder."""
        call = ["sh", "-c", scripts.LOCKED, "edgebook", tables.OURS, text, *args]
        return self.host(host.name).run(call, sudo=True, stdin=stdin.encode(), timeout_s=timeout_s)

    def cluster_token(self, role: str) -> str:
        """Return the token that verifies the cluster's CA when a host joins; it is a secret from here on.

        The short form would join anybody who answers at the address (K3s: cli/token). The first server
        has the long form of its own token; agents get the same CA hash with theirs, `K10<hash>::node:<secret>`.
        """
        path = f"{self.site.k3s.data_dir}/server/token"
        server = secrets.register(self.host(self.first.name).read(path, sudo=True).decode().strip())
        if role == "server":
            return server + "\n"
        authority, _, _ = server.partition("::")
        return secrets.register(f"{authority}::node:{self.site.k3s.agent_token.value()}") + "\n"


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
    facts: Mapping[str, Any] | None = None,
) -> Action:
    """Return an action of a stage; its id is stable over runs: stage/target/name."""
    target = f"{stage}/{host.replace(' ', '-')}/{name}"
    why = "" if done else why
    shown, told = secrets.mask(shows), facts or {}
    return Action(target, stage, host, title, effect, shown, do, done=done, why=why, wave=wave, undo=undo, facts=told)


def exists(work: Work, host: SiteHost, path: str) -> bool:
    """Tell whether a file was seen on a host."""
    return path in work.k3s(host.name).digests


def installed(work: Work, host: SiteHost) -> bool:
    """Tell whether the wanted K3s is on a host, as a service."""
    return work.k3s(host.name).installed(work.site.k3s.version, host.role)


__all__ = ["CLUSTER", "HERE", "Work", "change", "exists", "installed", "node_name", "sha256", "tables"]
