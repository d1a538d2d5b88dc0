"""The way back to a host as it was before an install: keepalived, files, kernel parameters, edgebook's own folder.

Not K3s itself, which `leave` uninstalls before. What was there is told by the record that `before`
made; where there is none, only what is certainly edgebook's own is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from edgebook.errors import StepFailed
from edgebook.k3s import scripts, tables, traces
from edgebook.k3s.former import FOLDER, Entry, Former, recent
from edgebook.k3s.work import Work, change
from edgebook.records import Action, Effect, Outcome
from edgebook.site import Host as SiteHost

TIMEOUT_S = 300.0
ETC = "/etc/keepalived"
PACKAGE = "keepalived"
APT_LOCK = ("-o", "DPkg::Lock::Timeout=120")
FORWARDING = "forward"
ROUTERS = ("docker", "firewalld", "ufw")
"""Services that may want packets forwarded for reasons of their own."""


def registration_back(work: Work) -> Iterator[Action]:
    """Plan keepalived's way back: stopped, its earlier file restored, the package removed where we brought it."""
    for host in work.back:
        yield from _keepalived(work, host, "registration-back", wave=0)


def hosts_back(work: Work) -> Iterator[Action]:
    """Plan each host's files, folders and kernel parameters back to what they were."""
    for host in work.back:
        yield from _as_it_was(work, host, "hosts-back", wave=0)


def files_back(work: Work) -> Iterator[Action]:
    """Plan the removal of what edgebook itself left on hosts, the record of what was there at the very end."""
    for host in work.back:
        yield _own_folder(work, host, "files-back", wave=0)


def host_back(work: Work, host: SiteHost, stage: str, *, wave: int) -> Iterator[Action]:
    """Plan one host's way back, for a host that leaves a cluster which goes on."""
    yield from _keepalived(work, host, stage, wave=wave)
    yield from _as_it_was(work, host, stage, wave=wave + 1)
    yield _own_folder(work, host, stage, wave=wave + 2)


def unreached(work: Work) -> Iterator[Action]:
    """Plan what cannot be done on hosts that were not reached: they are named, and the run does not end well."""
    for host in work.unreached:
        error = work.seen.errors.get(host.name)
        said = error.message if error else f"{host.name}: the user may not become root there"
        act = partial(_not_cleaned, host.name, said)
        yield change("unreached", host.name, "clean", "Clean this host", "all of the above", act, why=said)


def changed_entries(former: Former, left: traces.Traces) -> tuple[Entry, ...]:
    """Return the recorded entries that are not as they were; without the host's copies, those that are there at all."""
    there = left.now if left.former is None else former.entries
    return tuple(
        entry
        for path, entry in sorted(former.entries.items())
        if not entry.like(left.now.get(path)) and (entry.kind == FOLDER or path in there)
    )


def changed_sysctl(work: Work, host: SiteHost, former: Former) -> dict[str, str]:
    """Return the kernel parameters that have K3s's value, and had another before.

    One that has a third value was set by somebody else since.
    """
    seen = work.k3s(host.name).left.sysctl
    return {
        name: value
        for name, value in _parameters(work, host, former).items()
        if name in seen and seen[name] != value and traces.SYSCTLS.get(name, "") in ("", seen[name])
    }


def _parameters(work: Work, host: SiteHost, former: Former) -> dict[str, str]:
    """Return the recorded parameters that are K3s's alone: forwarding is left to Docker and firewalls."""
    facts = work.seen.facts[host.name]
    others = any(facts.units.get(unit) == "active" for unit in ROUTERS)
    return {name: value for name, value in former.sysctl.items() if not (others and FORWARDING in name)}


def _keepalived(work: Work, host: SiteHost, stage: str, *, wave: int) -> Iterator[Action]:
    k3s, former = work.k3s(host.name), work.former(host)
    unit, left = k3s.keepalived, k3s.left
    packages = _brought(work, host, former)
    changed = [entry for entry in changed_entries(former, left) if entry.path.startswith(ETC)] if former else []
    other = former is not None and (unit.running, unit.enabled) != (former.ran, former.enabled) and unit.loaded
    pending = bool(left.conf_ours or packages or changed or other)
    if not (pending or (host.role == "server" and work.site.k3s.registration.by == PACKAGE)):
        return
    back = [f"put back {entry.path}" for entry in (former.below(ETC) if former else ()) if entry.copy]
    removed = [f"apt-get purge -y {' '.join(packages)}"] if packages else []
    shown = "\n".join(["systemctl disable --now keepalived", *removed, *(back or [f"rm {tables.KEEPALIVED}"])])
    act = partial(_keepalived_back, work, host, former, packages)
    options: dict[str, Any] = {"done": not pending, "wave": wave, "effect": Effect.DESTRUCTIVE}
    yield change(stage, host.name, "keepalived", "Take keepalived back", shown, act, **options)


def _brought(work: Work, host: SiteHost, former: Former | None) -> list[str]:
    """Return the packages that came with keepalived and are still there."""
    k3s = work.k3s(host.name)
    if former is None:
        old = recent(work.history, f"registration/{host.name}/package", until=f"files-back/{host.name}/files")
        return [PACKAGE] if old and k3s.keepalived.loaded else []
    came = former.unit.get("LoadState") == "not-found" and k3s.keepalived.loaded
    return list(dict.fromkeys([*([PACKAGE] if came else []), *k3s.left.packages]))


def _keepalived_back(work: Work, host: SiteHost, former: Former | None, packages: Sequence[str]) -> Outcome:
    connection = work.host(host.name)
    connection.run(["systemctl", "disable", "--now", PACKAGE], sudo=True)
    said = _purged(work, host, packages) if packages else ""
    if former is None or tables.KEEPALIVED not in former.entries:
        connection.run(["rm", "-f", tables.KEEPALIVED], sudo=True).check()
    if former is not None:
        said = " ".join([said, _put_back(work, host, former, former.below(ETC))]).strip()
        _as_it_ran(work, host, former)
    return Outcome("running" if work.k3s(host.name).keepalived.running else "there", said or "stopped")


