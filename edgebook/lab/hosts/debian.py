"""A fresh Debian 12 host: its folders, files and base services.

Not what is installed later: packages and K3s bring their own files.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from edgebook.lab.hosts.daemon import DaemonCall, daemon

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host

KERNEL = "6.1.0-28-amd64"
USER_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/games"
"""What sshd gives an ordinary user on Debian: no sbin folder, so `iptables` is not found."""
ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

FOLDERS = (
    "/boot",
    "/dev",
    "/dev/disk",
    "/etc/apt",
    "/etc/cron.d",
    "/etc/default",
    "/etc/modules-load.d",
    "/etc/network",
    "/etc/ssh",
    "/etc/sudoers.d",
    "/etc/sysctl.d",
    "/etc/systemd/system",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/run",
    "/run/lock",
    "/run/systemd/system",
    "/srv",
    "/sys/fs/cgroup",
    "/sys/class/net",
    "/usr/bin",
    "/usr/lib/systemd/system",
    "/usr/lib/modules",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share",
    "/usr/sbin",
    "/usr/share",
    "/var/backups",
    "/var/cache",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/systemd",
    "/var/log",
    "/var/mail",
    "/var/spool",
)
LINKS = {"/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib", "/var/run": "/run", "/var/lock": "/run/lock"}
OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"""
HOSTS_FILE = """\
127.0.0.1\tlocalhost
127.0.1.1\t{name}
::1\t\tlocalhost ip6-localhost ip6-loopback
"""
CGROUPS_V1 = """\
#subsys_name\thierarchy\tnum_cgroups\tenabled
cpuset\t0\t68\t1
cpu\t0\t68\t1
memory\t0\t68\t1
pids\t0\t68\t1
"""
UNIT = """\
[Unit]
Description={title}

[Service]
Type=notify
ExecStart=/usr/sbin/{binary}
Restart={restart}

[Install]
WantedBy=multi-user.target
"""
SERVICES = (
    ("ssh", "OpenBSD Secure Shell server", "sshd", "on-failure"),
    ("cron", "Regular background program processing daemon", "cron", "on-failure"),
    ("dbus", "D-Bus System Message Bus", "dbus-daemon", "no"),
    ("systemd-journald", "Journal Service", "systemd-journald", "always"),
    ("systemd-logind", "User Login Management", "systemd-logind", "always"),
    ("systemd-timesyncd", "Network Time Synchronization", "systemd-timesyncd", "always"),
)


@daemon("idle")
async def idle(d: DaemonCall) -> None:
    """Run until stopped, like the base services whose work the model does elsewhere."""
    d.ready()
    await d.stopped.wait()


@daemon("sshd")
async def sshd(d: DaemonCall) -> None:
    """Listen on port 22; the SSH server in front of the host lets nobody in while nothing listens."""
    d.listen("tcp", 22)
    d.log("Server listening on 0.0.0.0 port 22.")
    d.ready()
    await d.stopped.wait()


def prepare(host: Host, programs: Mapping[str, str]) -> None:
    """Fill a new host's file tree; `programs` maps a program's name to its folder."""
    _folders(host)
    _etc(host)
    _proc(host)
    _services(host)
    for name, folder in programs.items():
        if folder:
            place_program(host, name, folder)
    host.processes.enter(1, ["/sbin/init"])
    host.processes.enter(2, ["[kthreadd]"])


def place_program(host: Host, name: str, folder: str = "/usr/bin", *built: str) -> None:
    """Put a program's executable into a folder of a host."""
    line = " ".join([f"#!practice:{name}", *built])
    host.files.write(f"{folder}/{name}", line + "\n", 0o755, parents=True)


def machine_id(host: Host) -> str:
    """Return the host's machine id: the same for the same seed and name."""
    return f"{random.Random(f'{host.world.spec.seed}/{host.name}').getrandbits(128):032x}"  # noqa: S311


def _folders(host: Host) -> None:
    files = host.files
    for folder in FOLDERS:
        files.mkdir(folder, 0o755, parents=True)
    for path, target in LINKS.items():
        files.symlink(target, path)
    files.mkdir("/root", 0o700)
    for path in ("/tmp", "/var/tmp"):  # noqa: S108 - a folder of the model
        files.mkdir(path)
        files.chmod(path, 0o1777)
    files.write("/dev/null", b"", 0o666)
    for user in host.users.values():
        if user.uid:
            files.mkdir(user.home, 0o755, uid=user.uid)
            files.mkdir(f"{user.home}/.ssh", 0o700, uid=user.uid)
            key = host.world.spec.authorized_key
            files.write(f"{user.home}/.ssh/authorized_keys", key + "\n" if key else "", 0o600, user.uid)


