"""A pod and a node as the scheduler sees them: what one asks for, and what the other has left.

Not the nodes together; those are `places`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from edgebook.lab.kube.controllers.placement import Refusal
from edgebook.lab.kube.quantities import amount
from edgebook.lab.kube.trees import Tree, dig, labels_of, name_of, namespace_of, owners_of

Amounts = dict[str, int]
Port = tuple[str, str, int]
LEAST_CPU, LEAST_MEMORY = 100, 200 << 20
"""What a pod that asks for nothing counts for when nodes are compared; the scheduler's DefaultMilliCPURequest."""

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - compared, not bound
SPREAD_OWNERS = ("ReplicaSet", "ReplicationController", "StatefulSet")
ORDER = ("pods", "cpu", "memory", "ephemeral-storage")


@lru_cache(maxsize=4096)
def units(name: str, text: str) -> int:
    """Read an amount as the scheduler counts it: millicores for processors, else whole units, rounded up."""
    return -int(-(amount(text) * (1000 if name == "cpu" else 1)) // 1)


def _amounts(tree: Tree) -> Amounts:
    return {name: units(name, str(text)) for name, text in tree.items()}


def asked(spec: Tree) -> Amounts:
    """Return what a pod asks for: its containers together, or its hungriest start, and its overhead."""
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _amounts(dig(container, "resources.requests", {})))
    beside, most = dict[str, int](), dict[str, int]()
    for container in spec.get("initContainers") or ():
        own = _amounts(dig(container, "resources.requests", {}))
        if container.get("restartPolicy") == "Always":
            _add(total, own)
            _add(beside, own)
            own = beside
        else:
            own = {name: own.get(name, 0) + beside.get(name, 0) for name in {*own, *beside}}
        most = {name: max(most.get(name, 0), own.get(name, 0)) for name in {*most, *own}}
    total = {name: max(total.get(name, 0), most.get(name, 0)) for name in {*total, *most}}
    _add(total, _amounts(spec.get("overhead") or {}))
    return {name: total[name] for name in sorted(total) if total[name]}


def _add(total: Amounts, more: Amounts, sign: int = 1) -> None:
    for name, count in more.items():
        total[name] = total.get(name, 0) + sign * count


def ports(spec: Tree) -> frozenset[Port]:
    """Return the host's ports that a pod wants."""
    found = (item for container in spec.get("containers") or () for item in container.get("ports") or ())
    return frozenset(
        (item.get("hostIP") or ANY_ADDRESS, item.get("protocol", "TCP"), item["hostPort"])
        for item in found
        if item.get("hostPort")
    )


def clash(one: Iterable[Port], other: Iterable[Port]) -> bool:
    """Whether two pods want the same port."""
    return any(
        a[1:] == b[1:] and (a[0] == b[0] or ANY_ADDRESS in (a[0], b[0])) for a in one for b in other
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Guest:
    """A pod as the scheduler needs it."""

    pod: Tree
    uid: str
    namespace: str
    labels: dict[str, str]
    asked: Amounts
    ports: frozenset[Port]
    priority: int
    family: str
    terms: Tree

    @property
    def name(self) -> str:
        """The pod's name."""
        return name_of(self.pod)

    @property
    def leaving(self) -> bool:
        """Whether the pod is being deleted."""
        return dig(self.pod, "metadata.deletionTimestamp") is not None


def guest(pod: Tree) -> Guest:
    """Read a pod."""
    spec = pod["spec"]
    owner = next((item for item in owners_of(pod) if item.get("controller")), {})
    family = owner["uid"] if owner.get("kind") in SPREAD_OWNERS else ""
    affinity = spec.get("affinity") or {}
    terms = {key: affinity[key] for key in ("podAffinity", "podAntiAffinity") if affinity.get(key)}
    priority = int(spec.get("priority") or 0)
    place, labels = namespace_of(pod), labels_of(pod)
    return Guest(pod, pod["metadata"]["uid"], place, labels, asked(spec), ports(spec), priority, family, terms)


@dataclass(eq=False)
class Place:
    """A node and its pods."""

    node: Tree
    guests: dict[str, Guest] = field(default_factory=dict)
    used: Amounts = field(default_factory=dict)
    weight: Amounts = field(default_factory=lambda: {"cpu": 0, "memory": 0})
    families: dict[str, int] = field(default_factory=dict)
    touched: int = 0

    def __post_init__(self) -> None:
        self.take(self.node)

    def take(self, node: Tree) -> None:
        """Read the node as it is now."""
        self.node, self.name, self.labels = node, name_of(node), labels_of(node)
        self.has = _amounts(dig(node, "status.allocatable", {}))
        self.touched += 1

    def add(self, one: Guest, sign: int = 1) -> None:
        """Count a pod, or with -1 no longer."""
        if sign > 0:
            self.guests[one.uid] = one
        else:
            self.guests.pop(one.uid, None)
        _add(self.used, one.asked, sign)
        self.weight["cpu"] += sign * one.asked.get("cpu", LEAST_CPU)
        self.weight["memory"] += sign * one.asked.get("memory", LEAST_MEMORY)
        if one.family:
            self.families[one.family] = self.families.get(one.family, 0) + sign
        self.touched += 1

    def refuses(self, one: Guest) -> Refusal | None:
        """Say what a pod lacks here: ports and amounts, as NodePorts and NodeResourcesFit do."""
        if one.ports and any(clash(one.ports, other.ports) for other in self.guests.values()):
            return Refusal(("node(s) didn't have free ports for the requested pod ports",))
        short = ["Too many pods"] if len(self.guests) >= self.has.get("pods", 0) else []
        for name, count in one.asked.items():
            if count > self.has.get(name, 0) - self.used.get(name, 0):
                short.append(f"Insufficient {name}")
        return Refusal(tuple(short)) if short else None

    def room(self, one: Guest) -> int:
        """Return how good a choice the node is by what would be left: 0 to 200, as LeastAllocated and Balanced add."""
        free, shares = 0, []
        for name, least in (("cpu", LEAST_CPU), ("memory", LEAST_MEMORY)):
            have = self.has.get(name, 0)
            want = self.weight[name] + one.asked.get(name, least)
            free += (have - want) * 100 // have if have >= want > 0 else 0
            used = self.used.get(name, 0) + one.asked.get(name, 0)
            shares.append(min(1.0, used / have) if have else 1.0)
        return free // 2 + int(100 * (1 - abs(shares[0] - shares[1]) / 2))
