"""The rules about reaching hosts: jump hosts, users, keys, sudo.

Not whether the files exist: `files` looks at those.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgebook.errors import Problem
from edgebook.site.draft import Draft
from edgebook.site.mistakes import closest

WAYS_IN = ("key", "agent", "password", "config")
SHORTHANDS = ("port", "user", "key")


def _all(site: Draft) -> list[Draft]:
    return [*site.parts("hosts"), *site.parts("jump_hosts")]


def _teller(host: Draft, site: Draft, key: str) -> Draft | None:
    """Return the part of the file that settles an SSH option of a host; None when none says it."""
    if key in SHORTHANDS and host.says(key):
        return host
    for part in (host.part("ssh"), site.part("ssh")):
        if part.says(key):
            return part
    return None


def jumps(site: Draft) -> Iterator[Problem]:
    """Refuse a jump host that the file does not describe."""
    known = [gate.text("name") for gate in site.parts("jump_hosts") if gate.text("name")]
    if site.spoilt("jump_hosts"):
        return
    for part in (site.part("ssh"), *(host.part("ssh") for host in _all(site))):
        name = part.text("jump")
        if name and name not in known:
            right = closest(name, known) if known else "describe it under jump_hosts"
            yield part.problem("jump", f"there is no jump host `{name}`", right)


def jump_loops(site: Draft) -> Iterator[Problem]:
    """Refuse jump hosts that lead back to themselves."""
    gates = {gate.text("name"): gate for gate in site.parts("jump_hosts") if gate.text("name")}
    told: set[str] = set()
    for name in gates:
        way = [name]
        while (step := gates[way[-1]].part("ssh").text("jump")) in gates and step not in way:
            way.append(step)
        if step in way and step not in told:
            loop = way[way.index(step) :]
            told.update(loop)
            shown = " → ".join([*loop, step])
            yield (
                gates[step]
                .part("ssh")
                .problem("jump", f"goes round in a circle: {shown}", "let the outermost have no jump host")
            )


def users(site: Draft) -> Iterator[Problem]:
    """Refuse a host that nobody is named to log in to."""
    if site.spoilt("ssh"):
        return
    silent = [
        host for host in _all(site) if _teller(host, site, "user") is None and _teller(host, site, "config") is None
    ]  # fmt: skip
    if silent and len(silent) == len(_all(site)):
        yield site.part("ssh").here("no user is given to log in as", "ssh: {user: NAME}")
        return
    for host in silent:
        yield host.here("no user is given to log in as", "`user: NAME` here, or under ssh for all hosts")


def ways_in(site: Draft) -> Iterator[Problem]:
    """Refuse a host without key, password or agent: nothing is left to log in with."""
    if site.spoilt("ssh"):
        return
    closed = [host for host in _all(site) if not any(_opens(host, site, key) for key in WAYS_IN)]
    if closed and len(closed) == len(_all(site)):
        yield site.part("ssh").here("neither key, password nor agent is given", "ssh: {key: id_ed25519}")
        return
    for host in closed:
        yield host.here(
            "neither key, password nor agent is given", "`key: id_ed25519` here, or under ssh for all hosts"
        )


def _opens(host: Draft, site: Draft, key: str) -> bool:
    teller = _teller(host, site, key)
    if teller is None:
        return False
    return teller.spoilt(key) or bool(teller.texts(key)) or teller.yes(key)


def sudo(site: Draft) -> Iterator[Problem]:
    """Refuse `sudo: password` without the password, and `sudo: root` for a user who is not root."""
    told: set[tuple[object, ...]] = set()
    for host in site.parts("hosts"):
        teller = _teller(host, site, "sudo")
        if teller is None or teller.where in told:
            continue
        if teller.text("sudo") == "password" and _teller(host, site, "sudo_password") is None:
            told.add(teller.where)
            right = "sudo_password: a secret reference, such as `prompt:sudo password`"
            yield teller.problem("sudo", "needs sudo_password", right)
        user = _teller(host, site, "user")
        if teller.text("sudo") == "root" and user and user.text("user") not in ("", "root"):
            told.add(teller.where)
            wrong = f"root means that the user is root already, but the user is `{user.text('user')}`"
            yield teller.problem("sudo", wrong, "nopasswd or password")


def twice(site: Draft) -> Iterator[Problem]:
    """Refuse an option that a host gives both as a shorthand and under `ssh`."""
    for host in _all(site):
        for key in SHORTHANDS:
            if host.says(key) and host.part("ssh").says(key):
                yield host.part("ssh").problem(
                    key, f"is given twice: here and as the host's `{key}`", "keep one of them"
                )


RULES = (jumps, jump_loops, users, ways_in, sudo, twice)
