"""What the practice archive holds: packages with their files and units.

Not installing them (`packages`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

KEEPALIVED_UNIT = """\
[Unit]
Description=Keepalive Daemon (LVS and VRRP)
After=network-online.target
Wants=network-online.target
# Only start if there is a configuration file
ConditionFileNotEmpty=/etc/keepalived/keepalived.conf

[Service]
Type=notify
# Read configuration variable file if it is present
EnvironmentFile=-/etc/default/keepalived
ExecStart=/usr/sbin/keepalived --dont-fork $DAEMON_ARGS
ExecReload=/bin/kill -HUP $MAINPID

[Install]
WantedBy=multi-user.target
"""


CHRONY_UNIT = """\
[Unit]
Description=chrony, an NTP client/server
Conflicts=systemd-timesyncd.service

[Service]
Type=notify
ExecStart=/usr/sbin/chronyd
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True)
class Package:
    """One Debian package: version, size, files by path (those with a program's first line are executable), unit."""

    version: str
    size_kb: int
    files: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    unit: str = ""


PACKAGES = {
    "keepalived": Package("1:2.2.7-1+b2", 512, {"/usr/sbin/keepalived": "#!practice:keepalived\n",
        "/lib/systemd/system/keepalived.service": KEEPALIVED_UNIT,
        "/etc/default/keepalived": "# Options to pass to keepalived\n"},
        ("/etc/keepalived",), "keepalived.service"),
    "chrony": Package("4.3-2+deb12u1", 288, {"/usr/sbin/chronyd": "#!practice:idle\n",
    "/usr/bin/chronyc": "#!practice:chronyc\n",
    "/lib/systemd/system/chrony.service": CHRONY_UNIT,
        "/etc/chrony/chrony.conf": "pool 2.debian.pool.ntp.org iburst\n"}, ("/etc/chrony",), "chrony.service"),
    "wget": Package("1.21.3-1+deb12u1", 984, {"/usr/bin/wget": "#!practice:wget\n"}),
    "curl": Package("7.88.1-10+deb12u12", 315),
    "ca-certificates": Package("20230311", 153),
    "iptables": Package("1.8.9-2", 360),
    "iputils-arping": Package("3:20221126-1+deb12u1", 20),
    "iputils-ping": Package("3:20221126-1+deb12u1", 47),
    "netcat-openbsd": Package("1.219-1", 42),
    "nfs-common": Package("1:2.6.2-4+deb12u1", 292),
    "open-iscsi": Package("2.1.8-1", 346),
    "conntrack": Package("1:1.4.7-1+b2", 35),
    "socat": Package("1.7.4.4-2", 375),
    "jq": Package("1.6-2.1+deb12u1", 65),
    "apparmor": Package("3.0.8-3", 617),
    "sudo": Package("1.9.13p3-1+deb12u2", 1889),
    "systemd": Package("252.31-1~deb12u1", 3036),
    "openssh-server": Package("1:9.2p1-2+deb12u3", 456),
}  # fmt: skip


INSTALLED = (
    "curl",
    "ca-certificates",
    "iptables",
    "iputils-arping",
    "iputils-ping",
    "netcat-openbsd",
    "sudo",
    "systemd",
    "openssh-server",
)
