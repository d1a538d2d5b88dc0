"""Edgebook, as its runbooks use it: a fleet over SshTarget records, every host key pinned.

Not a way of its own for the benchmark: each act is what a notebook's cell does.
"""

from pathlib import Path

from act import TEN, Hosts, expect, main

from edgebook.records import SshTarget
from edgebook.ssh import Fleet

REMOTE = "payload.bin"
ROOT = ["0\n"] * TEN
KEPT: list[Fleet] = []
"""The connections of the acts that keep them, as a kernel does between two cells."""


def fleet(hosts: Hosts) -> Fleet:
    """Describe the hosts to edgebook; connects to none yet."""
    return Fleet(
        SshTarget(
            name=host["name"],
            address=host["address"],
            port=host["port"],
            user=host["user"],
            keys=(Path(host["key"]),),
            known_hosts=(Path(host["known_hosts"]),),
        )
        for host in hosts
    )


def fanout(hosts: Hosts) -> None:
    """Run one command on every host."""
    with fleet(hosts) as ours:
        expect({name: done.out for name, done in ours.run(["uname", "-r"]).require().items()}, hosts)


def sudo_ten(hosts: Hosts) -> None:
    """Run ten commands as root on every host, one exec each."""
    _as_root(hosts, lambda host: [host.run(["id", "-u"], sudo=True).out for _ in range(TEN)])


def sudo_round(hosts: Hosts) -> None:
    """Run ten commands as root on every host in one exec, as preflight does."""
    _as_root(hosts, lambda host: [one.out for one in host.run_all([["id", "-u"]] * TEN, sudo=True)])


def upload(hosts: Hosts) -> None:
    """Send a file to every host at once; its sum is checked there before it is in place."""
    payload = Path(hosts[0]["payload"])
    with fleet(hosts) as ours:
        sent = ours.each(lambda host: host.upload(payload, REMOTE)).require()
    expect({name: "sent" for name, changed in sent.items() if changed}, hosts)


def facts(hosts: Hosts) -> None:
    """Gather every host's facts and check them: the part of a preflight that every topic shares."""
    with fleet(hosts) as ours:
        _checked(ours, hosts)


def facts_again(hosts: Hosts) -> None:
    """Do the same over connections that stand, as when the cell is run again."""
    if not KEPT:
        KEPT.append(fleet(hosts))
    _checked(KEPT[0], hosts)


def preflight(hosts: Hosts) -> None:
    """Do all that runbook 10 does before its plan: the facts, K3s's own questions, every check."""
    from edgebook import site  # noqa: PLC0415 (the other acts do without)
    from edgebook.k3s.inspect import inspect  # noqa: PLC0415
    from edgebook.k3s.preflight import preflight as checks  # noqa: PLC0415

    ours = site.load(Path(hosts[0]["site"]))
    with Fleet([ours.target(host["name"]) for host in hosts]) as over:
        seen = inspect(ours, over)
    found = {check.target for check in checks(ours, seen)}
    expect({name: facts.arch for name, facts in seen.facts.items() if name in found}, hosts)


def _as_root(hosts: Hosts, ten) -> None:
    with fleet(hosts) as ours:
        said = ours.each(ten).require()
    expect({name: "root" for name, outputs in said.items() if outputs == ROOT}, hosts)


def _checked(ours: Fleet, hosts: Hosts) -> None:
    from edgebook.checks import fleet_checks, gather, host_checks  # noqa: PLC0415 (the other acts do without)
    from edgebook.checks.host import Needs  # noqa: PLC0415

    probes = ours.each(gather).require()
    needs = Needs("server", (("tcp", 6443),), frozenset())
    found = {check.target for probe in probes.values() for check in host_checks(probe.facts, needs)}
    fleet_checks([probe.facts for probe in probes.values()])
    expect({name: probe.facts.arch for name, probe in probes.items() if name in found}, hosts)


if __name__ == "__main__":
    main(
        {
            "fanout": fanout,
            "sudo-ten": sudo_ten,
            "sudo-round": sudo_round,
            "upload": upload,
            "facts": facts,
            "facts-again": facts_again,
            "preflight": preflight,
        }
    )
