"""What the API server refuses: names, labels, and the few rules of each kind that people meet.

Not a schema: fields nobody checks here are stored as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edgebook.lab.kube import metavalidation, podvalidation
from edgebook.lab.kube.custom import definitions
from edgebook.lab.kube.errors import (
    Cause,
    duplicate_value,
    forbidden_value,
    invalid,
    invalid_value,
    required_value,
    too_long,
    unsupported_value,
)
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.metavalidation import key_causes
from edgebook.lab.kube.podvalidation import EFFECTS
from edgebook.lab.kube.trees import Tree, dig, labels_of, name_of
from edgebook.lab.kube.words import CONFIG_KEY, CONFIG_KEY_WORDS

Rule = Callable[[Tree], Iterator[Cause]]
CONTENT_MAX_BYTES = 1024 * 1024
PROTOCOLS = ("SCTP", "TCP", "UDP")
NOT_NEGATIVE = "must be greater than or equal to 0"


def check(kind: Kind, obj: Tree, old: Tree | None = None) -> None:
    """Raise one 422 with every mistake of an object."""
    causes = [*metavalidation.causes(kind, obj), *RULES.get(kind.resource, _nothing)(obj)]
    if kind.definition is not None:
        causes += kind.definition.causes(obj)
    if old is not None:
        causes += _immutable(kind, old, obj)
    if causes:
        raise invalid(kind, name_of(obj), causes)


def _nothing(_obj: Tree) -> Iterator[Cause]:
    yield from ()


def _node(obj: Tree) -> Iterator[Cause]:
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(dig(obj, "spec.taints", [])):
        where = f"metadata.taints[{index}]"
        yield from key_causes(str(taint.get("key", "")), f"{where}.key")
        effect = str(taint.get("effect", ""))
        if not effect:
            yield required_value(f"{where}.effect")
        elif effect not in EFFECTS:
            yield unsupported_value(f"{where}.effect", effect, EFFECTS)
        if (str(taint.get("key")), effect) in seen:
            yield duplicate_value(where, str(taint))
        seen.add((str(taint.get("key")), effect))


def _pod(obj: Tree) -> Iterator[Cause]:
    yield from podvalidation.causes(dig(obj, "spec", {}), "spec")


def _workload(obj: Tree) -> Iterator[Cause]:
    selector = dig(obj, "spec.selector.matchLabels", {})
    if not selector and not dig(obj, "spec.selector.matchExpressions"):
        yield required_value("spec.selector")
    labels = labels_of(dig(obj, "spec.template", {}))
    if any(labels.get(key) != value for key, value in selector.items()):
        yield invalid_value("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    replicas = dig(obj, "spec.replicas", 0)
    if replicas < 0:
        yield invalid_value("spec.replicas", replicas, NOT_NEGATIVE)
    yield from podvalidation.causes(dig(obj, "spec.template.spec", {}), "spec.template.spec", restarts=("Always",))


def _job(obj: Tree) -> Iterator[Cause]:
    restarts = ("OnFailure", "Never")
    yield from podvalidation.causes(dig(obj, "spec.template.spec", {}), "spec.template.spec", restarts=restarts)


def _service(obj: Tree) -> Iterator[Cause]:
    ports = dig(obj, "spec.ports", [])
    if not ports and dig(obj, "spec.clusterIP") != "None" and dig(obj, "spec.type") != "ExternalName":
        yield required_value("spec.ports")
    for index, port in enumerate(ports):
        protocol = port.get("protocol", "TCP")
        if protocol not in PROTOCOLS:
            yield unsupported_value(f"spec.ports[{index}].protocol", protocol, PROTOCOLS)


def _content(obj: Tree) -> Iterator[Cause]:
    data = {**(obj.get("data") or {}), **(obj.get("binaryData") or {})}
    for key in data:
        if not CONFIG_KEY.fullmatch(key):
            yield invalid_value(f"data[{key}]", key, CONFIG_KEY_WORDS)
    if sum(len(str(value)) for value in data.values()) > CONTENT_MAX_BYTES:
        yield too_long("[]", CONTENT_MAX_BYTES)


def _claim(obj: Tree) -> Iterator[Cause]:
    if not dig(obj, "spec.accessModes"):
        yield required_value("spec.accessModes", "at least 1 access mode is required")
    if not dig(obj, "spec.resources.requests", {}).get("storage"):
        yield required_value("spec.resources[storage]")


def _event(obj: Tree) -> Iterator[Cause]:
    about, own = dig(obj, "involvedObject.namespace", ""), dig(obj, "metadata.namespace", "")
    if about != own and (about or own != "default"):
        yield invalid_value("involvedObject.namespace", about, "does not match event.namespace")


def _autoscaler(obj: Tree) -> Iterator[Cause]:
    most, least = dig(obj, "spec.maxReplicas", 0), dig(obj, "spec.minReplicas", 1)
    if most < 1:
        yield invalid_value("spec.maxReplicas", most, "must be greater than 0")
    if most < least:
        yield invalid_value("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    for name in ("kind", "name"):
        if not dig(obj, f"spec.scaleTargetRef.{name}"):
            yield required_value(f"spec.scaleTargetRef.{name}")


def _budget(obj: Tree) -> Iterator[Cause]:
    spec = obj.get("spec") or {}
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield invalid_value("spec", "", "minAvailable and maxUnavailable cannot be both set")


RULES: dict[str, Rule] = {
    "nodes": _node,
    "pods": _pod,
    "services": _service,
    "deployments.apps": _workload,
    "daemonsets.apps": _workload,
    "replicasets.apps": _workload,
    "statefulsets.apps": _workload,
    "jobs.batch": _job,
    "configmaps": _content,
    "secrets": _content,
    "persistentvolumeclaims": _claim,
    "events": _event,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "poddisruptionbudgets.policy": _budget,
    "customresourcedefinitions.apiextensions.k8s.io": definitions.causes,
}
IMMUTABLE: dict[str, tuple[str, ...]] = {
    "deployments.apps": ("spec.selector",),
    "daemonsets.apps": ("spec.selector",),
    "replicasets.apps": ("spec.selector",),
    "jobs.batch": ("spec.selector", "spec.template"),
    "statefulsets.apps": ("spec.selector",),
    "secrets": ("type",),
}


ROLE_KEPT = ("rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io")
SEALED = ("configmaps", "secrets")


def _immutable(kind: Kind, old: Tree, new: Tree) -> Iterator[Cause]:
    for field in IMMUTABLE.get(kind.resource, ()):
        if dig(old, field) != dig(new, field):
            yield invalid_value(field, dig(new, field), "field is immutable")
    if kind.resource in ROLE_KEPT and old.get("roleRef") != new.get("roleRef"):
        yield invalid_value("roleRef", new.get("roleRef"), "cannot change roleRef")
    if kind.resource in SEALED and old.get("immutable"):
        yield from _sealed(old, new)
    if kind.resource == "pods":
        yield from podvalidation.change_causes(old, new)
    yield from metavalidation.change_causes(old, new)


def _sealed(old: Tree, new: Tree) -> Iterator[Cause]:
    for field in ("immutable", "data", "binaryData"):
        if old.get(field) != new.get(field):
            yield forbidden_value(field, "field is immutable when `immutable` is set")
