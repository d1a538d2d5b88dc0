"""The cells of `kubectl get`'s tables: one function, one column's value of an object.

Not the tables: which columns a kind has is data, elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from edgebook.lab.kube.times import age, parse
from edgebook.lab.kube.trees import Tree, condition, dig

Value = Callable[[Tree, datetime], Any]
NONE, UNKNOWN, UNSET = "<none>", "<unknown>", "<unset>"
ROLE_PREFIX = "node-role.kubernetes.io/"
OLD_ROLE = "kubernetes.io/role"
SHORT_ADDRESS = 16
MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def at(path: str, default: Any = "") -> Value:
    """Show what stands at a dotted path."""
    return lambda obj, _now: dig(obj, path, default)


def by_path(path: str, sort: str) -> Value:
    """Show what a definition's column points at."""
    names = path.removeprefix(".").replace("\\.", "\0").split(".")

    def shown(obj: Tree, now: datetime) -> Any:
        place: Any = obj
        for name in names:
            key, _, index = name.replace("\0", ".").partition("[")
            place = place.get(key) if isinstance(place, dict) else None
            if index.rstrip("]").isdigit() and isinstance(place, list):
                place = place[int(index[:-1])] if int(index[:-1]) < len(place) else None
        return age(place, now) if sort == "date" and place else place

    return shown


def flag(path: str) -> Value:
    """Show True or False, as Go writes them for kubectl."""
    return lambda obj, _now: str(bool(dig(obj, path)))


def since(path: str, default: str = "") -> Value:
    """Show how long ago the time at a path was."""
    return lambda obj, now: default if default and not dig(obj, path) else age(dig(obj, path), now)


def length(path: str) -> Value:
    """Show how many entries a map or a list has."""
    return lambda obj, _now: len(dig(obj, path, ()))


def joined(path: str, key: str = "", default: str = NONE) -> Value:
    """Show the items of a list, or one field of each, with commas."""
    return lambda obj, _now: _commas((item[key] if key else item for item in dig(obj, path, [])), default)


def pairs(path: str) -> Value:
    """Show a map as `a=b,c=d`."""
    return lambda obj, _now: _commas((f"{key}={value}" for key, value in sorted(dig(obj, path, {}).items())), NONE)


def ratio(have: str, want: str, default: int = 0) -> Value:
    """Show `have/want`."""
    return lambda obj, _now: f"{dig(obj, have, 0)}/{dig(obj, want, default)}"


def _commas(items: Iterable[object], default: str = "") -> str:
    return ",".join(str(item) for item in items) or default


