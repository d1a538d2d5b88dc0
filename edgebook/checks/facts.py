"""The facts of one host, gathered in two round trips after the connection is made.

Not a judgement: `checks.host` compares them with what is wanted.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from edgebook.checks.probes import BUILT_IN, DATA_FOLDER, ROOT_PROBES, UNITS, USER_PROBES, disk_probes
from edgebook.errors import SudoRefused
from edgebook.records import Completed
from edgebook.ssh import Host

DF_COLUMNS, MOUNT_COLUMNS = 6, 4


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
    data_folder: str
    """Where what is installed will keep its data; the disk, its inodes and its file system are those below it."""
    disk: Disk | None
    inodes_used_percent: int
    file_system: str
    read_only: bool
    removable_disk: str
    """The SD card or eMMC that is the host's only disk, or nothing."""
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


def gather(host: Host, extra: Mapping[str, Sequence[str]] | None = None, *, data_folder: str = DATA_FOLDER) -> Probe:
    """Ask one host for its facts, as the user and as root, and for a topic's own `extra` root commands.

    Both at once: two round trips after the connection, whatever the number of commands.
    """
    extra = dict(extra or {})
    as_root = {**ROOT_PROBES, **{f"+{key}": argv for key, argv in extra.items()}}
    host.connect()  # once, and by neither of the two
    with ThreadPoolExecutor(1, thread_name_prefix="edgebook-facts") as beside:
        asked = beside.submit(_ask, host, {**disk_probes(data_folder), **USER_PROBES}, sudo=False)
        try:
            (root, offset_s), refused = _ask(host, as_root, sudo=True), ""
        except SudoRefused as exc:
            (root, offset_s), refused = ({}, None), str(exc.message)
        user, users_offset_s = asked.result()
    offset_s = users_offset_s if offset_s is None else offset_s
    facts = _facts(host.name, data_folder, user, root, offset_s, refused)
    return Probe(facts, {key: root[f"+{key}"] for key in extra if root})


def _ask(host: Host, probes: Mapping[str, Sequence[str]], *, sudo: bool) -> tuple[dict[str, Completed], float]:
    """Return the answers, and how far the host's clock is from this computer's, at least."""
    answers = dict(zip(probes, host.run_all(list(probes.values()), sudo=sudo), strict=True))
    ended = time.time()
    return answers, _offset(answers["clock"], (ended - answers["clock"].seconds, ended))


def _offset(clock: Completed, window: tuple[float, float]) -> float:
    """Return how far outside the window of asking the host's clock is, seconds, signed."""
    try:
        there = float(clock.out)
    except ValueError:
        return 0.0
    began, ended = window
    return there - ended if there > ended else min(0.0, there - began)


def _facts(
    name: str,
    data_folder: str,
    user: Mapping[str, Completed],
    root: Mapping[str, Completed],
    offset_s: float,
    root_error: str,
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
        ntp=_kept(said["ntp"], said["chrony"]),
        data_folder=data_folder,
        disk=_disk(said["disk"]),
        inodes_used_percent=_number(_after(_last_line(said["inodes"]), r"(\d+)%")),
        file_system=_last_line(said["file_system"]),
        read_only=_read_only(said["mounts"], data_folder),
        removable_disk=_removable(said["block"]),
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


def _last_line(text: str) -> str:
    return text.rpartition("\n")[2]


def _disk(text: str) -> Disk | None:
    row = _last_line(text).split()
    if len(row) != DF_COLUMNS or not row[3].isdigit():
        return None
    return Disk(row[5], int(row[3]) // 1024, _number(row[4].rstrip("%")))


def _read_only(mounts: str, folder: str) -> bool:
    """Say whether the mount that a folder lies on is read-only; of two at one place the later one counts."""
    rows = [line.split() for line in mounts.splitlines()]
    found = [row for row in rows if len(row) >= MOUNT_COLUMNS and PurePosixPath(folder).is_relative_to(row[1])]
    deepest = max(found, key=lambda row: (len(PurePosixPath(row[1]).parts), rows.index(row)), default=None)
    return deepest is not None and "ro" in deepest[3].split(",")


def _kept(timedated: str, chrony: str) -> bool | None:
    """Say whether a time server keeps the clock.

    chrony is asked too: timedated only knows what the kernel was told, and in a container nobody may tell it.
    """
    by_kernel = {"yes": True, "no": False}.get(timedated)
    return True if chrony.rpartition(",")[2] == "Normal" else by_kernel


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
    """Tell which kernel parts are there: loadable, loaded, or built in."""
    if not root:
        return {}
    traces = root["built_in"].out.split()
    known = root["filesystems"].out.split()
    return {name: root[name].ok or name in known or path in traces for name, path in BUILT_IN.items()}
