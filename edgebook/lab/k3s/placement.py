"""Where a packaged pod may go: taints, tolerations, cordon.

Not the whole scheduler: resources and affinities play no part for the packaged components.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgebook.lab.k3s.nodes import UNSCHEDULABLE
from edgebook.lab.k3s.packaged import Component


def tolerates(component: Component, node: Mapping[str, Any]) -> bool:
    """Say whether a component may be put on a node."""
    spec = node.get("spec", {})
    if spec.get("unschedulable") and component.kind != "DaemonSet":
        return False
    repelled = (taint for taint in spec.get("taints", []) if taint["key"] != UNSCHEDULABLE)
    return all(
        taint["effect"] == "PreferNoSchedule" or any(_matches(item, taint) for item in component.tolerations)
        for taint in repelled
    )


def _matches(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in {None, taint["effect"]}:
        return False
    if "key" not in toleration:
        return True
    same = toleration["key"] == taint["key"]
    return bool(same and (toleration.get("operator") == "Exists" or toleration.get("value") == taint.get("value")))
