"""JSON trees: copying, reading and comparing what objects are made of.

Not a patch: nothing here changes a tree it was given.
"""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]
"""A JSON object, as a Kubernetes object is."""


def clone(value: Any) -> Any:
    """Copy a JSON value deeply; several times faster than `copy.deepcopy`, which handles cycles."""
    if isinstance(value, dict):
        return {key: clone(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clone(item) for item in value]
    return value


def dig(tree: Any, path: str, default: Any = None) -> Any:
    """Follow a dotted path through objects; give the default where it ends early or holds null."""
    for name in path.split("."):
        if not isinstance(tree, dict):
            return default
        tree = tree.get(name)
    return default if tree is None else tree


def labels_of(tree: Tree) -> dict[str, str]:
    """Return an object's labels, empty when it has none."""
    return dig(tree, "metadata.labels", {}) or {}


def name_of(tree: Tree) -> str:
    """Return an object's name, empty when it has none yet."""
    return str(dig(tree, "metadata.name", ""))


def namespace_of(tree: Tree) -> str:
    """Return an object's namespace, empty for what belongs to the whole cluster."""
    return str(dig(tree, "metadata.namespace", ""))


def owners_of(tree: Tree) -> list[Tree]:
    """Return an object's owner references."""
    return dig(tree, "metadata.ownerReferences", []) or []


def condition(tree: Tree, kind: str) -> Tree:
    """Return a condition of an object by its type, empty when it has none such."""
    found = [item for item in dig(tree, "status.conditions", []) if item.get("type") == kind]
    return found[0] if found else {}
