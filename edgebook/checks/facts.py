"""The facts of one host, gathered in two round trips after the connection is made.

Not a judgement: `checks.host` compares them with what is wanted. Commands: K3s requirements, and
the notes beside each probe.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgebook.errors import SudoRefused
from edgebook.records import Completed
from edgebook.ssh import Host

DF_COLUMNS = 6
UNITS = ("firewalld", "ufw", "keepalived", "kubelet", "docker", "containerd", "edgecore")

USER_PROBES: Mapping[str, tuple[str, ...]] = {
    "arch": ("uname", "-m"),
    "hostname": ("uname", "-n"),
    "cpus": ("nproc",),
    "meminfo": ("cat", "/proc/meminfo"),
    "init": ("cat", "/proc/1/comm"),
    "os": ("cat", "/etc/os-release"),
    "machine_id": ("cat", "/etc/machine-id"),
    "addresses": ("ip", "-j", "-4", "addr"),
    "routes": ("ip", "-j", "-4", "route", "show", "default"),
    "cgroup_fs": ("stat", "-fc", "%T", "/sys/fs/cgroup"),
    "cgroup2": ("cat", "/sys/fs/cgroup/cgroup.controllers"),
    "cgroup1": ("cat", "/proc/cgroups"),
    "units": ("systemctl", "is-active", *UNITS),
    "nm_cloud_setup": ("systemctl", "is-enabled", "nm-cloud-setup.service"),
    "ntp": ("timedatectl", "show", "-p", "NTPSynchronized", "--value"),
    "disks": ("df", "-Pk", "/var/lib", "/var/log", "/usr/local"),
    "inodes": ("df", "-Pi", "/var/lib"),
    "block": ("lsblk", "-dnJo", "NAME,ROTA,TRAN,TYPE"),
    "var_lib_fs": ("stat", "-fc", "%T", "/var/lib"),
    "inotify": ("cat", "/proc/sys/fs/inotify/max_user_instances"),
    "clock": ("date", "+%s.%N"),
}
"""What any user may ask; `clock` is last, so that its answer is the closest to the reply.

Nothing of /sbin is here: it is not on a user's PATH."""

ROOT_PROBES: Mapping[str, tuple[str, ...]] = {
    "clock": ("date", "+%s.%N"),
    "tcp": ("ss", "-Hltnp"),
    "udp": ("ss", "-Hlunp"),
    "firewall": ("iptables", "-S"),
    "selinux": ("getenforce",),
    "iptables": ("iptables", "-V"),
    "vxlan": ("modprobe", "-n", "vxlan"),
    "br_netfilter": ("modprobe", "-n", "br_netfilter"),
    "overlay": ("modprobe", "-n", "overlay"),
    "filesystems": ("cat", "/proc/filesystems"),
}


@dataclass(frozen=True)
class Disk:
    """One mounted file system: free space in MB, used share in per cent."""

    path: str
    free_mb: int
    used_percent: int


@dataclass(frozen=True)
class Listener:
    """A socket that waits for peers: protocol, port, and the program that holds it."""

    protocol: str
    port: int
    process: str


@dataclass(frozen=True)
class HostFacts:
    """What a host said of itself; an empty or None value means that it could not be learned."""

    host: str
    arch: str
    hostname: str
    os: str
    init: str
    machine_id: str
    cpus: int
    memory_mb: int
    addresses: tuple[tuple[str, str, int], ...]
    """Interface, IPv4 address, prefix length."""
    default_routes: tuple[str, ...]
    cgroup_controllers: frozenset[str]
    units: Mapping[str, str]
    nm_cloud_setup: str
    selinux: str
    iptables: str
    ntp: bool | None
    disks: tuple[Disk, ...]
    inodes_used_percent: int
    removable_disk: str
    """The SD card or eMMC that is the host's only disk, or nothing."""
    var_lib_fs: str
    inotify_instances: int
    clock_offset_s: float
    """How far the host's clock is from this computer's, at least; 0 when the two may agree."""
    root: bool
    root_error: str = ""
    listeners: tuple[Listener, ...] = ()
    firewall: tuple[str, ...] = ()
    modules: Mapping[str, bool] = field(default_factory=dict)

    @property
    def ips(self) -> frozenset[str]:
        """The host's IPv4 addresses."""
        return frozenset(ip for _, ip, _ in self.addresses)


@dataclass(frozen=True)
class Probe:
    """A host's facts, and its answers to the commands a topic added."""

    facts: HostFacts
    extra: Mapping[str, Completed]


