"""The stages in which hosts become nodes: the first server, the other servers one by one, the agents in batches.

A server is not waited for until it is Ready, which takes it a quarter of a minute more: the next one may
join as soon as it votes, and beside the last one, whose vote no other needs, the agents join. All of them
are waited for at the end.
Not here: what must lie on a host before (`prepare`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import partial

from edgebook.errors import EdgebookError, HostError, WaitTimeout
from edgebook.k3s import address, tables
from edgebook.k3s.config import installer_environment
from edgebook.k3s.prepare import config_text
from edgebook.k3s.service import (
    INSTALL_TIMEOUT_S,
    diagnosis,
    installer,
    start,
    unit_name,
    wait_for_node,
    wait_for_nodes,
)
from edgebook.k3s.work import CLUSTER, Work, change, exists, installed, node_name
from edgebook.records import Action, Outcome
from edgebook.site import Host as SiteHost

MIGRATION = "convert sqlite to etcd"


def first_server(work: Work) -> Iterator[Action]:
    """Plan the server that makes the cluster, or its conversion from sqlite where the site grew."""
    host = work.first
    if len(work.site.servers) > 1 and work.k3s(host.name).datastore == "sqlite" and work.unit(host).loaded:
        copy = ["cp", "-a", f"{work.site.k3s.data_dir}/server/db", f"{tables.OURS}/db-before-etcd"]
        yield change(
            "first-server",
            host.name,
            "copy",
            "Copy the sqlite datastore aside",
            shlex.join(copy),
            partial(_copy_aside, work, host, copy),
            wave=0,
            why=MIGRATION,
            undo="the copy stays",
        )
    yield _installed(work, host, "first-server", wave=1)
    yield _begun(work, host, "first-server", wave=2)
    yield from address.held(work, "first-server", wave=2)


def servers(work: Work) -> Iterator[Action]:
    """Plan the other servers, started one at a time: etcd takes one learner, and a majority must stay up."""
    last = _beside_agents(work)
    for at, host in enumerate(work.site.servers[1:]):
        yield from _equipped(work, host, "servers", wave=0)
        if host != last:
            yield _begun(work, host, "servers", wave=2 + at)


def agents(work: Work) -> Iterator[Action]:
    """Plan the agents in batches, so that the supervisor's few request slots suffice, and the wait for every node."""
    last = _beside_agents(work)
    if last is not None:
        yield _begun(work, last, "agents", wave=2)
    for at, host in enumerate(work.site.agents):
        batch = 4 * (at // work.agents_at_once)
        yield from _equipped(work, host, "agents", wave=batch)
        yield _begun(work, host, "agents", wave=batch + 2)
    title, shown, done = "Wait until every node is Ready", "k3s kubectl get nodes", all(map(work.up, work.joined))
    end = 4 * len(work.site.agents)
    yield change("agents", CLUSTER, "ready", title, shown, partial(_all_ready, work), done=done, wave=end)


def _beside_agents(work: Work) -> SiteHost | None:
    """Name the last of the other servers, where there are agents that can join while it waits for its vote."""
    others = work.site.servers[1:]
    return others[-1] if others and work.site.agents else None


def _equipped(work: Work, host: SiteHost, stage: str, *, wave: int) -> Iterator[Action]:
    path = tables.CLUSTER_TOKEN if host.role == "server" else tables.AGENT_TOKEN
    kind = "token" if host.role == "server" else "agent-token"
    yield change(
        stage,
        host.name,
        "token",
        f"Write {path}",
        f"{work.first.name}:{work.site.k3s.data_dir}/server/{kind} → {path}, mode 0600",
        partial(_token, work, host, path),
        done=work.up(host) or (work.unit(host).running and exists(work, host, path)),
        wave=wave,
        undo="removed by the uninstaller",
    )
    yield _installed(work, host, stage, wave + 1)


def _begun(work: Work, host: SiteHost, stage: str, *, wave: int) -> Action:
    text = config_text(work, host)
    stale = work.k3s(host.name).restart_due or not work.holds(host, tables.CONFIG, text)
    return (_reconfigured if work.unit(host).running and stale else _started)(work, host, stage, wave)


def _installed(work: Work, host: SiteHost, stage: str, wave: int) -> Action:
    argv, env = installer(
        str(work.site.k3s.version),
        host.role,
        bundle=work.site.source.kind == "bundle",
        environment=installer_environment(work.site),
    )
    shown = f"env {' '.join(f'{key}={shlex.quote(value)}' for key, value in sorted(env.items()))} {shlex.join(argv)}"
    title, done = f"Install {work.site.k3s.version}", installed(work, host)
    act = partial(_install, work, host, argv, env)
    return change(stage, host.name, "install", title, shown, act, done=done, wave=wave, undo=uninstaller(host.role))


def _reconfigured(work: Work, host: SiteHost, stage: str, wave: int) -> Action:
    text = config_text(work, host)
    title, shown = f"Write {tables.CONFIG} and restart", f"{text}systemctl restart {unit_name(host.role)}"
    act, undo = partial(_reconfigure, work, host, text), "put the earlier file back"
    return change(stage, host.name, "reconfigure", title, shown, act, wave=wave, why="differs", undo=undo)


def _started(work: Work, host: SiteHost, stage: str, wave: int) -> Action:
    title = f"Start and wait until {_goal(work, host)}"
    unit, why = unit_name(host.role), f"the unit is {work.unit(host).active}"
    shown, undo, done = f"systemctl {_verb(work, host)} --no-block {unit}", f"systemctl stop {unit}", work.up(host)
    act = partial(_start, work, host)
    return change(stage, host.name, "start", title, shown, act, done=done, wave=wave, why=why, undo=undo)


def uninstaller(role: str) -> str:
    """Return the script that K3s's installer leaves for taking it away again."""
    return f"/usr/local/bin/{'k3s-uninstall.sh' if role == 'server' else 'k3s-agent-uninstall.sh'}"


def _token(work: Work, host: SiteHost, path: str) -> Outcome:
    return work.write_secret(host, path, work.cluster_token(host.role))


def _copy_aside(work: Work, host: SiteHost, copy: list[str]) -> Outcome:
    connection = work.host(host.name)
    if connection.run(["test", "-e", copy[-1]], sudo=True).ok:
        return Outcome("copied by an earlier run", "kept", changed=False)
    connection.run(["mkdir", "-p", tables.OURS], sudo=True).check()
    connection.run(copy, sudo=True, timeout_s=INSTALL_TIMEOUT_S).check()
    return Outcome("sqlite", f"copied to {copy[-1]}")


def _install(work: Work, host: SiteHost, argv: list[str], env: dict[str, str]) -> Outcome:
    before = work.k3s(host.name).version or "absent"
    done = work.host(host.name).run(argv, sudo=True, env=env, timeout_s=INSTALL_TIMEOUT_S)
    done.check(hint="the installer's last line says why; the host's way to the Internet is the usual cause")
    return Outcome(before, str(work.site.k3s.version))


def _goal(work: Work, host: SiteHost) -> str:
    """Say what a start waits for: an agent's node, and of a server what the next one needs to join.

    K3s reports a server's unit as started when its API answers and etcd has made it a voter
    (k3s pkg/cli/server, and `Test` of pkg/etcd; before 1.23 its own API, which needs that vote, is asked first).
    """
    if host.role == "agent":
        return "Ready"
    return "its API answers" if host.name == work.first.name else "it votes in etcd"


def _start(work: Work, host: SiteHost) -> Outcome:
    before = work.unit(host).active
    start(work.host(host.name), host.role, timeout_s=work.timeout_s, verb=_verb(work, host))
    return Outcome(before, _ready(work, host) if host.role == "agent" else _goal(work, host))


def _verb(work: Work, host: SiteHost) -> str:
    """An agent reads its token once, when it starts: one that was refused asks with it for ever, its unit up."""
    asking = host.role == "agent" and work.unit(host).active in ("active", "activating")
    return "restart" if asking else "start"


def _ready(work: Work, host: SiteHost) -> str:
    """Wait for the node; an agent's unit may count as up from its start (Type=exec), so its journal is asked too."""
    voter = host.role == "server" and len(work.site.servers) > 1
    try:
        return wait_for_node(work.host(work.first.name), node_name(host), voter=voter, timeout_s=work.timeout_s)
    except WaitTimeout as exc:
        raise _explained(work, host, exc) from exc


def _all_ready(work: Work) -> Outcome:
    """Wait for every node at once; the servers come last to it, because their starts did not wait."""
    several = len(work.site.servers) > 1
    wanted = {node_name(host): several and host.role == "server" for host in work.joined}
    try:
        return Outcome("", wait_for_nodes(work.host(work.first.name), wanted, timeout_s=work.timeout_s))
    except WaitTimeout as exc:
        late = next((host for host in work.joined if f" {node_name(host)}: " in exc.message), work.first)
        raise _explained(work, late, exc) from exc


def _explained(work: Work, host: SiteHost, error: WaitTimeout) -> EdgebookError:
    connection = work.host(host.name)
    try:
        now = int(connection.run(["date", "+%s"]).check().out)
    except HostError:
        return error
    return diagnosis(connection, unit_name(host.role), str(now - int(work.timeout_s)), error)


def _reconfigure(work: Work, host: SiteHost, text: str) -> Outcome:
    """The mark outlives a crash between the two acts, so that the next run knows a restart is due."""
    connection = work.host(host.name)
    connection.write(tables.RESTART_DUE, "config.yaml was written\n", sudo=True)
    outcome = work.write(host, tables.CONFIG, text, backup=True)
    start(connection, host.role, timeout_s=work.timeout_s, verb="restart")
    state = _ready(work, host)
    connection.run(["rm", "-f", tables.RESTART_DUE], sudo=True).check()
    return Outcome(outcome.before, f"{outcome.after}, {state}")
