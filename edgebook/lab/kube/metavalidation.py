"""What the API server refuses of an object's metadata: names, labels, annotations, owners, finalizers.

Not the rules of a kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgebook.lab.kube.errors import Cause, forbidden_value, invalid_value, required_value, too_long
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.trees import Tree, dig, labels_of, name_of
from edgebook.lab.kube.words import (
    DNS_1035,
    DNS_1035_WORDS,
    LABEL,
    LABEL_MAX,
    LABEL_WORDS,
    SUBDOMAIN,
    SUBDOMAIN_MAX,
    SUBDOMAIN_WORDS,
    key_mistakes,
    value_mistakes,
)

NAMES = {
    "namespaces": (LABEL, LABEL_MAX, LABEL_WORDS),
    "services": (DNS_1035, LABEL_MAX, DNS_1035_WORDS),
}

ANNOTATIONS_MAX_BYTES = 256 * 1024
PLAIN_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
"""The finalizers of built-in kinds that need no domain in their name."""

FREE = ("apiextensions.k8s.io", "apiregistration.k8s.io")
"""The groups of servers of their own, which want no domain either."""

OWNER_PARTS = (("apiVersion", "version"), ("kind", "kind"), ("name", "name"), ("uid", "uid"))
FORBIDDEN_FINALIZERS = "no new finalizers can be added if the object is being deleted, found new finalizers "


def causes(kind: Kind, obj: Tree) -> Iterator[Cause]:
    """Yield the mistakes in an object's metadata."""
    name = name_of(obj)
    if not name:
        yield required_value("metadata.name", "name or generateName is required")
    else:
        yield from _name(kind, name)
    yield from label_causes(labels_of(obj), "metadata.labels")
    annotations = dig(obj, "metadata.annotations", {})
    for key in annotations:
        for words in key_mistakes(key.lower()):
            yield invalid_value("metadata.annotations", key, words)
    if sum(len(key) + len(str(value)) for key, value in annotations.items()) > ANNOTATIONS_MAX_BYTES:
        yield too_long("metadata.annotations", ANNOTATIONS_MAX_BYTES)
    yield from _owners(dig(obj, "metadata.ownerReferences", []))
    for index, name in enumerate(dig(obj, "metadata.finalizers", [])):
        yield from key_causes(name, "metadata.finalizers")
        if "/" not in name and name not in PLAIN_FINALIZERS and kind.group not in FREE and not kind.custom:
            words = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid_value(f"metadata.finalizers[{index}]", name, words)


def _owners(owners: list[Tree]) -> Iterator[Cause]:
    field = "metadata.ownerReferences"
    for owner in owners:
        for key, words in OWNER_PARTS:
            if not owner.get(key):
                yield invalid_value(f"{field}.{key}", "", f"{words} must not be empty")
    in_control = [f"{owner.get('kind')}/{owner.get('name')}" for owner in owners if owner.get("controller")]
    for name in in_control[1:]:
        words = f'Only one reference can have Controller set to true. Found "true" in references for {in_control[0]}'
        yield Cause(field, "FieldValueInvalid", f"Invalid value: {words} and {name}")


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
        yield from key_causes(key, field)
        if not isinstance(value, str):
            yield invalid_value(field, value, "must be a string")
            continue
        for words in value_mistakes(value):
            yield invalid_value(field, value, words)


def key_causes(key: str, field: str) -> Iterator[Cause]:
    """Check the key of a label, an annotation, a taint, or a finalizer's name."""
    for words in key_mistakes(key):
        yield invalid_value(field, key, words)


def change_causes(old: Tree, new: Tree) -> Iterator[Cause]:
    """Yield what a write may not change in an object's metadata."""
    if not dig(old, "metadata.deletionTimestamp"):
        return
    added = [item for item in dig(new, "metadata.finalizers", []) if item not in dig(old, "metadata.finalizers", [])]
    if added:
        shown = "[]string{" + ", ".join(f'"{item}"' for item in added) + "}"
        yield forbidden_value("metadata.finalizers", FORBIDDEN_FINALIZERS + shown)
