"""Checks of one host: is it fit to carry a node?

Not here: comparisons between hosts (`checks.fleet`) and anything K3s has already put on the host.
Thresholds come from K3s's requirements and from the field; each says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from edgebook.checks.facts import HostFacts
from edgebook.checks.firewall import blocked
from edgebook.errors import EdgebookError
from edgebook.records import Check, Status

SERVER_CPUS, AGENT_CPUS = 2, 1
SERVER_MEMORY_MB, AGENT_MEMORY_MB = 1900, 480
"""K3s asks for 2 GB and 512 MB; firmware and kernel keep some of it for themselves."""
SERVER_DISK_MB, AGENT_DISK_MB = 10_000, 5_000
FULL_PERCENT = 95
ARCHES = ("x86_64", "aarch64", "armv7l")
CGROUPS = frozenset({"cpu", "cpuset", "memory", "pids"})
INOTIFY_INSTANCES = 128
CLOCK_SKEW_S = 2.0
"""TLS wants certificates that are already valid; two seconds is what NTP keeps with ease."""


@dataclass(frozen=True)
class Needs:
    """What a role asks of its host."""

    role: str
    ports: tuple[tuple[str, int], ...]
    """Protocol and port that must be free, and open in the host's firewall."""
    owners: frozenset[str]
    """Programs that may already hold those ports, because they are ours."""
    devices: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """Network devices of ours that hold a port within the kernel, where no program is seen to."""

    @property
    def server(self) -> bool:
        """Whether the host is to carry etcd and the API."""
        return self.role == "server"


def reached(host: str, error: EdgebookError | None) -> Check:
    """Check that a host answers over SSH, from the error that its probe ended with, if any."""
    if error is None:
        return Check("host.ssh", host, "SSH login", "a shell", "a shell", Status.PASS)
    return Check("host.ssh", host, "SSH login", "a shell", error.message, Status.FAIL, error.hint)


def host_checks(facts: HostFacts, needs: Needs) -> tuple[Check, ...]:
    """Check one host's facts against what its role needs, in the order a person would."""
    return tuple(check for rule in RULES for check in rule(facts, needs))


def verdict(good: object, otherwise: Status = Status.FAIL) -> Status:
    """Return PASS, or `otherwise`."""
    return Status.PASS if good else otherwise


def _root(facts: HostFacts, _: Needs) -> Iterator[Check]:
    seen = "root" if facts.root else facts.root_error
    hint = "let the user run sudo without a password, or set `sudo: password` and `sudo_password:` for this host"
    yield Check("host.root", facts.host, "sudo", "root", seen, verdict(facts.root), hint)


def _platform(facts: HostFacts, _: Needs) -> Iterator[Check]:
    yield Check(
        "host.arch",
        facts.host,
        "Processor",
        " or ".join(ARCHES),
        facts.arch,
        verdict(facts.arch in ARCHES),
        "K3s has no release for this processor",
    )
    yield Check(
        "host.init",
        facts.host,
        "Init system",
        "systemd",
        facts.init,
        verdict(facts.init == "systemd"),
        "edgebook drives services through systemd",
    )


def _size(facts: HostFacts, needs: Needs) -> Iterator[Check]:
    cpus = SERVER_CPUS if needs.server else AGENT_CPUS
    memory_mb = SERVER_MEMORY_MB if needs.server else AGENT_MEMORY_MB
    good = facts.cpus >= cpus and facts.memory_mb >= memory_mb
    wanted = f"≥ {cpus} cores, ≥ {memory_mb} MB"
    seen = f"{facts.cpus} cores, {facts.memory_mb} MB"
    yield Check(
        "host.size",
        facts.host,
        "Cores and memory",
        wanted,
        seen,
        verdict(good, Status.WARN),
        "an undersized server loses its etcd leader under load and turns NotReady",
    )


