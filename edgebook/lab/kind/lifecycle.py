"""The life of a lab on kind: up, reset, down, break and heal, and what can be said of it.

Not its parts: the cluster is in `nodes.py`; the edge hosts, their image, network and faults are those of
the practice site in Docker.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edgebook.errors import LabError
from edgebook.lab.catalogue import Value
from edgebook.lab.client import HostStatus, LabStatus
from edgebook.lab.docker import breaking, engine, folder, image, machines, network
from edgebook.lab.docker.folder import K3S_VERSION
from edgebook.lab.docker.plan import LABEL, SSH_PORT, lab_id
from edgebook.lab.kind import images, nodes, program, site
from edgebook.lab.kind.catalogue import FAULTS
from edgebook.lab.kind.plan import KindPlan, check_counts, from_facts

BACKEND = "kind"
NODE_IMAGE = f"kindest/node:{K3S_VERSION.partition('+')[0]}"
"""Of the Kubernetes version that the practice sites' K3s brings."""
START_HINT = "start it with: edgebook lab up --backend kind"
KUBECONFIG = "kind.kubeconfig"
"""What kind writes, beside the site folder; the site gets a copy with its own names."""
MADE, BUNDLE = "made", "bundle"
Say = program.Say


def up(
    where: Path,
    *,
    servers: int,
    agents: int,
    edges: int,
    wanted_image: str = "",
    bundle: Path | None = None,
    patch: Path | None = None,
    say: Say,
) -> LabStatus:
    """Make the lab of a folder and return when its nodes are Ready and its edge hosts let users in.

    One that is up is left as it is; hosts and nodes that are off without a fault saying so are started again.
    """
    check_counts(servers, agents, edges)
    program.require()
    found = images.archives(bundle) if bundle else ()
    more = _read(patch) if patch else ""
    with folder.locked(where):
        if status(where).running:
            _bring_back(where)
            return status(where)
        tag = image.ensure("", datetime.now(UTC).date(), say)
        plan = KindPlan(lab_id(where), servers, agents, edges, tag, "", wanted_image or NODE_IMAGE, patch=more)
        with _all_or_nothing(where):
            _clear(where)
            _make(where, plan, bundle, found, say)
        return _fresh(where)


def reason() -> str:
    """Say in one sentence why no lab can be made here; nothing when one can, if its node image is to be had."""
    return program.reason() or image.reason(datetime.now(UTC).date())


def down(where: Path) -> LabStatus:
    """Remove everything of the folder's lab; where there is none, that is fine."""
    if not engine.reason():
        with folder.locked(where) if where.is_dir() else contextlib.nullcontext():
            _clear(where)
    elif (where / "lab.json").exists():
        engine.require()
    return _stopped(where)


def may_have_left(where: Path) -> bool:
    """Say whether Docker has a cluster of a lab whose folder knows nothing of it, as after a start that was killed."""
    if shutil.which(engine.PROGRAM) is None or engine.reason():
        return False
    return bool(nodes.containers(lab_id(where)))


def reset(where: Path, say: Say = lambda _: None) -> LabStatus:
    """Make the cluster and the edge hosts anew, behind the same addresses and keys and the same port of the API."""
    with _lab(where) as (plan, facts):
        program.require()
        found = images.archives(Path(facts[BUNDLE])) if facts[BUNDLE] else ()
        machines.remove(plan.label)
        nodes.delete(plan.id, where / KUBECONFIG)
        keys = folder.keys_of(facts)
        folder.write_facts(where, {**facts, "faults": []})
        _fill(where, replace(plan, addresses={}), keys, found, say)
        return status(where)


def break_(where: Path, fault: str, target: str, options: Mapping[str, Value]) -> LabStatus:
    """Put a fault of the catalogue in."""
    with _lab(where) as (plan, _):
        breaking.break_(where, plan, fault, target, options, faults=FAULTS)
        return status(where)


def heal(where: Path, fault: str, target: str) -> LabStatus:
    """Take faults out: one, those of one host, or all."""
    with _lab(where) as (plan, _):
        breaking.heal(where, plan, fault, target, faults=FAULTS)
        return status(where)


def status(where: Path) -> LabStatus:
    """Say what runs in the folder, as Docker sees it now."""
    facts = folder.read_facts(where)
    if not facts.get(MADE):
        return _stopped(where)
    engine.require()
    plan = _now(facts)
    on = {name for name, one in machines.machines(plan.label).items() if one.on}
    on |= set(nodes.containers(plan.id)) - nodes.off(plan.id)
    if not on:
        return _stopped(where)
    return LabStatus(
        running=True,
        folder=where,
        site_folder=where / "site",
        since=datetime.fromisoformat(facts["since"]),
        hosts=tuple(_host(plan, one.name, on) for one in plan.hosts()),
        faults=breaking.present(breaking.recorded(where, plan, faults=FAULTS)),
        cluster=f"Kubernetes {facts['version']} of kind at https://127.0.0.1:{plan.api_port}",
        api_port=plan.api_port,
        backend=BACKEND,
    )


