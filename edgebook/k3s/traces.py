"""The traces of K3s and of edgebook on a host: where they are looked for, and what was found.

Not their removal (`leave`, `restore`). Paths: K3s's install.sh and its uninstaller; kernel parameters:
K3s's pkg/agent/syssetup and the kubelet's container manager; the rest is what was seen to be left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgebook.k3s import scripts, tables
from edgebook.k3s.former import Entry, Former, entry_of, pairs, parents, parse
from edgebook.site import Site

UNITS = "/etc/systemd/system"
PROGRAMS = ("k3s", "k3s-killall.sh", "k3s-uninstall.sh", "k3s-agent-uninstall.sh")
SERVICES = ("k3s.service", "k3s-agent.service")
BINARIES = tuple(f"/usr/local/bin/{name}" for name in PROGRAMS)
UNIT_FILES = tuple(f"{UNITS}/{name}{ending}" for name in SERVICES for ending in ("", ".env"))
WANTED = tuple(f"{UNITS}/multi-user.target.wants/{name}" for name in SERVICES)
CONFIGURED = ("/etc/rancher/k3s", "/etc/rancher/node")
RUNTIME = ("/var/lib/kubelet", "/var/lib/cni", "/run/k3s", "/run/flannel")
SHALLOW = ("/var/log/pods", "/var/log/containers", "/root/.kube/cache")
"""Folders that others may use too: gone when they were not there before, else left alone."""

DATA = ("agent", "data", "server", "storage")
PREPARED = ("agent/images", "agent/etc", "server/manifests", "server/static", "server/tls")
"""Where K3s's documentation tells people to put files before it is installed."""

LINKS = frozenset({"cni0", "flannel.1", "flannel-v6.1", "flannel-wg", "flannel-wg-v6", "kube-ipvs0"})
STANDARD = frozenset({"/var", "/var/lib", "/opt", "/srv", "/mnt", "/media", "/home", "/usr", "/usr/local"})
SYSCTLS: Mapping[str, str] = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/default/forwarding": "1",
    "net/ipv4/conf/all/route_localnet": "1",
    "net/ipv6/conf/all/forwarding": "1",
    "net/ipv6/conf/default/forwarding": "1",
    "net/bridge/bridge-nf-call-iptables": "1",
    "net/bridge/bridge-nf-call-ip6tables": "1",
    "net/netfilter/nf_conntrack_max": "",
    "net/netfilter/nf_conntrack_tcp_timeout_established": "86400",
    "net/netfilter/nf_conntrack_tcp_timeout_close_wait": "3600",
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""Kernel parameter to what K3s sets it to while it runs; nothing where that depends on the host."""


@dataclass(frozen=True)
class Traces:
    """What one look found on one host; words are as a person reads them: `path /etc/rancher/k3s`."""

    found: tuple[str, ...] = ()
    """Of K3s: paths, interfaces, firewall rules, processes, mounts."""
    ours: bool = False
    """Edgebook's own folder is there."""
    busy: bool = False
    """A command of an earlier run is still at work on the host."""
    taken: bool = False
    """An uninstaller was at work, and the rules it may have taken are not known to be back."""
    former: Former | None = None
    """The record on the host."""
    now: Mapping[str, Entry] = field(default_factory=dict)
    """Those of the recorded paths that exist, as they are now."""
    sysctl: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    """Those of the recorded packages that are installed now."""
    folders: tuple[str, ...] = ()
    """Empty folders that were not there before, as far as is known."""
    conf_ours: bool = False
    """Keepalived's configuration is edgebook's."""
    kubeconfigs: tuple[str, ...] = ()
    """Kubeconfigs of users of the host that lead to this cluster."""
    volumes: tuple[str, ...] = ()
    """Volumes of the local-path provisioner."""

    def of(self, kind: str) -> tuple[str, ...]:
        """Return what was found of one kind, without its word."""
        return tuple(one.removeprefix(f"{kind} ") for one in self.found if one.startswith(f"{kind} "))


def rules(site: Site) -> str:
    """Return the expression that K3s's own firewall rules match, however a comment calls them.

    Flannel before 0.20 (K3s 1.24 and older) makes no chains of its own: its rules name the pods' network.
    """
    network = str(site.k3s.cluster_cidr).replace(".", "[.]")
    return f"(^-[AN]|-j|-g) (KUBE|CNI|FLANNEL)-|^-A (FORWARD|POSTROUTING) .*-[sd] {network}"


def deep(site: Site) -> tuple[str, ...]:
    """Return what belongs to K3s with everything below it."""
    data = tuple(f"{site.k3s.data_dir}/{name}" for name in DATA)
    return (*BINARIES, *UNIT_FILES, *WANTED, *CONFIGURED, *data, *RUNTIME)


def made(site: Site, former: Former | None) -> tuple[str, ...]:
    """Return the folders that an install may have made, the deepest first; they go when they are empty."""
    data = site.k3s.data_dir
    above = [path for path in parents(data) if path not in STANDARD]
    surely = [path for path in above if path == "/var/lib/rancher" or former]
    return (
        (data, *surely, "/etc/rancher", "/root/.kube", "/etc/keepalived") if former else (data, *surely, "/etc/rancher")
    )


def copied(site: Site, *, installed: bool) -> tuple[str, ...]:
    """Return the paths of which the record keeps a copy; K3s's own only where K3s was not there before."""
    links = tuple(f"/usr/local/bin/{name}" for name in ("kubectl", "crictl", "ctr"))
    prepared = tuple(f"{site.k3s.data_dir}/{name}" for name in PREPARED)
    mine = ("/etc/keepalived",)
    return mine if installed else (*mine, "/etc/rancher", *BINARIES, *links, *UNIT_FILES, *WANTED, *prepared)


def noted(site: Site, *, installed: bool) -> tuple[str, ...]:
    """Return the folders of which the record keeps that they were there."""
    if installed:
        return ("/root/.kube", "/root/.kube/cache")
    return (*made(site, Former()), *deep(site), *SHALLOW)


def question(site: Site, former: Former | None = None) -> tuple[str, ...]:
    """Return the root command that looks; `former` is what is known where the host has no record of its own."""
    known = [*former.entries, *(rule.partition(" ")[2] for rule in former.rules)] if former else []
    lists = (deep(site), SHALLOW, made(site, Former()), SYSCTLS)
    packages = former.packages if former else ()
    return (
        *("sh", "-c", scripts.LOOK, "edgebook", tables.OURS),
        *("\n".join(words) for words in lists),
        *(site.k3s.data_dir, str(site.k3s.registration.address), "\n".join(known), "\n".join(packages), rules(site)),
    )


def read(text: str) -> Traces:
    """Read what the look printed."""
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        said.setdefault(word, []).append(rest)
    links = [f"interface {name}" for name in said.get("link", ()) if name in LINKS]
    others = [f"{kind} {rest}" for kind in ("path", "rule", "process", "mount") for rest in said.get(kind, ())]
    now = (entry for line in said.get("now", ()) if (entry := entry_of(line)) is not None)
    return Traces(
        found=(*others, *links),
        ours="ours" in said,
        busy="busy" in said,
        taken="taken" in said,
        former=parse(said.get("record", ())),
        now={entry.path: entry for entry in now},
        sysctl=pairs(said.get("sysctl", ())),
        packages=tuple(said.get("package", ())),
        folders=tuple(said.get("folder", ())),
        conf_ours="ours" in said.get("keepalived", ()),
        kubeconfigs=tuple(said.get("kubeconfig", ())),
        volumes=tuple(said.get("volume", ())),
    )
