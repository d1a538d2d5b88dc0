"""Membership of an embedded etcd cluster: members, learners, quorum.

Not a database: what is stored lies in the cluster's object store.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

TOO_MANY_LEARNERS = "etcdserver: too many learner members in cluster"
UNHEALTHY = "etcdserver: unhealthy cluster"
NO_LEADER = "etcdserver: no leader"
TIMED_OUT = "etcdserver: request timed out"


class EtcdError(Exception):
    """What etcd answered, in its words."""


@dataclass
class Member:
    """One member: `name` is the node's name and eight random digits, as K3s makes it."""

    name: str
    address: str
    learner: bool = False

    @property
    def node(self) -> str:
        """The node this member runs on."""
        return self.name.rpartition("-")[0]

    @property
    def peer_url(self) -> str:
        """Where the other members reach it."""
        return f"https://{self.address}:2380"


@dataclass
class Membership:
    """The members by name, in the order they joined."""

    members: dict[str, Member] = field(default_factory=dict)

    @property
    def voters(self) -> tuple[Member, ...]:
        """The members that count for the quorum."""
        return tuple(member for member in self.members.values() if not member.learner)

    def has_quorum(self, alive: Collection[str]) -> bool:
        """Say whether more than half of the voters are among the members that are alive."""
        voters = self.voters
        return bool(voters) and 2 * sum(member.name in alive for member in voters) > len(voters)

    def start(self, name: str, address: str) -> Member:
        """Become the first member, which votes at once."""
        self.members = {name: Member(name, address)}
        return self.members[name]

    def add_learner(self, name: str, address: str, alive: Collection[str]) -> Member:
        """Add a member that does not vote yet; one at a time, and only while every voter is alive."""
        if name in self.members:
            return self.members[name]
        if any(member.learner for member in self.members.values()):
            raise EtcdError(TOO_MANY_LEARNERS)
        if any(member.name not in alive for member in self.voters):
            raise EtcdError(UNHEALTHY)
        self.members[name] = Member(name, address, learner=True)
        return self.members[name]

    def promote(self, name: str) -> None:
        """Let a learner vote."""
        self.members[name].learner = False

    def remove(self, node: str) -> tuple[str, ...]:
        """Remove the members of a node; return their names."""
        gone = tuple(name for name, member in self.members.items() if member.node == node)
        for name in gone:
            del self.members[name]
        return gone

    def shown(self) -> str:
        """List the members as K3s logs them."""
        return "[" + " ".join(f"{member.name}={member.peer_url}" for member in self.members.values()) + "]"