def _host(plan: KindPlan, name: str, on: set[str]) -> HostStatus:
    host = next(one for one in plan.hosts() if one.name == name)
    reached = (SSH_PORT, host.address) if host in plan.ssh_hosts() else (0, "")
    return HostStatus(name, host.role, host.address, reached[0], name in on, reached[1])


def _make(where: Path, plan: KindPlan, bundle: Path | None, found: Sequence[images.Archive], say: Say) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    facts: dict[str, Any] = {"backend": BACKEND, MADE: False, "since": since, "faults": [], "version": ""}
    facts[BUNDLE] = str(bundle.resolve()) if bundle else ""
    folder.write_facts(where, {**facts, "plan": plan.as_facts()})
    plan = _with_network(plan)
    keys = folder.make_keys(plan)
    folder.write_facts(where, {**facts, "plan": plan.as_facts(), "keys": folder.keys_as_facts(keys)})
    _fill(where, plan, keys, found, say)


def _fill(where: Path, plan: KindPlan, keys: folder.Keys, found: Sequence[images.Archive], say: Say) -> None:
    """Make the cluster and the edge hosts in the lab's network, and describe them."""
    kubeconfig = where / KUBECONFIG
    images.to_docker(found, plan.node_image, say)
    nodes.create(plan, kubeconfig, say)
    images.to_nodes(found, plan, kubeconfig, say)
    machines.make(plan, keys, plan.ssh_hosts())
    text, port = nodes.own_kubeconfig(kubeconfig.read_text(encoding="utf-8"))
    plan, version = replace(plan, api_port=port), nodes.version(plan)
    folder.write_site(where / "site", plan, keys, site.text(plan, version))
    folder.private(where / "site" / "kubeconfig", text)
    facts = folder.read_facts(where)
    folder.write_facts(where, {**facts, MADE: True, "version": version, "plan": plan.as_facts()})


def _with_network(plan: KindPlan) -> KindPlan:
    for subnet in network.free_subnets(plan.id):
        placed = replace(plan, subnet=subnet)
        if network.create(placed, dynamic=placed.dynamic):
            return placed
    raise LabError(f"no network of {network.POOL} is free", hint="docker network ls shows those there are")


def _bring_back(where: Path) -> None:
    """Make edge hosts anew that are gone, and start hosts and nodes that are off without a fault saying so."""
    with _lab(where, lock=False) as (plan, facts):
        gone = nodes.missing(plan)
        if gone:
            raise LabError(f"the cluster has lost {', '.join(gone)}", hint="edgebook lab reset makes it anew")
        on_purpose = {one["host"] for one in facts["faults"] if one["fault"] == "host-down"}
        nodes.start(plan, nodes.off(plan.id) - on_purpose)
        found = machines.machines(plan.label)
        machines.make(plan, folder.keys_of(facts), [host for host in plan.ssh_hosts() if host.name not in found])
        off = {name for name, one in found.items() if not one.on} - on_purpose
        machines.start([host for host in plan.ssh_hosts() if host.name in off])


def _read(patch: Path) -> str:
    try:
        return patch.read_text(encoding="utf-8")
    except OSError as exc:
        raise LabError(f"{patch} cannot be read: {exc.strerror}", hint="--patch: configuration for kubeadm") from exc


def _now(facts: Mapping[str, Any]) -> KindPlan:
    """Return the plan with the addresses that the nodes have now."""
    plan = from_facts(facts["plan"])
    return replace(plan, addresses=nodes.addresses(plan))


@contextlib.contextmanager
def _all_or_nothing(where: Path) -> Iterator[None]:
    """Leave nothing behind, whatever ends a start: a failure, Ctrl-C too."""
    try:
        yield
    except BaseException:
        _clear(where)
        raise


@contextlib.contextmanager
def _lab(where: Path, *, lock: bool = True) -> Iterator[tuple[KindPlan, Mapping[str, Any]]]:
    """Give the plan and facts of the lab in a folder, which no other process changes meanwhile."""
    engine.require()
    if not folder.read_facts(where).get(MADE):
        raise LabError(f"no practice site on kind was made in {where}", hint=START_HINT)
    with folder.locked(where) if lock else contextlib.nullcontext():
        facts = folder.read_facts(where)
        yield _now(facts), facts


def _clear(where: Path) -> None:
    lab = lab_id(where)
    nodes.delete(lab, where / KUBECONFIG)
    machines.remove(f"{LABEL}={lab}")
    network.remove(f"{LABEL}={lab}")
    folder.remove(where)


def _fresh(where: Path) -> LabStatus:
    return replace(status(where), fresh=True)


def _stopped(where: Path) -> LabStatus:
    return LabStatus(running=False, folder=where, site_folder=where / "site", backend=BACKEND)
