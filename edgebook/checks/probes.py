"""The commands that tell a host's facts; none of them changes anything.

Not their answers: `facts.py` reads those.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

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
    "chrony": ("chronyc", "-c", "tracking"),
    "mounts": ("cat", "/proc/mounts"),
    "block": ("lsblk", "-dnJo", "NAME,ROTA,TRAN,TYPE"),
    "inotify": ("cat", "/proc/sys/fs/inotify/max_user_instances"),
    "clock": ("date", "+%s.%N"),
}
"""What any user may ask; `clock` is last, so that its answer is the closest to the reply.

Nothing of /sbin is here: it is not on a user's PATH."""

BUILT_IN: Mapping[str, str] = {
    "vxlan": "/sys/module/vxlan",
    "br_netfilter": "/proc/sys/net/bridge",
    "overlay": "/sys/module/overlay",
}
"""What shows that a part of the kernel is there, whether it is a module or built in.

A kernel without modules has no /lib/modules, and modprobe fails for what it has: cloud kernels, containers."""

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
    "built_in": ("ls", "-d", *BUILT_IN.values()),
}
DATA_FOLDER = "/var/lib"


def disk_probes(data_folder: str) -> dict[str, tuple[str, ...]]:
    """Ask about a folder and all above it: on a bare host it is not there yet, and the last that is there counts."""
    path = PurePosixPath(data_folder)
    folders = [str(one) for one in (*reversed(path.parents), path)]
    return {
        "disk": ("df", "-Pk", *folders),
        "inodes": ("df", "-Pi", *folders),
        "file_system": ("stat", "-fc", "%T", *folders),
    }
