"""The form of a runbook's parameters: fields where a person fills them in, a table anywhere else.

Not a store: the values live in the notebook's own names, which the form reads and writes.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from edgebook.records import Parameter
from edgebook.views import frontend
from edgebook.views.cards import parameters as parameters_table
from edgebook.views.view import View

if TYPE_CHECKING:
    from edgebook.views.fields import Fields

EDITS = "_edgebook_edits"
"""The name in the notebook under which its edits are kept: with the kernel's names they come and go."""


class Form:
    """The parameters of one runbook with their values in one notebook.

    A value edited in the form is written to the notebook's name at once. When the parameters cell
    runs again and sets the old value, the edit is put back; when somebody changed the cell, the cell
    wins.

    Args:
        name: the runbook's name.
        parameters: its parameters, as its parameters cell declares them.
        namespace: the notebook's `globals()`.
    """

    def __init__(self, name: str, parameters: Sequence[Parameter], namespace: MutableMapping[str, Any]) -> None:
        self.name = name
        self.parameters = tuple(parameters)
        self._namespace = namespace
        self._fields: Fields | None = None
        self._edits: dict[str, tuple[Any, Any]] = namespace.setdefault(EDITS, {})
        self._put_back()

    @property
    def values(self) -> dict[str, Any]:
        """The value of every parameter now."""
        return {one.name: self._namespace.get(one.name, one.default) for one in self.parameters}

    def edit(self, name: str, value: object) -> None:
        """Set a parameter as if a person had edited it."""
        base = self._edits[name][0] if name in self._edits else self.values[name]
        self._namespace[name] = value
        if value == base:
            self._edits.pop(name, None)
        else:
            self._edits[name] = (base, value)

    def reset(self) -> None:
        """Drop every edit: the values of the parameters cell count again."""
        for name, (base, _) in self._edits.items():
            self._namespace[name] = base
        self._edits.clear()

    def table(self) -> View:
        """Show the values as a table."""
        return parameters_table(self.parameters, self.values)

    def fields(self) -> Fields:
        """Return the widgets, made with the first call."""
        if self._fields is None:
            from edgebook.views.fields import Fields  # noqa: PLC0415  # loads ipywidgets

            self._fields = Fields(self)
        return self._fields

    def _put_back(self) -> None:
        for name, (base, value) in list(self._edits.items()):
            if self._namespace.get(name, base) in (base, value):
                self._namespace[name] = value
            else:
                del self._edits[name]

    def __repr__(self) -> str:
        return repr(self.table())

    def _repr_html_(self) -> str:
        return self.table().html

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  # IPython's signature
        still = self.table()._repr_mimebundle_()
        return {**self.fields().bundle(), **still} if frontend.is_live() and self.parameters else still
