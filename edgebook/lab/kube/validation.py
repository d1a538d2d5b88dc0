"""What the API server refuses: names, labels, and the few rules of each kind that people meet.

Not a schema: fields nobody checks here are stored as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edgebook.lab.kube import podvalidation
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
from edgebook.lab.kube.podvalidation import EFFECTS
from edgebook.lab.kube.trees import Tree, dig, labels_of, name_of
from edgebook.lab.kube.words import (
    CONFIG_KEY,
    CONFIG_KEY_WORDS,
    DNS_1035,
    DNS_1035_WORDS,
    KEY_WORDS,
    LABEL,
    LABEL_MAX,
    LABEL_WORDS,
    QUALIFIED,
    SUBDOMAIN,
    SUBDOMAIN_MAX,
    SUBDOMAIN_WORDS,
    VALUE_WORDS,
)

Rule = Callable[[Tree], Iterator[Cause]]
NAMES = {
    "namespaces": (LABEL, LABEL_MAX, LABEL_WORDS),
    "services": (DNS_1035, LABEL_MAX, DNS_1035_WORDS),
}

ANNOTATIONS_MAX_BYTES = 256 * 1024
CONTENT_MAX_BYTES = 1024 * 1024
FORBIDDEN_FINALIZERS = "no new finalizers can be added if the object is being deleted, found new finalizers "
PROTOCOLS = ("SCTP", "TCP", "UDP")
NOT_NEGATIVE = "must be greater than or equal to 0"


def check(kind: Kind, obj: Tree, old: Tree | None = None) -> None:
    """Raise one 422 with every mistake of an object."""
    causes = [*_metadata(kind, obj), *RULES.get(kind.resource, _nothing)(obj)]
    if kind.definition is not None:
        causes += kind.definition.causes(obj)
    if old is not None:
        causes += _immutable(kind, old, obj)
    if causes:
        raise invalid(kind, name_of(obj), causes)


def _nothing(_obj: Tree) -> Iterator[Cause]:
    yield from ()


def _metadata(kind: Kind, obj: Tree) -> Iterator[Cause]:
    name = name_of(obj)
    if not name:
        yield required_value("metadata.name", "name or generateName is required")
    else:
        yield from _name(kind, name)
    yield from label_causes(labels_of(obj), "metadata.labels")
    annotations = dig(obj, "metadata.annotations", {})
    for key in annotations:
        yield from _key(key, "metadata.annotations")
    if sum(len(key) + len(str(value)) for key, value in annotations.items()) > ANNOTATIONS_MAX_BYTES:
        yield too_long("metadata.annotations", ANNOTATIONS_MAX_BYTES)


def _name(kind: Kind, name: str) -> Iterator[Cause]:
    if kind.group == "rbac.authorization.k8s.io":
        if "/" in name or "%" in name or name in (".", ".."):
            yield invalid_value("metadata.name", name, "may not contain '/'" if "/" in name else "may not contain '%'")
        return
    pattern, limit, words = NAMES.get(kind.resource, (SUBDOMAIN, SUBDOMAIN_MAX, SUBDOMAIN_WORDS))
    if not pattern.fullmatch(name):
        yield invalid_value("metadata.name", name, words)
    if len(name) > limit:
        yield invalid_value("metadata.name", name, f"must be no more than {limit} characters")


def label_causes(labels: Tree, field: str) -> Iterator[Cause]:
    """Check label keys and values."""
    for key, value in labels.items():
        yield from _key(key, field)
        if not isinstance(value, str):
            yield invalid_value(field, value, "must be a string")
        elif value and not QUALIFIED.fullmatch(value):
            yield invalid_value(field, value, VALUE_WORDS)
        elif len(value) > LABEL_MAX:
            yield invalid_value(field, value, f"must be no more than {LABEL_MAX} characters")


def _key(key: str, field: str) -> Iterator[Cause]:
    prefix, slash, name = key.rpartition("/")
    if slash and not SUBDOMAIN.fullmatch(prefix):
        yield invalid_value(field, key, f"prefix part {SUBDOMAIN_WORDS}")
    if not QUALIFIED.fullmatch(name):
        yield invalid_value(field, key, KEY_WORDS)
    elif len(name) > LABEL_MAX:
        yield invalid_value(field, key, f"name part must be no more than {LABEL_MAX} characters")


def _node(obj: Tree) -> Iterator[Cause]:
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(dig(obj, "spec.taints", [])):
        where = f"metadata.taints[{index}]"
        yield from _key(str(taint.get("key", "")), f"{where}.key")
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
    yield from _finalizers(old, new)


def _sealed(old: Tree, new: Tree) -> Iterator[Cause]:
    for field in ("immutable", "data", "binaryData"):
        if old.get(field) != new.get(field):
            yield forbidden_value(field, "field is immutable when `immutable` is set")


def _finalizers(old: Tree, new: Tree) -> Iterator[Cause]:
    if not dig(old, "metadata.deletionTimestamp"):
        return
    added = [item for item in dig(new, "metadata.finalizers", []) if item not in dig(old, "metadata.finalizers", [])]
    if added:
        shown = "[]string{" + ", ".join(f'"{item}"' for item in added) + "}"
        yield forbidden_value("metadata.finalizers", FORBIDDEN_FINALIZERS + shown)