def node_status(obj: Tree, _now: datetime) -> str:
    """Show a node's readiness, and whether it is cordoned."""
    ready = condition(obj, "Ready")
    words = [{"True": "Ready"}.get(ready.get("status", ""), "NotReady") if ready else "Unknown"]
    if dig(obj, "spec.unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def node_roles(obj: Tree, _now: datetime) -> str:
    """Show the roles that a node's labels give it."""
    labels = dig(obj, "metadata.labels", {})
    roles = {key.removeprefix(ROLE_PREFIX) for key in labels if key.startswith(ROLE_PREFIX)}
    if labels.get(OLD_ROLE):
        roles.add(labels[OLD_ROLE])
    return _commas(sorted(role for role in roles if role), NONE)


def node_address(sort: str) -> Value:
    """Show a node's first address of a sort."""

    def value(obj: Tree, _now: datetime) -> str:
        found = [item["address"] for item in dig(obj, "status.addresses", []) if item["type"] == sort]
        return str(found[0]) if found else NONE

    return value


def pod_ready(obj: Tree, _now: datetime) -> str:
    """Show how many of a pod's containers are ready."""
    statuses = dig(obj, "status.containerStatuses", [])
    ready = sum(1 for item in statuses if item.get("ready") and "running" in item.get("state", {"running": {}}))
    return f"{ready}/{len(dig(obj, 'spec.containers', []))}"


def pod_status(obj: Tree, _now: datetime) -> str:
    """Show the one word kubectl has for a pod: what its containers wait for, or its phase."""
    reason = str(dig(obj, "status.reason") or dig(obj, "status.phase", UNKNOWN))
    starting = _starting(obj)
    if starting:
        reason = starting
    else:
        states = [_container_reason(item) for item in reversed(dig(obj, "status.containerStatuses", []))]
        reason = next((item for item in reversed(states) if item), reason)
        if reason == "Completed" and any(
            "running" in item.get("state", {}) for item in dig(obj, "status.containerStatuses", [])
        ):
            reason = "Running" if condition(obj, "Ready").get("status") == "True" else "NotReady"
    if dig(obj, "metadata.deletionTimestamp"):
        return "Unknown" if dig(obj, "status.reason") == "NodeLost" else "Terminating"
    return reason


def _container_reason(status: Tree) -> str:
    state = status.get("state") or {}
    if dig(state, "waiting.reason"):
        return str(state["waiting"]["reason"])
    ended = state.get("terminated")
    if not ended:
        return ""
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _starting(obj: Tree) -> str:
    """Return what an init container is at, or nothing when all have done their work."""
    statuses = dig(obj, "status.initContainerStatuses", [])
    for number, status in enumerate(statuses):
        if dig(status, "state.terminated.exitCode") == 0 and "terminated" in status["state"]:
            continue
        reason = _container_reason(status)
        if reason and reason != "PodInitializing":
            return f"Init:{reason}"
        return f"Init:{number}/{len(dig(obj, 'spec.initContainers', []))}"
    return ""


def pod_restarts(obj: Tree, now: datetime) -> str:
    """Show how often a pod's containers were restarted, and how long ago the last time was."""
    statuses = dig(obj, "status.containerStatuses", [])
    total = sum(item.get("restartCount", 0) for item in statuses)
    ends = [dig(item, "lastState.terminated.finishedAt") for item in statuses]
    last = max((parse(end) for end in ends if end), default=None)
    return f"{total} ({age(last.isoformat(), now)} ago)" if total and last else str(total)


def pod_gates(obj: Tree, _now: datetime) -> str:
    """Show how many of a pod's readiness gates are open."""
    gates = dig(obj, "spec.readinessGates", [])
    if not gates:
        return NONE
    return f"{sum(1 for gate in gates if condition(obj, gate['conditionType']).get('status') == 'True')}/{len(gates)}"


def service_external(obj: Tree, _now: datetime) -> str:
    """Show where a service is reached from outside."""
    sort = dig(obj, "spec.type", "ClusterIP")
    given = dig(obj, "spec.externalIPs", [])
    if sort == "ExternalName":
        return str(dig(obj, "spec.externalName", NONE))
    if sort != "LoadBalancer":
        return _commas(given, NONE)
    ingress = [item.get("ip") or item.get("hostname") for item in dig(obj, "status.loadBalancer.ingress", [])]
    return _commas([*ingress, *given], "<pending>")


def service_ports(obj: Tree, _now: datetime) -> str:
    """Show a service's ports with their protocols."""

    def text(port: Tree) -> str:
        number = f"{port['port']}:{port['nodePort']}" if port.get("nodePort") else str(port["port"])
        return f"{number}/{port.get('protocol', 'TCP')}"

    return _commas((text(port) for port in dig(obj, "spec.ports", [])), NONE)


def endpoints(obj: Tree, _now: datetime) -> str:
    """Show the first three addresses of an Endpoints object."""
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in dig(obj, "subsets", []) or []
        for port in subset.get("ports") or []
        for address in subset.get("addresses") or []
    ]
    shown = _commas(found[:3], NONE)
    return f"{shown} + {len(found) - 3} more..." if len(found) > 3 else shown  # noqa: PLR2004 - kubectl shows three


def slice_ports(obj: Tree, _now: datetime) -> str:
    """Show the ports of an endpoint slice."""
    return _commas((port.get("port", "*") for port in dig(obj, "ports", []) or []), UNSET)


