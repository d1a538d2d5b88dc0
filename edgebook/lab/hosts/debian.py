"""A fresh Debian 12 host: its folders, files and base services.

Not what is installed later: packages and K3s bring their own files.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from edgebook.lab.hosts import kernelfiles
from edgebook.lab.hosts.daemon import DaemonCall, daemon
from edgebook.lab.hosts.sudoers import TEXT as SUDOERS

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host

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
MODES = {"shadow": 0o640, "sudoers": 0o440}
SHADOW_GROUP = 42
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
UNIT = """\
[Unit]
Description={title}

[Service]
Type=notify
ExecStart=/usr/sbin/{binary}
ExecReload=/bin/kill -HUP $MAINPID
Restart={restart}
"""
INSTALL = "\n[Install]\nWantedBy=multi-user.target\n"
STATIC = frozenset({"dbus", "systemd-journald", "systemd-logind"})
"""Services that Debian's own targets want, and nobody enables."""
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
    kernelfiles.place(host)
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
        "group": "".join(f"{u.name}:x:{u.uid}:\n" for u in host.users.values()) + "sudo:x:27:\nshadow:x:42:\n",
        "shadow": "".join(f"{u.name}:!:20000:0:99999:7:::\n" for u in host.users.values()),
        "sudoers": SUDOERS,
        "ssh/sshd_config": "PermitRootLogin prohibit-password\nUsePAM yes\nMaxSessions 10\n",
    }.items():
        host.files.write(f"/etc/{path}", text, MODES.get(path, 0o644))
    host.files.chown("/etc/shadow", 0, SHADOW_GROUP)
    host.sudo = "nopasswd"
    host.files.symlink("../etc/os-release", "/usr/lib/os-release")


def _services(host: Host) -> None:
    for name, title, binary, restart in SERVICES:
        path, text = f"/lib/systemd/system/{name}.service", UNIT.format(title=title, binary=binary, restart=restart)
        host.files.write(path, text if name in STATIC else text + INSTALL)
        host.files.write(f"/usr/sbin/{binary}", f"#!practice:{'sshd' if binary == 'sshd' else 'idle'}\n", 0o755)
        if name in STATIC:
            wants = "/lib/systemd/system/multi-user.target.wants"
            host.files.mkdir(wants, 0o755, parents=True)
            host.files.symlink(f"../{name}.service", f"{wants}/{name}.service")
        else:
            host.units.enable(name)
