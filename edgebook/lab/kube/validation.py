"""What the API server refuses: names, labels, and the few rules of each kind that people meet.

Not a schema: fields nobody checks here are stored as they come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from edgebook.lab.kube.errors import Cause, invalid, invalid_value, required_value, unsupported_value
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.trees import Tree, dig, labels_of, name_of

Rule = Callable[[Tree], Iterator[Cause]]

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
LABEL_MAX, SUBDOMAIN_MAX, ANNOTATIONS_MAX_BYTES = 63, 253, 256 * 1024
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
PROTOCOLS = ("SCTP", "TCP", "UDP")

LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
KEY_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def check(kind: Kind, obj: Tree, old: Tree | None = None) -> None:
    """Raise one 422 with every mistake of an object."""
    causes = [*_metadata(kind, obj), *RULES.get(kind.resource, _nothing)(obj)]
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
        yield Cause(
            "metadata.annotations", "FieldValueTooLong", f"Too long: may not be more than {ANNOTATIONS_MAX_BYTES} bytes"
        )


def _name(kind: Kind, name: str) -> Iterator[Cause]:
    if kind.group == "rbac.authorization.k8s.io":
        if "/" in name or "%" in name or name in (".", ".."):
            yield invalid_value("metadata.name", name, "may not contain '/'" if "/" in name else "may not contain '%'")
        return
    short = kind.resource in ("namespaces", "services")
    pattern, limit, words = (LABEL, LABEL_MAX, LABEL_WORDS) if short else (SUBDOMAIN, SUBDOMAIN_MAX, SUBDOMAIN_WORDS)
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
        where = f"spec.taints[{index}]"
        yield from _key(str(taint.get("key", "")), f"{where}.key")
        effect = str(taint.get("effect", ""))
        if not effect:
            yield required_value(f"{where}.effect")
        elif effect not in EFFECTS:
            yield unsupported_value(f"{where}.effect", effect, EFFECTS)
        if (str(taint.get("key")), effect) in seen:
            yield Cause(where, "FieldValueDuplicate", f"Duplicate value: {taint}")
        seen.add((str(taint.get("key")), effect))


def _pod(obj: Tree) -> Iterator[Cause]:
    yield from _pod_spec(dig(obj, "spec", {}), "spec")


def _pod_spec(spec: Tree, where: str) -> Iterator[Cause]:
    containers = spec.get("containers") or []
    if not containers:
        yield required_value(f"{where}.containers")
    for index, container in enumerate(containers):
        place = f"{where}.containers[{index}]"
        name = str(container.get("name", ""))
        if not name:
            yield required_value(f"{place}.name")
        elif not LABEL.fullmatch(name):
            yield invalid_value(f"{place}.name", name, LABEL_WORDS)
        if not container.get("image"):
            yield required_value(f"{place}.image")


def _workload(obj: Tree) -> Iterator[Cause]:
    selector = dig(obj, "spec.selector.matchLabels", {})
    if not selector and not dig(obj, "spec.selector.matchExpressions"):
        yield required_value("spec.selector")
    labels = labels_of(dig(obj, "spec.template", {}))
    if any(labels.get(key) != value for key, value in selector.items()):
        yield invalid_value("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    yield from _pod_spec(dig(obj, "spec.template.spec", {}), "spec.template.spec")


def _job(obj: Tree) -> Iterator[Cause]:
    yield from _pod_spec(dig(obj, "spec.template.spec", {}), "spec.template.spec")


def _service(obj: Tree) -> Iterator[Cause]:
    ports = dig(obj, "spec.ports", [])
    if not ports and dig(obj, "spec.clusterIP") != "None" and dig(obj, "spec.type") != "ExternalName":
        yield required_value("spec.ports")
    for index, port in enumerate(ports):
        protocol = port.get("protocol", "TCP")
        if protocol not in PROTOCOLS:
            yield unsupported_value(f"spec.ports[{index}].protocol", protocol, PROTOCOLS)


RULES: dict[str, Rule] = {
    "nodes": _node,
    "pods": _pod,
    "services": _service,
    "deployments.apps": _workload,
    "daemonsets.apps": _workload,
    "replicasets.apps": _workload,
    "statefulsets.apps": _workload,
    "jobs.batch": _job,
}
IMMUTABLE: dict[str, tuple[str, ...]] = {
    "deployments.apps": ("spec.selector",),
    "daemonsets.apps": ("spec.selector",),
    "replicasets.apps": ("spec.selector",),
    "jobs.batch": ("spec.selector", "spec.template"),
    "rolebindings.rbac.authorization.k8s.io": ("roleRef",),
    "clusterrolebindings.rbac.authorization.k8s.io": ("roleRef",),
    "secrets": ("type",),
}


def _immutable(kind: Kind, old: Tree, new: Tree) -> Iterator[Cause]:
    for field in IMMUTABLE.get(kind.resource, ()):
        if dig(old, field) != dig(new, field):
            yield invalid_value(field, dig(new, field), "field is immutable")