def slice_endpoints(obj: Tree, _now: datetime) -> str:
    """Show the first addresses of an endpoint slice."""
    found = [item["addresses"][0] for item in dig(obj, "endpoints", []) or []]
    shown = _commas(found[:3], UNSET)
    return f"{shown} + {len(found) - 3} more..." if len(found) > 3 else shown  # noqa: PLR2004 - kubectl shows three


def event_seen(obj: Tree, now: datetime) -> str:
    """Show when an event was last seen, and over how long when it was seen often."""
    last = dig(obj, "lastTimestamp") or dig(obj, "series.lastObservedTime") or dig(obj, "eventTime")
    return age(last, now)


def event_object(obj: Tree, _now: datetime) -> str:
    """Show what an event is about."""
    return f"{str(dig(obj, 'involvedObject.kind', '')).lower()}/{dig(obj, 'involvedObject.name', '')}"


def event_source(obj: Tree, _now: datetime) -> str:
    """Show who reported an event, and from where."""
    component = dig(obj, "source.component") or dig(obj, "reportingComponent", "")
    return _commas(item for item in (component, dig(obj, "source.host")) if item)


def job_status(obj: Tree, _now: datetime) -> str:
    """Show how a job stands."""
    for sort in ("Complete", "Failed", "Suspended"):
        if condition(obj, sort).get("status") == "True":
            return sort
    return "Running"


def job_duration(obj: Tree, now: datetime) -> str:
    """Show how long a job took, or has taken."""
    began, ended = dig(obj, "status.startTime"), dig(obj, "status.completionTime")
    return age(began, parse(ended) if ended else now) if began else ""


def modes(obj: Tree, _now: datetime) -> str:
    """Show the access modes of a volume or a claim."""
    return _commas(MODES.get(item, item) for item in dig(obj, "status.accessModes") or dig(obj, "spec.accessModes", []))


def volume_claim(obj: Tree, _now: datetime) -> str:
    """Show the claim that holds a volume."""
    claim = dig(obj, "spec.claimRef")
    return f"{claim.get('namespace', '')}/{claim['name']}" if claim else ""


def class_name(obj: Tree, _now: datetime) -> str:
    """Show a storage class, marked when it is the default."""
    marked = dig(obj, "metadata.annotations", {}).get("storageclass.kubernetes.io/is-default-class") == "true"
    return f"{obj['metadata']['name']} (default)" if marked else str(obj["metadata"]["name"])


def role_of(obj: Tree, _now: datetime) -> str:
    """Show the role a binding gives."""
    return f"{dig(obj, 'roleRef.kind', '')}/{dig(obj, 'roleRef.name', '')}"


def subjects(sort: str) -> Value:
    """Show the subjects of one kind that a binding names."""

    def shown(obj: Tree, _now: datetime) -> str:
        found = [item for item in obj.get("subjects") or [] if item.get("kind") == sort]
        return ", ".join("/".join(filter(None, (item.get("namespace"), item["name"]))) for item in found)

    return shown


def scaled(obj: Tree, _now: datetime) -> str:
    """Show what an autoscaler scales."""
    return f"{dig(obj, 'spec.scaleTargetRef.kind', '')}/{dig(obj, 'spec.scaleTargetRef.name', '')}"


def scale_targets(obj: Tree, _now: datetime) -> str:
    """Show what an autoscaler measures against what it wants."""
    current = {dig(item, "resource.name"): item for item in dig(obj, "status.currentMetrics", [])}
    shown = []
    for metric in dig(obj, "spec.metrics", []):
        name, wanted = dig(metric, "resource.name", ""), dig(metric, "resource.target.averageUtilization")
        have = dig(current.get(name), "resource.current.averageUtilization", UNKNOWN)
        shown.append(f"{name}: {have}{'' if have == UNKNOWN else '%'}/{wanted}%")
    return ", ".join(shown) or NONE
