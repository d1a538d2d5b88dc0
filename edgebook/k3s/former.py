"""What was on a host before anything was installed: the record of it, and what is so now.

Not the acts: `before` makes the record, `restore` goes back to it. No content of a file is in it:
copies of what may be overwritten lie on the host itself, under edgebook's own folder, root's alone.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgebook.journal import BEGAN, Event
from edgebook.k3s import tables
from edgebook.records import StepStatus

FOLDER, FILE, LINK = "d", "f", "l"
BEFORE = f"{tables.OURS}/before"
RECORD = f"{BEFORE}/record"
NO_COPY = "-"
ENTRY_WORDS = 6


@dataclass(frozen=True)
class Entry:
    """One file, folder or link: how it was; `copy` is its name in the host's folder of copies."""

    kind: str
    mode: str
    owner: str
    path: str
    copy: str = ""
    digest: str = field(default="", repr=False)
    """Of a file's content, or a link's target. Known on the host and in memory, never in the journal."""

    def like(self, other: Entry | None) -> bool:
        """Tell whether another look saw the same; a digest that one of them lacks tells nothing."""
        if other is None or (self.kind, self.owner) != (other.kind, other.owner):
            return False
        same = not (self.digest and other.digest) or self.digest == other.digest
        return same and (self.kind == LINK or self.mode == other.mode)


@dataclass(frozen=True)
class Former:
    """The record of one host: entries by path, kernel parameters, keepalived's unit, packages that would come."""

    machine: str = ""
    installed: bool = False
    """K3s was there before edgebook came, so that its files are not what was before an install."""
    unit: Mapping[str, str] = field(default_factory=dict)
    sysctl: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    """Those that were absent and that installing keepalived would bring."""
    rules: tuple[str, ...] = ()
    """Firewall rules, each with its table before it."""

    @property
    def ran(self) -> bool:
        """Whether keepalived was running."""
        return self.unit.get("ActiveState") == "active"

    @property
    def enabled(self) -> bool:
        """Whether keepalived started with the host."""
        return self.unit.get("UnitFileState") == "enabled"

    @property
    def kept(self) -> tuple[Entry, ...]:
        """The files and links of which there is a copy."""
        return tuple(entry for entry in self.entries.values() if entry.copy)

    def below(self, folder: str) -> tuple[Entry, ...]:
        """Return the entries of a folder, itself first."""
        return tuple(e for path, e in sorted(self.entries.items()) if path == folder or path.startswith(f"{folder}/"))

    def facts(self) -> dict[str, Any]:
        """Return the record as plain data for the journal: no content, and no digest of one."""
        rows = [[e.kind, e.mode, e.owner, e.copy, e.path] for e in self.entries.values()]
        lists = {"entries": rows, "packages": list(self.packages), "rules": list(self.rules)}
        maps = {"unit": dict(self.unit), "sysctl": dict(self.sysctl)}
        return {"machine": self.machine, "installed": self.installed, **maps, **lists}


def from_facts(facts: Mapping[str, Any]) -> Former:
    """Read a record back from the journal."""
    entries = (Entry(kind, mode, owner, path, copy) for kind, mode, owner, copy, path in facts.get("entries", ()))
    return Former(
        machine=str(facts.get("machine", "")),
        installed=bool(facts.get("installed")),
        unit=dict(facts.get("unit", {})),
        sysctl=dict(facts.get("sysctl", {})),
        entries={entry.path: entry for entry in entries},
        packages=tuple(facts.get("packages", ())),
        rules=tuple(facts.get("rules", ())),
    )


def parse(lines: Iterable[str]) -> Former | None:
    """Read a record as it lies on a host; None where there is none."""
    said: dict[str, list[str]] = {}
    for line in lines:
        word, _, rest = line.partition(" ")
        said.setdefault(word, []).append(rest)
    if "machine" not in said:
        return None
    entries = (entry for line in said.get("entry", ()) if (entry := entry_of(line)) is not None)
    return Former(
        machine=said["machine"][0],
        installed=said.get("installed", [""])[0] == "yes",
        unit=dict(pair.split("=", 1) for pair in said.get("unit", ()) if "=" in pair),
        sysctl=pairs(said.get("sysctl", ())),
        entries={entry.path: entry for entry in entries},
        packages=tuple(said.get("package", ())),
        rules=tuple(said.get("rule", ())),
    )


def entry_of(line: str) -> Entry | None:
    """Read `KIND MODE OWNER COPY DIGEST PATH`; None for a line that is not all there."""
    words = line.split(" ", ENTRY_WORDS - 1)
    if len(words) < ENTRY_WORDS:
        return None
    kind, mode, owner, copy, digest, path = words
    return Entry(kind, mode, owner, path, copy.strip(NO_COPY), digest.strip(NO_COPY))


def pairs(lines: Sequence[str]) -> dict[str, str]:
    """Read lines of a name and a value."""
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


def recorded(history: Iterable[Event], host: str, *, machine: str = "") -> Former | None:
    """Return a host's record as the journal keeps it, unless the way back was gone to its end since.

    A record of another machine is none: the host was installed anew under its old name.
    """
    found: Former | None = None
    ends = {f"files-back/{host}/files", f"removal/{host}/files"}
    for event in history:
        if event.facts.get("id") == f"before/{host}/record" and event.facts.get("facts"):
            found = from_facts(event.facts["facts"])
        elif event.kind == StepStatus.DONE and event.facts.get("id") in ends:
            found = None
    return found if found and machine in ("", found.machine) else None


def recent(history: Iterable[Event], step: str, *, until: str) -> list[Event]:
    """Return the beginnings and ends of a step since its way back was done the last time."""
    found: list[Event] = []
    for event in history:
        if event.kind == StepStatus.DONE and event.facts.get("id") == until:
            found = []
        elif event.kind in (BEGAN, StepStatus.DONE) and event.facts.get("id") == step:
            found.append(event)
    return found


def parents(path: str) -> Iterable[str]:
    """Yield the folders above a path, the nearest first."""
    while (path := posixpath.dirname(path)) not in ("", "/"):
        yield path
