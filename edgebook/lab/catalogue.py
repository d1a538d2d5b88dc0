"""An entry in a catalogue of faults: what every backend says of a fault, and what may be said to it.

Not how a fault is put in: each backend has its own means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from edgebook.errors import LabError

Value = str | float
Options = Mapping[str, Value]


@dataclass(frozen=True)
class Entry:
    """What is known of a fault.

    `targets` are the hosts it goes to when none is named: the first that the site has. `options`
    are the defaults of what may be said with it.
    """

    id: str
    title: str
    cause: str
    symptoms: str
    mend: str
    targets: tuple[str, ...]
    options: Options = field(default_factory=dict, kw_only=True)

    def target_name(self, hosts: Collection[str], wanted: str = "") -> str:
        """Return the host it goes to; raise `LabError` naming the hosts there are."""
        for name in (wanted,) if wanted else self.targets:
            if name in hosts:
                return name
        raise LabError(f"{self.id}: no host {wanted or ' or '.join(self.targets)} here; there are {', '.join(hosts)}")

    def with_options(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """Merge options with the defaults, as numbers where those are; raise `LabError` for one it does not take."""
        unknown = sorted(set(given) - set(self.options))
        if unknown:
            takes = ", ".join(self.options) or "none"
            raise LabError(f"{self.id} takes no option {', '.join(unknown)}; it takes {takes}")
        return {**self.options, **{name: _like(self.options[name], name, value) for name, value in given.items()}}


AnyEntry = TypeVar("AnyEntry", bound=Entry)


def known(catalogue: Mapping[str, AnyEntry], fault_id: str) -> AnyEntry:
    """Return a fault of a catalogue; raise `LabError` naming those there are."""
    if fault_id not in catalogue:
        raise LabError(f"no fault is called {fault_id!r}", hint=f"one of {', '.join(catalogue)}")
    return catalogue[fault_id]


def _like(default: Value, name: str, value: Value) -> Value:
    if isinstance(default, str):
        return str(value)
    try:
        return float(value)
    except ValueError as exc:
        raise LabError(f"option {name} is a number, not {value!r}") from exc
