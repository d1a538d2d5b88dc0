"""What K3s needs of its host before it starts, and what it says when that is missing.

Not a preflight: K3s looks at less than a careful operator does.
"""

from __future__ import annotations

import ipaddress

from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s.nodes import Machine
from edgebook.lab.k3s.releases import ARCHITECTURES
from edgebook.lab.k3s.settings import Settings

CONTROLLERS = "/sys/fs/cgroup/cgroup.controllers"
NO_MEMORY_CGROUP = (
    'failed to find memory cgroup, you may need to add "cgroup_memory=1 cgroup_enable=memory" '
    "to your linux cmdline (/boot/cmdline.txt on a Raspberry Pi)"
)
NO_DEFAULT_ROUTE = "unable to select an IP from default routes."
PRESSURE_PART = 0.05


class Fatal(Exception):
    """K3s ends itself with this message."""


def check_cgroups(host: Host) -> None:
    """Refuse a kernel that does not account for memory."""
    if host.files.exists(CONTROLLERS):
        if "memory" not in host.files.text(CONTROLLERS).split():
            raise Fatal(NO_MEMORY_CGROUP)
    elif host.files.exists("/proc/cgroups") and not _memory_v1(host.files.text("/proc/cgroups")):
        raise Fatal(NO_MEMORY_CGROUP)


def _memory_v1(text: str) -> bool:
    return any(line.split()[0] == "memory" and line.split()[-1] == "1" for line in text.splitlines() if line.split())


def node_name(host: Host, settings: Settings) -> str:
    """Return the name the node registers with."""
    return (settings.text("node-name") or host.hostname).lower()


def node_address(host: Host, settings: Settings) -> str:
    """Return the node's address: as configured, else the one beside the default route."""
    configured = settings.words("node-ip")
    if configured:
        _check_address(host, configured[0])
        return configured[0]
    route = next((route for route in host.routes if route.destination == "default"), None)
    if route is None:
        raise Fatal(NO_DEFAULT_ROUTE)
    own = [address for address in host.addresses if address.interface == route.interface and not address.secondary]
    if not own:
        raise Fatal(NO_DEFAULT_ROUTE)
    return own[0].ip


def _check_address(host: Host, ip: str) -> None:
    try:
        ipaddress.ip_address(ip)
    except ValueError as exc:
        raise Fatal(f"invalid node-ip: invalid ip format '{ip}'") from exc
    if ip not in host.ips():
        raise Fatal(f'kubelet exited: node IP: "{ip}" not found in the host\'s network interfaces')


def machine(host: Host, settings: Settings, version: str) -> Machine:
    """Describe the host as a kubelet does."""
    external = settings.words("node-external-ip")
    return Machine(
        name=node_name(host, settings),
        address=node_address(host, settings),
        version=version,
        arch=ARCHITECTURES.get(host.arch, host.arch),
        cpus=host.cpus,
        memory_kb=host.memory_kb,
        machine_id=_line(host, "/etc/machine-id"),
        external_address=external[0] if external else "",
        labels=settings.words("node-label"),
        taints=settings.words("node-taint"),
    )


def _line(host: Host, path: str) -> str:
    return host.files.text(path).strip() if host.files.exists(path) else ""


def disk_pressure(host: Host, data_dir: str) -> bool:
    """Say whether the disk of the data is nearly full."""
    disk = host.files.disk(data_dir if host.files.exists(data_dir) else "/var/lib")
    return disk.free_kb < PRESSURE_PART * disk.size_kb
