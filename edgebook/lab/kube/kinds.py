"""What a kind of objects is: its names, its place, its verbs, what is below it.

Not which kinds there are, and no behaviour: defaults, rules and columns are looked up by a kind's `resource`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
ASK = ("create",)
"""The verbs of a kind that is only a question: it is answered and never kept."""


@dataclass(frozen=True)
class Subresource:
    """A path below an object: what is read or written there, in which kind."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


STATUS = Subresource("status", "", ("get", "patch", "update"))


@dataclass(frozen=True)
class Kind:
    """One served kind.

    `keeps_in` names the resource whose objects this one shows under another group, and `renames` the
    fields that differ: (here, there). `selectable` are the fields a field selector may use besides
    name and namespace. `custom` kinds come from a definition: no strategic merge patch, atomic lists.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = (STATUS,)
    verbs: tuple[str, ...] = ALL_VERBS
    categories: tuple[str, ...] = ()
    selectable: tuple[str, ...] = ()
    keeps_in: str = ""
    renames: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    custom: bool = False
    keeps_status: bool = False
    """Whether the status given on create is kept, as a kubelet's first Node is."""
    counted: bool | None = None
    """Whether objects carry `metadata.generation`; by default those whose status is apart."""
    singular_name: str = ""
    definition: Any = field(default=None, compare=False, repr=False)
    """What a custom kind's definition says of this version: schema, columns, scale."""

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """`nodes` or `deployments.apps`, as error messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """The kind in lower case, or what its definition says."""
        return self.singular_name or self.kind.lower()

    @property
    def table(self) -> str:
        """The resource whose objects are kept for this kind."""
        return self.keeps_in or self.resource

    def subresource(self, name: str) -> Subresource | None:
        """Find a subresource by name."""
        return next((item for item in self.subresources if item.name == name), None)

    @property
    def has_status(self) -> bool:
        """Whether status is written apart from the rest."""
        return STATUS in self.subresources
