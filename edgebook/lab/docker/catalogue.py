"""The faults that hosts in Docker can have: each put in at its cause, by real means.

Not the means: those inside a host are the scripts in `faults/`, the others are in `means.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edgebook.lab.catalogue import Entry
from edgebook.lab.docker.means import BroughtProgram, Frozen, Means, PowerCut, Script, SlowLink


@dataclass(frozen=True)
class DockerFault(Entry):
    """One entry of this backend's catalogue."""

    means: Means = field(default_factory=Script, repr=False, kw_only=True)


FAULTS: dict[str, DockerFault] = {
    fault.id: fault
    for fault in (
        DockerFault(
            "port-closed",
            "A firewall drops the API port",
            "a rule at the top of INPUT drops TCP 6443 on a server",
            "other hosts time out on https://SERVER:6443; `iptables -S` on it shows the rule",
            "iptables -D INPUT -p tcp -m tcp --dport 6443 -j DROP",
            ("s1",),
            options={"port": 6443.0},
        ),
        DockerFault(
            "wrong-token",
            "A host still has another cluster's token",
            "the drop-in /etc/rancher/k3s/config.yaml.d/90-old-cluster.yaml sets another token",
            "the host cannot join; its journal says that the token is not valid or authorized",
            "rm /etc/rancher/k3s/config.yaml.d/90-old-cluster.yaml",
            ("s2", "a1"),
            options={"token": "0f0e0d0c0b0a09080706050403020100"},
        ),
        DockerFault(
            "version-mismatch",
            "A host has a K3s of another minor version",
            "/usr/local/bin/k3s is a program of yours: say which with -o binary=FILE",
            "`k3s --version` differs from the plan",
            "rm /usr/local/bin/k3s, or let the runbook install the planned version",
            ("a1", "s2", "s1"),
            options={"binary": ""},
            means=BroughtProgram(),
        ),
        DockerFault(
            "critical-flags-differ",
            "A server has a local setting that all servers must share",
            "the drop-in /etc/rancher/k3s/config.yaml.d/50-local.yaml sets another flannel-backend",
            "the server cannot join: critical configuration value mismatch",
            "rm /etc/rancher/k3s/config.yaml.d/50-local.yaml",
            ("s2",),
            options={"backend": "host-gw"},
        ),
        DockerFault(
            "duplicate-hostname",
            "Two hosts have the same hostname",
            "a host's name, and its /etc/hostname, are another host's",
            "`uname -n` is the same on both; the second cannot register its node",
            "write the host's own name into /etc/hostname, and `hostname NAME`",
            ("a2", "s2"),
            options={"like": "s1"},
        ),
        DockerFault(
            "clock-skew",
            "A host's clock is wrong",
            "`date` is ahead, and chrony is stopped; the kernel's clock is the machine's and stays right",
            "`date` differs from the other hosts; no time server keeps the clock",
            "rm /usr/local/bin/date, and systemctl start chrony",
            ("a1", "s2", "s1"),
            options={"seconds": 300.0},
        ),
        DockerFault(
            "disk-full",
            "A disk is full",
            "a small disk over a folder holds all that was there, and an old image takes what is left",
            "`df` of the folder shows 100%; writes fail with: No space left on device",
            "rm PATH/old-image.img",
            ("s3", "s1"),
            options={"path": "/var/lib/rancher", "size_mb": 64.0, "free_mb": 0.0},
        ),
        DockerFault(
            "read-only-path",
            "A folder cannot be written",
            "the folder is mounted read-only, as a kernel does with a failing disk",
            "writes fail with: Read-only file system",
            "umount PATH",
            ("s3", "s1"),
            options={"path": "/var/lib/rancher"},
        ),
        DockerFault(
            "no-default-route",
            "A host has no default route",
            "the route over the gateway is gone",
            "`ip route show default` is empty; K3s cannot choose its address and the Internet is out of reach",
            "ip route add default via GATEWAY dev eth0",
            ("a1", "s1"),
        ),
        DockerFault(
            "sudo-refused",
            "The user may not become root",
            "sudo wants a password from the user",
            "`sudo -n true` ends with 1: a password is required",
            "give the user a NOPASSWD line in /etc/sudoers.d",
            ("a2", "s2", "s1"),
        ),
        DockerFault(
            "unit-stopped",
            "A service is stopped",
            "somebody stopped its unit; without -o unit= it is the host's K3s",
            "`systemctl is-active UNIT` says inactive; nothing starts it again before the next boot",
            "systemctl start UNIT",
            ("s2", "s1"),
            options={"unit": ""},
        ),
        DockerFault(
            "host-down",
            "A host is off",
            "its power is cut: no goodbye to open connections",
            "SSH does not answer; nodes on it become NotReady",
            "switch it on",
            ("s3", "s1"),
            means=PowerCut(),
        ),
        DockerFault(
            "host-frozen",
            "A host hangs",
            "all its processes stand still; its kernel still takes connections",
            "SSH connects and says nothing; commands that run never end",
            "nothing on the host: it does not answer",
            ("s3", "s1"),
            means=Frozen(),
        ),
        DockerFault(
            "link-lost",
            "The link to a host breaks in mid-command",
            "packets between it and this computer are dropped for some seconds: at once, or as soon as a process "
            "with the text `match` in its command line runs on the host",
            "the command's result is lost where the time is longer than a connection waits; it goes on on the host",
            "nothing: the link comes back",
            ("s2", "s1"),
            options={"match": "", "seconds": 20.0},
        ),
        DockerFault(
            "link-cut",
            "Two hosts do not reach each other",
            "packets between them are dropped, both ways; all other links stay",
            "they time out on each other; `iptables -S` shows the rules",
            "iptables -D INPUT -s OTHER -j DROP, and -D OUTPUT -d OTHER -j DROP",
            ("s2", "a1", "s1"),
            options={"with": ""},
        ),
        DockerFault(
            "packet-loss",
            "A link loses packets",
            "some of the packets that come in, and of those that go out, are dropped",
            "transfers are slow and uneven; `iptables -S` shows the rules",
            "iptables -D the two rules with `-m statistic`",
            ("s1",),
            options={"percent": 10.0},
        ),
        DockerFault(
            "slow-link",
            "The link to a host is slow",
            "every packet of the host takes half of the round-trip time each way",
            "each command takes at least two round trips",
            "nothing: a slow link is slow",
            ("s1",),
            options={"rtt_ms": 300.0, "jitter_ms": 0.0},
            means=SlowLink(),
        ),
    )
}
