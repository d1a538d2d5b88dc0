"""All controllers of workloads, each called for what has changed since the last round.

Not a loop: a round is one call, and ends when nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edgebook.lab.kube.controllers import (
    budgets,
    claims,
    cronjobs,
    daemonsets,
    deployments,
    jobs,
    localpath,
    replicas,
    statefulsets,
    volumes,
)
from edgebook.lab.kube.controllers.autoscaler import Autoscalers
from edgebook.lab.kube.controllers.scheduler import Scheduler
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of, owners_of
from edgebook.lab.kube.watches import Change

Key = tuple[str, str, str]
SYNCS: dict[str, Callable[[Store, Tree], None]] = {
    "deployments.apps": deployments.sync,
    "replicasets.apps": replicas.sync,
    "replicationcontrollers": replicas.sync,
    "daemonsets.apps": daemonsets.sync,
    "statefulsets.apps": statefulsets.sync,
    "jobs.batch": jobs.sync,
    "cronjobs.batch": cronjobs.sync,
    "poddisruptionbudgets.policy": budgets.sync_budgets,
    "services": budgets.sync_services,
    "persistentvolumeclaims": volumes.sync_claims,
    "persistentvolumes": volumes.sync_volumes,
}
STORAGE = ("persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io")
ABOVE = {"Deployment": "deployments.apps", "CronJob": "cronjobs.batch"}
AUTOSCALERS = "horizontalpodautoscalers.autoscaling"
TIMED = ("jobs.batch", "cronjobs.batch", AUTOSCALERS)
"""What may act because time goes by."""

BY_PODS = ("poddisruptionbudgets.policy", "services")
Folder = Callable[[str, str, bool], None]
"""Told of a node, of a folder on it, and whether that is to be there."""

ROUNDS = 200
"""More than any chain of causes is long; a round that is not over then goes on in the next."""


def _everything(_obj: Tree) -> bool:
    return True


def _no_folders(_node: str, _path: str, _there: bool) -> None:  # noqa: FBT001 - the shape of Folder
    """Keep no folders."""


@dataclass
class Workloads:
    """The controllers of one cluster.

    Args:
        store: the cluster's objects.
        ours: whether an object is to be controlled; others keep what somebody else controls.
        folder: told of the folders of volumes on nodes.
    """

    store: Store
    ours: Callable[[Tree], bool] = _everything
    folder: Folder = _no_folders
    _dirty: dict[Key, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.store, self.ours)
        self._syncs = {**SYNCS, AUTOSCALERS: Autoscalers(self.store).sync}
        for resource in (*self._syncs, "pods"):
            for item in self.store.items(self.store.scope(resource)):
                self._note(resource, item.obj)
        self.store.observe(self._see)

    def run(self) -> None:
        """Do what there is to do now."""
        self._note_time()
        self.scheduler.run()
        for _ in range(ROUNDS):
            if not self._dirty:
                break
            batch, self._dirty = self._dirty, {}
            for resource, namespace, name in batch:
                item = self.store.item(resource, name, namespace)
                if item is not None and resource in self._syncs:
                    self._syncs[resource](self.store, item.obj)
            self.scheduler.run()

    def _note_time(self) -> None:
        """Look again at what acts because time goes by."""
        for resource in TIMED:
            for item in self.store.items(self.store.scope(resource)):
                self._mark(resource, namespace_of(item.obj), name_of(item.obj))

    def _see(self, change: Change) -> None:
        resource, obj = change.kind.resource, change.object
        if resource == "pods":
            self._pod_changed(change)
        elif resource == "nodes" and (change.type != "MODIFIED" or _moved(change)):
            self._recheck()
        elif resource in STORAGE:
            self._storage_changed(change)
        elif resource in self._syncs and change.type != "DELETED":
            self._note(resource, obj)

    def _storage_changed(self, change: Change) -> None:
        """Look again at the claims that may get a volume, and at the volume that may have lost its claim."""
        obj = change.object
        if change.kind.resource == "persistentvolumeclaims":
            self._mark("persistentvolumeclaims", namespace_of(obj), name_of(obj))
            self._mark("persistentvolumes", "", str(dig(obj, "spec.volumeName", "")))
            return
        node, path = localpath.folder(obj)
        if node and change.type != "MODIFIED":
            self.folder(node, path, change.type == "ADDED")
        self._mark("persistentvolumes", "", name_of(obj))
        for item in self.store.items(self.store.scope("persistentvolumeclaims")):
            self._mark("persistentvolumeclaims", namespace_of(item.obj), name_of(item.obj))

    def _pod_changed(self, change: Change) -> None:
        pod = change.object
        if change.type != "DELETED":
            self._note("pods", pod)
        for owner in owners_of(pod):
            kind = self.store.registry.of(str(owner.get("apiVersion", "")), str(owner.get("kind", "")))
            if kind is not None:
                self._mark(kind.resource, namespace_of(pod), str(owner["name"]))
        for name in claims.names(pod):
            self._mark("persistentvolumeclaims", namespace_of(pod), name)
        for resource in BY_PODS:
            for item in self.store.items(self.store.scope(resource, namespace_of(pod))):
                self._mark(resource, namespace_of(pod), name_of(item.obj))

    def _recheck(self) -> None:
        for item in self.store.items(self.store.scope("daemonsets.apps")):
            self._note("daemonsets.apps", item.obj)

    def _note(self, resource: str, obj: Tree) -> None:
        if not self.ours(obj):
            return
        if resource == "pods" and dig(obj, "spec.nodeName"):
            return
        self._mark(resource, namespace_of(obj), name_of(obj))
        for owner in owners_of(obj):
            if owner.get("kind") in ABOVE:
                self._mark(ABOVE[owner["kind"]], namespace_of(obj), str(owner["name"]))

    def _mark(self, resource: str, namespace: str, name: str) -> None:
        item = self.store.item(resource, name, namespace) if resource in (*self._syncs, "pods") else None
        if item is not None and self.ours(item.obj):
            self._dirty[resource, namespace, name] = None


def _moved(change: Change) -> bool:
    """Whether a node may admit other pods than before."""
    old = change.old or {}
    return any(dig(old, path) != dig(change.object, path) for path in ("spec", "metadata.labels", "status.allocatable"))
