"""The pods of the packaged components: which are missing, and where they go.

Not a scheduler for other people's pods, and not a kubelet, which brings them up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgebook.lab.k3s.nodes import is_ready
from edgebook.lab.k3s.packaged import COMPONENTS, NAMESPACE, Component, digits, owners, pod, wanted
from edgebook.lab.k3s.placement import tolerates
from edgebook.lab.kube.controllers import localpath
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import condition

Object = dict[str, Any]
PROVISIONER = "local-path-provisioner"


@dataclass
class Packaged:
    """Keeps the packaged components' pods as they should be."""

    store: Store
    seed: str
    _states: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    """Whether a pod is ready, and whether it has ended well."""
    _made: int = 0

    def tick(self, disabled: frozenset[str]) -> None:
        """Compare what is with what should be, and make one step towards it."""
        nodes = {node["metadata"]["name"]: node for node in self.store.list("nodes")}
        pods = self._still_bound(nodes)
        keep = wanted(disabled)
        for component in keep:
            owner = self._owner(component)
            mine = [found for found in pods if _belongs(found, owner) and not _is_going(found)]
            self._fill(component, owner, mine, pods, nodes)
            for found in mine:
                self._notice(component, found)
        for component in COMPONENTS:
            if component not in keep:
                self._retire(component)
        self._keep_class(there=any(component.name == PROVISIONER for component in keep))

    def _keep_class(self, *, there: bool) -> None:
        """Deploy the storage class with its provisioner, and take it away with it."""
        known = self.store.item("storageclasses", localpath.CLASS) is not None
        if there and not known:
            self.store.create("storageclasses", localpath.storage_class())
        elif known and not there:
            self.store.delete("storageclasses", localpath.CLASS)

    def _still_bound(self, nodes: Mapping[str, Object]) -> list[Object]:
        kept = []
        for found in self.store.list("pods", NAMESPACE):
            if found["spec"].get("nodeName", "") in nodes:
                kept.append(found)
            elif found["spec"].get("nodeName"):
                self.store.delete("pods", found["metadata"]["name"], NAMESPACE, grace_s=0)
        return kept

    def _owner(self, component: Component) -> Object:
        above: Object = {}
        for item in owners(component, self.seed):
            if above:
                item["metadata"]["ownerReferences"] = [_reference(above)]
            found = self.store.find(item["kind"], item["metadata"]["name"], NAMESPACE)
            above = found or self.store.create(item["kind"], item, NAMESPACE)
        return above

    def _retire(self, component: Component) -> None:
        outer = owners(component, self.seed)[0]
        if self.store.find(outer["kind"], outer["metadata"]["name"], NAMESPACE):
            self.store.delete(outer["kind"], outer["metadata"]["name"], NAMESPACE)

    def _fill(
        self,
        component: Component,
        owner: Object,
        mine: Sequence[Object],
        pods: Sequence[Object],
        nodes: Mapping[str, Object],
    ) -> None:
        fitting = [name for name, node in nodes.items() if is_ready(node) and tolerates(component, node)]
        taken = [found["spec"]["nodeName"] for found in mine]
        if component.kind == "DaemonSet":
            free = [name for name in fitting if name not in taken]
        elif mine or (component.kind == "Job" and owner.get("status", {}).get("succeeded")):
            free = []
        else:
            load = [found["spec"]["nodeName"] for found in pods]
            free = sorted(fitting, key=lambda name: (load.count(name), name))[:1]
        for name in free:
            self._create(component, owner, name)

    def _create(self, component: Component, owner: Object, node: str) -> None:
        self._made += 1
        above = owner["metadata"]["name"]
        suffix = digits(f"{self.seed} {above} {self._made}", 5)
        self.store.create("pods", pod(component, owner, node, f"{above}-{suffix}"), NAMESPACE)

    def _notice(self, component: Component, found: Object) -> None:
        """Count again when a pod has become ready, or has ended."""
        state = (condition(found, "Ready").get("status") == "True", found.get("status", {}).get("phase") == "Succeeded")
        if self._states.get(found["metadata"]["uid"]) != state:
            self._states[found["metadata"]["uid"]] = state
            self._count(component)

    def _count(self, component: Component) -> None:
        above = self._owner(component)
        pods = [found for found in self.store.list("pods", NAMESPACE) if _belongs(found, above)]
        ready, done = (
            sum(self._states.get(found["metadata"]["uid"], (False, False))[at] for found in pods) for at in (0, 1)
        )
        counts = _counts(component, len(pods), ready, done)
        for item in owners(component, self.seed):
            name = item["metadata"]["name"]
            self.store.modify(item["kind"], name, lambda found: found.update(status=counts), NAMESPACE, "status")


def _counts(component: Component, pods: int, ready: int, done: int) -> Object:
    if component.kind == "Job":
        return {"succeeded": done} if done else {"active": pods}
    if component.kind == "DaemonSet":
        names = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled")
        return dict.fromkeys(names, pods) | {
            "numberReady": ready,
            "numberAvailable": ready,
            "numberMisscheduled": 0,
        }
    return {"replicas": pods, "readyReplicas": ready, "availableReplicas": ready}


def _is_going(found: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" in found["metadata"]


def _belongs(found: Mapping[str, Any], owner: Mapping[str, Any]) -> bool:
    uid = owner["metadata"]["uid"]
    return any(item["uid"] == uid for item in found["metadata"].get("ownerReferences", []))


def _reference(owner: Mapping[str, Any]) -> Object:
    metadata = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
