"""Checks before a cluster is taken back: what will go, what is known of what was there, what nobody can undo.

Not a gate but for hosts that refuse: a cluster is often given up because something is broken, so most
of this warns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from edgebook.checks.host import reached, verdict
from edgebook.journal import Event
from edgebook.k3s import tables
from edgebook.k3s.former import Former
from edgebook.k3s.inspect import Seen
from edgebook.k3s.work import CLUSTER, Work
from edgebook.records import Check, Status
from edgebook.site import Host as SiteHost
from edgebook.site import Site
from edgebook.ssh import Fleet

SHOWN = 3


def departure(site: Site, fleet: Fleet, seen: Seen, *, history: Sequence[Event] = ()) -> tuple[Check, ...]:
    """Check hosts, records, etcd's majority, and what is lost for good: volumes and snapshots."""
    work = Work(site, fleet, seen, history=history)
    return (*_reached(work), *_records(work), *_cluster(work), *_losses(work))


def _reached(work: Work) -> Iterator[Check]:
    for host in (*work.back, *work.unreached):
        check = reached(host.name, work.seen.errors.get(host.name))
        if check.status is Status.FAIL and work.back:
            hint = f"it is not cleaned now; run this again when {host.name} answers, it does the rest"
            check = replace(check, status=Status.WARN, hint=hint)
        yield check
        facts = work.seen.facts.get(host.name)
        if facts is not None:
            said = "root" if facts.root else facts.root_error
            yield Check(
                "host.root", host.name, "sudo", "root", said, verdict(facts.root), "let the user run sudo first"
            )


def _records(work: Work) -> Iterator[Check]:
    for host in work.back:
        former, left = work.former(host), work.k3s(host.name).left
        wanted, title = "on the host or in the journal", "Record of what was there"
        if former is not None and former.installed:
            said, good = "K3s was there before edgebook", Status.WARN
            hint = "it is removed all the same, and nothing of its files comes back"
        elif former is not None:
            said, good, hint = _told(former, on_host=left.former is not None)
        elif work.traces(host) or left.conf_ours or left.ours:
            said, good = "none", Status.WARN
            hint = (
                "not known without it: who brought keepalived (its package stays), what files there were in "
                "K3s's folders, the kernel's parameters (K3s's stay until the next boot)"
            )
        elif left.found:
            said, good, hint = (
                f"none, and no K3s, but {left.found[0]}",
                Status.WARN,
                "it may be somebody's own: it stays",
            )
        else:
            said, good, hint = "none, and nothing of K3s is there", Status.PASS, ""
        yield Check("k3s.record", host.name, title, wanted, said, good, hint)


def _told(former: Former, *, on_host: bool) -> tuple[str, Status, str]:
    number = len(former.kept)
    kept = f", with {number} copied file{'s' if number > 1 else ''}" if number else ""
    if on_host:
        return f"on the host{kept}", Status.PASS, ""
    hint = f"the copies lay in {tables.OURS} on the host, which is gone: take those files from your own backup"
    return f"in the journal{kept}", Status.WARN if number else Status.PASS, hint


def _cluster(work: Work) -> Iterator[Check]:
    servers = [host for host in (*work.back, *work.unreached) if host.role == "server"]
    there = [host for host in servers if work.unit(host).loaded or not work.reached(host)]
    if len(there) > 1 and any(work.unit(host).loaded for host in there):
        up = sum(work.unit(host).running for host in there)
        said, good = f"{up} of {len(there)} servers up", up > len(there) // 2
        hint = "the API deletes no node then: each host is cleaned without asking the cluster"
        yield Check("k3s.quorum", CLUSTER, "etcd majority", "a majority up", said, verdict(good, Status.WARN), hint)
    known = {host.node_name for host in (*work.back, *work.unreached)}
    others = sorted(set(work.seen.nodes) - known)
    hint = "they lose their cluster: take edge hosts back with their own runbook first"
    yield Check(
        "k3s.strangers",
        CLUSTER,
        "Nodes that stay behind",
        "none",
        _some(others),
        verdict(not others, Status.WARN),
        hint,
    )


def _losses(work: Work) -> Iterator[Check]:
    data = work.site.k3s.data_dir
    for host in work.back:
        left, snapshots = work.k3s(host.name).left, work.k3s(host.name).snapshots
        hint = f"their data is deleted: copy {data}/storage from {host.name} first, or move the workload"
        yield _lost("k3s.volumes", host, "Volumes of local-path", left.volumes, hint)
        if host.role == "server":
            hint = f"copy {data}/server/db/snapshots from {host.name} first, and keep {work.site.k3s.token.reference}"
            number = [f"{len(snapshots)} in its data directory"] if snapshots else []
            yield _lost("k3s.snapshots", host, "Snapshots of etcd", number, hint)
        hint = "they are their users' own: they stay, and lead nowhere"
        yield _lost("k3s.kubeconfigs", host, "Users' kubeconfigs of this cluster", left.kubeconfigs, hint)


def _lost(name: str, host: SiteHost, title: str, found: Sequence[str], hint: str) -> Check:
    return Check(name, host.name, title, "none", _some(found), verdict(not found, Status.WARN), hint)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}" if names else "none"
