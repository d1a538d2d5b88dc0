"""The values Kubernetes fills into pods and pod templates.

Not admission: what depends on other objects, as a token's volume, is put in elsewhere.
"""

from __future__ import annotations

from edgebook.lab.kube.trees import Tree, clone

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
SHORT_ABSENCES = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
TOLERATED_S = 300
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
PROBE: Tree = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
FILE_MODE = 0o644
TOKEN_S = 3600
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def missing(tree: Tree, defaults: Tree) -> None:
    """Put into a tree, in place, what it lacks; a choice of another `type` brings its own settings."""
    for key, value in defaults.items():
        have = tree.setdefault(key, clone(value))
        if isinstance(have, dict) and isinstance(value, dict) and have.get("type") in (None, value.get("type")):
            missing(have, value)


def pod(obj: Tree) -> None:
    """Fill in a pod."""
    spec = obj.setdefault("spec", {})
    if not isinstance(spec, dict):
        return
    template(spec)
    if spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    missing(spec, BOUND_POD)
    _tolerate(spec.setdefault("tolerations", []))
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        resources = container["resources"]
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}
    status = obj.setdefault("status", {})
    missing(status, {"phase": "Pending", "qosClass": quality(spec)})
    for item in (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())):
        missing(item, CONTAINER_STATUS)


def _tolerate(tolerations: list[Tree]) -> None:
    for key in SHORT_ABSENCES:
        if not any(
            item.get("key") in (None, "", key) and item.get("effect") in (None, "", "NoExecute") for item in tolerations
        ):
            tolerations.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATED_S}
            )


def template(spec: Tree) -> None:
    """Fill in the spec of a pod or of a template."""
    missing(spec, POD)
    for volume in spec.get("volumes") or []:
        _volume(volume)
    for group in CONTAINERS:
        for container in spec.get(group) or []:
            _container(container)


def _container(container: Tree) -> None:
    missing(container, CONTAINER)
    container.setdefault("imagePullPolicy", pull_policy(str(container.get("image", ""))))
    for port in container.get("ports") or []:
        port.setdefault("protocol", "TCP")
    for probe in (container[name] for name in PROBES if isinstance(container.get(name), dict)):
        missing(probe, PROBE)
        if isinstance(probe.get("httpGet"), dict):
            missing(probe["httpGet"], {"path": "/", "scheme": "HTTP"})
    for variable in container.get("env") or []:
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if isinstance(reference, dict):
            reference.setdefault("apiVersion", "v1")


def _volume(volume: Tree) -> None:
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}
    for name in ("configMap", "secret", "projected", "downwardAPI"):
        if isinstance(volume.get(name), dict):
            volume[name].setdefault("defaultMode", FILE_MODE)
    if isinstance(volume.get("hostPath"), dict):
        volume["hostPath"].setdefault("type", "")
    for source in (volume.get("projected") or {}).get("sources") or []:
        if isinstance(source.get("serviceAccountToken"), dict):
            source["serviceAccountToken"].setdefault("expirationSeconds", TOKEN_S)


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
