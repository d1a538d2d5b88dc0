"""One version of a definition: the kind it serves, with schema, columns and the places of its scale.

Not the definition's life.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edgebook.lab.kube.custom import checks, structural
from edgebook.lab.kube.errors import Cause
from edgebook.lab.kube.kinds import STATUS, Kind, Subresource
from edgebook.lab.kube.served import SCALE
from edgebook.lab.kube.trees import Tree, dig


@dataclass(frozen=True)
class Version:
    """What a definition says of one version."""

    schema: Tree
    columns: tuple[Tree, ...] = ()
    scale: Tree = field(default_factory=dict)
    selectable: tuple[str, ...] = ()

    def pruned(self, obj: Tree) -> tuple[Tree, list[str]]:
        """Return an object without what nobody knows, and the paths of that."""
        return structural.prune(self.schema, obj)

    def fill(self, obj: Tree) -> None:
        """Put defaults into an object, in place."""
        structural.fill(self.schema, obj)

    def causes(self, obj: Tree) -> list[Cause]:
        """Return what the schema refuses of an object."""
        body = {key: value for key, value in obj.items() if key not in structural.ALWAYS_KNOWN}
        return list(checks.causes(self.schema, body))


def kinds(definition: Tree) -> list[Kind]:
    """Return the kinds a definition serves, the stored one first."""
    versions = [item for item in dig(definition, "spec.versions", []) if item.get("served")]
    versions.sort(key=lambda item: not item.get("storage"))
    return [_kind(definition["spec"], item) for item in versions]


def _kind(spec: Tree, version: Tree) -> Kind:
    names, below = spec["names"], version.get("subresources") or {}
    parts: list[Subresource] = [SCALE] if below.get("scale") else []
    parts += [STATUS] if "status" in below else []
    fields = tuple(str(item["jsonPath"]).removeprefix(".") for item in version.get("selectableFields") or ())
    return Kind(
        spec["group"],
        version["name"],
        names["kind"],
        names["plural"],
        namespaced=spec["scope"] == "Namespaced",
        short=tuple(names.get("shortNames") or ()),
        subresources=tuple(parts),
        categories=tuple(names.get("categories") or ()),
        selectable=fields,
        custom=True,
        singular_name=names.get("singular") or names["kind"].lower(),
        definition=Version(
            dig(version, "schema.openAPIV3Schema", {}),
            tuple(version.get("additionalPrinterColumns") or ()),
            below.get("scale") or {},
        ),
    )