def _cgroups(facts: HostFacts, _: Needs) -> Iterator[Check]:
    missing = sorted(CGROUPS - facts.cgroup_controllers)
    seen = "all there" if not missing else f"missing: {', '.join(missing)}"
    hint = "Raspberry Pi: append `cgroup_memory=1 cgroup_enable=memory` to the one line of cmdline.txt and reboot"
    yield Check(
        "host.cgroups", facts.host, "Control groups", ", ".join(sorted(CGROUPS)), seen, verdict(not missing), hint
    )


def _modules(facts: HostFacts, _: Needs) -> Iterator[Check]:
    if not facts.root:
        return
    missing = sorted(name for name, there in facts.modules.items() if not there)
    seen = "all there" if not missing else f"missing: {', '.join(missing)}"
    hint = "Ubuntu on a Pi: apt install linux-modules-extra-raspi; RHEL: kernel-modules-extra"
    yield Check(
        "host.modules",
        facts.host,
        "Kernel modules",
        "vxlan, br_netfilter, overlay",
        seen,
        verdict(not missing, Status.WARN),
        hint,
    )


def _route(facts: HostFacts, _: Needs) -> Iterator[Check]:
    seen = f"through {', '.join(facts.default_routes)}" if facts.default_routes else "none"
    hint = "K3s dies with “unable to select an IP from default routes”: add one, without Internet a dummy one"
    yield Check("host.route", facts.host, "Default route", "one", seen, verdict(bool(facts.default_routes)), hint)


def _clock(facts: HostFacts, _: Needs) -> Iterator[Check]:
    off_s = facts.clock_offset_s
    near = abs(off_s) <= CLOCK_SKEW_S
    seen = "agrees with this computer" if near else f"{off_s:+.0f} s off this computer's"
    unkept = near and facts.ntp is False
    status = Status.WARN if unkept else verdict(near)
    hint = "start NTP (timedatectl set-ntp true, or chrony) and wait until it has stepped the clock"
    said = f"{seen}, but nothing keeps it" if unkept else seen
    yield Check("host.clock", facts.host, "Clock", f"within {CLOCK_SKEW_S:.0f} s", said, status, hint)


def _disk(facts: HostFacts, needs: Needs) -> Iterator[Check]:
    wanted_mb = SERVER_DISK_MB if needs.server else AGENT_DISK_MB
    title, wanted = "Free disk", f"≥ {wanted_mb} MB in {facts.data_folder}"
    if facts.disk is None:
        yield Check("host.disk", facts.host, title, wanted, "unknown", Status.UNKNOWN, "df says nothing")
        return
    full = facts.disk.used_percent >= FULL_PERCENT or facts.inodes_used_percent >= FULL_PERCENT
    status = Status.FAIL if full or facts.read_only else verdict(facts.disk.free_mb >= wanted_mb, Status.WARN)
    seen = f"{facts.disk.free_mb} MB, {facts.disk.used_percent}% used, {facts.inodes_used_percent}% of inodes"
    hint = (
        f"free space on {facts.disk.path} (journalctl --vacuum-size=200M, images): a full disk stops etcd and kubelet"
    )
    if facts.read_only:
        seen, hint = (
            "read-only",
            f"the kernel does this to a failing disk (dmesg); mount -o remount,rw {facts.disk.path}",
        )
    yield Check("host.disk", facts.host, title, wanted, seen, status, hint)


def _storage(facts: HostFacts, needs: Needs) -> Iterator[Check]:
    if needs.server and facts.removable_disk:
        yield Check(
            "host.storage",
            facts.host,
            "Disk for etcd",
            "SSD or NVMe",
            f"SD card or eMMC ({facts.removable_disk})",
            Status.FAIL,
            "etcd writes wear a card out and are too slow on it: give the servers an SSD",
        )
    odd = facts.file_system in ("zfs", "nfs", "nfs4", "v9fs")
    if odd:
        yield Check(
            "host.filesystem",
            facts.host,
            "File system",
            "ext4 or xfs",
            facts.file_system,
            Status.WARN,
            "overlayfs does not work on it: set `snapshotter: native` in server_config and agent_config",
        )


