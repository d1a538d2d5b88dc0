"""Who manages which field: `managedFields`, server-side apply and its conflicts.

Not the other patch types; after those, `track` notes whose the changed fields are now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edgebook.lab.kube import fieldsets
from edgebook.lab.kube.errors import apply_conflict
from edgebook.lab.kube.fieldsets import Fields, Path
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.listtypes import list_types
from edgebook.lab.kube.schema import types
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, clone, dig


@dataclass(frozen=True)
class Writer:
    """Who writes, and how: the key of one entry of `managedFields`."""

    manager: str
    operation: str = "Update"
    subresource: str = ""


Owned = dict[Writer, Fields]


def track(kind: Kind, old: Tree, new: Tree, *, writer: Writer, now: datetime) -> None:
    """Note in `new`, in place, that what differs from `old` is the writer's; without a manager, note nothing."""
    before, after = _owned_paths(kind, old), _owned_paths(kind, new)
    changed = {path for path, value in after.items() if path not in before or before[path] != value}
    gone = set(before) - set(after)
    entries = _entries(new)
    owned = {who: fields - gone - (changed if who != writer else set()) for who, (fields, _) in entries.items()}
    if writer.manager:
        owned[writer] = owned.get(writer, set()) | changed
    _write(kind, new, owned, entries, now)


def apply(kind: Kind, live: Tree, wanted: Tree, *, writer: Writer, force: bool, now: datetime) -> Tree:
    """Return an object with a server-side apply carried out.

    Args:
        kind: the kind of both.
        live: the stored object, or an empty one.
        wanted: what the writer wants, and nothing else.
        writer: who applies.
        force: take fields that other managers hold with other values.
        now: the time for `managedFields`.

    Raises:
        ApiError: 409 naming every such field and its manager, unless forced.
    """
    entries = _entries(live)
    have, asked = _leaves(kind, live), _leaves(kind, wanted)
    taken = {path for path, value in asked.items() if path in have and have[path] != value}
    clashes = [(who, path) for who in entries if who != writer for path in sorted(taken & entries[who][0])]
    if clashes and not force:
        raise apply_conflict([(_words(kind, who, entries[who][1]), fieldsets.dotted(path)) for who, path in clashes])
    others = {who: fields - taken for who, (fields, _) in entries.items() if who != writer}
    mine = entries.get(writer, (set(), {}))[0]
    kept = set(asked).union(*others.values())
    abandoned = {path for path in mine - kept if not any(held[: len(path)] == path for held in kept)}
    merged: Tree = fieldsets.merge(live, {**wanted, "metadata": _own_metadata(wanted)}, lists=list_types(kind))
    # An item goes before its fields: without its name it could not be found any more.
    for path in sorted(abandoned, key=lambda path: (path[-1] != ".", -len(path))):
        fieldsets.remove(merged, path, lists=list_types(kind))
    _write(kind, merged, {**others, writer: set(asked)}, entries, now)
    return merged


def _own_metadata(wanted: Tree) -> Tree:
    return {key: value for key, value in (wanted.get("metadata") or {}).items() if key != "managedFields"}


def _words(kind: Kind, who: Writer, entry: Tree) -> str:
    version = entry.get("apiVersion", kind.api_version)
    part = f' with subresource "{who.subresource}"' if who.subresource else ""
    using = f" using {version}" if who.operation == "Update" else ""
    return f'"{who.manager}"{part}{using}'


def _owned_paths(kind: Kind, obj: Tree) -> dict[Path, Any]:
    """Return what an update can own: the leaves, and the maps and lists that need not be there."""
    parents = dict.fromkeys(fieldsets.parents(obj, types.of_kind(kind.group, kind.version, kind.kind)), True)
    return {**_leaves(kind, obj), **parents}


def _leaves(kind: Kind, obj: Tree) -> dict[Path, Any]:
    return dict(fieldsets.leaves(obj, lists=list_types(kind)))


def _entries(obj: Tree) -> dict[Writer, tuple[Fields, Tree]]:
    found: dict[Writer, tuple[Fields, Tree]] = {}
    for entry in dig(obj, "metadata.managedFields", []):
        who = Writer(entry.get("manager", ""), entry.get("operation", "Update"), entry.get("subresource", ""))
        found[who] = (set(_decoded(entry.get("fieldsV1") or {})), entry)
    return found


def _decoded(tree: Tree, path: Path = ()) -> Iterator[Path]:
    for key, value in tree.items():
        if key == ".":
            yield (*path, ".")
        elif value:
            yield from _decoded(value, (*path, key))
        else:
            yield (*path, key)


def _encoded(fields: Fields) -> Tree:
    tree: Tree = {}
    for path in sorted(fields):
        place = tree
        for part in path:
            place = place.setdefault(part, {})
    return tree


def _write(kind: Kind, obj: Tree, owned: Owned, entries: dict[Writer, tuple[Fields, Tree]], now: datetime) -> None:
    written = []
    for who, fields in owned.items():
        if not fields:
            continue
        same = who in entries and entries[who][0] == fields
        written.append(entries[who][1] if same else _entry(kind, who, fields, now))
    meta = {key: value for key, value in (obj.get("metadata") or {}).items() if key != "managedFields"}
    obj["metadata"] = {**meta, "managedFields": clone(written)} if written else meta


def _entry(kind: Kind, who: Writer, fields: Fields, now: datetime) -> Tree:
    entry: Tree = {
        "manager": who.manager,
        "operation": who.operation,
        "apiVersion": kind.api_version,
        "time": stamp(now),
        "fieldsType": "FieldsV1",
        "fieldsV1": _encoded(fields),
    }
    return {**entry, "subresource": who.subresource} if who.subresource else entry
