"""The facts of a good host, for tests that change one of them."""

import dataclasses

from edgebook.checks.facts import Disk, HostFacts

GOOD = HostFacts(
    host="s1",
    arch="x86_64",
    hostname="s1",
    os="Debian GNU/Linux 12 (bookworm)",
    init="systemd",
    machine_id="1",
    cpus=4,
    memory_mb=4000,
    addresses=(("lo", "127.0.0.1", 8), ("eth0", "10.20.0.11", 24)),
    default_routes=("eth0",),
    cgroup_controllers=frozenset({"cpu", "cpuset", "memory", "pids", "io"}),
    units={},
    nm_cloud_setup="",
    selinux="",
    iptables="1.8.9",
    ntp=True,
    data_folder="/var/lib",
    disk=Disk("/", 40_000, 9),
    inodes_used_percent=3,
    removable_disk="",
    file_system="ext2/ext3",
    read_only=False,
    inotify_instances=128,
    clock_offset_s=0.0,
    root=True,
    modules={"vxlan": True, "br_netfilter": True, "overlay": True},
)


def facts(**changes):
    """Return a good host's facts, changed where wanted."""
    return dataclasses.replace(GOOD, **changes)
