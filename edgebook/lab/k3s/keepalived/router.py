"""One VRRP router and the election between those that hear each other.

Not a daemon: `daemon` lets time pass and writes what is said here to the journal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edgebook.lab.hosts.model import Address, Host
from edgebook.lab.k3s.keepalived.config import Instance, Script

KEY = "vrrp"
LOWEST, HIGHEST = 1, 254
ADVERTS_MISSED = 3
PRIORITIES = 256


@dataclass
class Tracked:
    """A script and how often in a row it has ended as it did."""

    script: Script
    good: bool = True
    streak: int = 0
    last_code: int | None = None

    def result(self, code: int) -> list[str]:
        """Take the script's exit code; return what keepalived says about it."""
        said = []
        if code != self.last_code and (self.last_code is not None or code):
            said.append(f"Script `{self.script.name}` now returning {code}")
        same = (code == 0) == (self.last_code == 0) and self.last_code is not None
        self.streak = self.streak + 1 if same else 1
        first, self.last_code = self.last_code is None, code
        needed = 1 if first else self.script.rise if code == 0 else self.script.fall
        if (code == 0) != self.good and self.streak >= needed:
            self.good = code == 0
            said.append(self._verdict(code))
        elif first and code == 0:
            said.append(self._verdict(code))
        return said

    def _verdict(self, code: int) -> str:
        return f"VRRP_Script({self.script.name}) " + (
            "succeeded" if code == 0 else f"failed (exited with status {code})"
        )


@dataclass(eq=False)
class Router:
    """One vrrp_instance on one host; `routers` are all that run anywhere, this one among them."""

    host: Host
    instance: Instance
    tracked: list[Tracked]
    routers: list[Router]
    say: Callable[[str], None]
    master: bool = False
    heard_at_s: float = 0.0
    shown: int = field(default=0)

    @property
    def priority(self) -> int:
        """The priority after the scripts' weights."""
        value = self.instance.priority
        for found in self.tracked:
            weight = found.script.weight
            if (weight < 0 and not found.good) or (weight > 0 and found.good):
                value += weight
        return max(LOWEST, min(HIGHEST, value))

    @property
    def faulty(self) -> bool:
        """Whether a script without a weight fails, which takes the router out of the election."""
        return any(not found.good and found.script.weight == 0 for found in self.tracked)

    @property
    def rank(self) -> tuple[int, tuple[int, ...]]:
        """What decides between two routers: the priority, then the address."""
        return self.priority, tuple(int(part) for part in self.host.node_ip.split("."))

    def hears(self, other: Router) -> bool:
        """Say whether an advertisement of another router arrives here."""
        if other is self or other.faulty or other.instance.router_id != self.instance.router_id:
            return False
        if self.instance.peers and other.host.node_ip not in self.instance.peers:
            return False
        if other.instance.peers and self.host.node_ip not in other.instance.peers:
            return False
        try:
            return self.host.world.network.route(other.host, self.host.node_ip) is self.host
        except OSError:
            return False

    def tick(self, now_s: float) -> None:
        """Take part in the election."""
        if self.priority != self.shown:
            if self.shown:
                self.say(f"({self.instance.name}) Changing effective priority from {self.shown} to {self.priority}")
            self.shown = self.priority
        if self.faulty:
            self._leave("FAULT")
            return
        others = [other for other in self.routers if self.hears(other)]
        better = [other for other in others if other.rank > self.rank]
        if self.master:
            self._yield(better)
        elif any(other.master for other in (others if not self.instance.preempt else better)):
            self.heard_at_s = now_s
        elif not better and now_s - self.heard_at_s >= self._patience_s():
            self._take()

    def _patience_s(self) -> float:
        advert_s = self.instance.advert_s
        return ADVERTS_MISSED * advert_s + advert_s * (PRIORITIES - self.priority) / PRIORITIES

    def _yield(self, better: list[Router]) -> None:
        winner = next((other for other in better if other.master), None)
        if winner is not None:
            name, ip = self.instance.name, winner.host.node_ip
            priorities = f"{winner.priority}, ours {self.priority}"
            self.say(f"({name}) Master received advert from {ip} with higher priority {priorities}")
            self._leave("BACKUP")

    def _take(self) -> None:
        name, interface = self.instance.name, self.instance.interface
        self.say(f"({name}) Entering MASTER STATE")
        self.master = True
        for ip, prefix in self.instance.addresses:
            self.say(f"({name}) Sending/queueing gratuitous ARPs on {interface} for {ip}")
            self.host.add_address(Address(interface, ip, prefix, secondary=True))
        # The first advertisement goes out at once: another master that hears it does not wait for its own turn.
        for other in self.routers:
            if other.master and other.hears(self) and self.rank > other.rank:
                other._yield([self])  # noqa: SLF001 (the same class)

    def _leave(self, state: str) -> None:
        if self.master:
            self.say(f"({self.instance.name}) Entering {state} STATE")
        self.master = False
        for ip, _ in self.instance.addresses:
            if any(address.ip == ip and address.secondary for address in self.host.addresses):
                self.host.remove_address(ip)

    def close(self) -> None:
        """Give the address up and tell the others at once, as the last advertisement with priority 0 does."""
        was_master = self.master
        self._leave("BACKUP")
        if self in self.routers:
            self.routers.remove(self)
        if was_master:
            self.say(f"({self.instance.name}) sent 0 priority")
            for other in self.routers:
                other.heard_at_s -= ADVERTS_MISSED * other.instance.advert_s
