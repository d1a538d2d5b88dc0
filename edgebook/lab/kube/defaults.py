"""The values Kubernetes fills in where an object leaves them out.

Not admission control of any policy; these are the defaults everybody sees in `kubectl get -o yaml`.
"""

from __future__ import annotations

from collections.abc import Callable

from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.trees import Tree, clone, dig, name_of

POD: Tree = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
CONTAINER: Tree = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
BOUND_POD: Tree = {
    "serviceAccountName": "default",
    "serviceAccount": "default",
    "enableServiceLinks": True,
    "preemptionPolicy": "PreemptLowerPriority",
    "priority": 0,
}
CONTAINER_STATUS: Tree = {"ready": False, "restartCount": 0, "image": "", "imageID": "", "state": {}, "lastState": {}}
INFO = ("architecture", "bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion", "kubeletVersion")
NODE_STATUS: Tree = {
    # Go writes these whether they are known or not, and strict clients insist on them.
    "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
    "nodeInfo": dict.fromkeys((*INFO, "machineID", "operatingSystem", "osImage", "systemUUID"), ""),
}
SHORT_ABSENCES = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
TOLERATED_S = 300
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
    },
    "cronjobs.batch": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    "services": {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"},
    "persistentvolumes": {"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"},
    "persistentvolumeclaims": {"volumeMode": "Filesystem"},
    "namespaces": {"finalizers": ["kubernetes"]},
}


def fill(kind: Kind, obj: Tree) -> None:
    """Put the defaults of a kind into an object, in place."""
    if kind.resource in SPECS:
        missing(obj.setdefault("spec", {}), SPECS[kind.resource])
    if kind.resource in RULES:
        RULES[kind.resource](obj)


def missing(tree: Tree, defaults: Tree) -> None:
    """Put into a tree, in place, what it lacks; a choice of another `type` brings its own settings."""
    for key, value in defaults.items():
        have = tree.setdefault(key, clone(value))
        if isinstance(have, dict) and isinstance(value, dict) and have.get("type") in (None, value.get("type")):
            missing(have, value)


def _pod(obj: Tree) -> None:
    spec = obj.setdefault("spec", {})
    if not isinstance(spec, dict):
        return
    _pod_spec(spec)
    missing(spec, BOUND_POD)
    tolerations = spec.setdefault("tolerations", [])
    for key in SHORT_ABSENCES:
        if not any(
            item.get("key") in (None, "", key) and item.get("effect") in (None, "", "NoExecute") for item in tolerations
        ):
            tolerations.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATED_S}
            )
    status = obj.setdefault("status", {})
    missing(status, {"phase": "Pending", "qosClass": quality(spec)})
    for item in (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())):
        missing(item, CONTAINER_STATUS)


def _node(obj: Tree) -> None:
    missing(obj.setdefault("status", {}), NODE_STATUS)


def _pod_spec(spec: Tree) -> None:
    missing(spec, POD)
    for group in ("initContainers", "containers"):
        for container in spec.get(group) or []:
            missing(container, CONTAINER)
            container.setdefault("imagePullPolicy", pull_policy(str(container.get("image", ""))))
            for port in container.get("ports") or []:
                port.setdefault("protocol", "TCP")


def pull_policy(image: str) -> str:
    """Return when an image is pulled: always for `latest`, else only when the node lacks it."""
    _, _, last = image.rpartition("/")
    _, colon, tag = last.partition(":")
    return "Always" if (not colon or tag == "latest") and "@" not in last else "IfNotPresent"


def quality(spec: Tree) -> str:
    """Return a pod's quality of service class."""
    resources = [container.get("resources") or {} for container in spec.get("containers") or []]
    if not any(item.get("requests") or item.get("limits") for item in resources):
        return "BestEffort"
    whole = all(
        {"cpu", "memory"} <= set(item.get("limits") or {}) and item.get("requests", item["limits"]) == item["limits"]
        for item in resources
    )
    return "Guaranteed" if whole else "Burstable"


def _template(obj: Tree) -> None:
    spec = dig(obj, "spec.template.spec")
    if isinstance(spec, dict):
        _pod_spec(spec)


def _cronjob(obj: Tree) -> None:
    template = dig(obj, "spec.jobTemplate")
    if isinstance(template, dict):
        _template(template)


def _namespace(obj: Tree) -> None:
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name_of(obj)
    missing(obj.setdefault("status", {}), {"phase": "Active"})


def _service(obj: Tree) -> None:
    for port in obj["spec"].get("ports") or []:
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))


def _secret(obj: Tree) -> None:
    obj.setdefault("type", "Opaque")


def _storage_class(obj: Tree) -> None:
    missing(obj, {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"})


RULES: dict[str, Callable[[Tree], None]] = {
    "nodes": _node,
    "pods": _pod,
    "namespaces": _namespace,
    "services": _service,
    "secrets": _secret,
    "deployments.apps": _template,
    "daemonsets.apps": _template,
    "replicasets.apps": _template,
    "statefulsets.apps": _template,
    "jobs.batch": _template,
    "cronjobs.batch": _cronjob,
    "storageclasses.storage.k8s.io": _storage_class,
}
