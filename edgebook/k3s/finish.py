"""The stages after the last node: labels, the kubeconfig on this computer, a first snapshot, the failover drill.

Not here: checks of the result (`verify`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from edgebook.cluster import Cluster
from edgebook.errors import ClusterError
from edgebook.k3s import tables
from edgebook.k3s.former import recent
from edgebook.k3s.here import CONTEXT_BACK, MERGE
from edgebook.k3s.kubeconfig import as_it_is, has_context, is_ours, keep, merged, rewritten, write_private
from edgebook.k3s.leave import brought
from edgebook.k3s.service import kubectl, start, wait_for_node
from edgebook.k3s.work import HERE, Work, change, node_name
from edgebook.records import Action, Outcome
from edgebook.site import Host as SiteHost
from edgebook.site import Site
from edgebook.waiting import Look, until

SNAPSHOT = "post-install"
FAILOVER_TIMEOUT_S = 60.0


def labels(work: Work) -> Iterator[Action]:
    """Plan the labels that a node may not give itself, or that changed since it joined."""
    for host in work.joined:
        wanted = {**host.labels, **_role(work.site, host)}
        has = ((work.node(host) or {}).get("metadata") or {}).get("labels") or {}
        lacking = {key: value for key, value in wanted.items() if has.get(key) != value}
        # Labels of site.yaml come with the join; only a node that joined before is labelled afterwards.
        todo = lacking if work.node(host) else _role(work.site, host)
        if wanted and (todo or work.node(host)):
            pairs = [f"{key}={value}" for key, value in sorted((todo or wanted).items())]
            yield change(
                "labels",
                host.name,
                "labels",
                "Label the node",
                f"k3s kubectl label --overwrite node {node_name(host)} {' '.join(pairs)}",
                partial(_label, work, host, pairs),
                done=not todo,
                undo="goes with the node",
            )


def kubeconfig(work: Work) -> Iterator[Action]:
    """Plan the kubeconfig: fetched from the first server, renamed, readable by its owner alone, merged where wanted."""
    site, k3s = work.site, work.site.k3s
    path, name = site.path(k3s.kubeconfig), site.context
    where = "as operator_url says" if k3s.operator_url else site.api_url
    shown = f"{work.first.name}:{tables.KUBECONFIG} → {k3s.kubeconfig}, 0600, context {name}, server {where}"
    fits = path.is_file() and site.api_url in path.read_text(encoding="utf-8") and has_context(path, name)
    done = fits and _answers(path, name)
    yield change(
        "kubeconfig",
        HERE,
        "fetch",
        "Fetch the kubeconfig",
        shown,
        partial(_fetch, work),
        done=done,
        undo="put the earlier file back, or remove it",
        facts=as_it_is(path),
    )
    if k3s.merge_kubeconfig:
        yield _merging(work, site.path(k3s.merge_kubeconfig), name, fetched=done)


def _merging(work: Work, into: Path, name: str, *, fetched: bool) -> Action:
    shown, undo = f"{into}: context {name}; others stay as they are", f"remove the context {name}"
    done, facts, act = fetched and has_context(into, name), as_it_is(into), partial(_merge, work)
    title = f"Merge the context {name}"
    return change("kubeconfig", HERE, "merge", title, shown, act, done=done, wave=1, undo=undo, facts=facts)


def proof(work: Work) -> Iterator[Action]:
    """Plan a first snapshot, and the drill: a server stops, the API goes on answering."""
    servers = work.site.servers
    etcd = len(servers) > 1 or work.k3s(work.first.name).datastore == "etcd"
    if etcd:
        taken = any(name.startswith(SNAPSHOT) for name in work.k3s(work.first.name).snapshots)
        argv = ["etcd-snapshot", "save", "--name", SNAPSHOT, *_data_dir(work.site)]
        yield change(
            "proof",
            work.first.name,
            "snapshot",
            "Take a snapshot of etcd",
            f"k3s {' '.join(argv)}",
            partial(_snapshot, work, argv),
            done=taken,
            undo="goes with the data directory",
        )
    if len(servers) > 2 and work.drill:  # noqa: PLR2004 (two servers have no majority to lose)
        address = work.site.k3s.registration.address
        shown = f"on the server that holds {address}: systemctl stop k3s; ask the API; systemctl start k3s"
        yield change(
            "proof",
            "cluster",
            "drill",
            "Stop one server; the API must go on answering",
            shown,
            partial(_drill, work),
            wave=1,
            done=brought(work.history, "proof/cluster/drill") and work.up(work.first),
            undo="the server is started again in the same step",
        )


def _role(site: Site, host: SiteHost) -> dict[str, str]:
    label = site.k3s.role_label
    return {f"node-role.kubernetes.io/{label}": ""} if label and host.role == "agent" else {}


def _data_dir(site: Site) -> list[str]:
    return [] if site.k3s.data_dir == "/var/lib/rancher/k3s" else ["--data-dir", site.k3s.data_dir]


def _label(work: Work, host: SiteHost, pairs: list[str]) -> Outcome:
    kubectl(work.answering(), "label", "--overwrite", "node", node_name(host), *pairs).check()
    return Outcome("", " ".join(pairs))


def _answers(path: Path, name: str) -> bool:
    with Cluster(path, name) as cluster:
        try:
            return cluster.ready()
        except ClusterError:
            return False


def _fetch(work: Work) -> Outcome:
    text = work.host(work.first.name).read(tables.KUBECONFIG, sudo=True).decode()
    path = work.site.path(work.site.k3s.kubeconfig)
    before = "there" if path.is_file() else "absent"
    if not is_ours(path):
        keep(path)
    changed = write_private(path, rewritten(text, name=work.site.context, server=work.site.api_url))
    return Outcome(before, f"context {work.site.context}", changed)


def _merge(work: Work) -> Outcome:
    ours = work.site.path(work.site.k3s.kubeconfig).read_text(encoding="utf-8")
    path = work.site.path(work.site.k3s.merge_kubeconfig).expanduser()
    existing = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not has_context(path, work.site.context) or not recent(work.history, MERGE, until=CONTEXT_BACK):
        keep(path)
    changed = write_private(path, merged(existing, ours, path=path))
    return Outcome("", f"context {work.site.context}", changed)


def _snapshot(work: Work, argv: list[str]) -> Outcome:
    done = work.host(work.first.name).run([tables.BINARY, *argv], sudo=True, timeout_s=work.timeout_s).check()
    return Outcome("", "taken" if done.ok else "")


def _drill(work: Work) -> Outcome:
    """Stop K3s where the registration address lives, ask the API through it, and start K3s again whatever came out."""
    holder = _holder(work)
    connection = work.host(holder.name)
    connection.run(["systemctl", "stop", "k3s"], sudo=True, timeout_s=work.timeout_s).check()
    try:
        seen = _api_answers(work)
    finally:
        since = float(connection.run(["date", "+%s"]).check().out)
        start(connection, holder.role, timeout_s=work.timeout_s)
    other = next(host for host in work.site.servers if host.name != holder.name)
    wait_for_node(work.host(other.name), node_name(holder), voter=True, timeout_s=work.timeout_s, since=since)
    return Outcome(
        f"{holder.name} answered at the address", f"{holder.name} stopped: {seen}; {holder.name} back and Ready"
    )


def _holder(work: Work) -> SiteHost:
    answers = work.fleet.run(["ip", "-j", "-4", "addr"], hosts=[host.name for host in work.site.servers])
    address = f'"{work.site.k3s.registration.address}"'
    held = [host for host in work.site.servers if host.name in answers.ok and address in answers.ok[host.name].out]
    return held[0] if held else work.site.servers[-1]


def _api_answers(work: Work) -> str:
    def look() -> Look:
        with Cluster(work.site.path(work.site.k3s.kubeconfig), work.site.context) as cluster:
            try:
                return Look(cluster.ready(), "the API answers through the registration address")
            except ClusterError as exc:
                return Look(done=False, seen=exc.message)

    hint = "does keepalived run on every server? journalctl -u keepalived"
    return until(look, what="the API to answer with one server stopped", timeout_s=FAILOVER_TIMEOUT_S, hint=hint)
