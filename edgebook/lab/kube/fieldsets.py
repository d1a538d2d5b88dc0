"""Sets of fields as server-side apply counts them: paths into an object, through keyed lists.

Not ownership: whose a field is, `managed` knows. A path is made of `f:NAME` for a field, `k:{…}` for
an item of a list that is a map, `v:…` for an item of a set, and ends in `.` for such an item itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from edgebook.lab.kube.listtypes import DEFAULT_KEYS, Lists, ListType, list_type
from edgebook.lab.kube.schema import types
from edgebook.lab.kube.schema.types import Field, Type
from edgebook.lab.kube.trees import Tree, clone

Path = tuple[str, ...]
Fields = set[Path]

IDENTITY = {("f:apiVersion",), ("f:kind",)}
NOBODYS = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
    "selfLink",
)
NOBODYS_PATHS = IDENTITY | {("f:metadata", f"f:{name}") for name in NOBODYS}


def leaves(tree: Any, path: Path = (), names: Path = (), *, lists: Lists = list_type) -> Iterator[tuple[Path, Any]]:
    """Yield every field somebody can own, with its value."""
    if path in NOBODYS_PATHS:
        return
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from leaves(value, (*path, f"f:{key}"), (*names, key), lists=lists)
    elif isinstance(tree, list) and tree:
        yield from _list_leaves(tree, path, names, lists=lists)
    elif path:
        yield path, tree


def _list_leaves(items: list[Any], path: Path, names: Path, *, lists: Lists) -> Iterator[tuple[Path, Any]]:
    kind = lists(names)
    if kind.is_set:
        yield from (((*path, f"v:{json.dumps(item)}"), item) for item in items)
    elif not _keyed(kind, items):
        yield path, items
    else:
        for item in items:
            place = (*path, f"k:{key_text(kind, item)}")
            yield (*place, "."), True
            for name, value in item.items():
                yield from leaves(value, (*place, f"f:{name}"), (*names, name), lists=lists)


def _keyed(kind: ListType, items: list[Any]) -> bool:
    return bool(kind.map_keys) and all(isinstance(item, dict) for item in items)


def parents(obj: Tree, kind: Type | None) -> Iterator[Path]:
    """Yield the paths of the maps and lists that an object need not have; whoever adds one owns it too."""
    for key, value in obj.items():
        field = kind.fields.get(key) if kind else None
        if kind and field is None:
            continue
        if isinstance(value, dict):
            yield from _parents(value, (f"f:{key}",), field, named=key != "metadata" or kind is None)


def _parents(value: Any, path: Path, field: Field | None, *, named: bool = True) -> Iterator[Path]:
    if not isinstance(value, dict | list) or not value or path in NOBODYS_PATHS or (field and field.atomic):
        return
    inner = types.named(field.type) if field and not field.is_scalar else None
    if isinstance(value, list):
        yield from _list_parents(value, path, field, inner)
        return
    free = field is None or field.optional or field.is_map
    if free and named and path != ("f:metadata",):
        yield (*path, ".")
    for key, item in value.items():
        below = field if field and field.is_map else inner.fields.get(key) if inner else None
        if field is None or (below is not None and not field.is_map):
            yield from _parents(item, (*path, f"f:{key}"), below)


def _list_parents(items: list[Any], path: Path, field: Field | None, inner: Type | None) -> Iterator[Path]:
    if field is None or not (field.map_keys or field.is_set):
        return
    if not field.required:
        yield (*path, ".")
    if inner is None or not field.map_keys:
        return
    kind = ListType(field.map_keys[0], field.map_keys)
    for item in items:
        place = (*path, f"k:{key_text(kind, item)}")
        for key, below in item.items():
            found = inner.fields.get(key)
            if found is not None:
                yield from _parents(below, (*place, f"f:{key}"), found)


def key_text(kind: ListType, item: Tree) -> str:
    """Write the key of a list item, as `managedFields` has it."""
    keys = {name: item.get(name, DEFAULT_KEYS.get(name)) for name in kind.map_keys}
    return json.dumps({name: value for name, value in sorted(keys.items()) if value is not None}, separators=(",", ":"))


def dotted(path: Path) -> str:
    """Write a path as a conflict names it: `.spec.taints`, `.status.conditions[type="Ready"].status`."""
    text = ""
    for part in path:
        sort, _, rest = part.partition(":")
        if sort == "f":
            text += f".{rest}"
        elif sort == "k":
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(rest).items()) + "]"
        elif sort == "v":
            text += f"[={rest}]"
    return text


def merge(live: Any, wanted: Any, names: Path = (), *, lists: Lists = list_type) -> Any:
    """Return the live value with the wanted one laid over it."""
    if isinstance(wanted, dict):
        base = dict(live) if isinstance(live, dict) else {}
        laid = {key: merge(base.get(key), value, (*names, key), lists=lists) for key, value in wanted.items()}
        return {**base, **laid}
    if isinstance(wanted, list) and isinstance(live, list):
        return _merge_lists(live, wanted, names, lists=lists)
    return clone(wanted)


def _merge_lists(live: list[Any], wanted: list[Any], names: Path, *, lists: Lists) -> list[Any]:
    kind = lists(names)
    if kind.is_set:
        return live + [item for item in wanted if item not in live]
    if not _keyed(kind, [*live, *wanted]):
        copied: list[Any] = clone(wanted)
        return copied
    merged = {key_text(kind, item): item for item in live}
    for item in wanted:
        key = key_text(kind, item)
        merged[key] = merge(merged.get(key), item, names, lists=lists)
    return list(merged.values())


def remove(tree: Tree, path: Path, *, lists: Lists = list_type) -> None:
    """Take a field out of an object, in place, and the objects that this leaves empty."""
    _remove(tree, path, (), lists)


def _remove(place: Any, path: Path, names: Path, lists: Lists) -> None:
    head, rest = path[0], path[1:]
    sort, _, text = head.partition(":")
    if sort == "f" and isinstance(place, dict) and text in place:
        if not rest:
            del place[text]
            return
        place[text] = clone(place[text])
        _remove(place[text], rest, (*names, text), lists)
        if place[text] in ({}, []):
            del place[text]
    elif isinstance(place, list):
        _remove_item(place, (head, *rest), names, lists)


def _remove_item(items: list[Any], path: Path, names: Path, lists: Lists) -> None:
    head, rest = path[0], path[1:]
    sort, _, text = head.partition(":")
    kind = lists(names)
    for item in list(items):
        if sort == "v" and json.dumps(item) == text:
            items.remove(item)
        elif sort == "k" and isinstance(item, dict) and key_text(kind, item) == text:
            if rest == (".",):
                items.remove(item)
            elif rest:
                _remove(item, rest, names, lists)
