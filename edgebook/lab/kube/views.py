"""One stored object shown under two groups or versions: what is renamed on the way in and out.

Not conversion by a webhook; versions of a custom kind differ in their names only.
"""

from __future__ import annotations

from collections.abc import Callable

from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.trees import Tree, dig


def shown(kind: Kind, obj: Tree) -> Tree:
    """Return a stored object as a kind shows it; the object itself where both are the same."""
    if obj.get("apiVersion") == kind.api_version:
        return obj
    if not kind.keeps_in:
        return {**CONVERSIONS.get((kind.resource, kind.version), _as_it_is)(obj), "apiVersion": kind.api_version}
    names = {there: here for here, there in kind.renames}
    return {**_renamed(obj, names), "apiVersion": kind.api_version}


def stored(kind: Kind, base: Kind, obj: Tree) -> Tree:
    """Return an object of a kind as it is stored."""
    if obj.get("apiVersion") == base.api_version:
        return obj
    if not kind.keeps_in:
        return {**BACKWARDS.get((kind.resource, kind.version), _as_it_is)(obj), "apiVersion": base.api_version}
    return {**_renamed(obj, dict(kind.renames)), "apiVersion": base.api_version}


def _as_it_is(obj: Tree) -> Tree:
    return obj


def _with_target(obj: Tree) -> Tree:
    """Show an autoscaler as version 1 has it: one target, of the processor."""
    spec = dict(obj.get("spec") or {})
    for metric in spec.pop("metrics", None) or []:
        if dig(metric, "resource.name") == "cpu":
            spec["targetCPUUtilizationPercentage"] = dig(metric, "resource.target.averageUtilization")
    return {**obj, "spec": spec}


def _with_metrics(obj: Tree) -> Tree:
    spec = dict(obj.get("spec") or {})
    wanted = spec.pop("targetCPUUtilizationPercentage", None)
    if wanted is not None:
        target = {"type": "Utilization", "averageUtilization": wanted}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return {**obj, "spec": spec}


AUTOSCALERS = "horizontalpodautoscalers.autoscaling"
CONVERSIONS: dict[tuple[str, str], Callable[[Tree], Tree]] = {(AUTOSCALERS, "v1"): _with_target}
BACKWARDS: dict[tuple[str, str], Callable[[Tree], Tree]] = {(AUTOSCALERS, "v1"): _with_metrics}


def _renamed(obj: Tree, names: dict[str, str]) -> Tree:
    return {names.get(key, key): value for key, value in obj.items()}
