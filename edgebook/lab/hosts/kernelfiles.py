"""The files that a practice host's kernel makes: /proc, /sys and /dev.

Not the disks under them; and nothing here is read from this computer.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host

KERNEL = "6.1.0-28-amd64"
CGROUPS_V1 = """\
#subsys_name\thierarchy\tnum_cgroups\tenabled
cpuset\t0\t68\t1
cpu\t0\t68\t1
memory\t0\t68\t1
pids\t0\t68\t1
"""
VIRTUAL = (
    "sysfs",
    "tmpfs",
    "proc",
    "cgroup2",
    "devtmpfs",
    "debugfs",
    "securityfs",
    "bpf",
    "ramfs",
    "devpts",
    "overlay",
)
FILESYSTEMS = "".join(f"nodev\t{name}\n" for name in VIRTUAL) + "\text3\n\text2\n\text4\n"
SYSCTLS = {
    "fs/inotify/max_user_instances": "1024",
    "fs/inotify/max_user_watches": "524288",
    "fs/file-max": "9223372036854775807",
    "kernel/panic": "0",
    "kernel/pid_max": "4194304",
    "net/core/somaxconn": "4096",
    "net/ipv4/ip_forward": "0",
    "net/ipv4/conf/all/forwarding": "0",
    "net/ipv4/conf/default/forwarding": "0",
    "net/ipv4/conf/lo/forwarding": "0",
    "vm/max_map_count": "65530",
    "vm/overcommit_memory": "0",
    "vm/swappiness": "60",
}
"""Parameters and Debian 12's own values; each is a file that root may write."""
DEVICES = {"null": 0o666, "zero": 0o666, "full": 0o666, "random": 0o666, "urandom": 0o666, "tty": 0o666, "kmsg": 0o644}


def place(host: Host) -> None:
    """Put the kernel's files into a host's tree."""
    files = host.files
    for path, source in generated(host).items():
        files.generate(path, source)
    for name, value in SYSCTLS.items():
        files.write(f"/proc/sys/{name}", f"{value}\n", 0o644, parents=True)
    files.write("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n", 0o444)
    files.write(f"/sys/class/net/{host.spec.interface}/operstate", "up\n", 0o444, parents=True)
    for name, mode in DEVICES.items():
        files.device(f"/dev/{name}", mode)


def generated(host: Host) -> dict[str, Callable[[], str]]:
    """Return the files whose content is made when they are read."""
    return {
        "/proc/meminfo": lambda: meminfo(host),
        "/proc/cpuinfo": lambda: "".join(_cpu(number) for number in range(host.cpus)),
        "/proc/uptime": lambda: f"{uptime_s(host):.2f} {uptime_s(host) * host.cpus * 0.97:.2f}\n",
        "/proc/loadavg": lambda: "0.08 0.05 0.01 1/142 1204\n",
        "/proc/swaps": lambda: "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
        "/proc/cgroups": lambda: CGROUPS_V1,
        "/proc/filesystems": lambda: FILESYSTEMS,
        "/proc/version": lambda: f"Linux version {KERNEL} (debian-kernel@lists.debian.org)\n",
        "/proc/1/comm": lambda: "systemd\n",
        "/proc/sys/kernel/hostname": lambda: f"{host.hostname}\n",
        "/proc/sys/kernel/osrelease": lambda: f"{KERNEL}\n",
        "/proc/sys/kernel/random/boot_id": lambda: f"{boot_id(host)}\n",
        "/proc/mounts": lambda: "".join(
            f"{disk.device} {disk.mount} {disk.fstype} {disk.flags} 0 0\n" for disk in host.disks.values()
        ),
    }


def uptime_s(host: Host) -> float:
    """Return how many seconds ago the host booted."""
    return max(0.0, (host.world.clock.now() - host.booted_at).total_seconds())


def boot_id(host: Host) -> str:
    """Return the id of this boot; a reboot changes it."""
    seed = f"{host.world.spec.seed}/{host.name}/{host.journal.boot}"
    return str(uuid.UUID(int=random.Random(seed).getrandbits(128), version=4))  # noqa: S311


def meminfo(host: Host) -> str:
    """Return /proc/meminfo: services take memory."""
    used = 420_000 + 90_000 * sum(1 for process in host.processes if process.unit)
    free = max(host.memory_kb - used, 50_000)
    rows = {"MemTotal": host.memory_kb, "MemFree": free, "MemAvailable": free, "Buffers": 0, "Cached": 0}
    rows |= {"SwapTotal": 0, "SwapFree": 0}
    return "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in rows.items())


def _cpu(number: int) -> str:
    return f"processor\t: {number}\nmodel name\t: Intel(R) Atom(TM) x6425E Processor @ 2.00GHz\ncpu cores\t: 4\n\n"