def _ports(facts: HostFacts, needs: Needs) -> Iterator[Check]:
    if not facts.root:
        return
    there = {interface for interface, *_ in facts.addresses}
    kernel = {port for port, device in needs.devices.items() if device in there}
    wanted = set(needs.ports) - kernel
    taken = [
        item for item in facts.listeners if (item.protocol, item.port) in wanted and item.process not in needs.owners
    ]
    seen = ", ".join(f"{item.protocol} {item.port} by {item.process}" for item in taken) or "free"
    shown = ", ".join(str(port) for _, port in needs.ports)
    hint = "stop and disable that program: K3s needs the port on every address"
    yield Check("host.ports", facts.host, "Ports", f"{shown} free", seen, verdict(not taken), hint)


def _firewall(facts: HostFacts, needs: Needs) -> Iterator[Check]:
    if not facts.root:
        return
    blocking = list(dict.fromkeys(line for _, line in blocked(facts.firewall, needs.ports)))
    active = [unit for unit in ("firewalld", "ufw") if facts.units.get(unit) == "active"]
    seen = "; ".join(blocking) or (f"{' and '.join(active)} active" if active else "open")
    status = Status.FAIL if blocking else verdict(not active, Status.WARN)
    shown = ", ".join(f"{protocol} {port}" for protocol, port in needs.ports)
    hint = f"open {shown} between the nodes and trust the pod and service networks; UDP 8472 never towards the Internet"
    yield Check("host.firewall", facts.host, "Firewall", "nodes may talk", seen, status, hint, "\n".join(blocking))


def _conflicts(facts: HostFacts, _: Needs) -> Iterator[Check]:
    others = [unit for unit in ("kubelet", "edgecore") if facts.units.get(unit) == "active"]
    seen = f"{' and '.join(others)} running" if others else "none"
    yield Check(
        "host.kubelet",
        facts.host,
        "Other kubelet",
        "none",
        seen,
        verdict(not others),
        "two kubelets cannot share a host: remove the other distribution first",
    )
    if facts.nm_cloud_setup == "enabled":
        yield Check(
            "host.nm-cloud-setup",
            facts.host,
            "nm-cloud-setup",
            "disabled",
            "enabled",
            Status.FAIL,
            "systemctl disable --now nm-cloud-setup.service nm-cloud-setup.timer, then reboot: it rewrites routes",
        )


def _kernel(facts: HostFacts, _: Needs) -> Iterator[Check]:
    if (1, 8, 0) <= _version(facts.iptables) <= (1, 8, 4):
        yield Check(
            "host.iptables",
            facts.host,
            "iptables",
            "not 1.8.0–1.8.4",
            facts.iptables,
            Status.WARN,
            "it duplicates rules: set `prefer-bundled-bin: true` in server_config and agent_config",
        )
    if facts.selinux == "Enforcing":
        yield Check(
            "host.selinux",
            facts.host,
            "SELinux",
            "K3s policy installed",
            "Enforcing",
            Status.WARN,
            "install container-selinux and k3s-selinux first",
        )
    if 0 < facts.inotify_instances < INOTIFY_INSTANCES:
        yield Check(
            "host.inotify",
            facts.host,
            "inotify instances",
            f"≥ {INOTIFY_INSTANCES}",
            str(facts.inotify_instances),
            Status.WARN,
            "sysctl fs.inotify.max_user_instances=8192",
        )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")) if text else ()


RULES: tuple[Callable[[HostFacts, Needs], Iterator[Check]], ...] = (
    _root,
    _platform,
    _size,
    _cgroups,
    _modules,
    _route,
    _clock,
    _disk,
    _storage,
    _ports,
    _firewall,
    _conflicts,
    _kernel,
)
