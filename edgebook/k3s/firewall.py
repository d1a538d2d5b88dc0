"""Firewall rules that were a host's own and that K3s's uninstaller takes with it.

Not K3s's own rules, which go. k3s-killall.sh filters the saved rules by words ("KUBE-", "CNI-",
"flannel"), comments included, so a rule of somebody's own that names flannel is lost with them.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from edgebook.k3s import scripts, tables
from edgebook.ssh import Host


def lost(former: Sequence[str], kept: Sequence[str], now: Sequence[str]) -> list[str]:
    """Return the rules that were there before the install and until the uninstaller ran, and are not there now."""
    return [rule for rule in kept if rule in former and rule not in now]


def insertion(rule: str, kept: Sequence[str], now: Sequence[str]) -> list[str]:
    """Return the command that puts a rule back behind the rules of its chain that stood before it."""
    table, _, chain, *words = shlex.split(rule)
    head = f"{table} -A {chain} "
    before = [one for one in kept[: kept.index(rule)] if one.startswith(head) and one in now]
    return ["iptables", "-t", table, "-I", chain, str(len(before) + 1), *words]


def put_back(host: Host, former: Sequence[str]) -> int:
    """Insert again what the uninstaller took of a host's own rules; return how many.

    The list of the rules goes last: while it is there, the next run knows that this is not done.
    """
    missing = _inserted(host, former) if former else 0
    host.run(["rm", "-f", f"{tables.OURS}/rules"], sudo=True).check()
    return missing


def _inserted(host: Host, former: Sequence[str]) -> int:
    lines = host.script(scripts.RULES, [tables.OURS], sudo=True).check().out.splitlines()
    kept = [line.removeprefix("kept ") for line in lines if line.startswith("kept ")]
    now = [line.removeprefix("now ") for line in lines if line.startswith("now ")]
    missing = lost(former, kept, now)
    for rule in missing:
        host.run(insertion(rule, kept, now), sudo=True).check()
        now.append(rule)
    return len(missing)
