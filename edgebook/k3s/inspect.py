"""What is so on the hosts of a site, seen in one pass before anything is planned.

Not a plan, and not a judgement: `preflight` and `plan` read this record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from edgebook import secrets
from edgebook.checks import HostFacts, Probe, gather
from edgebook.errors import EdgebookError, WaitTimeout
from edgebook.journal import Event
from edgebook.k3s import tables, traces
from edgebook.k3s.config import settings
from edgebook.k3s.former import Former, recorded
from edgebook.k3s.traces import Traces
from edgebook.records import Completed
from edgebook.site import Site
from edgebook.ssh import Fleet
from edgebook.waiting import Look, until

FILES = (tables.CONFIG, tables.CLUSTER_TOKEN, tables.AGENT_TOKEN, tables.KEEPALIVED, tables.INSTALLER, tables.BINARY)
SETTLING_S = 10.0
"""VRRP needs three to four advertisement intervals, of a second each, for a change of hands."""
WORK_S = 300.0
"""How long a command that a killed run left on a host may go on; an install takes a minute or two."""
UNIT_PROPERTIES = "LoadState,ActiveState,SubState,NRestarts,UnitFileState,Result"


@dataclass(frozen=True)
class Unit:
    """A systemd unit as `systemctl show` tells it."""

    loaded: bool = False
    active: str = "inactive"
    enabled: bool = False
    restarts: int = 0

    @property
    def running(self) -> bool:
        """Whether the unit is up, and not on its way up."""
        return self.active == "active"


@dataclass(frozen=True)
class K3sFacts:
    """What K3s and keepalived have left on one host."""

    version: str = ""
    server: Unit = Unit()
    agent: Unit = Unit()
    keepalived: Unit = Unit()
    digests: Mapping[str, str] = field(default_factory=dict)
    """Path to sha256 of those of `FILES` that exist."""
    modes: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    drop_ins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    datastore: str = ""
    """`etcd`, `sqlite` or nothing."""
    snapshots: tuple[str, ...] = ()
    restart_due: bool = False
    """A run was interrupted between a new configuration and the restart that makes it count."""
    vip_taken: bool | None = None
    left: Traces = field(default_factory=Traces)
    """What K3s and edgebook have left on the host, and its record of what was there before."""
    nodes: Sequence[Mapping[str, Any]] = ()
    """The cluster's nodes, where this host is a server whose API answers."""

    def unit(self, role: str) -> Unit:
        """Return the unit of a role: `k3s` of a server, `k3s-agent` of an agent."""
        return self.server if role == "server" else self.agent

    def installed(self, version: str, role: str) -> bool:
        """Tell whether this K3s is on the host, as a service."""
        unit = self.unit(role)
        return self.version == version and unit.loaded and unit.enabled


@dataclass(frozen=True)
class Seen:
    """What every host answered, or the error it ended with."""

    facts: Mapping[str, HostFacts]
    k3s: Mapping[str, K3sFacts]
    errors: Mapping[str, EdgebookError]
    formers: Mapping[str, Former | None] = field(default_factory=dict)
    """What the journal tells of each host's first state, where the look was told to ask it."""

    def former(self, host: str) -> Former | None:
        """Return what was on a host before: by its own record, else by the journal; None where neither tells."""
        k3s = self.k3s.get(host)
        return (k3s.left.former if k3s else None) or self.formers.get(host)

    @property
    def nodes(self) -> dict[str, Mapping[str, Any]]:
        """The cluster's nodes by name, from the first server that could list them."""
        lists = [one.nodes for one in self.k3s.values() if one.nodes]
        return {node["metadata"]["name"]: node for node in lists[0]} if lists else {}


def inspect(site: Site, fleet: Fleet, *, history: Sequence[Event] = (), earlier: Seen | None = None) -> Seen:
    """Look at every host of the site that K3s concerns, all at once, reading only.

    A host on which a killed run left a command at work is looked at again when that has ended. So is a
    registration address that two servers seem to hold, or none: hosts answer at slightly different
    moments, and the address may have moved between them. `history`, or an earlier look, tells what to
    compare with where a host has no record of its own.
    """
    formers = {name: earlier.former(name) if earlier else recorded(history, name) for name in fleet}
    look = partial(_look, site, fleet, formers)
    seen = look([host.name for host in (*site.servers, *site.agents, *site.absent)])
    address = str(site.k3s.registration.address)
    busy = [name for name, k3s in seen.k3s.items() if k3s.left.busy]
    between = _moving(seen, address)
    if busy:
        seen = _again(seen, look, busy, partial(_quiet, fleet, busy), WORK_S)
    if between:
        seen = _again(seen, look, between, partial(one_holder, fleet, between, address), SETTLING_S)
    return seen


def _moving(seen: Seen, address: str) -> list[str]:
    """Name the hosts between which an address may be on its way: several have it, or none of those that serve it."""
    holders = [name for name, facts in seen.facts.items() if address in facts.ips]
    serving = [name for name, k3s in seen.k3s.items() if k3s.keepalived.running and k3s.unit("server").running]
    return [] if len(holders) == 1 else [name for name in seen.facts if name in {*holders, *serving}]


def _again(
    seen: Seen,
    look: Callable[[Sequence[str]], Seen],
    names: Sequence[str],
    settled: Callable[[], Look],
    timeout_s: float,
) -> Seen:
    """Wait until hosts have settled, then ask them once more; what does not settle is for preflight to name."""
    with suppress(WaitTimeout):
        until(settled, what=", ".join(names), timeout_s=timeout_s)
    again = look(names)
    errors = {name: error for name, error in seen.errors.items() if name not in names}
    return Seen({**seen.facts, **again.facts}, {**seen.k3s, **again.k3s}, {**errors, **again.errors}, seen.formers)


