"""Preflight: may K3s be installed on these hosts, or went something wrong since?

Not here: what any host must fulfil whatever is installed on it (`edgebook.checks`).
"""

from __future__ import annotations

from collections.abc import Iterator

from edgebook import bundle
from edgebook.checks import fleet_checks, host_checks, reached
from edgebook.checks.host import Needs, verdict
from edgebook.k3s import tables
from edgebook.k3s.config import server_config, settings
from edgebook.k3s.inspect import K3sFacts, Seen
from edgebook.records import Check, Status
from edgebook.site import Host as SiteHost
from edgebook.site import Site


def preflight(site: Site, seen: Seen) -> tuple[Check, ...]:
    """Check every host, and the hosts against one another, against what this site's K3s needs."""
    checks: list[Check] = list(_servers(site))
    for host in (*site.servers, *site.agents):
        checks.append(reached(host.name, seen.errors.get(host.name)))
        if host.name in seen.facts:
            checks += host_checks(seen.facts[host.name], needs(host))
            checks += _k3s_checks(site, host, seen)
    wanted = {host.name for host in (*site.servers, *site.agents)}
    checks += fleet_checks([facts for name, facts in seen.facts.items() if name in wanted])
    return (*checks, *_registration(site, seen), *_removal(site, seen), *_bundle(site, seen))


def _servers(site: Site) -> Iterator[Check]:
    """Refuse a site whose cluster was made elsewhere: there is nothing to install on."""
    if not site.servers:
        hint = f"nothing to install: the cluster was made elsewhere, its kubeconfig is {site.k3s.kubeconfig}"
        yield Check("k3s.servers", "site", "Servers", "1, 3 or 5", "none", Status.FAIL, hint)


def needs(host: SiteHost) -> Needs:
    """Return what a host's role asks of it."""
    ports = tables.SERVER_PORTS if host.role == "server" else tables.AGENT_PORTS
    return Needs(host.role, ports, tables.OWN_PROCESSES, tables.OWN_DEVICES)


def _k3s_checks(site: Site, host: SiteHost, seen: Seen) -> Iterator[Check]:
    k3s, facts = seen.k3s[host.name], seen.facts[host.name]
    expected = host.node_name
    hint = f"hostnamectl set-hostname {expected}, or `node_name: {facts.hostname}` in site.yaml; is this the right box?"
    same = host.node_name != host.name or facts.hostname == expected
    yield Check("k3s.hostname", host.name, "Hostname", expected, facts.hostname, verdict(same), hint)
    if not facts.root:
        return
    yield _version(site, host, k3s)
    yield from _drop_ins(host, k3s)
    yield from _leftovers(host, k3s)
    yield from _critical(site, host, k3s)


def _version(site: Site, host: SiteHost, k3s: K3sFacts) -> Check:
    wanted = str(site.k3s.version)
    seen = k3s.version or "not installed"
    same = k3s.version in ("", wanted)
    minor = k3s.version.rsplit(".", 1)[0] == wanted.rsplit(".", 1)[0]
    status = Status.PASS if same else Status.WARN if minor and not k3s.unit(host.role).loaded else Status.FAIL
    hint = f"this runbook changes no version: remove {tables.BINARY}, or set `k3s.version: {k3s.version}` in site.yaml"
    return Check("k3s.version", host.name, "K3s version", f"{wanted} or none", seen, status, hint)


def _drop_ins(host: SiteHost, k3s: K3sFacts) -> Iterator[Check]:
    for path, keys in k3s.drop_ins.items():
        against = sorted(key.rstrip("+") for key in keys if key.rstrip("+") in (*tables.CRITICAL, *tables.RESERVED))
        seen = f"{path.rsplit('/', 1)[-1]} sets {', '.join(against or sorted(keys) or ['nothing'])}"
        yield Check(
            "k3s.drop-ins",
            host.name,
            "Configuration drop-ins",
            "none that overrule the site",
            seen,
            Status.FAIL if against else Status.WARN,
            f"K3s reads {path} after config.yaml: move it away, or say the same in site.yaml for all servers",
        )


