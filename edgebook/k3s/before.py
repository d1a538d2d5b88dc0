"""The stage before any change: what is on each host is recorded, there and in the journal.

Not the way back (`restore`), which reads it. Nothing of K3s or keepalived is touched here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from edgebook.errors import StepFailed
from edgebook.k3s import scripts, traces
from edgebook.k3s.former import BEFORE, Former, parse
from edgebook.k3s.work import Work, change
from edgebook.records import Action, Outcome
from edgebook.site import Host as SiteHost

STAGE = "before"
KEEPALIVED = "keepalived"
RECORD_TIMEOUT_S = 300.0


def record(work: Work) -> Iterator[Action]:
    """Plan the record of every host; one that was made before the first change stays as it is."""
    for host in work.joined:
        former, changed = work.k3s(host.name).left.former, work.touched(host)
        yield change(
            STAGE,
            host.name,
            "record",
            "Record what is there",
            f"files, units, packages, kernel parameters, firewall rules → {BEFORE}, and the journal",
            partial(_recorded, work, host),
            done=changed,
            undo="read by the way back, then removed",
            facts=former.facts() if former and changed else {},
        )


def _recorded(work: Work, host: SiteHost) -> Outcome:
    k3s, site = work.k3s(host.name), work.site
    installed = k3s.server.loaded or k3s.agent.loaded
    brings = host.role == "server" and site.k3s.registration.by == KEEPALIVED
    lists = (traces.copied(site, installed=installed), traces.noted(site, installed=installed), traces.SYSCTLS)
    words = ("\n".join(one) for one in lists)
    told = ("yes" if installed else "no", *words, str(site.k3s.cluster_cidr), KEEPALIVED if brings else "")
    said = work.locked(host, scripts.RECORD, told, timeout_s=RECORD_TIMEOUT_S).check()
    former = parse(said.out.splitlines())
    if former is None:
        raise StepFailed(f"{host.name}: the record came back empty", hint=f"look at {BEFORE} on the host")
    return Outcome("unknown", told_of(former), facts=former.facts())


def told_of(former: Former) -> str:
    """Say what a record holds."""
    number = len(former.kept)
    return f"{number} file{'s' if number > 1 else ''} kept" if number else "nothing to keep"
