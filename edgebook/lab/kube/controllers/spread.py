"""Topology spread: how evenly the pods of a selector lie over the parts of a site.

Not anti-affinity, which knows only none or some.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from edgebook.lab.kube.controllers.guests import Guest, Place
from edgebook.lab.kube.controllers.placement import Refusal, selected, untolerated
from edgebook.lab.kube.controllers.places import Places
from edgebook.lab.kube.controllers.tallies import Term, narrowed
from edgebook.lab.kube.trees import Tree

UNEVEN = Refusal(("node(s) didn't match pod topology spread constraints",))
UNLABELLED = Refusal(("node(s) didn't match pod topology spread constraints (missing required label)",), final=True)
BOUND, ANYWAY = "DoNotSchedule", "ScheduleAnyway"
DEFAULTS: tuple[Tree, ...] = (
    {"maxSkew": 3, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": ANYWAY},
    {"maxSkew": 5, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": ANYWAY},
)
"""What a replica set's pods are held to when they say nothing; the scheduler's systemDefaultConstraints."""


@dataclass(frozen=True)
class Constraint:
    """One rule of a pod, and how many pods it finds in each part of the site."""

    topology: str
    skew: int
    found: Mapping[str, int]
    least: int
    """The fewest pods in a part, or none while there are fewer parts than there must be."""
    itself: int


@dataclass(frozen=True)
class Spread:
    """The rules of one pod."""

    bound: tuple[Constraint, ...]
    soft: tuple[Constraint, ...]
    everywhere: bool
    """Whether a node must have all the labels to be scored."""

    def refuses(self, place: Place) -> Refusal | None:
        """Say whether a node would be too full, against the emptiest part."""
        for rule in self.bound:
            value = place.labels.get(rule.topology)
            if value is None:
                return UNLABELLED
            if rule.found.get(value, 0) + rule.itself - rule.least > rule.skew:
                return UNEVEN
        return None

    def scores(self, places: list[Place]) -> list[int]:
        """Return 0 to 100 for each node: fewer pods of the selector, better; podtopologyspread/scoring.go."""
        if not self.soft:
            return [0] * len(places)
        sizes = [len({place.labels.get(rule.topology) for place in places}) for rule in self.soft]
        raw = [self._raw(place, sizes) for place in places]
        seen = [score for score in raw if score is not None]
        most, least = max(seen, default=0), min(seen, default=0)
        if not most:
            return [0 if score is None else 100 for score in raw]
        return [0 if score is None else 100 * (most + least - score) // most for score in raw]

    def _raw(self, place: Place, sizes: list[int]) -> int | None:
        if self.everywhere and any(rule.topology not in place.labels for rule in self.soft):
            return None
        total = 0.0
        for rule, size in zip(self.soft, sizes, strict=True):
            if rule.topology in place.labels:
                count = rule.found.get(place.labels[rule.topology], 0)
                total += count * math.log(size + 2) + rule.skew - 1
        return round(total)


def spread(one: Guest, places: Places, family: Tree | None) -> Spread | None:
    """Read a pod's rules, or those of its family's selector; None when there are none."""
    rules = one.pod["spec"].get("topologySpreadConstraints") or []
    own = bool(rules)
    if not rules and family is not None:
        rules = [{**rule, "labelSelector": family} for rule in DEFAULTS]
    if not rules:
        return None
    found = {sort: [rule for rule in rules if rule.get("whenUnsatisfiable", BOUND) == sort] for sort in (BOUND, ANYWAY)}
    bound, soft = (tuple(_constraint(rule, found[sort], one, places) for rule in found[sort]) for sort in found)
    return Spread(bound, soft, everywhere=own)


def _constraint(rule: Tree, kin: list[Tree], one: Guest, places: Places) -> Constraint:
    term = Term(rule["topologyKey"], narrowed(rule, one), frozenset((one.namespace,)), staying=True)
    tally, keys = places.tallies.of([term]), [item["topologyKey"] for item in kin]
    spec = one.pod["spec"]
    asks = bool(spec.get("nodeSelector") or (spec.get("affinity") or {}).get("nodeAffinity"))
    counted: list[Place] = []
    for place in places:
        if any(key not in place.labels for key in keys) and rule.get("whenUnsatisfiable", BOUND) == BOUND:
            continue
        if asks and rule.get("nodeAffinityPolicy", "Honor") == "Honor" and not selected(place.node, spec):
            continue
        if rule.get("nodeTaintsPolicy", "Ignore") == "Honor" and untolerated(place.node, spec.get("tolerations") or []):
            continue
        counted.append(place)
    found = tally.by_value(counted, term.topology)
    least = min(found.values(), default=0) if len(found) >= (rule.get("minDomains") or 1) else 0
    return Constraint(term.topology, rule["maxSkew"], found, least, int(term.finds(one)))
