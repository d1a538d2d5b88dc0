"""How many replicas a metric asks for.

Not the decision; a metric is one voice among several, and limits come after.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgebook.lab.kube.quantities import amount, canonical
from edgebook.lab.kube.trees import Tree, condition, dig, name_of
from edgebook.lab.kube.usage import container_usage

TOLERANCE = 0.1
"""A load this near to its target changes nothing; horizontal-pod-autoscaler-tolerance."""

NO_METRICS = "unable to get metrics for resource {}: no metrics returned from resource metrics API"
NO_PODS = "no pods returned by selector while calculating replica count"
NO_CUSTOM = "no custom metrics API (custom.metrics.k8s.io) registered"
NO_EXTERNAL = "no external metrics API (external.metrics.k8s.io) registered"
FROM_CUSTOM = "unable to fetch metrics from custom metrics API: "
FROM_EXTERNAL = "unable to fetch metrics from external metrics API: "


class Unmeasured(Exception):
    """A metric that cannot be had: the reason, the words, and how the whole says them."""

    def __init__(self, reason: str, words: str, total: str) -> None:
        super().__init__(words)
        self.reason, self.words, self.total = reason, words, total


@dataclass(frozen=True)
class Voice:
    """What a metric asks for: replicas, the name it goes by, and its current value."""

    replicas: int
    name: str
    status: Tree


def voice(metric: Tree, pods: list[Tree], replicas: int) -> Voice:
    """Ask one metric of an autoscaler.

    Raises:
        Unmeasured: with the real controller's words.
    """
    sort = metric["type"]
    key = sort[0].lower() + sort[1:]
    if sort not in ("Resource", "ContainerResource"):
        raise _foreign(sort, metric.get(key) or {})
    spec = metric[key]
    only, name = spec.get("container", ""), spec["name"]
    measured = "averageUtilization" in spec["target"]
    what = "utilization" if measured else "usage"
    try:
        count, current = _asked(spec["target"], name, only, pods, replicas)
    except ValueError as error:
        words = f"failed to get {name} {what}: {error}"
        whose = f"{only} container" if only else f"{name} resource"
        reason = "FailedGetContainerResourceMetric" if only else "FailedGetResourceMetric"
        raise Unmeasured(reason, words, f"failed to get {whose} metric value: {words}") from error
    told = f"{name}{' container' if only else ''} resource"
    told += " utilization (percentage of request)" if measured else ""
    status = {"name": name, **({"container": only} if only else {}), "current": current}
    return Voice(count, told, {"type": sort, key: status})


def _foreign(sort: str, spec: Tree) -> Unmeasured:
    name = dig(spec, "metric.name", "")
    if sort == "External":
        why = f"unable to get external metric {name}: {FROM_EXTERNAL}{NO_EXTERNAL}"
        return Unmeasured("FailedGetExternalMetric", why, f"failed to get {name} external metric value: {why}")
    why = f"unable to get metric {name}: {FROM_CUSTOM}{NO_CUSTOM}"
    return Unmeasured(f"FailedGet{sort}Metric", why, f"failed to get {sort.lower()} metric value: {why}")


def _used(pod: Tree, name: str, only: str) -> int:
    """Return what a pod uses, in thousandths."""
    found = [container_usage(pod, item) for item in pod["spec"]["containers"] if only in ("", item["name"])]
    if name == "cpu":
        return sum(cpu for cpu, _ in found) // 1_000_000
    return sum(memory for _, memory in found) * 1024 * 1000


def _requested(pod: Tree, name: str, only: str) -> int:
    total = 0
    for item in pod["spec"]["containers"]:
        if only in ("", item["name"]):
            text = dig(item, "resources.requests", {}).get(name)
            if text is None:
                raise ValueError(f"missing request for {name} in container {item['name']} of Pod {name_of(pod)}")
            total += _thousandths(text)
    return total


def _thousandths(text: str) -> int:
    return int(amount(str(text)) * 1000)


def _asked(target: Tree, name: str, only: str, pods: list[Tree], replicas: int) -> tuple[int, Tree]:
    """Return how many replicas a resource asks for, and what is used on average."""
    pods = [pod for pod in pods if dig(pod, "status.phase") != "Failed" and not dig(pod, "metadata.deletionTimestamp")]
    ready = [pod for pod in pods if condition(pod, "Ready").get("status") == "True"]
    if not ready or name not in ("cpu", "memory"):
        raise ValueError(NO_METRICS.format(name) if pods or name not in ("cpu", "memory") else NO_PODS)
    used = {name_of(pod): _used(pod, name, only) for pod in ready}
    average = sum(used.values()) // len(used)
    current: Tree = {"averageValue": _written(average)}
    if "averageUtilization" in target:
        wanted = {name_of(pod): _requested(pod, name, only) for pod in pods}
        goals = {pod: wanted[pod] * int(target["averageUtilization"]) / 100 for pod in wanted}
        current["averageUtilization"] = 100 * sum(used.values()) // max(1, sum(wanted[pod] for pod in used))
    else:
        goals = {name_of(pod): float(_thousandths(target["averageValue"])) for pod in pods}
    return _count(used, goals, replicas), current


def _count(used: dict[str, int], goals: dict[str, float], replicas: int) -> int:
    """Return how many pods would carry the load; pods that are not ready count as idle when more are wanted."""
    ratio = sum(used.values()) / max(1.0, sum(goals[pod] for pod in used))
    if abs(1.0 - ratio) <= TOLERANCE:
        return replicas
    counted = len(used)
    if ratio > 1.0 and len(goals) > len(used):
        ratio, counted = sum(used.values()) / max(1.0, sum(goals.values())), len(goals)
        if ratio < 1.0 or abs(1.0 - ratio) <= TOLERANCE:
            return replicas
    return -int(-(ratio * counted) // 1)


def _written(thousandths: int) -> str:
    return canonical(f"{thousandths}m")
