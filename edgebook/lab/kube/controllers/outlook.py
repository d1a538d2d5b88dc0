"""What one pod would find on each node: whether it may go there, and how good a choice that is.

Not the choice, and nothing of the next pod.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgebook.lab.kube.controllers import affinity, claims, placement
from edgebook.lab.kube.controllers.affinity import Neighbours
from edgebook.lab.kube.controllers.claims import Needs
from edgebook.lab.kube.controllers.guests import Guest, Place
from edgebook.lab.kube.controllers.placement import Refusal
from edgebook.lab.kube.controllers.places import Places
from edgebook.lab.kube.controllers.spread import Spread, spread
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, namespace_of, owners_of

TAINTS, NODES, PODS, SPREAD = 3, 2, 2, 2
"""How much the scheduler's plugins count against each other; apis/config/v1/default_plugins.go."""

Nominees = dict[str, dict[str, Guest]]
"""Pods that wait on a node for others to go, by node and uid."""


@dataclass(frozen=True)
class Outlook:
    """One pod, and all that its rules say of where it may go."""

    one: Guest
    needs: Needs | None
    spread: Spread | None
    neighbours: Neighbours | None
    nominees: Nominees

    plain: bool = False
    """Whether nodes differ for the pod only by what is left on them."""

    def refuses(self, place: Place) -> Refusal | None:
        """Say why a node does not do, by the first filter that refuses it."""
        found = placement.refusal(place.node, self.one.pod) or self._with_nominees(place)
        if found is None and self.needs is not None:
            found = self.needs.refuses(place)
        if found is None and self.spread is not None:
            found = self.spread.refuses(place)
        if found is None and self.neighbours is not None:
            found = self.neighbours.refuses(place)
        return found

    def _with_nominees(self, place: Place) -> Refusal | None:
        """Leave room for pods of as much weight that wait here for others to go."""
        waiting = [one for one in self.nominees.get(place.name, {}).values()
                   if one.priority >= self.one.priority and one.uid != self.one.uid]  # fmt: skip
        for one in waiting:
            place.add(one)
        found = place.refuses(self.one)
        for one in waiting:
            place.add(one, -1)
        return found

    def scores(self, places: Sequence[Place]) -> list[int]:
        """Return how good each of some nodes is; more is better."""
        spec, rows = self.one.pod["spec"], list(places)
        taints = _normal([placement.unwelcome(place.node, spec) for place in rows], reverse=True)
        nodes = _normal([placement.liked(place.node, spec) for place in rows])
        pods = _between([self.neighbours.score(place) for place in rows] if self.neighbours else [0] * len(rows))
        even = self.spread.scores(rows) if self.spread is not None else [0] * len(rows)
        rooms = [place.room(self.one) for place in rows]
        parts = zip(taints, nodes, pods, even, rooms, strict=True)
        return [TAINTS * a + NODES * b + PODS * c + SPREAD * d + room for a, b, c, d, room in parts]


def _normal(raw: list[int], *, reverse: bool = False) -> list[int]:
    """Bring scores between 0 and 100; the scheduler's DefaultNormalizeScore."""
    most = max(raw, default=0)
    if not most:
        return [100 if reverse else 0] * len(raw)
    return [100 - 100 * item // most if reverse else 100 * item // most for item in raw]


def _between(raw: list[int]) -> list[int]:
    """Bring scores that may be negative between 0 and 100."""
    least, most = min(raw, default=0), max(raw, default=0)
    return [100 * (item - least) // (most - least) if most > least else 0 for item in raw]


def outlook(store: Store, places: Places, one: Guest, nominees: Nominees, *, wants: Needs | None = None) -> Outlook:
    """Gather the rules of a pod, and of others towards it."""
    spaces = {}
    if one.terms or places.with_terms:
        spaces = affinity.namespaces_labels([item.obj for item in store.items(store.scope("namespaces"))])
    around = affinity.neighbours(one, places, spaces)
    wants, spec = wants or claims.needs(store, one.pod), one.pod["spec"]
    own = spec.get("topologySpreadConstraints") or dig(spec, placement.PREFERRED)
    plain = not own and wants is None and around is None
    even = None if plain else spread(one, places, _family(store, one.pod) if one.family else None)
    return Outlook(one, wants, even, around, nominees, plain=plain)


def _family(store: Store, pod: Tree) -> Tree | None:
    """Return the selector of the set a pod is of."""
    owner = next(item for item in owners_of(pod) if item.get("controller"))
    kind = store.registry.of(str(owner["apiVersion"]), str(owner["kind"]))
    item = store.item(kind, owner["name"], namespace_of(pod)) if kind else None
    selector = dig(item.obj, "spec.selector") if item else None
    return {"matchLabels": selector} if selector and owner["kind"] == "ReplicationController" else selector
