"""The way out of a cluster: a node leaves it, and K3s leaves the node's host.

Not here: what was on the host before, which `restore` puts back. K3s: "Uninstalling", and facts of
its member controller.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from functools import partial

from edgebook.errors import HostError, StepFailed, WaitTimeout, shorten
from edgebook.journal import Event
from edgebook.k3s import firewall, scripts, traces
from edgebook.k3s.former import Former
from edgebook.k3s.join import uninstaller
from edgebook.k3s.restore import host_back
from edgebook.k3s.service import kubectl, node, unit_name
from edgebook.k3s.work import Work, change, node_name
from edgebook.records import Action, Effect, Outcome
from edgebook.site import Host as SiteHost
from edgebook.waiting import Look, until

DRAIN_TIMEOUT_S = 180.0
DELETE_TIMEOUT_S = 120.0
SPARED_TIMEOUT_S = 60.0
WAVES = 6
"""Of one host's way out: drain, delete, uninstall, and three of `restore`."""


def removal(work: Work) -> Iterator[Action]:
    """Plan the removal of the hosts that site.yaml calls absent, one after the other."""
    for at, host in enumerate(work.site.absent):
        if work.unit(host).loaded or work.node(host) or work.touched(host):
            yield from leave(work, host, "removal", wave=WAVES * at, last=False)
            yield from host_back(work, host, "removal", wave=WAVES * at + 3)


def agents_back(work: Work) -> Iterator[Action]:
    """Plan the agents' way back: all at once, while the API still answers."""
    agents = [host for host in work.back if host.role != "server"]
    actions = [action for host in agents for action in leave(work, host, "agents-back", wave=0, last=True)]
    yield from sorted(actions, key=lambda action: action.wave)


def servers_back(work: Work) -> Iterator[Action]:
    """Plan the servers' way back, the last to join first, the one that made the cluster last.

    The node of a server that cannot be reached goes before them: its etcd member counts as long as it is there.
    """
    gone = [host for host in work.unreached if host.role == "server" and work.node(host)]
    for at, host in enumerate(gone):
        yield _deletion(work, host, "servers-back", wave=at, last=True)
    servers = [host for host in work.back if host.role == "server"]
    for at, host in enumerate(servers):
        turn = f"{at + 1} of {len(servers)} to leave"
        yield from leave(work, host, "servers-back", wave=len(gone) + 3 * at, last=True, turn=turn)


def leave(work: Work, host: SiteHost, stage: str, *, wave: int, last: bool, turn: str = "") -> Iterator[Action]:
    """Plan one host's way out: drain (unless the cluster ends anyway), delete the node, uninstall."""
    there = work.node(host) is not None
    if there and not last:
        argv = ["drain", node_name(host), "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s"]
        shown, act = shlex.join(["k3s", "kubectl", *argv]), partial(_drain, work, argv)
        yield change(stage, host.name, "drain", "Drain the node", shown, act, wave=wave, effect=Effect.DESTRUCTIVE)
    if there and not (host.name == work.first.name and last):
        yield _deletion(work, host, stage, wave=wave + 1, last=last)
    yield change(
        stage,
        host.name,
        "uninstall",
        "Uninstall K3s",
        "\n".join([uninstaller(host.role), "then what it leaves of:", *traces.deep(work.site), *traces.SHALLOW]),
        partial(_uninstall, work, host),
        wave=wave + 2,
        done=not work.traces(host) and not work.k3s(host.name).left.taken,
        why=turn if work.seen.nodes else "no server's API answers: its node is not deleted first",
        effect=Effect.DESTRUCTIVE,
    )


def _deletion(work: Work, host: SiteHost, stage: str, *, wave: int, last: bool) -> Action:
    shown, act = f"k3s kubectl delete node {node_name(host)}", partial(_delete, work, host, last)
    title, why = "Delete the node", arithmetic(work, host)
    return change(stage, host.name, "delete", title, shown, act, effect=Effect.DESTRUCTIVE, wave=wave, why=why)


