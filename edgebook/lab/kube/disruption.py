"""Pod disruption budgets: whether a pod may be evicted now.

Not the disruption controller: nothing is written, so a budget's status is whatever was stored there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgebook.lab.kube.errors import ApiError, disruption_refused
from edgebook.lab.kube.selectors import object_test
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, condition, dig, name_of, namespace_of, owners_of

FREE_PHASES = ("Pending", "Succeeded", "Failed")
TWO_BUDGETS = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."


@dataclass(frozen=True)
class Budget:
    """How many healthy pods a budget wants, and how many there are."""

    name: str
    desired: int
    healthy: int

    @property
    def allowed(self) -> int:
        """How many pods may go now."""
        return max(0, self.healthy - self.desired)


def check_eviction(store: Store, pod: Tree) -> None:
    """Refuse an eviction that would take a pod its budget needs.

    Raises:
        ApiError: 429 with the budget's numbers.
    """
    if dig(pod, "metadata.deletionTimestamp") or dig(pod, "status.phase") in FREE_PHASES:
        return
    found = [item for item in store.list("poddisruptionbudgets", namespace_of(pod)) if _selects(item, pod)]
    if len(found) > 1:
        raise ApiError(500, "InternalError", TWO_BUDGETS)
    for item in found:
        budget = reckon(store, item)
        if not budget.allowed and not _may_go_unhealthy(item, pod, budget):
            numbers = f"needs {budget.desired} healthy pods and has {budget.healthy} currently"
            raise disruption_refused(f"The disruption budget {budget.name} {numbers}")


def reckon(store: Store, budget: Tree) -> Budget:
    """Count what a budget speaks of."""
    pods = [pod for pod in store.list("pods", namespace_of(budget)) if _selects(budget, pod)]
    expected = _expected(store, pods)
    least, most = dig(budget, "spec.minAvailable"), dig(budget, "spec.maxUnavailable")
    desired = _count(least, expected) if least is not None else expected - _count(most or 0, expected)
    healthy = sum(1 for pod in pods if is_healthy(pod) and not dig(pod, "metadata.deletionTimestamp"))
    return Budget(name_of(budget), max(0, desired), healthy)


def is_healthy(pod: Tree) -> bool:
    """Whether a pod counts for its budget: it is ready."""
    return condition(pod, "Ready").get("status") == "True"


def _selects(budget: Tree, pod: Tree) -> bool:
    return object_test(dig(budget, "spec.selector"))(pod)


def _expected(store: Store, pods: list[Tree]) -> int:
    """Count the pods there should be: what their controllers want, and those without one."""
    total, seen = 0, set()
    for pod in pods:
        owner = next((item for item in owners_of(pod) if item.get("controller")), None)
        if owner is None:
            total += 1
        elif owner["uid"] not in seen:
            seen.add(owner["uid"])
            total += _replicas(store, owner, namespace_of(pod), pods)
    return total


def _replicas(store: Store, owner: Tree, namespace: str, pods: list[Tree]) -> int:
    group = str(owner["apiVersion"]).rpartition("/")[0]
    found = store.find(f"{owner['kind']}.{group}" if group else str(owner["kind"]), owner["name"], namespace)
    own = sum(1 for pod in pods if any(item["uid"] == owner["uid"] for item in owners_of(pod)))
    return int(dig(found, "spec.replicas", own))


def _count(wanted: int | str, expected: int) -> int:
    if isinstance(wanted, str) and wanted.endswith("%"):
        return math.ceil(expected * int(wanted[:-1]) / 100)
    return int(wanted)


def _may_go_unhealthy(budget: Tree, pod: Tree, reckoned: Budget) -> bool:
    if is_healthy(pod):
        return False
    return dig(budget, "spec.unhealthyPodEvictionPolicy") == "AlwaysAllow" or 0 < reckoned.desired <= reckoned.healthy