def _as_it_ran(work: Work, host: SiteHost, former: Former) -> None:
    connection = work.host(host.name)
    if former.enabled:
        connection.run(["systemctl", "enable", PACKAGE], sudo=True).check()
    if former.ran:
        connection.run(["systemctl", "restart", PACKAGE], sudo=True).check(hint="journalctl -u keepalived -n 50")


def _purged(work: Work, host: SiteHost, packages: Sequence[str]) -> str:
    """Purge packages, unless something that came since needs one of them."""
    connection = work.host(host.name)
    tried = connection.run(["apt-get", "-s", "purge", *packages], sudo=True, timeout_s=TIMEOUT_S).check()
    goes = [line.split()[1] for line in tried.out.splitlines() if line.startswith(("Purg ", "Remv "))]
    others = sorted(set(goes) - set(packages))
    if others:
        return f"stopped; its packages stay: {', '.join(others[:3])} would go with them"
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    call = ["flock", tables.INSTALL_LOCK, "apt-get", "purge", "-y", *APT_LOCK, *packages]
    connection.run(["mkdir", "-p", tables.OURS], sudo=True).check()
    connection.run(call, sudo=True, env=quiet, timeout_s=TIMEOUT_S).check()
    return "gone"


def _as_it_was(work: Work, host: SiteHost, stage: str, *, wave: int) -> Iterator[Action]:
    former, left = work.former(host), work.k3s(host.name).left
    entries = [entry for path, entry in sorted(former.entries.items()) if not path.startswith(ETC)] if former else []
    changed = [entry for entry in changed_entries(former, left) if entry in entries] if former else []
    sysctl = changed_sysctl(work, host, former) if former else {}
    folders = [path for path in left.folders if work.claimed(host) and path in traces.made(work.site, former)]
    pending = bool(changed or sysctl or folders or work.traces(host))
    shown = [f"{entry.path}: as it was, mode {entry.mode}, {entry.owner}" for entry in entries]
    shown += [f"{name.replace('/', '.')}: {left.sysctl[name]} → {value}" for name, value in sysctl.items()]
    shown.append(f"rmdir, where empty and made by the install: {' '.join(traces.made(work.site, former))}")
    why = "" if former else "no record of what was there"
    act = partial(_restored, work, host, former or Former(), entries)
    options: dict[str, Any] = {"done": not pending, "why": why, "wave": wave, "effect": Effect.DESTRUCTIVE}
    yield change(stage, host.name, "as-it-was", "Put the host back as it was", "\n".join(shown), act, **options)


def _restored(work: Work, host: SiteHost, former: Former, entries: Sequence[Entry]) -> Outcome:
    said = [_put_back(work, host, former, entries)]
    lines = [
        f"{name} {value} {traces.SYSCTLS.get(name) or '-'}\n" for name, value in _parameters(work, host, former).items()
    ]
    done = work.locked(host, scripts.SYSCTL, [], timeout_s=TIMEOUT_S, stdin="".join(lines)).check()
    rows = [line.split(" ", 1) for line in done.out.splitlines()]
    number, refused = sum(word == "set" for word, _ in rows), [name for word, name in rows if word == "refused"]
    said += [f"{number} kernel parameter{'s' if number > 1 else ''}"] if number else []
    said += [f"the kernel keeps {', '.join(refused)}"] if refused else []
    return Outcome("as K3s left it", ", ".join(one for one in said if one) or "nothing of it left")


def _put_back(work: Work, host: SiteHost, former: Former, entries: Sequence[Entry]) -> str:
    """Put recorded entries back, folders first; say how many were, and which have no copy any more."""
    lines = [f"{e.kind} {e.mode} {e.owner} {e.copy or '-'} {e.path}\n" for e in sorted(entries, key=_folders_first)]
    args = ["\n".join(traces.made(work.site, former if former.machine else None)), "\n".join(former.entries)]
    done = work.locked(host, scripts.RESTORE, args, timeout_s=TIMEOUT_S, stdin="".join(lines)).check()
    rows = [line.split(" ", 1) for line in done.out.splitlines()]
    missing = [path for word, path in rows if word == "missing"]
    back = sum(word == "restored" for word, _ in rows)
    said = [f"{back} of {len(entries)} entries put back"] if back else []
    return ", ".join(said + ([f"no copy left of {', '.join(missing)}"] if missing else []))


def _folders_first(entry: Entry) -> tuple[bool, str]:
    return entry.kind != FOLDER, entry.path


def _own_folder(work: Work, host: SiteHost, stage: str, *, wave: int) -> Action:
    """Plan the folder's removal; it is made anew by whatever else is done to the host before."""
    before = (*_keepalived(work, host, stage, wave=wave), *_as_it_was(work, host, stage, wave=wave))
    pending = work.k3s(host.name).left.ours or not all(action.done for action in before)
    shown, act, title = f"rm -rf {tables.OURS}", partial(_forgotten, work, host), "Remove edgebook's own files"
    return change(stage, host.name, "files", title, shown, act, done=not pending, wave=wave, effect=Effect.DESTRUCTIVE)


def _forgotten(work: Work, host: SiteHost) -> Outcome:
    work.locked(host, scripts.FORGET, [], timeout_s=TIMEOUT_S).check()
    return Outcome("there", "gone")


def _not_cleaned(host: str, said: str) -> Outcome:
    raise StepFailed(f"nothing was cleaned there: {said}", hint=f"run this again when {host} answers: it does the rest")