def _etc(host: Host) -> None:
    users = "".join(f"{u.name}:x:{u.uid}:{u.uid}::{u.home}:{u.shell}\n" for u in host.users.values())
    for path, text in {
        "hostname": f"{host.name}\n",
        "hosts": HOSTS_FILE.format(name=host.name),
        "os-release": OS_RELEASE,
        "debian_version": "12.8\n",
        "machine-id": f"{machine_id(host)}\n",
        "environment": "",
        "passwd": users,
        "fstab": "",
        "resolv.conf": f"nameserver {host.spec.gateway}\n",
        "timezone": "Etc/UTC\n",
        "sudoers.d/90-edge": "edge ALL=(ALL) NOPASSWD:ALL\n",
        "ssh/sshd_config": "PermitRootLogin prohibit-password\nUsePAM yes\nMaxSessions 10\n",
    }.items():
        host.files.write(f"/etc/{path}", text, 0o440 if path.startswith("sudoers") else 0o644)
    host.files.symlink("../etc/os-release", "/usr/lib/os-release")


def _proc(host: Host) -> None:
    files = host.files
    for path, source in {
        "/proc/meminfo": lambda: _meminfo(host),
        "/proc/cpuinfo": lambda: "".join(_cpu(number) for number in range(host.cpus)),
        "/proc/uptime": lambda: f"{uptime_s(host):.2f} {uptime_s(host) * host.cpus * 0.97:.2f}\n",
        "/proc/loadavg": lambda: "0.08 0.05 0.01 1/142 1204\n",
        "/proc/swaps": lambda: "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
        "/proc/cgroups": lambda: CGROUPS_V1,
        "/proc/version": lambda: f"Linux version {KERNEL} (debian-kernel@lists.debian.org)\n",
        "/proc/1/comm": lambda: "systemd\n",
        "/proc/sys/kernel/hostname": lambda: f"{host.hostname}\n",
        "/proc/sys/kernel/osrelease": lambda: f"{KERNEL}\n",
        "/proc/sys/kernel/random/boot_id": lambda: f"{boot_id(host)}\n",
        "/proc/mounts": lambda: "".join(f"{d.device} {d.mount} {d.fstype} rw 0 0\n" for d in host.disks.values()),
    }.items():
        files.generate(path, source)
    for name, value in {"instances": 1024, "watches": 524288}.items():
        files.write(f"/proc/sys/fs/inotify/max_user_{name}", f"{value}\n", 0o644, parents=True)
    files.write("/proc/sys/net/ipv4/ip_forward", "0\n", 0o644, parents=True)
    files.write("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n", 0o444)
    files.write(f"/sys/class/net/{host.spec.interface}/operstate", "up\n", 0o444, parents=True)


def _services(host: Host) -> None:
    for name, title, binary, restart in SERVICES:
        path = f"/lib/systemd/system/{name}.service"
        host.files.write(path, UNIT.format(title=title, binary=binary, restart=restart))
        host.files.write(f"/usr/sbin/{binary}", f"#!practice:{'sshd' if binary == 'sshd' else 'idle'}\n", 0o755)
        host.units.enable(name)


def uptime_s(host: Host) -> float:
    """Return how many seconds ago the host booted."""
    return max(0.0, (host.world.clock.now() - host.booted_at).total_seconds())


def boot_id(host: Host) -> str:
    """Return the id of this boot; a reboot changes it."""
    seed = f"{host.world.spec.seed}/{host.name}/{host.journal.boot}"
    return str(uuid.UUID(int=random.Random(seed).getrandbits(128), version=4))  # noqa: S311


def _meminfo(host: Host) -> str:
    used = 420_000 + 90_000 * sum(1 for process in host.processes if process.unit)
    free = max(host.memory_kb - used, 50_000)
    rows = {"MemTotal": host.memory_kb, "MemFree": free, "MemAvailable": free, "Buffers": 0, "Cached": 0}
    rows |= {"SwapTotal": 0, "SwapFree": 0}
    return "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in rows.items())


def _cpu(number: int) -> str:
    return f"processor\t: {number}\nmodel name\t: Intel(R) Atom(TM) x6425E Processor @ 2.00GHz\ncpu cores\t: 4\n\n"
