"""The stage that makes the registration address: keepalived on the servers.

Not here: an address that somebody else serves (a load balancer, DNS), which is only checked.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import partial

from edgebook.k3s import tables
from edgebook.k3s.config import keepalived_config
from edgebook.k3s.inspect import one_holder
from edgebook.k3s.work import CLUSTER, Work, change, exists
from edgebook.records import Action, Outcome
from edgebook.site import Host as SiteHost
from edgebook.waiting import until

STAGE = "registration"
PACKAGE = ("apt-get", "install", "-y", "--no-install-recommends", "keepalived")
PACKAGE_TIMEOUT_S = 300.0
ADDRESS_TIMEOUT_S = 60.0


def registration(work: Work) -> Iterator[Action]:
    """Plan the fixed registration address: keepalived on the servers, where the site says so."""
    if work.site.k3s.registration.by != "keepalived":
        return
    for host in work.site.servers:
        yield _package(work, host)
        yield from _service(work, host)


def held(work: Work, stage: str, *, wave: int) -> Iterator[Action]:
    """Plan the look at who holds the address, beside the first server's start: VRRP takes four seconds to agree."""
    if work.site.k3s.registration.by != "keepalived":
        return
    address = str(work.site.k3s.registration.address)
    title, done = f"Wait until a server holds {address}", any(address in one.ips for one in work.seen.facts.values())
    yield change(stage, CLUSTER, "address", title, "ip -j -4 addr", partial(_held, work, address), done=done, wave=wave)


def _package(work: Work, host: SiteHost) -> Action:
    shown, there = shlex.join(PACKAGE), work.k3s(host.name).keepalived.loaded
    act = partial(_install, work, host)
    undo = "apt-get remove keepalived"
    return change(STAGE, host.name, "package", "Install keepalived", shown, act, done=there, undo=undo)


def _service(work: Work, host: SiteHost) -> Iterator[Action]:
    path, text, unit = tables.KEEPALIVED, keepalived_config(work.site, host), work.k3s(host.name).keepalived
    same = work.holds(host, path, text, "644")
    write = partial(work.write, host, path, text, mode=0o644)
    why, undo = "differs" if exists(work, host, path) else "absent", "put the earlier file back"
    yield change(STAGE, host.name, "config", f"Write {path}", text, write, done=same, wave=1, why=why, undo=undo)
    shown, undo = "systemctl enable keepalived && systemctl restart keepalived", "systemctl disable --now keepalived"
    up = same and unit.running and unit.enabled
    act = partial(_restart, work, host)
    yield change(STAGE, host.name, "service", "Start keepalived", shown, act, done=up, wave=2, undo=undo)


def _install(work: Work, host: SiteHost) -> Outcome:
    hint = "without Internet: put keepalived on the servers beforehand, or serve the address by other means"
    # Under the lock, so that a run after a killed one waits for it before it looks at what is there.
    call = ["flock", tables.INSTALL_LOCK, *PACKAGE]
    work.host(host.name).run(call, sudo=True, timeout_s=PACKAGE_TIMEOUT_S).check(hint=hint)
    return Outcome("absent", "there")


def _restart(work: Work, host: SiteHost) -> Outcome:
    connection = work.host(host.name)
    before = connection.run(["systemctl", "is-active", "keepalived"]).out.strip()
    connection.run(["systemctl", "enable", "keepalived"], sudo=True).check()
    connection.run(["systemctl", "restart", "keepalived"], sudo=True).check(
        hint=f"on {host.name}: journalctl -u keepalived -n 50"
    )
    return Outcome(before, "active")


def _held(work: Work, address: str) -> Outcome:
    servers = [host.name for host in work.site.servers]
    what, look = f"{address} to be held by one server", partial(one_holder, work.fleet, servers, address)
    hint = (
        "on the servers: journalctl -u keepalived; two holders mean that VRRP (IP protocol 112) is blocked between them"
    )
    return Outcome("free", until(look, what=what, timeout_s=ADDRESS_TIMEOUT_S, hint=hint))