def gather(host: Host, extra: Mapping[str, Sequence[str]] | None = None) -> Probe:
    """Ask one host for its facts, as the user and as root, and for a topic's own `extra` root commands.

    Two round trips after the connection, whatever the number of commands.
    """
    user, user_window = _ask(host, USER_PROBES, sudo=False)
    extra = dict(extra or {})
    try:
        root, root_window = _ask(host, {**ROOT_PROBES, **{f"+{key}": argv for key, argv in extra.items()}}, sudo=True)
    except SudoRefused as exc:
        return Probe(_facts(host.name, user, {}, _offset(user["clock"], user_window), str(exc.message)), {})
    offset_s = _offset(root["clock"], root_window)
    return Probe(_facts(host.name, user, root, offset_s, ""), {key: root[f"+{key}"] for key in extra})


def _ask(
    host: Host, probes: Mapping[str, Sequence[str]], *, sudo: bool
) -> tuple[dict[str, Completed], tuple[float, float]]:
    began = time.time()
    answers = host.run_all(list(probes.values()), sudo=sudo)
    return dict(zip(probes, answers, strict=True)), (began, time.time())


def _offset(clock: Completed, window: tuple[float, float]) -> float:
    """Return how far outside the window of asking the host's clock is, seconds, signed."""
    try:
        there = float(clock.out)
    except ValueError:
        return 0.0
    began, ended = window
    return there - ended if there > ended else min(0.0, there - began)


def _facts(
    name: str, user: Mapping[str, Completed], root: Mapping[str, Completed], offset_s: float, root_error: str
) -> HostFacts:
    said = {key: answer.out.strip() for key, answer in user.items()}
    return HostFacts(
        host=name,
        arch=said["arch"],
        hostname=said["hostname"],
        os=_assignments(said["os"]).get("PRETTY_NAME", "unknown"),
        init=said["init"],
        machine_id=said["machine_id"],
        cpus=_number(said["cpus"]),
        memory_mb=_number(_after(said["meminfo"], r"MemTotal:\s+(\d+)")) // 1024,
        addresses=_addresses(said["addresses"]),
        default_routes=tuple(route.get("dev", "?") for route in _json(said["routes"], [])),
        cgroup_controllers=_controllers(said),
        units=dict(zip(UNITS, said["units"].split(), strict=False)),
        nm_cloud_setup=said["nm_cloud_setup"],
        selinux=root["selinux"].out.strip() if root else "",
        iptables=_after(root["iptables"].out, r"v(\d+\.\d+\.\d+)") if root else "",
        ntp={"yes": True, "no": False}.get(said["ntp"]),
        disks=_disks(said["disks"]),
        inodes_used_percent=_number(_after(said["inodes"], r"(\d+)%")),
        removable_disk=_removable(said["block"]),
        var_lib_fs=said["var_lib_fs"],
        inotify_instances=_number(said["inotify"]),
        clock_offset_s=offset_s,
        root=not root_error,
        root_error=root_error,
        listeners=_listeners(root),
        firewall=tuple(root["firewall"].out.splitlines()) if root else (),
        modules=_modules(root),
    )


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _after(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found.group(1) if found else ""


def _json(text: str, otherwise: Any) -> Any:
    try:
        read = json.loads(text)
    except ValueError:
        return otherwise
    return read if isinstance(read, type(otherwise)) else otherwise


def _assignments(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}


def _addresses(text: str) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (link["ifname"], info["local"], info["prefixlen"])
        for link in _json(text, [])
        for info in link.get("addr_info", [])
        if info.get("local")
    )


def _controllers(said: Mapping[str, str]) -> frozenset[str]:
    if said["cgroup_fs"] == "cgroup2fs":
        return frozenset(said["cgroup2"].split())
    rows = (line.split() for line in said["cgroup1"].splitlines() if not line.startswith("#"))
    return frozenset(row[0] for row in rows if row and row[-1] == "1")


def _disks(text: str) -> tuple[Disk, ...]:
    rows = [line.split() for line in text.splitlines()[1:]]
    return tuple(Disk(row[5], int(row[3]) // 1024, int(row[4].rstrip("%"))) for row in rows if len(row) == DF_COLUMNS)


def _removable(text: str) -> str:
    disks = [disk for disk in _json(text, {}).get("blockdevices", []) if disk.get("type") == "disk"]
    cards = [disk["name"] for disk in disks if disk["name"].startswith("mmcblk")]
    return cards[0] if cards and len(cards) == len(disks) else ""


def _listeners(root: Mapping[str, Completed]) -> tuple[Listener, ...]:
    if not root:
        return ()
    found = []
    for protocol in ("tcp", "udp"):
        for line in root[protocol].out.splitlines():
            port = _after(line, r":(\d+)\s+\S+(?:\s|$)")
            if port:
                found.append(Listener(protocol, int(port), _after(line, r'\(\("([^"]+)"') or "?"))
    return tuple(found)


def _modules(root: Mapping[str, Completed]) -> dict[str, bool]:
    """Tell which kernel parts are there: loadable, or built in (an overlay without a module is real)."""
    if not root:
        return {}
    built_in = root["filesystems"].out.split()
    return {name: root[name].ok or name in built_in for name in ("vxlan", "br_netfilter", "overlay")}
