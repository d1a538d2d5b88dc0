"""The plan: from what was seen on the hosts to the cluster that site.yaml describes, and back.

Not the acts themselves; each stage's module holds those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from edgebook.journal import Event
from edgebook.k3s import address, before, finish, here, join, leave, prepare, restore
from edgebook.k3s.inspect import Seen
from edgebook.k3s.work import Work
from edgebook.records import Action, Plan
from edgebook.site import Site
from edgebook.ssh import Fleet

Stage = tuple[str, str, Callable[[Work], Iterator[Action]]]

INSTALL: tuple[Stage, ...] = (
    (before.STAGE, "Record of what is there", before.record),
    ("registration", "Registration address", address.registration),
    ("artifacts", "Artifacts to hosts", prepare.artifacts),
    ("configuration", "Configuration", prepare.configuration),
    ("first-server", "First server", join.first_server),
    ("removal", "Hosts that leave", leave.removal),
    ("servers", "Other servers", join.servers),
    ("agents", "Agents", join.agents),
    ("labels", "Labels", finish.labels),
    ("kubeconfig", "Kubeconfig on this computer", finish.kubeconfig),
    ("proof", "Snapshot and failover drill", finish.proof),
)


def _own_files(work: Work) -> Iterator[Action]:
    yield from restore.files_back(work)
    yield from here.here_back(work)


UNDO: tuple[Stage, ...] = (
    ("agents-back", "Agents leave", leave.agents_back),
    ("servers-back", "Servers leave, the first one last", leave.servers_back),
    ("registration-back", "Registration address", restore.registration_back),
    ("hosts-back", "Hosts as they were", restore.hosts_back),
    ("files-back", "Edgebook's own files", _own_files),
    ("unreached", "Hosts that were not reached", restore.unreached),
)


def plan(
    site: Site,
    fleet: Fleet,
    seen: Seen,
    *,
    history: Sequence[Event] = (),
    agents_at_once: int = 10,
    drill: bool = True,
    timeout_s: float = 600.0,
) -> Plan:
    """Plan the installation: every action, with those that are already so marked as done.

    Args:
        site: what is wanted.
        fleet: the hosts.
        seen: what `inspect` saw a moment ago.
        history: events of earlier runs on this site, which tell what only a journal knows.
        agents_at_once: how many agents join at the same time.
        drill: whether to stop one server at the end and ask the API all the same.
        timeout_s: how long one host may take to become a Ready node, seconds.
    """
    work = Work(site, fleet, seen, timeout_s=timeout_s, agents_at_once=agents_at_once, drill=drill, history=history)
    return _assembled(f"Install K3s {site.k3s.version} on {site.name}", INSTALL, work)


def undo(
    site: Site,
    fleet: Fleet,
    seen: Seen,
    *,
    history: Sequence[Event] = (),
    keep_token: bool = True,
    timeout_s: float = 600.0,
) -> Plan:
    """Plan the way back to hosts as they were: agents first, then the servers in reverse order.

    Args:
        site: the site whose cluster goes; hosts that it calls absent are cleaned as well.
        fleet: the hosts.
        seen: what `inspect` saw a moment ago.
        history: events of earlier runs on this site, which tell what was there before.
        keep_token: whether the cluster's tokens stay on this computer: without them no snapshot can be restored.
        timeout_s: how long one host may take, seconds.
    """
    work = Work(site, fleet, seen, timeout_s=timeout_s, history=history, keep_token=keep_token)
    return _assembled(f"Take K3s back from {site.name}", UNDO, work)


def _assembled(title: str, stages: Sequence[Stage], work: Work) -> Plan:
    made_here = bool(work.site.servers or work.site.agents or work.site.absent)
    actions = tuple(action for _, _, make in stages for action in make(work)) if made_here else ()
    return Plan(title, {stage: name for stage, name, _ in stages}, actions)
