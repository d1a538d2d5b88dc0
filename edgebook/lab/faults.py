"""The faults a practice site can have: each injected at its cause, so that the symptoms follow.

Not the symptoms: nothing here makes a command lie.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edgebook.errors import LabError
from edgebook.lab import causes
from edgebook.lab.causes import K3S_BINARY, LOCAL_FLAGS, OLD_BACKUP, OLD_TOKEN, Grip, Injected, Options, Value
from edgebook.lab.hosts.model import Host


@dataclass(frozen=True)
class Fault:
    """One entry of the catalogue.

    `targets` are the hosts it goes to when none is named: the first that the site has. `options`
    are the defaults of what may be said with it.
    """

    id: str
    title: str
    cause: str
    symptoms: str
    mend: str
    targets: tuple[str, ...]
    inject: Callable[[Grip, Options], Injected] = field(repr=False)
    options: Options = field(default_factory=dict)

    def target(self, hosts: Mapping[str, Host], wanted: str = "") -> Host:
        """Return the host it goes to; raise `LabError` naming the hosts there are."""
        for name in (wanted,) if wanted else self.targets:
            if name in hosts:
                return hosts[name]
        raise LabError(f"{self.id}: no host {wanted or ' or '.join(self.targets)} here; there are {', '.join(hosts)}")

    def with_options(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """Merge options with the defaults, as numbers where those are; raise `LabError` for one it does not take."""
        unknown = sorted(set(given) - set(self.options))
        if unknown:
            takes = ", ".join(self.options) or "none"
            raise LabError(f"{self.id} takes no option {', '.join(unknown)}; it takes {takes}")
        return {**self.options, **{name: _like(self.options[name], name, value) for name, value in given.items()}}


def _like(default: Value, name: str, value: Value) -> Value:
    if isinstance(default, str):
        return str(value)
    try:
        return float(value)
    except ValueError as exc:
        raise LabError(f"option {name} is a number, not {value!r}") from exc


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
            {"port": 6443.0},
        ),
        Fault(
            "wrong-token",
            "A host still has another cluster's token",
            f"the drop-in {OLD_TOKEN} sets another token",
            "the host cannot join; its journal says that the token is not valid or authorized",
            f"rm {OLD_TOKEN}",
            ("s2", "a1"),
            causes.wrong_token,
            {"token": "0f0e0d0c0b0a09080706050403020100"},
        ),
        Fault(
            "version-mismatch",
            "A host has a K3s of another minor version",
            f"{K3S_BINARY} of another version lies on the host",
            "`k3s --version` differs from the plan",
            f"rm {K3S_BINARY}, or let the runbook install the planned version",
            ("a1", "s2", "s1"),
            causes.version_mismatch,
            {"version": "v1.30.4+k3s1"},
        ),
        Fault(
            "critical-flags-differ",
            "A server has a local setting that all servers must share",
            f"the drop-in {LOCAL_FLAGS} sets another flannel-backend",
            "the server cannot join: critical configuration value mismatch",
            f"rm {LOCAL_FLAGS}",
            ("s2",),
            causes.critical_flags,
            {"backend": "host-gw"},
        ),
        Fault(
            "duplicate-hostname",
            "Two hosts have the same hostname",
            "/etc/hostname of a host holds another host's name",
            "`uname -n` is the same on both; the second cannot register its node",
            "write the host's own name into /etc/hostname",
            ("a2", "s2"),
            causes.duplicate_hostname,
            {"like": ""},
        ),
        Fault(
            "clock-skew",
            "A host's clock is wrong",
            "the clock is ahead, and no time server corrects it",
            "`date` differs from the other hosts; NTPSynchronized is no; certificates seem not yet valid, or expired",
            "give the host a time server, or set its clock",
            ("a1", "s2", "s1"),
            causes.clock_skew,
            {"seconds": 300.0},
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
            "host-down",
            "A host is off",
            "its power is cut",
            "SSH is refused; nodes on it become NotReady",
            "switch it on",
            ("s3", "s1"),
            causes.host_down,
        ),
        Fault(
            "link-lost",
            "The SSH link breaks in mid-command",
            "when the Nth command begins, or one with a text in it, all connections break for some real seconds",
            "the command's result is lost, but it goes on on the host",
            "nothing: the link comes back",
            ("s2", "s1"),
            causes.link_lost,
            {"command": 1.0, "match": "", "seconds": 3.0},
        ),
        Fault(
            "slow-link",
            "The SSH link is slow",
            "every byte takes half of the round-trip time each way",
            "each command takes at least two round trips",
            "nothing: a slow link is slow",
            ("s1",),
            causes.slow_link,
            {"rtt_ms": 300.0},
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
        fault = known(fault_id)
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


def known(fault_id: str) -> Fault:
    """Return a fault of the catalogue; raise `LabError` naming those there are."""
    if fault_id not in FAULTS:
        raise LabError(f"no fault is called {fault_id!r}", hint=f"one of {', '.join(FAULTS)}")
    return FAULTS[fault_id]
