"""One stored object shown under two groups: what is renamed on the way in and out.

Not conversion between versions of a custom kind; nothing served needs one.
"""

from __future__ import annotations

from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.trees import Tree


def shown(kind: Kind, obj: Tree) -> Tree:
    """Return a stored object as a kind shows it; the object itself where both are the same."""
    if not kind.keeps_in or obj.get("apiVersion") == kind.api_version:
        return obj
    names = {there: here for here, there in kind.renames}
    return {**_renamed(obj, names), "apiVersion": kind.api_version}


def stored(kind: Kind, base: Kind, obj: Tree) -> Tree:
    """Return an object of a kind as it is stored."""
    if not kind.keeps_in or obj.get("apiVersion") == base.api_version:
        return obj
    return {**_renamed(obj, dict(kind.renames)), "apiVersion": base.api_version}


def _renamed(obj: Tree, names: dict[str, str]) -> Tree:
    return {names.get(key, key): value for key, value in obj.items()}