def _leftovers(host: SiteHost, k3s: K3sFacts) -> Iterator[Check]:
    role = host.role
    other = k3s.agent if role == "server" else k3s.server
    if other.loaded:
        yield Check(
            "k3s.role",
            host.name,
            "Role so far",
            role,
            "agent" if role == "server" else "server",
            Status.FAIL,
            "uninstall K3s on this host first: a node cannot change its role in place",
        )
    stale = bool(k3s.datastore) and not k3s.server.loaded
    if stale or role == "server":
        seen = f"{k3s.datastore} data without a k3s service" if stale else k3s.datastore or "none"
        yield Check(
            "k3s.leftovers",
            host.name,
            "Earlier cluster",
            "none, or this one",
            seen,
            verdict(not stale),
            "an older cluster's data: keep a copy if it matters, then remove /var/lib/rancher/k3s/server",
        )


def _critical(site: Site, host: SiteHost, k3s: K3sFacts) -> Iterator[Check]:
    if host.role != "server" or not (k3s.server.running and k3s.config):
        return
    wanted = settings(server_config(site, host))
    differ = [key for key in tables.CRITICAL if k3s.config.get(key) != wanted.get(key)]
    seen = ", ".join(f"{key}: {k3s.config.get(key, 'unset')}" for key in differ) or "as in site.yaml"
    hint = (
        "these options are fixed when a cluster is made: put the old value back into site.yaml, or build a new cluster"
    )
    yield Check("k3s.critical", host.name, "Options fixed at birth", "as in site.yaml", seen, verdict(not differ), hint)


def _registration(site: Site, seen: Seen) -> Iterator[Check]:
    registration = site.k3s.registration
    if registration.by != "keepalived":
        return
    holders = [name for name, facts in seen.facts.items() if str(registration.address) in facts.ips]
    ours = {host.name for host in site.servers}
    strangers = [name for name in holders if name not in ours]
    taken = any(k3s.vip_taken for k3s in seen.k3s.values()) and not holders
    said = f"held by {', '.join(holders)}" if holders else "somebody else answers for it" if taken else "free"
    good = not strangers and not taken and len(holders) <= 1
    yield Check(
        "k3s.registration",
        "site",
        "Registration address",
        f"{registration.address} free or ours",
        said,
        verdict(good),
        "choose an unused address of the servers' network; two holders: VRRP does not pass between the servers",
    )


def _bundle(site: Site, seen: Seen) -> Iterator[Check]:
    """Check the bundle for the hosts that lack this K3s, and what it cannot bring."""
    hosts = [host for host in (*site.servers, *site.agents) if host.name in seen.facts]
    lacking = [host for host in hosts if not seen.k3s[host.name].installed(site.k3s.version, host.role)]
    yield from bundle.checks(site, {host.name: seen.facts[host.name].arch for host in lacking})
    if site.source.kind != "bundle" or site.k3s.registration.by != "keepalived":
        return
    for host in (host for host in site.servers if host in hosts and not seen.k3s[host.name].keepalived.loaded):
        hint = "put keepalived on the servers beforehand, unless their package archive is on the site's own network"
        said = "not installed: the host's package archive would be asked for it"
        yield Check("k3s.keepalived", host.name, "keepalived", "installed", said, Status.WARN, hint)


def _removal(site: Site, seen: Seen) -> Iterator[Check]:
    """Check that the servers to be removed leave a majority of etcd behind."""
    leaving = [host.name for host in site.absent if (seen.k3s.get(host.name) or K3sFacts()).server.loaded]
    if not leaving:
        return
    members = [name for name, k3s in seen.k3s.items() if k3s.server.loaded]
    up = [name for name in members if seen.k3s[name].server.running]
    left = len([name for name in up if name not in leaving])
    good = len(up) > len(members) // 2 and left >= 1
    said = f"{len(up)} of {len(members)} members up, {left} stay"
    yield Check(
        "k3s.quorum",
        "site",
        "etcd majority while removing",
        "a majority up",
        said,
        verdict(good),
        "bring a stopped server back first: without a majority no member can be removed",
    )
