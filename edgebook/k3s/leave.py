"""The way out of a cluster: one node removed, or the whole cluster taken back.

Not here: what other runbooks put on the hosts. K3s: "Uninstalling", and facts of its member controller.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from functools import partial

from edgebook.errors import HostError, StepFailed, WaitTimeout
from edgebook.journal import Event
from edgebook.k3s import tables
from edgebook.k3s.join import uninstaller
from edgebook.k3s.kubeconfig import has_context, without, write_private
from edgebook.k3s.service import kubectl, node
from edgebook.k3s.work import HERE, Work, change, exists, node_name
from edgebook.records import Action, Effect, Outcome
from edgebook.site import Host as SiteHost
from edgebook.waiting import Look, until

DRAIN_TIMEOUT_S = 180.0
UNINSTALL_TIMEOUT_S = 300.0


def removal(work: Work) -> Iterator[Action]:
    """Plan the removal of the hosts that site.yaml calls absent, one after the other."""
    for at, host in enumerate(work.site.absent):
        if work.unit(host).loaded or work.node(host):
            yield from leave(work, host, "removal", wave=3 * at, last=False)


def agents_back(work: Work) -> Iterator[Action]:
    """Plan the agents' way back: all at once, while the API still answers."""
    for host in work.site.agents:
        yield from leave(work, host, "agents-back", wave=0, last=True)


def servers_back(work: Work) -> Iterator[Action]:
    """Plan the servers' way back, the last to join first, the one that made the cluster last."""
    for at, host in enumerate(reversed(work.site.servers)):
        yield from leave(work, host, "servers-back", wave=3 * at, last=True)


