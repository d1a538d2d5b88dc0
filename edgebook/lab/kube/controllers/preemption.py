"""Who has to go for a pod of more weight: on which node, and which pods of it.

Not their end; they are told to go, and the pod waits until they are gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edgebook.lab.kube.controllers.events import series
from edgebook.lab.kube.controllers.guests import Guest, Place
from edgebook.lab.kube.controllers.outlook import Outlook
from edgebook.lab.kube.controllers.placement import Refusal
from edgebook.lab.kube.controllers.places import Places
from edgebook.lab.kube.controllers.waiting import NAME
from edgebook.lab.kube.selectors import object_test
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, condition, dig, name_of, namespace_of

NEVER = "not eligible due to preemptionPolicy=Never."
WAITING = "not eligible due to a terminating pod on the nominated node."
NOT_HELPFUL = Refusal(("Preemption is not helpful for scheduling",), final=True)
NO_VICTIMS = Refusal(("No preemption victims found for incoming pod",), final=True)
LOOKED_AT = 100
"""So many nodes are tried at most; DefaultPreemption's minCandidateNodesAbsolute."""

TARGET = "DisruptionTarget"
BY_SCHEDULER = "PreemptionByScheduler"
LIFT = 2**31
"""Makes every priority positive, so that fewer pods of little weight are not worse than many; MaxInt32+1."""

Look = Callable[[], Outlook]


@dataclass(frozen=True)
class Candidate:
    """A node, and who would have to go."""

    place: Place
    victims: tuple[Guest, ...]
    violations: int
    started: str

    def worse(self) -> tuple[int, int, int, int]:
        """Order candidates as pickOneNodeForPreemption does, but for the start times."""
        priorities = [one.priority for one in self.victims]
        return self.violations, priorities[0], sum(item + LIFT for item in priorities), len(priorities)


def counted(refusals: Iterable[Refusal], total: int) -> str:
    """Say how many nodes refuse for what reason, as the scheduler's FitError does."""
    reasons = Counter(reason for found in refusals for reason in found.reasons)
    told = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
    return f"0/{total} nodes are available:{f' {told}.' if told else ''}"


def preempt(store: Store, places: Places, one: Guest, refusals: dict[str, Refusal], look: Look) -> tuple[str, str]:
    """Make room for a pod; return the node it waits for, and what to tell of it."""
    if dig(one.pod, "spec.preemptionPolicy") == "Never":
        return "", NEVER
    if _awaited(places, one, refusals):
        return str(dig(one.pod, "status.nominatedNodeName")), WAITING
    found, told = list[Candidate](), dict[str, Refusal]()
    for name, why in refusals.items():
        if why.final:
            told[name] = NOT_HELPFUL
        elif len(found) < LOOKED_AT:
            outcome = _candidate(store, places, places.by_name[name], one, look)
            if isinstance(outcome, Refusal):
                told[name] = outcome
            else:
                found.append(outcome)
    if not found:
        return "", counted(told.values(), len(told))
    best = _pick(found)
    for victim in best.victims:
        _evict(store, victim, one, best.place.name)
    return best.place.name, ""


def _awaited(places: Places, one: Guest, refusals: dict[str, Refusal]) -> bool:
    """Whether pods that were told to go for this one are not gone yet."""
    name = str(dig(one.pod, "status.nominatedNodeName", ""))
    if name not in places.by_name or refusals.get(name, NOT_HELPFUL).final:
        return False
    return any(
        other.priority < one.priority and other.leaving and condition(other.pod, TARGET).get("reason") == BY_SCHEDULER
        for other in places.by_name[name].guests.values()
    )


def _candidate(store: Store, places: Places, place: Place, one: Guest, look: Look) -> Candidate | Refusal:
    """Think the pods of less weight away, and bring back as many as fit; SelectVictimsOnNode."""
    weaker = sorted((other for other in place.guests.values() if other.priority < one.priority), key=_importance)
    if not weaker:
        return NO_VICTIMS
    for other in weaker:
        places.think(other, place.name, there=False)
    gone: list[Guest] = []
    try:
        why = look().refuses(place)
        if why is not None:
            return why
        against, others = _by_budget(store, weaker)
        for other in (*against, *others):
            places.think(other, place.name, there=True)
            if look().refuses(place) is not None:
                places.think(other, place.name, there=False)
                gone.append(other)
    finally:
        back = gone or [other for other in weaker if other.uid not in place.guests]
        for other in back:
            places.think(other, place.name, there=True)
    gone.sort(key=_importance)
    started = min(_start(other) for other in gone if other.priority == gone[0].priority)
    return Candidate(place, tuple(gone), sum(other in against for other in gone), started)


def _importance(one: Guest) -> tuple[int, str]:
    """Order pods: the more important first, and among equals the one that has run longer."""
    return -one.priority, _start(one)


def _start(one: Guest) -> str:
    return str(dig(one.pod, "status.startTime") or dig(one.pod, "metadata.creationTimestamp", ""))


def _pick(found: list[Candidate]) -> Candidate:
    least = min(item.worse() for item in found)
    same = [item for item in found if item.worse() == least]
    latest = max(item.started for item in same)
    return next(item for item in same if item.started == latest)


def _by_budget(store: Store, pods: list[Guest]) -> tuple[list[Guest], list[Guest]]:
    """Part pods whose budget they would break from the others."""
    budgets = [item.obj for item in store.items(store.scope("poddisruptionbudgets"))]
    allowed = {id(item): int(dig(item, "status.disruptionsAllowed", 0)) for item in budgets}
    against, others = list[Guest](), list[Guest]()
    for one in pods:
        own = [item for item in budgets if namespace_of(item) == one.namespace
               and one.labels and object_test(dig(item, "spec.selector"))(one.pod)]  # fmt: skip
        for item in own:
            allowed[id(item)] -= 1
        (against if any(allowed[id(item)] < 0 for item in own) else others).append(one)
    return against, others


def _evict(store: Store, victim: Guest, one: Guest, node: str) -> None:
    item = store.item("pods", victim.name, victim.namespace)
    if item is None or dig(item.obj, "metadata.deletionTimestamp"):
        return
    words = f"{NAME}: preempting to accommodate a higher priority pod"
    mark: Tree = {"type": TARGET, "status": "True", "reason": BY_SCHEDULER, "message": words}
    mark |= {"lastProbeTime": None, "lastTransitionTime": stamp(store.now())}

    def change(pod: Tree) -> None:
        others = [found for found in dig(pod, "status.conditions", []) if found["type"] != TARGET]
        pod.setdefault("status", {})["conditions"] = [*others, mark]

    store.modify("pods", victim.name, change, victim.namespace, "status")
    told = f"Preempted by pod {one.uid} on node {node}"
    series(store, item.obj, "Preempted", told, "Preempting", source=NAME, related=one.pod)
    store.delete("pods", name_of(item.obj), victim.namespace)
