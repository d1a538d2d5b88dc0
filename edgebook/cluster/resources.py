"""What a kind is called and where it lies: names people use, to paths of the API.

Not a list of everything: a kind that is not here is looked up in the cluster's discovery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Resource:
    """One kind of one group and version."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    short: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, name: str = "", namespace: str = "", subresource: str = "") -> str:
        """Return the path of an object, or of the collection."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/" + "/".join(quote(part, safe=":") for part in parts)

    def names(self) -> Iterator[str]:
        """Yield every name the kind answers to, in lower case."""
        for name in (self.plural, self.kind.lower(), *self.short):
            yield name
            yield f"{name}.{self.group}"
            yield f"{name}.{self.version}.{self.group}"


KNOWN = (
    Resource("", "v1", "nodes", "Node", namespaced=False, short=("no",)),
    Resource("", "v1", "pods", "Pod", namespaced=True, short=("po",)),
    Resource("", "v1", "namespaces", "Namespace", namespaced=False, short=("ns",)),
    Resource("", "v1", "events", "Event", namespaced=True, short=("ev",)),
    Resource("", "v1", "secrets", "Secret", namespaced=True),
    Resource("", "v1", "configmaps", "ConfigMap", namespaced=True, short=("cm",)),
    Resource("", "v1", "services", "Service", namespaced=True, short=("svc",)),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", namespaced=True, short=("sa",)),
    Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", namespaced=True, short=("pvc",)),
    Resource("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False, short=("pv",)),
    Resource("apps", "v1", "deployments", "Deployment", namespaced=True, short=("deploy",)),
    Resource("apps", "v1", "daemonsets", "DaemonSet", namespaced=True, short=("ds",)),
    Resource("apps", "v1", "replicasets", "ReplicaSet", namespaced=True, short=("rs",)),
    Resource("apps", "v1", "statefulsets", "StatefulSet", namespaced=True, short=("sts",)),
    Resource("batch", "v1", "jobs", "Job", namespaced=True),
    Resource("coordination.k8s.io", "v1", "leases", "Lease", namespaced=True),
    Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", namespaced=True, short=("pdb",)),
    Resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False, short=("sc",)),
    Resource("k3s.cattle.io", "v1", "etcdsnapshotfiles", "ETCDSnapshotFile", namespaced=False),
)


def named(resources: Iterable[Resource]) -> dict[str, Resource]:
    """Index resources by all their names; the first to claim a name keeps it."""
    index: dict[str, Resource] = {}
    for resource in resources:
        for name in resource.names():
            index.setdefault(name, resource)
    return index


def discovered(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Read the resources of one APIResourceList; subresources are left out."""
    group, _, version = str(document["groupVersion"]).rpartition("/")
    for item in document.get("resources", ()):
        if "/" not in item["name"]:
            short = tuple(item.get("shortNames", ()))
            yield Resource(group, version, item["name"], item["kind"], namespaced=item["namespaced"], short=short)