def arithmetic(work: Work, leaving: SiteHost) -> str:
    """Say what a server's leaving does to etcd: how many members stay, and how many must be up for it to leave."""
    if leaving.role != "server":
        return ""
    order = [host.name for host in (*work.unreached, *work.back) if host.role == "server" and work.node(host)]
    members = len(order) - order.index(leaving.name)
    return f"etcd: {members} members become {members - 1}, {members // 2 + 1} of {members} must be up"


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
    except (HostError, StepFailed, WaitTimeout) as exc:
        if not last:
            raise
        return Outcome("a node", f"left to the uninstaller: {shorten(exc.message)}", changed=False)


def _deleted(work: Work, host: SiteHost) -> Outcome:
    """Delete the node, after asking whether etcd can spare its member, and stop K3s on its host at once.

    A server that was removed from etcd ends, and systemd starts it again five seconds later: it would join anew.
    """
    server, name = work.answering(), node_name(host)
    if host.role == "server":
        # For a while, because a server that loses an election ends, and is back in some seconds.
        what, hint = f"etcd to have a majority without {host.name}", "start the stopped servers first"
        until(partial(_spared, work, host), what=what, timeout_s=SPARED_TIMEOUT_S, hint=hint)

    def look() -> Look:
        # Again and again, because a request may meet an election: "etcdserver: leader changed". Not waited for
        # by kubectl, because K3s removes the etcd member first, and that takes long on a slow disk.
        done = kubectl(server, "delete", "node", name, "--ignore-not-found", "--wait=false")
        return Look(done.ok and node(server, name) is None, done.err.strip() or "the node is still there")

    until(look, what=f"node {name} to go", timeout_s=DELETE_TIMEOUT_S)
    if work.reached(host):
        work.host(host.name).run(["systemctl", "stop", unit_name(host.role)], sudo=True, timeout_s=work.timeout_s)
    return Outcome("a node", "deleted")


def _spared(work: Work, leaving: SiteHost) -> Look:
    """Say whether etcd can spare a member: 2 of 3 up may lose the third, 1 of 2 may not."""
    members = [host for host in (*work.site.servers, *work.site.absent) if host.role == "server"]
    answers = work.fleet.run(["systemctl", "is-active", "k3s"], hosts=[host.name for host in members])
    up = [name for name, answer in answers.ok.items() if answer.out.strip() == "active"]
    loaded = [host.name for host in members if work.unit(host).loaded]
    still = [name for name in loaded if name in up or name == leaving.name]
    if leaving.name in up and len(up) == 1:
        return Look(done=False, seen="it is the last running server")
    said = f"{len(up)} of {len(still)} etcd members are up"
    return Look(len(up) > len(still) // 2, said)


def _uninstall(work: Work, host: SiteHost) -> Outcome:
    """End what runs, unmount, run K3s's own uninstaller, remove what it leaves, give back the rules it took."""
    before, former = work.k3s(host.name).version or "in part", work.former(host) or Former()
    data, connection = work.site.k3s.data_dir, work.host(host.name)
    _unmounted(work, host, data)
    work.locked(host, scripts.UNINSTALL, [data], timeout_s=work.timeout_s).check()
    known = [*former.entries, *(rule.partition(" ")[2] for rule in former.rules)]
    lists = ["\n".join(words) for words in (traces.deep(work.site), traces.SHALLOW, known)]
    work.locked(host, scripts.CLEAN, [*lists, traces.rules(work.site)], timeout_s=work.timeout_s).check()
    rules = firewall.put_back(connection, former.rules)
    return Outcome(before, f"gone, {rules} firewall rules of the host's own put back" if rules else "gone")


def _unmounted(work: Work, host: SiteHost, data: str) -> None:
    said = work.locked(host, scripts.QUIET, [data], timeout_s=work.timeout_s).check()
    if still := said.out.split():
        raise StepFailed(
            f"{host.name}: still mounted: {', '.join(still[:3])}; nothing was deleted there",
            hint=f"on {host.name}: fuser -vm {still[0]} names who uses it; unmount it, then run again",
        )
