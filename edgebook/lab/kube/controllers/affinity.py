"""Pods that want to be with others, or away from them.

Not nodes' labels as such; those are `placement`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edgebook.lab.kube.controllers.guests import Guest, Place
from edgebook.lab.kube.controllers.placement import Refusal
from edgebook.lab.kube.controllers.places import Places
from edgebook.lab.kube.controllers.tallies import Labels, Tally, Term, term
from edgebook.lab.kube.trees import Tree, dig

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
WITH, APART = "podAffinity", "podAntiAffinity"
NOT_WITH = Refusal(("node(s) didn't match pod affinity rules",), final=True)
NOT_APART = Refusal(("node(s) didn't match pod anti-affinity rules",))
NOT_WANTED = Refusal(("node(s) didn't satisfy existing pods anti-affinity rules",))
REQUIRED_WEIGHT = 1
"""What an existing pod's required affinity adds to a node's score; hardPodAffinityWeight's default."""

Found = Mapping[str, int]


def required(one: Guest, sort: str, spaces: Labels) -> list[Term]:
    """Return the terms a pod insists on."""
    return [term(item, one, spaces) for item in dig(one.terms, f"{sort}.{REQUIRED}", [])]


def preferred(one: Guest, sort: str, spaces: Labels) -> list[tuple[int, Term]]:
    """Return the terms a pod would like, with their weights."""
    wishes = dig(one.terms, f"{sort}.{PREFERRED}", [])
    return [(int(item["weight"]), term(item["podAffinityTerm"], one, spaces)) for item in wishes]


@dataclass(frozen=True)
class Neighbours:
    """What the affinities of one pod, and of those that are there, make of each node."""

    one: Guest
    together: Sequence[tuple[Term, Found]]
    apart: Sequence[tuple[Term, Found]]
    forbidden: frozenset[tuple[str, str]]
    lonely: bool
    worth: Mapping[tuple[str, str], int]

    def refuses(self, place: Place) -> Refusal | None:
        """Say what keeps a pod from a node, in the order of the real filter."""
        for item, found in self.together:
            value = place.labels.get(item.topology)
            if value is None or not (found.get(value) or self.lonely):
                return NOT_WITH
        if any(found.get(place.labels.get(item.topology, "")) for item, found in self.apart):
            return NOT_APART
        if any(place.labels.get(key) == value for key, value in self.forbidden):
            return NOT_WANTED
        return None

    def score(self, place: Place) -> int:
        """Return how much a node is liked; not yet between 0 and 100."""
        return sum(worth for (key, value), worth in self.worth.items() if place.labels.get(key) == value)


def neighbours(one: Guest, places: Places, spaces: Labels) -> Neighbours | None:
    """Weigh up a pod's affinities and those of others towards it; None when there are none."""
    if not one.terms and not places.with_terms:
        return None
    together, apart = required(one, WITH, spaces), required(one, APART, spaces)
    tally = places.tallies.of(together)
    founds = [(item, tally.by_value(places, item.topology)) for item in together]
    lonely = not any(any(found.values()) for _, found in founds) and all(item.finds(one) for item in together)
    others = [(item, places.tallies.of([item]).by_value(places, item.topology)) for item in apart]
    forbidden = frozenset(_forbidden(one, places, spaces))
    worth: dict[tuple[str, str], int] = {}
    for where, count in (*_own_wishes(one, places, spaces), *_others_wishes(one, places, spaces)):
        worth[where] = worth.get(where, 0) + count
    none = not (together or apart or forbidden or any(worth.values()))
    return None if none else Neighbours(one, founds, others, forbidden, lonely, worth)


def _values(places: Places, where: str, item: Term) -> Iterator[tuple[str, str]]:
    place = places.by_name.get(where)
    if place is not None and item.topology in place.labels:
        yield item.topology, place.labels[item.topology]


def _forbidden(one: Guest, places: Places, spaces: Labels) -> Iterator[tuple[str, str]]:
    for other, where in places.with_terms.values():
        for item in required(other, APART, spaces):
            if item.finds(one):
                yield from _values(places, where, item)


def _own_wishes(one: Guest, places: Places, spaces: Labels) -> Iterator[tuple[tuple[str, str], int]]:
    for sort, sign in ((WITH, 1), (APART, -1)):
        for weight, item in preferred(one, sort, spaces):
            tally: Tally = places.tallies.of([item])
            for value, count in tally.by_value(places, item.topology).items():
                yield (item.topology, value), sign * weight * count


def _others_wishes(one: Guest, places: Places, spaces: Labels) -> Iterator[tuple[tuple[str, str], int]]:
    for other, where in places.with_terms.values():
        wishes = [(REQUIRED_WEIGHT, item) for item in required(other, WITH, spaces)]
        wishes += preferred(other, WITH, spaces)
        wishes += [(-weight, item) for weight, item in preferred(other, APART, spaces)]
        for weight, item in wishes:
            if item.finds(one):
                yield from ((pair, weight) for pair in _values(places, where, item))


def namespaces_labels(items: list[Tree]) -> dict[str, dict[str, str]]:
    """Return the labels of namespaces by name."""
    return {item["metadata"]["name"]: dig(item, "metadata.labels", {}) for item in items}
