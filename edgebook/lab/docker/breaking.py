"""Orders to break and heal a lab in Docker, and the record of what is broken.

Not the faults: `catalogue.py` lists them. The record is in lab.json; what counts is what each fault
finds when it looks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgebook.errors import LabError
from edgebook.lab.catalogue import Value, known
from edgebook.lab.docker import folder, machines
from edgebook.lab.docker.catalogue import FAULTS, DockerFault
from edgebook.lab.docker.means import Scene
from edgebook.lab.docker.plan import LabPlan

Record = Mapping[str, Any]
"""One fault in lab.json: fault, host, options."""
Catalogue = Mapping[str, DockerFault]


@dataclass(frozen=True)
class Fault:
    """A fault that was put in."""

    known: DockerFault
    scene: Scene

    @property
    def key(self) -> tuple[str, str]:
        """Its id and host."""
        return self.known.id, self.scene.host.name

    def mend(self) -> None:
        """Take it out."""
        self.known.means.mend(self.scene)

    def broken(self) -> bool:
        """Say whether it is still there."""
        return self.known.means.broken(self.scene)


def break_(
    where: Path,
    plan: LabPlan,
    fault_id: str,
    target: str,
    given: Mapping[str, Value],
    *,
    faults: Catalogue = FAULTS,
) -> None:
    """Put a fault in, and remember it before: a process that is killed meanwhile leaves nothing unknown."""
    fault = known(faults, fault_id)
    hosts = {host.name: host for host in plan.hosts()}
    host = hosts[fault.target_name(hosts, target)]
    options = fault.with_options(given)
    options |= fault.means.prepare(Scene(fault_id, plan, host, options))
    heal(where, plan, fault_id, host.name, faults=faults)
    scene = Scene(fault_id, plan, host, options)
    record = {"fault": fault_id, "host": host.name, "options": options}
    facts = folder.read_facts(where)
    folder.write_facts(where, {**facts, "faults": [*facts["faults"], record]})
    try:
        fault.means.put(scene)
    except LabError:
        with contextlib.suppress(LabError):  # what was half put in; the first error is the one to tell
            fault.means.mend(scene)
        _forget(where, [(fault_id, host.name)])
        raise


def heal(where: Path, plan: LabPlan, fault_id: str = "", target: str = "", *, faults: Catalogue = FAULTS) -> None:
    """Take out the faults that match, all of them without arguments."""
    if fault_id:
        known(faults, fault_id)
    there = recorded(where, plan, faults=faults)
    found = [fault for fault in there if fault_id in ("", fault.key[0]) and target in ("", fault.key[1])]
    # A host that is off or stands still answers nobody: it comes back before what is inside of it is mended.
    for fault in sorted(found, key=lambda fault: not fault.known.means.outside):
        fault.mend()
        _forget(where, [fault.key])


def recorded(where: Path, plan: LabPlan, *, faults: Catalogue = FAULTS) -> list[Fault]:
    """Return the faults that were put in and not taken out by an order."""
    hosts = {host.name: host for host in plan.hosts()}
    return [
        Fault(faults[one["fault"]], Scene(one["fault"], plan, hosts[one["host"]], one["options"]))
        for one in _records(where)
    ]


def present(faults: Sequence[Fault]) -> tuple[tuple[str, str], ...]:
    """Return the faults that nobody has mended yet, as (id, host)."""
    there = machines.each(Fault.broken, faults)
    return tuple(sorted(fault.key for fault, broken in zip(faults, there, strict=True) if broken))


def _records(where: Path) -> list[Record]:
    return list(folder.read_facts(where).get("faults", ()))


def _forget(where: Path, keys: Iterable[tuple[str, str]]) -> None:
    gone = set(keys)
    facts = folder.read_facts(where)
    kept = [one for one in facts["faults"] if (one["fault"], one["host"]) not in gone]
    folder.write_facts(where, {**facts, "faults": kept})
