"""What K3s adds to a new practice world: programs, pages of the Internet, the way to the API.

Not the registration of programs: importing their modules does that.
"""

from __future__ import annotations

from functools import lru_cache, partial

from edgebook.lab.hosts.model import Host, Rule
from edgebook.lab.k3s import daemon, installer, releases, removal
from edgebook.lab.k3s.commands import main as commands
from edgebook.lab.k3s.keepalived import daemon as keepalived
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.k3s.registry import API, Registry, registry
from edgebook.lab.world import World

MODULES = (daemon, installer, removal, commands, keepalived)
"""Imported for what they register."""
IMAGES = "k3s-airgap-images-{}.tar.zst"
MINORS, PATCHES = range(29, 35), range(16)


@lru_cache(maxsize=64)
def _page(url: str) -> bytes:
    found = releases.serve(url)
    if found is None:
        raise KeyError(url)
    return found


def _serve(url: str, _host: Host) -> bytes:
    return _page(url)


@lru_cache(maxsize=1)
def addresses() -> tuple[str, ...]:
    """List the pages K3s has on the practice Internet."""
    versions = [f"v1.{minor}.{patch}+k3s1" for minor in MINORS for patch in PATCHES]
    names = [f"k3s{suffix}" for suffix in releases.SUFFIXES.values()]
    names += [form.format(arch) for arch in releases.SUFFIXES for form in ("sha256sum-{}.txt", IMAGES)]
    forms = [form for version in versions for form in (version, version.replace("+", "%2B"))]
    files = [f"{releases.DOWNLOADS}/{version}/{name}" for version in forms for name in names]
    return (releases.INSTALLER_URL, f"{releases.INSTALLER_URL}/", *files)


def install(world: World) -> None:
    """Add K3s to a world."""
    found = registry(world)
    world.network.pages.update({url: partial(_serve, url) for url in addresses()})
    world.api_target = partial(target, found)
    world.summary = partial(summary, found)


def target(found: Registry) -> tuple[str, int] | None:
    """Say where the forwarded API port leads: to the server that has the registration address now."""
    process = registered(found)
    if process is None or not process.serving or process.api is None or _closed(process.host):
        return None
    return "127.0.0.1", process.api_port


def registered(found: Registry) -> ServerProcess | None:
    """Return the server that has the registration address; in a site of one server that one."""
    host = found.world.network.owner(found.world.spec.vip)
    if host is None and found.world.spec.servers == 1:
        host = next((each for each in found.world.hosts.values() if each.role == "server" and each.powered), None)
    return found.servers.get(host.name) if host else None


def _closed(host: Host) -> bool:
    return any(_blocks(rule) for rule in host.firewall)


def _blocks(rule: Rule) -> bool:
    return rule.chain == "INPUT" and rule.target != "ACCEPT" and rule.port in {0, API} and not rule.source


def summary(found: Registry) -> str:
    """Describe the clusters in one line."""
    parts = []
    for cluster in found.clusters:
        running = found.running(cluster)
        if not running:
            continue
        nodes = cluster.store.list("nodes")
        ready = sum(
            any(item["type"] == "Ready" and item["status"] == "True" for item in node["status"].get("conditions", []))
            for node in nodes
        )
        parts.append(f"{cluster.version}: {len(running)} servers run, {ready} of {len(nodes)} nodes Ready")
    return "; ".join(parts) or "no cluster"
