"""The packaged components K3s deploys, as data, and the objects they consist of.

Not a deployment controller: `pods` decides which pods are missing and where they go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

NAMESPACE = "kube-system"
CRITICAL = {"key": "CriticalAddonsOnly", "operator": "Exists"}
ON_SERVERS = (
    {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node-role.kubernetes.io/master", "operator": "Exists", "effect": "NoSchedule"},
)
FAILING = (
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
)
EVERYWHERE = ({"operator": "Exists"},)


@dataclass(frozen=True)
class Component:
    """One packaged workload: `flag` is what `disable` calls it, `kind` what owns its pods."""

    name: str
    flag: str
    kind: str
    image: str
    containers: int = 1
    label: str = ""
    ready: tuple[int, str] = (0, "")
    """Port and path of its readiness probe; port 0 for none."""
    tolerations: tuple[Mapping[str, Any], ...] = (CRITICAL, *ON_SERVERS, *FAILING)

    @property
    def labels(self) -> dict[str, str]:
        """The labels its pods carry."""
        if self.kind == "Job":
            return {"batch.kubernetes.io/job-name": self.name, "helmcharts.helm.cattle.io/chart": self.name[13:]}
        if self.label:
            key, _, value = self.label.partition("=")
            return {key: value}
        return {"app": self.name}


COMPONENTS = (
    Component(
        "coredns",
        "coredns",
        "Deployment",
        "rancher/mirrored-coredns-coredns:1.12.1",
        label="k8s-app=kube-dns",
        ready=(8181, "/ready"),
    ),
    Component("local-path-provisioner", "local-storage", "Deployment", "rancher/local-path-provisioner:v0.0.31"),
    Component(
        "metrics-server",
        "metrics-server",
        "Deployment",
        "rancher/mirrored-metrics-server:v0.7.2",
        label="k8s-app=metrics-server",
        ready=(10250, "/readyz"),
    ),
    Component("helm-install-traefik-crd", "traefik", "Job", "rancher/klipper-helm:v0.9.5-build20250306"),
    Component("helm-install-traefik", "traefik", "Job", "rancher/klipper-helm:v0.9.5-build20250306"),
    Component(
        "traefik",
        "traefik",
        "Deployment",
        "rancher/mirrored-library-traefik:3.3.6",
        label="app.kubernetes.io/name=traefik",
        ready=(8080, "/ping"),
    ),
    Component(
        "svclb-traefik",
        "servicelb",
        "DaemonSet",
        "rancher/klipper-lb:v0.4.13",
        containers=2,
        tolerations=(CRITICAL, *ON_SERVERS),
    ),
)


def wanted(disabled: frozenset[str]) -> tuple[Component, ...]:
    """Return the components that are not disabled; without Traefik there is no service to balance."""
    return tuple(
        component
        for component in COMPONENTS
        if component.flag not in disabled and not (component.flag == "servicelb" and "traefik" in disabled)
    )


def digits(text: str, length: int) -> str:
    """Derive a name's suffix from a text, so that two runs of a practice site give the same names."""
    alphabet = "bcdfghjklmnpqrstvwxz2456789"
    value = int(hashlib.sha256(text.encode()).hexdigest(), 16)
    return "".join(alphabet[value // 27**place % 27] for place in range(length))


def owners(component: Component, seed: str) -> tuple[Object, ...]:
    """Compose the objects above a component's pods, the outermost first."""
    name = component.name if component.kind != "DaemonSet" else f"{component.name}-{_hex(seed)}"
    template = {"metadata": {"labels": component.labels}, "spec": pod_spec(component, "")}
    spec: Object = {"template": template}
    if component.kind != "Job":
        spec["selector"] = {"matchLabels": component.labels}
    version = "batch/v1" if component.kind == "Job" else "apps/v1"
    outer = {"apiVersion": version, "kind": component.kind, "metadata": _metadata(name, component), "spec": spec}
    if component.kind != "Deployment":
        return (outer,)
    spec["replicas"] = 1
    inner = {
        "apiVersion": version,
        "kind": "ReplicaSet",
        "metadata": _metadata(f"{name}-{digits(seed + name, 10)}", component),
        "spec": {**spec},
    }
    return (outer, inner)


def _hex(seed: str) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()[:8]


def _metadata(name: str, component: Component) -> Object:
    return {"name": name, "namespace": NAMESPACE, "labels": dict(component.labels)}


def pod_spec(component: Component, node: str) -> Object:
    """Compose a pod's specification."""
    names = [component.name] if component.containers == 1 else ["lb-tcp-80", "lb-tcp-443"]
    spec: Object = {
        "containers": [
            {"name": name, "image": component.image, "resources": {}, **_probe(component)} for name in names
        ],
        "restartPolicy": "OnFailure" if component.kind == "Job" else "Always",
        "tolerations": [dict(item) for item in component.tolerations],
    }
    if component.kind != "Job":
        spec["priorityClassName"] = "system-cluster-critical"
    return spec | ({"nodeName": node} if node else {})


def _probe(component: Component) -> Object:
    port, path = component.ready
    return {"readinessProbe": {"httpGet": {"port": port, "path": path}, "periodSeconds": 2}} if port else {}


def pod(component: Component, owner: Mapping[str, Any], node: str, name: str) -> Object:
    """Compose a pod bound to a node."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**_metadata(name, component), "ownerReferences": [reference]},
        "spec": pod_spec(component, node),
        "status": {"phase": "Pending", "conditions": [], "containerStatuses": []},
    }


def is_not_packaged(obj: Mapping[str, Any]) -> bool:
    """Whether an object is none of the packaged components', which are kept by their own rules."""
    metadata = obj["metadata"]
    if metadata.get("namespace") != NAMESPACE:
        return True
    return not any(metadata["name"].startswith(component.name) for component in COMPONENTS)
