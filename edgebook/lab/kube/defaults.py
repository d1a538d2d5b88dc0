"""The values Kubernetes fills in where an object leaves them out.

Not admission control of any policy; these are the defaults everybody sees in `kubectl get -o yaml`.
"""

from __future__ import annotations

from collections.abc import Callable

from edgebook.lab.kube import poddefaults
from edgebook.lab.kube.custom import definitions
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.poddefaults import missing
from edgebook.lab.kube.trees import Tree, dig, name_of

INFO = ("architecture", "bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion", "kubeletVersion")
NODE_STATUS: Tree = {
    # Go writes these whether they are known or not, and strict clients insist on them.
    "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
    "nodeInfo": dict.fromkeys((*INFO, "machineID", "operatingSystem", "osImage", "systemUUID"), ""),
}
QUARTER = "25%"
SPECS: dict[str, Tree] = {
    "deployments.apps": {
        "replicas": 1,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": QUARTER, "maxSurge": QUARTER}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    },
    "daemonsets.apps": {
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
        "revisionHistoryLimit": 10,
    },
    "statefulsets.apps": {
        "replicas": 1,
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "revisionHistoryLimit": 10,
    },
    "replicasets.apps": {"replicas": 1},
    "jobs.batch": {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "suspend": False,
        "podReplacementPolicy": "TerminatingOrFailed",
    },
    "cronjobs.batch": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    "services": {"type": "ClusterIP", "sessionAffinity": "None"},
    "persistentvolumes": {"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"},
    "persistentvolumeclaims": {"volumeMode": "Filesystem"},
    "namespaces": {"finalizers": ["kubernetes"]},
}


def fill(kind: Kind, obj: Tree) -> None:
    """Put the defaults of a kind into an object, in place."""
    if kind.resource in SPECS:
        missing(obj.setdefault("spec", {}), SPECS[kind.resource])
    if kind.definition is not None:
        kind.definition.fill(obj)
    if kind.resource in RULES:
        RULES[kind.resource](obj)


def _node(obj: Tree) -> None:
    missing(obj.setdefault("status", {}), NODE_STATUS)


def _template(obj: Tree) -> None:
    spec = dig(obj, "spec.template.spec")
    if isinstance(spec, dict):
        poddefaults.template(spec)


def _cronjob(obj: Tree) -> None:
    template = dig(obj, "spec.jobTemplate")
    if isinstance(template, dict):
        _template(template)


def _namespace(obj: Tree) -> None:
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name_of(obj)
    missing(obj.setdefault("status", {}), {"phase": "Active"})


def _service(obj: Tree) -> None:
    spec = obj["spec"]
    for port in spec.get("ports") or []:
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    missing(obj.setdefault("status", {}), {"loadBalancer": {}})


def _deployment(obj: Tree) -> None:
    _template(obj)
    if dig(obj, "spec.strategy.type") == "Recreate":
        obj["spec"]["strategy"].pop("rollingUpdate", None)


def _stateful_set(obj: Tree) -> None:
    _template(obj)
    missing(obj["spec"], {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}})
    for claim in obj["spec"].get("volumeClaimTemplates") or []:
        claim.update(kind="PersistentVolumeClaim", apiVersion="v1")
        missing(claim.setdefault("spec", {}), {"volumeMode": "Filesystem"})
        claim.setdefault("status", {"phase": "Pending"})


def _claim(obj: Tree) -> None:
    missing(obj.setdefault("status", {}), {"phase": "Pending"})


def _volume(obj: Tree) -> None:
    missing(obj.setdefault("status", {}), {"phase": "Pending"})


def _autoscaler(obj: Tree) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        usage = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": usage}}]


def _priority_class(obj: Tree) -> None:
    missing(obj, {"preemptionPolicy": "PreemptLowerPriority"})
    obj.setdefault("globalDefault", False)


def _role_binding(obj: Tree) -> None:
    reference = obj.get("roleRef")
    if isinstance(reference, dict):
        reference.setdefault("apiGroup", "rbac.authorization.k8s.io")
    for subject in obj.get("subjects") or []:
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


def _policy(obj: Tree) -> None:
    spec = obj.setdefault("spec", {})
    types = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    spec.setdefault("policyTypes", types)


def _secret(obj: Tree) -> None:
    obj.setdefault("type", "Opaque")


def _storage_class(obj: Tree) -> None:
    missing(obj, {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"})


RULES: dict[str, Callable[[Tree], None]] = {
    "nodes": _node,
    "pods": poddefaults.pod,
    "namespaces": _namespace,
    "services": _service,
    "secrets": _secret,
    "deployments.apps": _deployment,
    "daemonsets.apps": _template,
    "replicasets.apps": _template,
    "statefulsets.apps": _stateful_set,
    "jobs.batch": _template,
    "cronjobs.batch": _cronjob,
    "storageclasses.storage.k8s.io": _storage_class,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "priorityclasses.scheduling.k8s.io": _priority_class,
    "rolebindings.rbac.authorization.k8s.io": _role_binding,
    "clusterrolebindings.rbac.authorization.k8s.io": _role_binding,
    "networkpolicies.networking.k8s.io": _policy,
    "customresourcedefinitions.apiextensions.k8s.io": definitions.fill,
}
