"""Verification after a cluster was taken back: is every host clean, and as it was before?

Not a step: nothing is changed here, and what is not ours to remove only warns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgebook.checks.host import verdict
from edgebook.k3s import tables
from edgebook.k3s.inspect import Seen, inspect
from edgebook.k3s.kubeconfig import has_context, is_ours
from edgebook.k3s.restore import changed_entries, changed_sysctl
from edgebook.k3s.work import HERE, Work
from edgebook.records import Check, Status
from edgebook.site import Host as SiteHost
from edgebook.site import Site
from edgebook.ssh import Fleet

SHOWN = 3
PORTS = frozenset({2379, 2380, 2381, 2382, 6443, 6444, 8472, 10010, *range(10248, 10251), *range(10256, 10260)})
"""What K3s listens on (K3s: installation/requirements, and its loopback ports)."""
BEFORE = "What was there before"
AGAIN = "run this notebook again: it does what is left"


def clean(site: Site, fleet: Fleet, seen: Seen, *, keep_token: bool = True) -> tuple[Check, ...]:
    """Check that nothing of K3s or edgebook is left on any host, and that what was there before is there.

    `seen` is the look from before the way back, whose records say what was there.
    """
    work = Work(site, fleet, inspect(site, fleet, earlier=seen), keep_token=keep_token)
    checks: list[Check] = []
    for host in work.back:
        checks += [*_gone(work, host), *_there(work, host)]
    for host in work.unreached:
        error = work.seen.errors.get(host.name)
        said, hint = error.message if error else "no root there", f"run this again when {host.name} answers"
        checks.append(Check("clean.reached", host.name, "Looked at", "yes", said, Status.WARN, hint))
    return (*checks, *_here(work))


def _gone(work: Work, host: SiteHost) -> Iterator[Check]:
    k3s, facts = work.k3s(host.name), work.seen.facts[host.name]
    left = k3s.left
    ports = [f"{one.protocol} {one.port}" for one in facts.listeners if one.port in PORTS and _ours(one.process)]
    units = [name for name, unit in (("k3s", k3s.server), ("k3s-agent", k3s.agent)) if unit.loaded]
    address = str(work.site.k3s.registration.address)
    held = [address] if address in facts.ips and address != (host.node_ip or host.address) else []
    for name, title, found in (
        ("units", "Services of K3s", units),
        ("processes", "Processes of K3s", left.of("process")),
        ("interfaces", "Interfaces cni0, flannel, kube-ipvs0", left.of("interface")),
        ("address", "Registration address", held),
        ("rules", "Firewall rules of K3s", left.of("rule")),
        ("mounts", "Mounts of pods and containers", left.of("mount")),
        ("ports", "Listening ports of K3s", ports),
        ("ours", "Edgebook's own folder", [tables.OURS] if left.ours else []),
    ):
        yield _row(name, host.name, title, found)
    paths, known = left.of("path"), work.claimed(host)
    hint = AGAIN if known else "no record says what was there before, so they may be somebody's own: they stay"
    yield _row("files", host.name, "Files and folders of K3s", paths, warn=not known, hint=hint)
    hint = "they are their users' own: tell them, edgebook leaves them"
    yield _row("kubeconfigs", host.name, "Users' kubeconfigs of this cluster", left.kubeconfigs, warn=True, hint=hint)


def _ours(process: str) -> bool:
    return process in tables.OWN_PROCESSES or process == "?"


def _there(work: Work, host: SiteHost) -> Iterator[Check]:
    """Check what the record names; without one there is nothing to compare with, and that is said."""
    former, k3s, wanted = work.seen.former(host.name), work.k3s(host.name), "as recorded"
    if former is None:
        hint = "no run of edgebook recorded this host before it changed it"
        yield Check("clean.before", host.name, BEFORE, wanted, "no record", Status.SKIP, hint)
        return
    lacking = [entry.path for entry in former.kept if entry.path not in k3s.left.now]
    changed = [entry.path for entry in changed_entries(former, k3s.left) if entry.path not in lacking]
    yield _row("before", host.name, BEFORE, changed, wanted=wanted)
    hint = "their copies on the host are gone: take them from your own backup"
    yield _row("copies", host.name, "Files there before", lacking, wanted="there", warn=True, hint=hint)
    sysctl = [f"{name.replace('/', '.')}={k3s.left.sysctl[name]}" for name in changed_sysctl(work, host, former)]
    hint = "the kernel did not take the old value; it has it again after the next boot"
    yield _row("sysctl", host.name, "Kernel parameters", sysctl, wanted=wanted, warn=True, hint=hint)
    hint = "something else on the host needs them now: apt-get purge says what"
    yield _row("packages", host.name, "Packages", k3s.left.packages, wanted=wanted, warn=True, hint=hint)
    unit = k3s.keepalived
    same = (unit.running, unit.enabled) == (former.ran, former.enabled)
    said = f"{'running' if unit.running else 'not running'}, {'enabled' if unit.enabled else 'not enabled'}"
    yield _row("keepalived", host.name, "keepalived", [] if same else [said], wanted=wanted)


def _here(work: Work) -> Iterator[Check]:
    site = work.site
    own, name = site.path(site.k3s.kubeconfig), site.context
    yield _row(
        "kubeconfig", HERE, "The site's kubeconfig", [site.k3s.kubeconfig] if is_ours(own) else [], wanted="gone"
    )
    if site.k3s.merge_kubeconfig:
        path = site.path(site.k3s.merge_kubeconfig).expanduser()
        found, hint = [path.name] if has_context(path, name) else [], "it was there before, and has come back"
        yield _row("context", HERE, f"Context {name}", found, wanted="gone", warn=True, hint=hint)
    for title, secret in (("Cluster token", site.k3s.token), ("Agent token", site.k3s.agent_token)):
        if secret.path is not None and work.keep_token:
            yield _row("token", HERE, title, [] if secret.path.is_file() else ["none"], wanted="kept", warn=True)
        elif secret.path is not None:
            found, hint = (
                [secret.reference] if secret.path.is_file() else [],
                "no journal here says that edgebook made it",
            )
            yield _row("token", HERE, title, found, wanted="gone", warn=True, hint=hint)


def _row(
    name: str,
    target: str,
    title: str,
    found: Sequence[str],
    *,
    wanted: str = "none",
    warn: bool = False,
    hint: str = AGAIN,
) -> Check:
    good = verdict(not found, Status.WARN if warn else Status.FAIL)
    return Check(f"clean.{name}", target, title, wanted, _some(found) if found else wanted, good, hint)


def _some(found: Sequence[str]) -> str:
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{', '.join(found[:SHOWN])}{more}"
