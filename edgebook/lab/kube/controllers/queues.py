"""Nodes for many like pods: a heap, so that a thousand pods do not look at every node a thousand times.

Not for pods whose place depends on where others are; those look around anew.
"""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass, field

from edgebook.lab.kube.controllers.guests import Guest, Place
from edgebook.lab.kube.controllers.outlook import Outlook
from edgebook.lab.kube.controllers.placement import refusal, unwelcome
from edgebook.lab.kube.controllers.places import Places
from edgebook.lab.kube.trees import dig

Rank = tuple[int, int, int, int, str]


def likeness(one: Guest) -> str:
    """Return what is the same for pods that every node treats alike."""
    spec = one.pod["spec"]
    told = (spec.get("nodeSelector"), dig(spec, "affinity.nodeAffinity"), spec.get("tolerations"))
    return json.dumps([one.namespace, one.family, one.priority, one.asked, sorted(one.ports), told], sort_keys=True)


def rank(place: Place, one: Guest) -> Rank:
    """Order nodes: unwelcoming taints last, few of the pod's kin first, then most room, fewest pods, and by name."""
    kin = place.families.get(one.family, 0)
    return unwelcome(place.node, one.pod["spec"]), kin, -place.room(one), len(place.guests), place.name


@dataclass
class Queue:
    """The nodes that take a likeness of pods, the best first."""

    changes: int
    heap: list[tuple[Rank, int]] = field(default_factory=list)
    looked: int = 0
    """How many times a node was looked at: what a pod costs."""

    def best(self, view: Outlook, places: Places) -> Place | None:
        """Take the best node that has room; None when none has."""
        while self.heap:
            ranked, touched = self.heap[0]
            place = places.by_name[ranked[-1]]
            self.looked += 1
            if place.touched != touched:
                heapq.heapreplace(self.heap, (rank(place, view.one), place.touched))
                continue
            if view.refuses(place) is None:
                return place
            heapq.heappop(self.heap)
        return None


def queue(view: Outlook, places: Places) -> Queue:
    """Look at every node once."""
    fresh = Queue(places.changes)
    for place in places:
        fresh.looked += 1
        if refusal(place.node, view.one.pod) is None:
            fresh.heap.append((rank(place, view.one), place.touched))
    heapq.heapify(fresh.heap)
    return fresh