def leave(work: Work, host: SiteHost, stage: str, *, wave: int, last: bool) -> Iterator[Action]:
    """Plan one host's way out: drain (unless the cluster ends anyway), delete the node, uninstall."""
    name, there = node_name(host), work.node(host) is not None
    alone = host.name == work.first.name and last
    if there and not last:
        argv = ["drain", name, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s"]
        yield change(
            stage,
            host.name,
            "drain",
            "Drain the node",
            shlex.join(["k3s", "kubectl", *argv]),
            partial(_drain, work, argv),
            wave=wave,
            effect=Effect.DESTRUCTIVE,
        )
    if there and not alone:
        yield change(
            stage,
            host.name,
            "delete",
            "Delete the node",
            f"k3s kubectl delete node {name}",
            partial(_delete, work, host, last),
            wave=wave + 1,
            effect=Effect.DESTRUCTIVE,
            why="its etcd member leaves with it" if host.role == "server" else "",
        )
    script = uninstaller(host.role)
    yield change(
        stage,
        host.name,
        "uninstall",
        "Uninstall K3s",
        f"{script} && rm -f {tables.NODE_PASSWORD}",
        partial(_uninstall, work, host, script),
        wave=wave + 2,
        done=not (work.unit(host).loaded or work.k3s(host.name).version),
        effect=Effect.DESTRUCTIVE,
    )


def registration_back(work: Work) -> Iterator[Action]:
    """Plan keepalived's way back: stopped, its earlier file restored, the package removed where we brought it."""
    if work.site.k3s.registration.by != "keepalived":
        return
    for host in work.site.servers:
        ours = exists(work, host, tables.KEEPALIVED) or work.k3s(host.name).keepalived.running
        package = brought(work.history, f"registration/{host.name}/package")
        shown = f"systemctl disable --now keepalived; restore {tables.KEEPALIVED}" + (
            "; apt-get remove -y keepalived" if package else ""
        )
        yield change(
            "registration-back",
            host.name,
            "keepalived",
            "Take keepalived back",
            shown,
            partial(_keepalived_back, work, host, package),
            done=not ours,
            effect=Effect.DESTRUCTIVE,
        )


def files_back(work: Work) -> Iterator[Action]:
    """Plan the removal of what this runbook itself left on hosts and on this computer."""
    for host in work.joined:
        yield change(
            "files-back",
            host.name,
            "files",
            "Remove edgebook's own files",
            f"rm -rf {tables.OURS}",
            partial(_files_back, work, host),
            done=not exists(work, host, tables.INSTALLER),
            effect=Effect.DESTRUCTIVE,
        )
    site, k3s = work.site, work.site.k3s
    ours = site.path(k3s.kubeconfig)
    name = site.context
    yield change(
        "files-back",
        HERE,
        "kubeconfig",
        "Remove the kubeconfig",
        f"rm {k3s.kubeconfig}",
        partial(_kubeconfig_back, work),
        done=not ours.is_file(),
        effect=Effect.DESTRUCTIVE,
    )
    if k3s.merge_kubeconfig:
        path = site.path(k3s.merge_kubeconfig)
        yield change(
            "files-back",
            HERE,
            "context",
            f"Remove the context {name}",
            f"{path}: without {name}",
            partial(_context_back, work),
            done=not has_context(path, name),
            effect=Effect.DESTRUCTIVE,
        )


def brought(history: Sequence[Event], step: str) -> bool:
    """Tell whether an earlier run, by its journal, changed this step's target."""
    return any(event.kind == "done" and event.facts.get("id") == step for event in history)


def _drain(work: Work, argv: list[str]) -> Outcome:
    kubectl(work.answering(), *argv, timeout_s=DRAIN_TIMEOUT_S).check(
        hint="a PodDisruptionBudget may hold the last pod back"
    )
    return Outcome("Ready", "drained")


def _delete(work: Work, host: SiteHost, last: bool) -> Outcome:  # noqa: FBT001 (bound by partial)
    """Delete the node; where the cluster ends anyway, a node that cannot be deleted is left to the uninstaller.

    Without a majority of etcd the API deletes nothing, and that is when people give a cluster up.
    """
    try:
        return _deleted(work, host)
    except (HostError, StepFailed, WaitTimeout):
        if not last:
            raise
        return Outcome("a node", "left to the uninstaller", changed=False)


def _deleted(work: Work, host: SiteHost) -> Outcome:
    """Delete the node, after asking whether etcd can spare its member."""
    server, name = work.answering(), node_name(host)
    if host.role == "server":
        _majority(work, host)
    kubectl(server, "delete", "node", name, "--ignore-not-found").check()

    def look() -> Look:
        return Look(node(server, name) is None, "the node is still there")

    until(look, what=f"node {name} to go", timeout_s=DRAIN_TIMEOUT_S)
    return Outcome("a node", "deleted")


def _majority(work: Work, leaving: SiteHost) -> None:
    """Refuse a removal that would leave etcd without a majority: 2 of 3 up may lose the third, 1 of 2 may not."""
    members = [host for host in (*work.site.servers, *work.site.absent) if host.role == "server"]
    answers = work.fleet.run(["systemctl", "is-active", "k3s"], hosts=[host.name for host in members])
    up = [name for name, answer in answers.ok.items() if answer.out.strip() == "active"]
    loaded = [host.name for host in members if work.unit(host).loaded]
    still = [name for name in loaded if name in up or name == leaving.name]
    if leaving.name in up and len([name for name in up if name != leaving.name]) < 1:
        raise StepFailed(f"{leaving.name}: the last running server cannot leave", hint="start another server first")
    if len(up) <= len(still) // 2:
        raise StepFailed(
            f"{leaving.name}: {len(up)} of {len(still)} etcd members are up, no majority to remove one",
            hint="start the stopped servers first",
        )


def _uninstall(work: Work, host: SiteHost, script: str) -> Outcome:
    connection = work.host(host.name)
    before = work.k3s(host.name).version or "a service"
    if connection.run(["test", "-x", script], sudo=True).ok:
        connection.run([script], sudo=True, timeout_s=UNINSTALL_TIMEOUT_S).check()
    else:
        connection.run(["rm", "-f", tables.BINARY], sudo=True).check()
    # K3s's own script keeps the node's password; a reinstalled host would be rejected with it.
    connection.run(["rm", "-rf", "/etc/rancher/node", "/etc/rancher/k3s"], sudo=True).check()
    return Outcome(before, "gone")


def _keepalived_back(work: Work, host: SiteHost, package: bool) -> Outcome:  # noqa: FBT001 (bound by partial)
    connection = work.host(host.name)
    connection.run(["systemctl", "disable", "--now", "keepalived"], sudo=True)
    earlier = f"{tables.KEEPALIVED}.edgebook-before"
    if connection.run(["test", "-e", earlier], sudo=True).ok:
        connection.run(["mv", earlier, tables.KEEPALIVED], sudo=True).check()
    else:
        connection.run(["rm", "-f", tables.KEEPALIVED], sudo=True).check()
    if package:
        connection.run(["apt-get", "remove", "-y", "keepalived"], sudo=True, timeout_s=UNINSTALL_TIMEOUT_S).check()
    return Outcome("running", "gone" if package else "stopped")


def _files_back(work: Work, host: SiteHost) -> Outcome:
    work.host(host.name).run(["rm", "-rf", tables.OURS], sudo=True).check()
    return Outcome("there", "gone")


def _kubeconfig_back(work: Work) -> Outcome:
    work.site.path(work.site.k3s.kubeconfig).unlink(missing_ok=True)
    return Outcome("there", "gone")


def _context_back(work: Work) -> Outcome:
    path = work.site.path(work.site.k3s.merge_kubeconfig).expanduser()
    name = work.site.context
    write_private(path, without(path.read_text(encoding="utf-8"), name, path=path))
    return Outcome(f"context {name}", "gone")
