"""The life of a lab in Docker: up, reset, down, break and heal, and what can be said of it.

Not its parts: containers are in `machines.py`, faults in `breaking.py`.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edgebook.errors import LabError
from edgebook.lab.catalogue import Value
from edgebook.lab.client import HostStatus, LabStatus
from edgebook.lab.docker import breaking, engine, folder, image, machines, network
from edgebook.lab.docker.plan import LABEL, SSH_PORT, LabPlan, check_counts, from_facts, lab_id

Say = Callable[[str], None]
START_HINT = "start it with: edgebook lab up --backend docker"
MADE = "made"
"""Key of lab.json: everything was made, not only planned."""


def up(where: Path, *, servers: int, agents: int, edges: int, wanted_image: str = "", say: Say) -> LabStatus:
    """Make the lab of a folder and return when its hosts let users in; one that is up is left as it is.

    Hosts that were removed by hand, or are off without a fault saying so, are brought back.
    """
    check_counts(servers, agents, edges)
    engine.require()
    with folder.locked(where):
        now = status(where)
        if now.running or _counts(where) == (servers, agents, edges):
            brought_back = _bring_back(where)
            return _fresh(where) if brought_back and not now.running else status(where)
        tag = image.ensure(wanted_image, datetime.now(UTC).date(), say)
        with _all_or_nothing(where):
            _make(where, LabPlan(lab_id(where), servers, agents, edges, tag, subnet=""))
        return _fresh(where)


def reason() -> str:
    """Say in one sentence why no lab can be made here; nothing when one can."""
    return engine.reason() or image.reason(datetime.now(UTC).date())


def down(where: Path) -> LabStatus:
    """Remove everything of the folder's lab; where there is none, that is fine."""
    if not engine.reason():
        with folder.locked(where) if where.is_dir() else contextlib.nullcontext():
            _clear(where)
    elif (where / "lab.json").exists():
        engine.require()
    return _stopped(where)


def may_have_left(where: Path) -> bool:
    """Say whether Docker has something of a lab whose folder knows nothing of it, as after a start that was killed."""
    if shutil.which(engine.PROGRAM) is None or engine.reason():
        return False
    label = f"{LABEL}={lab_id(where)}"
    return bool(machines.machines(label) or network.labelled(label))


def reset(where: Path) -> LabStatus:
    """Make the hosts anew behind the same addresses and keys, and put the site folder back."""
    with _lab(where) as (plan, facts):
        machines.remove(plan.label)
        folder.write_facts(where, {**facts, "faults": []})
        keys = folder.keys_of(facts)
        folder.write_site(where / "site", plan, keys)
        _make_hosts(plan, keys, {host.name for host in plan.hosts()})
        return status(where)


def break_(where: Path, fault: str, target: str, options: Mapping[str, Value]) -> LabStatus:
    """Put a fault of the catalogue in."""
    with _lab(where) as (plan, _):
        breaking.break_(where, plan, fault, target, options)
        return status(where)


def heal(where: Path, fault: str, target: str) -> LabStatus:
    """Take faults out: one, those of one host, or all."""
    with _lab(where) as (plan, _):
        breaking.heal(where, plan, fault, target)
        return status(where)


def status(where: Path) -> LabStatus:
    """Say what runs in the folder, as Docker sees it now."""
    facts = folder.read_facts(where)
    if not facts.get(MADE):
        return _stopped(where)
    engine.require()
    plan = from_facts(facts["plan"])
    found = machines.machines(plan.label)
    on = {name for name, one in found.items() if one.on}
    if not on | (_off_on_purpose(facts) & set(found)):
        return _stopped(where)
    return LabStatus(
        running=True,
        folder=where,
        site_folder=where / "site",
        since=datetime.fromisoformat(facts["since"]),
        hosts=tuple(
            HostStatus(one.name, one.role, one.address, SSH_PORT, one.name in on, one.address) for one in plan.hosts()
        ),
        faults=breaking.present(breaking.recorded(where, plan)),
        backend=folder.BACKEND,
    )


def _make(where: Path, plan: LabPlan) -> None:
    _clear(where)
    since = datetime.now(UTC).isoformat(timespec="seconds")
    folder.write_facts(where, {MADE: False, "since": since, "plan": plan.as_facts(), "faults": []})
    plan = _with_network(plan)
    keys = folder.make_keys(plan)
    folder.write_site(where / "site", plan, keys)
    facts = {"since": since, "plan": plan.as_facts(), "keys": folder.keys_as_facts(keys), "faults": []}
    machines.make(plan, keys, plan.hosts())
    folder.write_facts(where, {MADE: True, **facts})


def _with_network(plan: LabPlan) -> LabPlan:
    for subnet in network.free_subnets(plan.id):
        placed = from_facts({**plan.as_facts(), "subnet": subnet})
        if network.create(placed):
            return placed
    raise LabError(f"no network of {network.POOL} is free", hint="docker network ls shows those there are")


def _counts(where: Path) -> tuple[int, int, int] | None:
    """Return how many hosts the folder's lab was made with; None where none was."""
    facts = folder.read_facts(where)
    plan = facts.get("plan", {})
    return (plan["servers"], plan["agents"], plan["edges"]) if facts.get(MADE) else None


def _bring_back(where: Path) -> bool:
    """Make hosts anew that are gone, and start those that are off; say whether there was any."""
    with _lab(where, lock=False) as (plan, facts):
        found = machines.machines(plan.label)
        gone = {host.name for host in plan.hosts()} - set(found)
        off = {name for name, one in found.items() if not one.on} - _off_on_purpose(facts)
        _make_hosts(plan, folder.keys_of(facts), gone)
        machines.start([host for host in plan.hosts() if host.name in off])
        return bool(gone or off)


def _off_on_purpose(facts: Mapping[str, Any]) -> set[str]:
    return {one["host"] for one in facts["faults"] if one["fault"] == "host-down"}


def _make_hosts(plan: LabPlan, keys: folder.Keys, names: set[str]) -> None:
    if names and not network.exists(plan) and not network.create(plan):
        raise LabError(
            f"the network {plan.subnet} of this lab is somebody else's now", hint="edgebook lab down, then up again"
        )
    machines.make(plan, keys, [host for host in plan.hosts() if host.name in names])


@contextlib.contextmanager
def _all_or_nothing(where: Path) -> Iterator[None]:
    """Leave nothing behind, whatever ends a start: a failure, Ctrl-C too."""
    try:
        yield
    except BaseException:
        _clear(where)
        raise


@contextlib.contextmanager
def _lab(where: Path, *, lock: bool = True) -> Iterator[tuple[LabPlan, Mapping[str, Any]]]:
    """Give the plan and facts of the lab in a folder, which no other process changes meanwhile."""
    engine.require()
    if not folder.read_facts(where).get(MADE):
        raise LabError(f"no practice site in Docker was made in {where}", hint=START_HINT)
    with folder.locked(where) if lock else contextlib.nullcontext():
        facts = folder.read_facts(where)
        yield from_facts(facts["plan"]), facts


def _clear(where: Path) -> None:
    label = f"{LABEL}={lab_id(where)}"
    machines.remove(label)
    network.remove(label)
    folder.remove(where)


def _fresh(where: Path) -> LabStatus:
    return LabStatus(**{**vars(status(where)), "fresh": True})


def _stopped(where: Path) -> LabStatus:
    return LabStatus(running=False, folder=where, site_folder=where / "site", backend=folder.BACKEND)
