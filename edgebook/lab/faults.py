"""The faults a practice site can have: each injected at its cause, so that the symptoms follow.

Not the symptoms: nothing here makes a command lie.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edgebook.lab import causes
from edgebook.lab.catalogue import Entry, Options, known
from edgebook.lab.causes import K3S_BINARY, LOCAL_FLAGS, OLD_BACKUP, OLD_TOKEN, Grip, Injected
from edgebook.lab.hosts.model import Host


@dataclass(frozen=True)
class Fault(Entry):
    """One entry of this catalogue: `inject` puts it in."""

    inject: Callable[[Grip, Options], Injected] = field(repr=False)

    def target(self, hosts: Mapping[str, Host], wanted: str = "") -> Host:
        """Return the host it goes to; raise `LabError` naming the hosts there are."""
        return hosts[self.target_name(hosts, wanted)]


FAULTS: dict[str, Fault] = {
    fault.id: fault
    for fault in (
        Fault(
            "port-closed",
            "A firewall drops the API port",
            "a rule at the top of INPUT drops TCP 6443 on a server",
            "other hosts time out on https://SERVER:6443; `iptables -S` on it shows the rule",
            "iptables -D INPUT -p tcp -m tcp --dport 6443 -j DROP",
            ("s1",),
            causes.port_closed,
            options={"port": 6443.0},
        ),
        Fault(
            "wrong-token",
            "A host still has another cluster's token",
            f"the drop-in {OLD_TOKEN} sets another token",
            "the host cannot join; its journal says that the token is not valid or authorized",
            f"rm {OLD_TOKEN}",
            ("s2", "a1"),
            causes.wrong_token,
            options={"token": "0f0e0d0c0b0a09080706050403020100"},
        ),
        Fault(
            "version-mismatch",
            "A host has a K3s of another minor version",
            f"{K3S_BINARY} of another version lies on the host",
            "`k3s --version` differs from the plan",
            f"rm {K3S_BINARY}, or let the runbook install the planned version",
            ("a1", "s2", "s1"),
            causes.version_mismatch,
            options={"version": "v1.30.4+k3s1"},
        ),
        Fault(
            "critical-flags-differ",
            "A server has a local setting that all servers must share",
            f"the drop-in {LOCAL_FLAGS} sets another flannel-backend",
            "the server cannot join: critical configuration value mismatch",
            f"rm {LOCAL_FLAGS}",
            ("s2",),
            causes.critical_flags,
            options={"backend": "host-gw"},
        ),
        Fault(
            "duplicate-hostname",
            "Two hosts have the same hostname",
            "/etc/hostname of a host holds another host's name",
            "`uname -n` is the same on both; the second cannot register its node",
            "write the host's own name into /etc/hostname",
            ("a2", "s2"),
            causes.duplicate_hostname,
            options={"like": ""},
        ),
        Fault(
            "clock-skew",
            "A host's clock is wrong",
            "the clock is ahead, and no time server corrects it",
            "`date` differs from the other hosts; NTPSynchronized is no; certificates seem not yet valid, or expired",
            "give the host a time server, or set its clock",
            ("a1", "s2", "s1"),
            causes.clock_skew,
            options={"seconds": 300.0},
        ),
        Fault(
            "disk-full",
            "The disk for /var/lib is full",
            f"an old image, {OLD_BACKUP}, takes all that was left",
            "`df /var/lib` shows 100%; writes fail with: No space left on device",
            f"rm {OLD_BACKUP}",
            ("s3", "s1"),
            causes.disk_full,
        ),
        Fault(
            "read-only-path",
            "A folder cannot be written",
            "the disk below it is read-only, as a kernel makes a failing one",
            "writes fail with: Read-only file system",
            "mount -o remount,rw the disk",
            ("s3", "s1"),
            causes.read_only,
            options={"path": "/var/lib/rancher"},
        ),
        Fault(
            "no-default-route",
            "A host has no default route",
            "the route over the gateway is gone",
            "`ip route show default` is empty; K3s cannot choose its address and the Internet is out of reach",
            "ip route add default via 10.20.0.1 dev eth0",
            ("a1", "s1"),
            causes.no_default_route,
        ),
        Fault(
            "sudo-refused",
            "The user may not become root",
            "sudo wants a password from the user",
            "`sudo -n true` ends with 1: a password is required",
            "give the user a NOPASSWD line in /etc/sudoers.d",
            ("a2", "s2", "s1"),
            causes.sudo_refused,
        ),
        Fault(
            "unit-stopped",
            "A service is stopped",
            "somebody stopped its unit; without -o unit= it is the host's K3s",
            "`systemctl is-active UNIT` says inactive; nothing starts it again before the next boot",
            "systemctl start UNIT",
            ("s2", "s1"),
            causes.unit_stopped,
            options={"unit": ""},
        ),
        Fault(
            "host-down",
            "A host is off",
            "its power is cut",
            "SSH is refused; nodes on it become NotReady",
            "switch it on",
            ("s3", "s1"),
            causes.host_down,
        ),
        Fault(
            "host-frozen",
            "A host hangs",
            "nothing of what its programs do leaves it",
            "SSH connects and says nothing; other hosts time out on it; nodes on it become NotReady",
            "nothing on the host: it does not answer",
            ("s3", "s1"),
            causes.host_frozen,
        ),
        Fault(
            "link-lost",
            "The SSH link breaks in mid-command",
            "when the Nth command begins, or one with a text in it, all connections break for some real seconds",
            "the command's result is lost, but it goes on on the host",
            "nothing: the link comes back",
            ("s2", "s1"),
            causes.link_lost,
            options={"command": 1.0, "match": "", "seconds": 3.0},
        ),
        Fault(
            "link-cut",
            "Two hosts do not reach each other",
            "packets between them are dropped, both ways; all other links stay",
            "they time out on each other; `iptables -S` shows the rules",
            "iptables -D INPUT -s OTHER -j DROP, and -D OUTPUT -d OTHER -j DROP",
            ("s2", "a1", "s1"),
            causes.link_cut,
            options={"with": ""},
        ),
        Fault(
            "slow-link",
            "The SSH link is slow",
            "every byte takes half of the round-trip time each way",
            "each command takes at least two round trips",
            "nothing: a slow link is slow",
            ("s1",),
            causes.slow_link,
            options={"rtt_ms": 300.0},
        ),
    )
}


class Broken:
    """The faults that are in now."""

    def __init__(self) -> None:
        self._active: dict[tuple[str, str], Injected] = {}

    def inject(
        self,
        fault_id: str,
        grip_of: Callable[[Host], Grip],
        hosts: Mapping[str, Host],
        *,
        target: str = "",
        options: Options | None = None,
    ) -> str:
        """Put a fault in; return the host it went to. The same again is once."""
        fault = known(FAULTS, fault_id)
        host = fault.target(hosts, target)
        chosen = fault.with_options(options or {})
        self.heal(fault_id, host.name)
        self._active[fault_id, host.name] = fault.inject(grip_of(host), chosen)
        return host.name

    def heal(self, fault_id: str = "", target: str = "") -> list[tuple[str, str]]:
        """Take out the faults that match, all of them without arguments; return which, as (id, host)."""
        found = [key for key in self._active if fault_id in ("", key[0]) and target in ("", key[1])]
        for key in found:
            self._active.pop(key).undo()
        return found

    def present(self) -> list[tuple[str, str]]:
        """Return the faults that nobody has mended yet, as (id, host)."""
        return sorted(key for key, injected in self._active.items() if injected.present())