def _quiet(fleet: Fleet, names: Sequence[str]) -> Look:
    answers = fleet.run(["flock", "-n", tables.INSTALL_LOCK, "true"], hosts=names, sudo=True)
    at_work = [name for name, answer in answers.ok.items() if answer.code == 1]
    return Look(not at_work, f"at work on {', '.join(at_work)}")


def one_holder(fleet: Fleet, hosts: Iterable[str], address: str) -> Look:
    """Say which of the hosts hold an address now; done when it is exactly one."""
    answers = fleet.run(["ip", "-j", "-4", "addr"], hosts=hosts)
    holders = [name for name, answer in answers.ok.items() if f'"{address}"' in answer.out]
    return Look(len(holders) == 1, f"held by {', '.join(holders) or 'no server'}")


def _look(site: Site, fleet: Fleet, formers: Mapping[str, Former | None], names: Sequence[str]) -> Seen:
    data = str(site.k3s.data_dir)
    answers = fleet.each(
        lambda host: gather(host, questions(site, host.name, formers[host.name]), data_folder=data), hosts=names
    )
    return Seen(
        facts={name: probe.facts for name, probe in answers.ok.items()},
        k3s={name: _read(probe) for name, probe in answers.ok.items()},
        errors=dict(answers.failed),
        formers=formers,
    )


def questions(site: Site, host: str, former: Former | None = None) -> dict[str, tuple[str, ...]]:
    """Return the root commands that tell how far K3s is on one host; none of them changes anything."""
    data = site.k3s.data_dir
    asked = {
        "version": (tables.BINARY, "--version"),
        **{
            f"unit {name}": ("systemctl", "show", name, "-p", UNIT_PROPERTIES)
            for name in ("k3s", "k3s-agent", "keepalived")
        },
        "digests": ("sha256sum", *FILES),
        "modes": ("stat", "-c", "%a %n", *FILES),
        "config": ("cat", tables.CONFIG),
        "drop-ins": (
            "sh",
            "-c",
            f'for f in {tables.DROP_INS}/*.yaml; do [ -e "$f" ] && echo "--- # $f" && cat "$f"; done; true',
        ),
        "db": ("ls", "-1", f"{data}/server/db"),
        "snapshots": ("ls", "-1", f"{data}/server/db/snapshots"),
        "marks": ("ls", "-1", tables.OURS),
        "traces": traces.question(site, former),
        "nodes": (tables.BINARY, "kubectl", "get", "nodes", "-o", "json", "--request-timeout=5s"),
    }
    registration = site.k3s.registration
    if registration.by == "keepalived" and host == site.servers[0].name:
        asked["vip"] = ("arping", "-D", "-q", "-I", str(registration.interface), "-c", "2", str(registration.address))
    return asked


def _read(probe: Probe) -> K3sFacts:
    if not probe.extra:
        return K3sFacts()
    said = probe.extra
    return K3sFacts(
        version=next((word for word in said["version"].out.split() if word.startswith("v1.")), ""),
        server=_unit(said["unit k3s"]),
        agent=_unit(said["unit k3s-agent"]),
        keepalived=_unit(said["unit keepalived"]),
        digests={path: digest for digest, path in _pairs(said["digests"])},
        modes={path: mode for mode, path in _pairs(said["modes"])},
        config=_hide(settings(said["config"].out)),
        drop_ins=_drop_ins(said["drop-ins"].out),
        datastore=_datastore(said["db"].out.split()),
        snapshots=tuple(said["snapshots"].out.split()) if said["snapshots"].ok else (),
        restart_due=tables.RESTART_DUE.rsplit("/", 1)[-1] in said["marks"].out.split(),
        vip_taken=_taken(said.get("vip")),
        left=traces.read(said["traces"].out),
        nodes=_nodes(said["nodes"]),
    )


def _pairs(answer: Completed) -> list[list[str]]:
    return [words for line in answer.out.splitlines() if len(words := line.split(None, 1)) == 2]  # noqa: PLR2004 (a pair)


def _unit(answer: Completed) -> Unit:
    read = dict(line.split("=", 1) for line in answer.out.splitlines() if "=" in line)
    return Unit(
        loaded=read.get("LoadState") == "loaded",
        active=read.get("ActiveState", "inactive"),
        enabled=read.get("UnitFileState") == "enabled",
        restarts=int(read.get("NRestarts") or 0),
    )


def _hide(config: dict[str, Any]) -> dict[str, Any]:
    """A token that somebody wrote into a configuration file is a secret from here on."""
    for key in ("token", "agent-token"):
        if isinstance(config.get(key), str):
            secrets.register(config[key])
    return config


def _drop_ins(text: str) -> dict[str, Mapping[str, Any]]:
    parts = text.split("--- # ")[1:]
    return {name: _hide(settings(body)) for name, _, body in (part.partition("\n") for part in parts)}


def _datastore(entries: Sequence[str]) -> str:
    if "etcd" in entries:
        return "etcd"
    return "sqlite" if "state.db" in entries else ""


def _taken(answer: Completed | None) -> bool | None:
    """`arping -D` ends with 1 when somebody answers for the address; other codes tell nothing."""
    return {0: False, 1: True}.get(answer.code) if answer else None


def _nodes(answer: Completed) -> Sequence[Mapping[str, Any]]:
    if not answer.ok:
        return ()
    try:
        return tuple(json.loads(answer.out)["items"])
    except (ValueError, KeyError):
        return ()
