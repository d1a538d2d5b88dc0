"""The kinds one API serves now, findable by path and by every name people use.

Not what they are; definitions add kinds and take them away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.served import BUILT_IN, preferred


class UnknownKind(LookupError):
    """No served kind has this name."""


class Registry:
    """The kinds one API serves."""

    def __init__(self, kinds: Iterable[Kind] = BUILT_IN) -> None:
        self._paths: dict[tuple[str, str, str], Kind] = {}
        self._names: dict[str, Kind] = {}
        for kind in kinds:
            self.add(kind)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._paths.values())

    def add(self, kind: Kind) -> None:
        """Serve one more kind; the first kind to claim a short name keeps it."""
        self._paths[(kind.group, kind.version, kind.plural)] = kind
        for name in (kind.plural, kind.singular, kind.kind.lower(), *kind.short):
            for full in (name, f"{name}.{kind.group}", f"{name}.{kind.version}.{kind.group}"):
                self._names.setdefault(full, kind)

    def remove(self, group: str, plural: str) -> None:
        """Serve a kind no more, in no version."""
        self._paths = {key: kind for key, kind in self._paths.items() if (key[0], key[2]) != (group, plural)}
        gone = [name for name, kind in self._names.items() if (kind.group, kind.plural) == (group, plural)]
        for name in gone:
            del self._names[name]

    def serves(self, group: str) -> bool:
        """Tell whether any kind of a group is served."""
        return any(key[0] == group for key in self._paths)

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """Find the kind served at a path."""
        return self._paths.get((group, version, plural))

    def named(self, name: str | Kind) -> Kind:
        """Find a kind by `Node`, `node`, `nodes`, `no`, `deployments.apps` or `deployments.v1.apps`."""
        if isinstance(name, Kind):
            return name
        try:
            return self._names[name.lower()]
        except KeyError:
            raise UnknownKind(f"the server doesn't have a resource type {name!r}") from None

    def of(self, api_version: str, kind: str) -> Kind | None:
        """Find a kind by what an object says of itself."""
        group, _, version = api_version.rpartition("/")
        found = (item for item in self._paths.values() if (item.kind, item.group) == (kind, group))
        return next((item for item in found if item.version == version), None)

    def groups(self) -> dict[str, list[str]]:
        """List the groups in order, each with its versions; the core group is empty."""
        found: dict[str, list[str]] = {}
        for kind in self:
            versions = found.setdefault(kind.group, [])
            if kind.version not in versions:
                versions.append(kind.version)
        return {group: preferred(versions) for group, versions in found.items()}

    def served(self, group: str, version: str) -> list[Kind]:
        """List the kinds of one group and version, by plural name."""
        kinds = [kind for kind in self if (kind.group, kind.version) == (group, version)]
        return sorted(kinds, key=lambda kind: kind.plural)
