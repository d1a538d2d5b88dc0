"""The columns of every kind, as data, and the tables made of them: for the API and as kubectl prints them.

Not the values: each column names the function that reads an object.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from edgebook.lab.kube import cells
from edgebook.lab.kube.cells import at, joined, length, pairs, ratio, since
from edgebook.lab.kube.columns import AGE, NAME, NAME_WORDS, PLAIN, Column, defined
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.trees import Tree, namespace_of

if TYPE_CHECKING:
    from edgebook.lab.kube.store import Store

GAP = "   "


CREATED = Column("Created At", at("metadata.creationTimestamp"))
TEMPLATE = "spec.template.spec"
WORKLOAD = (
    Column("Containers", joined(f"{TEMPLATE}.containers", "name"), 1),
    Column("Images", joined(f"{TEMPLATE}.containers", "image"), 1),
    Column("Selector", pairs("spec.selector.matchLabels"), 1),
)
JOB = "spec.jobTemplate.spec.template.spec"
BINDING = (
    NAME,
    Column("Role", cells.role_of),
    AGE,
    Column("Users", cells.subjects("User"), 1),
    Column("Groups", cells.subjects("Group"), 1),
    Column("ServiceAccounts", cells.subjects("ServiceAccount"), 1),
)
MADE = ("clusterroles.rbac.authorization.k8s.io", "roles.rbac.authorization.k8s.io")


def _number(name: str, path: str, default: int = 0) -> Column:
    return Column(name, at(path, default), type="integer")


COLUMNS: dict[str, tuple[Column, ...]] = {
    **dict.fromkeys(MADE, (NAME, CREATED)),
    "nodes": (
        NAME,
        Column("Status", cells.node_status, description="The status of the node"),
        Column("Roles", cells.node_roles, description="The roles of the node"),
        AGE,
        Column("Version", at("status.nodeInfo.kubeletVersion")),
        Column("Internal-IP", cells.node_address("InternalIP"), 1),
        Column("External-IP", cells.node_address("ExternalIP"), 1),
        Column("OS-Image", at("status.nodeInfo.osImage", cells.UNKNOWN), 1),
        Column("Kernel-Version", at("status.nodeInfo.kernelVersion", cells.UNKNOWN), 1),
        Column("Container-Runtime", at("status.nodeInfo.containerRuntimeVersion", cells.UNKNOWN), 1),
    ),
    "pods": (
        NAME,
        Column("Ready", cells.pod_ready),
        Column("Status", cells.pod_status),
        Column("Restarts", cells.pod_restarts),
        AGE,
        Column("IP", at("status.podIP", cells.NONE), 1),
        Column("Node", at("spec.nodeName", cells.NONE), 1),
        Column("Nominated Node", at("status.nominatedNodeName", cells.NONE), 1),
        Column("Readiness Gates", cells.pod_gates, 1),
    ),
    "namespaces": (NAME, Column("Status", at("status.phase")), AGE),
    "events": (
        Column("Last Seen", cells.event_seen),
        Column("Type", at("type")),
        Column("Reason", at("reason")),
        Column("Object", cells.event_object),
        Column("Subobject", at("involvedObject.fieldPath"), 1),
        Column("Source", cells.event_source, 1),
        Column("Message", at("message")),
        Column("First Seen", since("firstTimestamp"), 1),
        Column("Count", at("count", 1), 1),
        Column("Name", at("metadata.name"), 1, format="name"),
    ),
    "secrets": (NAME, Column("Type", at("type")), Column("Data", length("data"), type="integer"), AGE),
    "configmaps": (NAME, Column("Data", length("data"), type="integer"), AGE),
    "services": (
        NAME,
        Column("Type", at("spec.type")),
        Column("Cluster-IP", at("spec.clusterIP", cells.NONE)),
        Column("External-IP", cells.service_external),
        Column("Port(s)", cells.service_ports),
        AGE,
        Column("Selector", pairs("spec.selector"), 1),
    ),
    "endpoints": (NAME, Column("Endpoints", cells.endpoints), AGE),
    "serviceaccounts": (NAME, Column("Secrets", length("secrets"), type="integer"), AGE),
    "persistentvolumes": (
        NAME,
        Column("Capacity", at("spec.capacity.storage")),
        Column("Access Modes", cells.modes),
        Column("Reclaim Policy", at("spec.persistentVolumeReclaimPolicy")),
        Column("Status", at("status.phase")),
        Column("Claim", cells.volume_claim),
        Column("StorageClass", at("spec.storageClassName")),
        Column("VolumeAttributesClass", at("spec.volumeAttributesClassName", cells.UNSET)),
        Column("Reason", at("status.reason")),
        AGE,
        Column("VolumeMode", at("spec.volumeMode", cells.UNSET), 1),
    ),
    "persistentvolumeclaims": (
        NAME,
        Column("Status", at("status.phase")),
        Column("Volume", at("spec.volumeName")),
        Column("Capacity", at("status.capacity.storage")),
        Column("Access Modes", cells.modes),
        Column("StorageClass", at("spec.storageClassName")),
        Column("VolumeAttributesClass", at("spec.volumeAttributesClassName", cells.UNSET)),
        AGE,
        Column("VolumeMode", at("spec.volumeMode", cells.UNSET), 1),
    ),
    "deployments.apps": (
        NAME,
        Column("Ready", ratio("status.readyReplicas", "spec.replicas")),
        _number("Up-to-date", "status.updatedReplicas"),
        _number("Available", "status.availableReplicas"),
        AGE,
        *WORKLOAD,
    ),
    "daemonsets.apps": (
        NAME,
        _number("Desired", "status.desiredNumberScheduled"),
        _number("Current", "status.currentNumberScheduled"),
        _number("Ready", "status.numberReady"),
        _number("Up-to-date", "status.updatedNumberScheduled"),
        _number("Available", "status.numberAvailable"),
        Column("Node Selector", pairs(f"{TEMPLATE}.nodeSelector")),
        AGE,
        *WORKLOAD,
    ),
    "replicasets.apps": (
        NAME,
        _number("Desired", "spec.replicas"),
        _number("Current", "status.replicas"),
        _number("Ready", "status.readyReplicas"),
        AGE,
        *WORKLOAD,
    ),
    "statefulsets.apps": (NAME, Column("Ready", ratio("status.readyReplicas", "spec.replicas")), AGE, *WORKLOAD[:2]),
    "jobs.batch": (
        NAME,
        Column("Status", cells.job_status),
        Column("Completions", ratio("status.succeeded", "spec.completions", 1)),
        Column("Duration", cells.job_duration),
        AGE,
        *WORKLOAD,
    ),
    "cronjobs.batch": (
        NAME,
        Column("Schedule", at("spec.schedule")),
        Column("Timezone", at("spec.timeZone", cells.NONE)),
        Column("Suspend", cells.flag("spec.suspend"), type="boolean"),
        Column("Active", length("status.active"), type="integer"),
        Column("Last Schedule", since("status.lastScheduleTime", cells.NONE)),
        AGE,
        Column("Containers", joined(f"{JOB}.containers", "name"), 1),
        Column("Images", joined(f"{JOB}.containers", "image"), 1),
        Column("Selector", pairs("spec.jobTemplate.spec.selector.matchLabels"), 1),
    ),
    "horizontalpodautoscalers.autoscaling": (
        NAME,
        Column("Reference", cells.scaled),
        Column("Targets", cells.scale_targets),
        Column("MinPods", at("spec.minReplicas", cells.UNSET)),
        _number("MaxPods", "spec.maxReplicas"),
        _number("Replicas", "status.currentReplicas"),
        AGE,
    ),
    "networkpolicies.networking.k8s.io": (NAME, Column("Pod-Selector", pairs("spec.podSelector.matchLabels")), AGE),
    "priorityclasses.scheduling.k8s.io": (
        NAME,
        Column("Value", at("value"), type="integer"),
        Column("Global-Default", at("globalDefault", default=False), type="boolean"),
        AGE,
    ),
    "ingressclasses.networking.k8s.io": (NAME, Column("Controller", at("spec.controller")), AGE),
    "leases.coordination.k8s.io": (NAME, Column("Holder", at("spec.holderIdentity")), AGE),
    "endpointslices.discovery.k8s.io": (
        NAME,
        Column("AddressType", at("addressType")),
        Column("Ports", cells.slice_ports),
        Column("Endpoints", cells.slice_endpoints),
        AGE,
    ),
    "storageclasses.storage.k8s.io": (
        Column("Name", cells.class_name, format="name", description=NAME_WORDS),
        Column("Provisioner", at("provisioner")),
        Column("ReclaimPolicy", at("reclaimPolicy", "Delete")),
        Column("VolumeBindingMode", at("volumeBindingMode", "Immediate")),
        Column("AllowVolumeExpansion", at("allowVolumeExpansion", default=False)),
        AGE,
    ),
    "poddisruptionbudgets.policy": (
        NAME,
        Column("Min Available", at("spec.minAvailable", "N/A")),
        Column("Max Unavailable", at("spec.maxUnavailable", "N/A")),
        _number("Allowed Disruptions", "status.disruptionsAllowed"),
        AGE,
    ),
    "ingresses.networking.k8s.io": (
        NAME,
        Column("Class", at("spec.ingressClassName", cells.NONE)),
        Column("Hosts", joined("spec.rules", "host", "*")),
        Column("Address", joined("status.loadBalancer.ingress", "ip", "")),
        Column("Ports", lambda obj, _now: "80, 443" if obj.get("spec", {}).get("tls") else "80"),
        AGE,
    ),
    "clusterrolebindings.rbac.authorization.k8s.io": BINDING,
    "rolebindings.rbac.authorization.k8s.io": BINDING,
    "customresourcedefinitions.apiextensions.k8s.io": (NAME, CREATED),
    "etcdsnapshotfiles.k3s.cattle.io": (
        NAME,
        Column("SnapshotName", at("spec.snapshotName")),
        Column("Node", at("spec.nodeName")),
        Column("Location", at("spec.location")),
        Column("Size", at("status.size")),
        Column("CreationTime", since("status.creationTime"), type="date"),
    ),
    "addons.k3s.cattle.io": (NAME, Column("Source", at("spec.source")), Column("Checksum", at("spec.checksum"))),
    "helmcharts.helm.cattle.io": (
        NAME,
        Column("Repo", at("spec.repo")),
        Column("Chart", at("spec.chart")),
        Column("Version", at("spec.version")),
        Column("TargetNamespace", at("spec.targetNamespace")),
        Column("Bootstrap", at("spec.bootstrap")),
    ),
}


def columns(kind: Kind) -> tuple[Column, ...]:
    """Return the columns of a kind; name and age where it has none of its own."""
    if kind.definition is not None:
        return defined(kind)
    return COLUMNS.get(kind.resource) or COLUMNS.get(kind.table, PLAIN)


def row(kind: Kind, obj: Tree, now: datetime) -> list[Any]:
    """Return an object's cells."""
    return [column.value(obj, now) for column in columns(kind)]


def text_table(
    store: Store, kind_name: str | Kind, objects: Sequence[Tree], *, wide: bool = False, namespaces: bool = False
) -> str:
    """Print objects as `kubectl get` does; with nothing to show, say so."""
    kind = store.registry.named(kind_name)
    if not objects:
        return "No resources found\n"
    shown = [number for number, column in enumerate(columns(kind)) if wide or not column.priority]
    now = store.now()
    heads = [columns(kind)[number].name.upper() for number in shown]
    rows = [[str(row(kind, obj, now)[number]) for number in shown] for obj in objects]
    if namespaces:
        heads = ["NAMESPACE", *heads]
        rows = [[namespace_of(obj), *cell] for obj, cell in zip(objects, rows, strict=True)]
    return aligned([heads, *rows])


def aligned(rows: Iterable[Sequence[str]]) -> str:
    """Lay rows out in columns, three blanks apart."""
    kept = [list(items) for items in rows]
    widths = [max(len(item) for item in column) for column in zip(*kept, strict=True)]
    lines = (GAP.join(item.ljust(width) for item, width in zip(items, widths, strict=True)).rstrip() for items in kept)
    return "".join(f"{line}\n" for line in lines)
