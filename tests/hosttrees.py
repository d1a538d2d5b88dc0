"""What a host is, in data: its files, units, addresses and firewall rules, to compare before with after.

Over SSH with what every Debian has, so it works on practice hosts and on real ones alike. Not a test.
"""

import json
import re
from typing import NamedTuple

ROOTS = (
    "/etc",
    "/usr/local",
    "/var/lib",
    "/opt",
    "/root",
    "/home",
    "/run/k3s",
    "/run/flannel",
    "/run/netns",
)
PACKAGES = {
    "/var/lib/apt": "which package was installed by hand, and apt's lists",
    "/var/lib/dpkg": "the package database; which packages are there is compared by name",
    "/var/lib/ucf": "older copies of the list of configuration files",
    "/etc/ld.so.cache": "made anew with every package that has a library",
}
"""What a package that came and went leaves of itself on a real host."""
OWN_LIFE = {
    "/var/lib/chrony": "how fast the clock drifts",
    "/var/lib/logrotate": "when logs were rotated last",
    "/var/lib/private": "what services keep for themselves",
    "/var/lib/sudo": "who was lectured",
    "/var/lib/systemd": "when timers fired, random seeds, what deb-systemd-helper remembers",
}
"""What changes on a real host while nobody does anything to it."""
SYSCTLS = ("net.ipv4.ip_forward", "net.ipv4.conf.default.forwarding", "vm.overcommit_memory", "kernel.panic")
FILES = 'find "$@" -print0 2>/dev/null | xargs -0 stat -c "%F|%a|%U:%G|%N|%n"'
DIGESTS = 'find "$@" -type f -print0 2>/dev/null | xargs -0 -r sha256sum'
TIMEOUT_S = 300.0
TARGET = re.compile(r" -> '(.*)'$")


class Entry(NamedTuple):
    """One entry of a file tree: what it is, who may use it, and its content; a link's content is its target."""

    type: str
    mode: str
    owner: str
    content: str


def tree(host, *, roots=ROOTS, but=()):
    """Return every entry below the roots by path; `but` are paths to leave out, with what is below them."""
    listed = host.script(FILES, roots, sudo=True, timeout_s=TIMEOUT_S)
    summed = host.script(DIGESTS, roots, sudo=True, timeout_s=TIMEOUT_S)
    digests = {line[66:]: line[:64] for line in summed.out.splitlines()}
    rows = (line.split("|", 4) for line in listed.out.splitlines())
    return {row[4]: _entry(row, digests) for row in rows if not _below(row[4], but)}


def _entry(row, digests):
    kind, mode, owner, quoted, path = row
    target = TARGET.search(quoted)
    kind = kind.replace("regular empty file", "regular file")
    return Entry(kind, mode, owner, target[1] if target else digests.get(path, ""))


def _below(path, roots):
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def state(host, *, but=()):
    """Return all that is compared of a host: files, enabled and running units, addresses, rules, packages."""
    units, running, links, rules, nat, packages, sysctl = host.run_all(
        [
            ["systemctl", "list-unit-files", "--no-legend", "--no-pager", "--state=enabled"],
            ["systemctl", "list-units", "--no-legend", "--no-pager", "--plain", "--type=service", "--state=running"],
            ["ip", "-j", "-4", "addr"],
            ["iptables", "-S"],
            ["iptables", "-t", "nat", "-S"],
            ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n"],
            ["sysctl", *SYSCTLS],
        ],
        sudo=True,
    )
    return {
        "files": tree(host, but=but),
        "enabled": {line.split()[0] for line in units.out.splitlines() if line.strip()},
        "running": {line.split()[0] for line in running.out.splitlines() if not line.startswith(("session", "user"))},
        "addresses": {f"{one['ifname']} {info['local']}" for one in json.loads(links.out) for info in one["addr_info"]},
        "sysctl": set(sysctl.out.splitlines()),
        "rules": (*rules.out.splitlines(), *nat.out.splitlines()),
        "packages": {line.split()[0] for line in packages.out.splitlines() if line.endswith(" installed")},
    }


def fleet_state(fleet, *, but=()):
    """Return the state of every host of a fleet, by name."""
    return fleet.each(lambda host: state(host, but=but)).require()


def differences(before, after):
    """Say in lines what differs between two states of one host, or of a fleet."""
    if "files" not in before:
        return [f"{name}: {line}" for name in before for line in differences(before[name], after[name])]
    lines = _of_files(before["files"], after["files"])
    for key in ("enabled", "running", "addresses", "packages", "sysctl", "rules"):
        lines += [f"- {key}: {one}" for one in before[key] if one not in after[key]]
        lines += [f"+ {key}: {one}" for one in after[key] if one not in before[key]]
    return lines


def _of_files(before, after):
    gone = [f"- {path} {_words(before[path])}" for path in sorted(set(before) - set(after))]
    come = [f"+ {path} {_words(after[path])}" for path in sorted(set(after) - set(before))]
    other = [path for path in sorted(set(before) & set(after)) if before[path] != after[path]]
    return [*gone, *come, *(f"~ {path} {_words(before[path])} → {_words(after[path])}" for path in other)]


def _words(entry):
    return f"{entry.type} {entry.mode} {entry.owner} {entry.content[:12]}".rstrip()
