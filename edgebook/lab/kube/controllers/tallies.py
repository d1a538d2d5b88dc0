"""How many pods a selector finds on each node, kept while pods come and go.

Not the objects of a list: only what affinities and spreading ask again and again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from edgebook.lab.kube.controllers.guests import Guest, Place
from edgebook.lab.kube.selectors import object_test
from edgebook.lab.kube.trees import Tree, labels_of

KEPT = 64
Labels = Mapping[str, Mapping[str, str]]
"""The labels of every namespace."""


@dataclass(frozen=True)
class Term:
    """Whom a rule is about, and over which part of the site it counts."""

    topology: str
    selector: Tree | None
    namespaces: frozenset[str] | None
    staying: bool = False
    """Whether pods that are being deleted are left out."""

    @property
    def key(self) -> str:
        """Tell terms apart that find other pods."""
        where = sorted(self.namespaces) if self.namespaces is not None else None
        return json.dumps([self.selector, where, self.staying], sort_keys=True)

    def finds(self, one: Guest) -> bool:
        """Whether a pod is meant."""
        if self.namespaces is not None and one.namespace not in self.namespaces:
            return False
        return not (self.staying and one.leaving) and object_test(self.selector)(one.pod)


def term(item: Tree, one: Guest, spaces: Labels) -> Term:
    """Read a term of a pod's affinity; its namespaces are the pod's own unless it says others."""
    names = set(item.get("namespaces") or ())
    wanted = item.get("namespaceSelector")
    if wanted is not None and not wanted:
        return Term(item["topologyKey"], narrowed(item, one), None)
    if wanted:
        test = object_test(wanted)
        names |= {name for name, labels in spaces.items() if test({"metadata": {"labels": dict(labels)}})}
    elif not names:
        names = {one.namespace}
    return Term(item["topologyKey"], narrowed(item, one), frozenset(names))


def narrowed(item: Tree, one: Guest) -> Tree | None:
    """Return a term's selector with what `matchLabelKeys` and `mismatchLabelKeys` add from the pod."""
    selector: Tree | None = item.get("labelSelector")
    keys = [(key, "In") for key in item.get("matchLabelKeys") or ()]
    keys += [(key, "NotIn") for key in item.get("mismatchLabelKeys") or ()]
    more = [
        {"key": key, "operator": operator, "values": [labels_of(one.pod)[key]]}
        for key, operator in keys
        if key in labels_of(one.pod)
    ]
    if selector is None or not more:
        return selector
    return {**selector, "matchExpressions": [*(selector.get("matchExpressions") or ()), *more]}


@dataclass
class Tally:
    """How many pods of all the terms are on each node."""

    finds: Callable[[Guest], bool]
    by_node: dict[str, int] = field(default_factory=dict)

    def count(self, one: Guest, node: str, sign: int) -> None:
        """Take note of a pod that comes or goes."""
        if self.finds(one):
            self.by_node[node] = self.by_node.get(node, 0) + sign

    def by_value(self, places: Iterable[Place], topology: str) -> dict[str, int]:
        """Add the nodes up by the value of a label; those without it are left out."""
        total: dict[str, int] = {}
        for place in places:
            value = place.labels.get(topology)
            if value is not None:
                total[value] = total.get(value, 0) + self.by_node.get(place.name, 0)
        return total


@dataclass
class Tallies:
    """The tallies in use, counted once and then kept."""

    places: Iterable[Place]
    _kept: dict[str, Tally] = field(default_factory=dict)

    def of(self, terms: Sequence[Term]) -> Tally:
        """Return the tally of the pods that all terms find."""
        key = "".join(item.key for item in terms)
        found = self._kept.pop(key, None)
        if found is None:
            found = Tally(lambda one: all(item.finds(one) for item in terms))
            for place in self.places:
                for one in place.guests.values():
                    found.count(one, place.name, 1)
        self._kept[key] = found
        if len(self._kept) > KEPT:
            self._kept.pop(next(iter(self._kept)))
        return found

    def count(self, one: Guest, node: str, sign: int) -> None:
        """Take note of a pod that comes or goes."""
        for tally in self._kept.values():
            tally.count(one, node, sign)
