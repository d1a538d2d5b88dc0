"""Strategic merge patch: lists that are maps merge by key, and `$` directives say the rest.

Not for custom kinds; the API server refuses it there, for it knows no keys.
"""

from __future__ import annotations

from typing import Any

from edgebook.lab.kube.errors import bad_request
from edgebook.lab.kube.listtypes import list_type
from edgebook.lab.kube.patch import merge_patch
from edgebook.lab.kube.trees import Tree, clone

DIRECTIVE = "$patch"
DELETE_FROM = "$deleteFromPrimitiveList/"
SET_ORDER = "$setElementOrder/"
RETAIN = "$retainKeys"

Path = tuple[str, ...]


def strategic_merge(tree: Tree, patch: Any) -> Tree:
    """Return an object with a strategic merge patch applied."""
    if not isinstance(patch, dict):
        raise bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
    return _objects(tree, patch, ())


def _objects(tree: Tree, patch: Tree, path: Path) -> Tree:
    directive = patch.get(DIRECTIVE)
    if directive == "replace":
        return {key: clone(value) for key, value in patch.items() if key != DIRECTIVE}
    if directive == "delete":
        return {}
    merged = _retained(tree, patch)
    for key, value in patch.items():
        if key.startswith(DELETE_FROM):
            field = key.removeprefix(DELETE_FROM)
            left = [item for item in merged.get(field, []) if item not in value]
            merged[field] = left
            if not left:
                del merged[field]
        elif not key.startswith("$"):
            _field(merged, key, value, (*path, key))
    for key, value in patch.items():
        if key.startswith(SET_ORDER):
            _reorder(merged, key.removeprefix(SET_ORDER), value, path)
    return merged


def _retained(tree: Tree, patch: Tree) -> Tree:
    if RETAIN not in patch:
        return dict(tree)
    return {key: value for key, value in tree.items() if key in patch[RETAIN]}


def _field(merged: Tree, key: str, value: Any, path: Path) -> None:
    have = merged.get(key)
    if value is None:
        merged.pop(key, None)
    elif isinstance(value, dict):
        merged[key] = _objects(have if isinstance(have, dict) else {}, value, path)
    elif isinstance(value, list) and isinstance(have, list):
        merged[key] = _lists(have, value, path)
    elif isinstance(value, list):
        merged[key] = _lists([], value, path)
    else:
        merged[key] = merge_patch(have, value)


def _lists(have: list[Any], patch: list[Any], path: Path) -> list[Any]:
    kind = list_type(path)
    if kind.is_set:
        return have + [item for item in patch if item not in have]
    if not kind.merge_key:
        kept: list[Any] = clone([item for item in patch if not (isinstance(item, dict) and DIRECTIVE in item)])
        return kept
    replaced = any(isinstance(item, dict) and item == {DIRECTIVE: "replace"} for item in patch)
    merged: list[Any] = [] if replaced else list(have)
    for item in patch:
        if item != {DIRECTIVE: "replace"}:
            _list_item(merged, item, kind.merge_key, path)
    return merged


def _list_item(merged: list[Any], item: Any, key: str, path: Path) -> None:
    if not isinstance(item, dict) or key not in item:
        raise bad_request(f"map: {item} does not contain declared merge key: {key}")
    places = [index for index, other in enumerate(merged) if other.get(key) == item[key]]
    if item.get(DIRECTIVE) == "delete":
        merged[:] = [other for index, other in enumerate(merged) if index not in places]
    elif places:
        merged[places[0]] = _objects(merged[places[0]], item, path)
    else:
        merged.append(_objects({}, item, path))


def _reorder(merged: Tree, field: str, order: Any, path: Path) -> None:
    """Put a list into the order the patch gives; what it does not name keeps its place at the end."""
    items, key = merged.get(field), list_type((*path, field)).merge_key
    if not isinstance(items, list):
        return
    wanted = [item.get(key) if isinstance(item, dict) else item for item in order]

    def place(item: Any) -> int:
        name = item.get(key) if isinstance(item, dict) else item
        return wanted.index(name) if name in wanted else len(wanted)

    merged[field] = sorted(items, key=place)
