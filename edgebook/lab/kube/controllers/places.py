"""All nodes as the scheduler sees them, with the pods that are on them or on their way.

Not a decision. Kept by what changes, so that a pod costs what it touches and not what there is.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgebook.lab.kube.controllers.guests import Guest, Place, guest
from edgebook.lab.kube.controllers.owned import ENDED
from edgebook.lab.kube.controllers.tallies import Tallies
from edgebook.lab.kube.trees import Tree, dig, name_of


class Places:
    """All nodes, kept up to date."""

    def __init__(self) -> None:
        self.by_name: dict[str, Place] = {}
        self.with_terms: dict[str, tuple[Guest, str]] = {}
        self.tallies = Tallies(self)
        self._where: dict[str, tuple[str, Guest]] = {}
        self.changes = 0
        """Grows when a node changes or a pod leaves: what did not fit may fit now."""

    def __iter__(self) -> Iterator[Place]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def keep_node(self, node: Tree) -> None:
        """Take a node in, or take note of its change."""
        place = self.by_name.get(name_of(node))
        if place is None:
            place = self.by_name[name_of(node)] = Place(node)
            for where, one in self._where.values():
                if where == place.name:
                    self._count(one, where, 1)
        else:
            place.take(node)
        self.changes += 1

    def drop_node(self, name: str) -> None:
        """Forget a node."""
        place = self.by_name.get(name)
        for one in tuple(place.guests.values()) if place else ():
            self._count(one, name, -1)
        self.by_name.pop(name, None)
        self.changes += 1

    def keep_pod(self, pod: Tree, node: str = "") -> None:
        """Take note of a pod; one that has ended takes no room."""
        uid, where = pod["metadata"]["uid"], node or str(dig(pod, "spec.nodeName", ""))
        known = self._where.get(uid)
        if not where or dig(pod, "status.phase") in ENDED:
            self.drop_pod(uid)
            return
        if known is not None and known[0] == where and not _other(known[1].pod, pod):
            return
        self.drop_pod(uid)
        one = guest(pod)
        self._where[uid] = (where, one)
        if one.terms:
            self.with_terms[uid] = (one, where)
        self._count(one, where, 1)

    def drop_pod(self, uid: str) -> None:
        """Forget a pod."""
        where, one = self._where.pop(uid, ("", None))
        self.with_terms.pop(uid, None)
        if one is None:
            return
        self._count(one, where, -1)
        self.changes += 1

    def think(self, one: Guest, where: str, *, there: bool) -> None:
        """Think a pod away, or back: to see what would be, never to leave it so."""
        self._count(one, where, 1 if there else -1)
        if one.terms and there:
            self.with_terms[one.uid] = (one, where)
        elif one.terms:
            self.with_terms.pop(one.uid, None)

    def _count(self, one: Guest, where: str, sign: int) -> None:
        if where in self.by_name:
            self.by_name[where].add(one, sign)
            self.tallies.count(one, where, sign)

    def where(self, uid: str) -> str:
        """Return the node a pod is counted on."""
        return self._where[uid][0] if uid in self._where else ""


def _other(old: Tree, new: Tree) -> bool:
    """Whether a change of a pod matters: its labels, what it asks for, or that it is going."""
    paths = ("metadata.labels", "spec.containers", "metadata.deletionTimestamp")
    return any(dig(old, path) != dig(new, path) for path in paths)
