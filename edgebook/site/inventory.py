"""The Ansible inventory: its groups and hosts, from YAML or INI, with the variables of each host.

Not Ansible: nothing is evaluated, so that a value with `{{ … }}` in it counts as not given.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgebook.errors import Problem, SiteInvalid, SiteNotFound
from edgebook.site import document

RANGE = re.compile(r"\[(\d+):(\d+)(?::(\d+))?\]")
MOST_HOSTS = 1000
SECTION = re.compile(r"\[([^\]:]+)(?::(vars|children|hosts))?\]")
Variables = dict[str, Any]


@dataclass
class Group:
    """A group of an inventory."""

    hosts: dict[str, Variables] = field(default_factory=dict)
    variables: Variables = field(default_factory=dict)
    children: list[str] = field(default_factory=list)


@dataclass
class Inventory:
    """All groups of an inventory by their names."""

    groups: dict[str, Group] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        """Return a group, made on its first mention."""
        return self.groups.setdefault(name, Group())

    def hosts(self, name: str) -> list[str]:
        """Return the hosts of a group and of the groups in it, in order, each once."""
        return list(dict.fromkeys(self._hosts(name, ())))

    def variables(self, host: str) -> Variables:
        """Return a host's variables: those of `all`, then of its groups from the outside in, then its own."""
        merged: Variables = dict(self.groups["all"].variables) if "all" in self.groups else {}
        for name in sorted(self.groups, key=self._depth):
            if name != "all" and host in self.hosts(name):
                merged.update(self.groups[name].variables)
        for group in self.groups.values():
            merged.update(group.hosts.get(host, {}))
        return {key: value for key, value in merged.items() if not (isinstance(value, str) and "{{" in value)}

    def _hosts(self, name: str, above: tuple[str, ...]) -> Iterator[str]:
        group = self.groups.get(name)
        if group is None or name in above:
            return
        yield from group.hosts
        for child in group.children:
            yield from self._hosts(child, (*above, name))

    def _depth(self, name: str, above: tuple[str, ...] = ()) -> int:
        parents = [parent for parent, group in self.groups.items() if name in group.children and parent not in above]
        return 1 + max((self._depth(parent, (*above, name)) for parent in parents), default=0)


def read(path: Path) -> Inventory:
    """Read an inventory file, YAML or INI, whichever it is."""
    if not path.is_file():
        raise SiteNotFound(
            f"{path}: no such inventory", hint="give an inventory file, such as k3s-ansible's inventory.yml"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise SiteInvalid(
            f"{path}: cannot be read", [Problem(str(path), 1, "inventory", "is not readable UTF-8 text")]
        ) from None
    return _ini(text, str(path)) if _is_ini(text, path) else _yaml(text, str(path))


def _is_ini(text: str, path: Path) -> bool:
    if path.suffix in (".yml", ".yaml", ".json"):
        return False
    lines = [line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] not in "#;"]
    return any(SECTION.fullmatch(line) for line in lines)


def _yaml(text: str, file: str) -> Inventory:
    found = document.parse(text, file)
    if not isinstance(found.value, dict):
        wrong = found.problems or [Problem(file, 1, "inventory", "holds no groups", "k3s_cluster: {children: …}")]
        raise SiteInvalid(f"{file}: not an inventory", wrong)
    inventory = Inventory()
    for name, body in found.value.items():
        _take(inventory, name, body)
    return inventory


def _take(inventory: Inventory, name: str, body: Any) -> None:
    group = inventory.group(name)
    parts = body if isinstance(body, dict) else {}
    hosts = parts.get("hosts")
    for host, own in (hosts if isinstance(hosts, dict) else {}).items():
        for each in expand(host):
            group.hosts.setdefault(each, {}).update(own if isinstance(own, dict) else {})
    variables = parts.get("vars")
    group.variables.update(variables if isinstance(variables, dict) else {})
    children = parts.get("children")
    for child, inner in (children if isinstance(children, dict) else {}).items():
        group.children.append(child)
        _take(inventory, child, inner)


def _ini(text: str, file: str) -> Inventory:
    inventory, name, kind = Inventory(), "ungrouped", "hosts"
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line[0] in "#;":
            continue
        section = SECTION.fullmatch(line)
        if section:
            name, kind = section[1].strip(), section[2] or "hosts"
            inventory.group(name)
            continue
        try:
            _line(inventory.group(name), kind, line)
        except ValueError as exc:
            raise SiteInvalid(f"{file}: not an inventory", [Problem(file, number, f"[{name}]", str(exc))]) from None
    return inventory


def _line(group: Group, kind: str, line: str) -> None:
    if kind == "children":
        group.children.append(line.split(maxsplit=1)[0])
    elif kind == "vars":
        key, _, value = line.partition("=")
        group.variables[key.strip()] = value.strip().strip("'\"")
    else:
        host, *words = shlex.split(line, comments=True)
        own = dict(word.split("=", 1) for word in words if "=" in word)
        for each in expand(host):
            group.hosts.setdefault(each, {}).update(own)


def expand(host: str) -> list[str]:
    """Write out a range of hosts: `node[01:03]` is node01, node02, node03."""
    found = RANGE.search(host)
    if not found:
        return [host]
    first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
    width = len(found[1]) if found[1].startswith("0") else 0
    numbers = range(first, last + 1, max(step, 1))[:MOST_HOSTS]
    return [f"{host[: found.start()]}{number:0{width}d}{host[found.end() :]}" for number in numbers]
