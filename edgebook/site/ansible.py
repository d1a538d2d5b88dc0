"""The import of k3s-ansible's inventory.

Not a run of its playbooks, and no copy of its secrets: tokens and passwords become references.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from edgebook.site import inventory, versions
from edgebook.site.imported import DEFAULT_VERSION, Imported, ImportedHost, render, usable_name
from edgebook.site.inventory import Inventory, Variables

DEFAULT_PORT = 22
HIGHEST_PORT = 65535
SERVER_GROUPS = ("server", "master")
AGENT_GROUPS = ("agent", "node")
PASSWORDS = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
SUDO_PASSWORDS = ("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass")
NOT_TAKEN = (
    "extra_server_args", "extra_agent_args", "extra_install_envs", "extra_service_envs", "server_config_yaml",
    "agent_config_yaml", "registries_config_yaml", "extra_manifests", "k3s_server_location", "api_port", "systemd_dir",
    "use_external_database", "ansible_ssh_common_args", "manage_firewall",
)  # fmt: skip


def from_ansible(inventory_path: str | Path) -> str:
    """Return a site.yaml made from an inventory in k3s-ansible's layout, YAML or INI.

    Secrets' values are not copied; variables that have no counterpart are named in comments.
    """
    path = Path(inventory_path)
    found = inventory.read(path)
    hosts = _role(found, "server", SERVER_GROUPS) + _role(found, "agent", AGENT_GROUPS)
    variables = [{"ansible_port": DEFAULT_PORT, **found.variables(name)} for name, _ in hosts]
    common = _common(variables)
    made = _hosts(hosts, variables, common)
    version, notes = _version(common)
    site = Imported(
        origin=path.name,
        name=usable_name(path.absolute().parent.name, "imported"),
        hosts=made,
        user=_text(common, "ansible_user") or "root",
        version=version,
        endpoint=_endpoint(common, made, variables),
        port=_port(common) if _port(common) != DEFAULT_PORT else None,
        key=_text(common, "ansible_ssh_private_key_file"),
        context=_text(common, "cluster_context"),
        bundle=_text(common, "airgap_dir"),
        password=any(key in one for one in variables for key in PASSWORDS),
        sudo_password=any(key in one for one in variables for key in SUDO_PASSWORDS),
        token=any("token" in one for one in _everything(found)),
        notes=(*notes, *_notes(common, variables)),
    )
    return render(site)


def _role(found: Inventory, role: str, groups: tuple[str, ...]) -> list[tuple[str, str]]:
    chosen = [
        str(group.variables[f"{role}_group"]) for group in found.groups.values() if f"{role}_group" in group.variables
    ]
    return [(name, role) for group in (*chosen, *groups)[: len(chosen) or None] for name in found.hosts(group)]


def _everything(found: Inventory) -> list[Variables]:
    return [variables for group in found.groups.values() for variables in (group.variables, *group.hosts.values())]


def _common(variables: list[Variables]) -> Variables:
    """Return what most hosts have, so that few of them differ."""
    keys = dict.fromkeys(key for one in variables for key in one)
    return {key: _most_frequent([one[key] for one in variables if key in one]) for key in keys}


def _most_frequent(values: list[Any]) -> Any:
    return max(values, key=values.count)


def _hosts(hosts: list[tuple[str, str]], variables: list[Variables], common: Variables) -> tuple[ImportedHost, ...]:
    made: list[ImportedHost] = []
    for (name, role), own in zip(hosts, variables, strict=True):
        used = {host.name for host in made}
        number = sum(host.role == role for host in made) + 1
        fixed = usable_name(name, f"{role}-{number}")
        fixed = fixed if fixed not in used else f"{role}-{number}-{len(made)}"
        note = f"{name} in the inventory; the host's own name must be the same as here" if fixed != name else ""
        differs = {key: value for key, value in own.items() if common.get(key) != value}
        made.append(
            ImportedHost(
                fixed,
                role,
                _text(own, "ansible_host") or name,
                user=_text(differs, "ansible_user"),
                port=_port(differs),
                key=_text(differs, "ansible_ssh_private_key_file"),
                note=note,
            )
        )
    return tuple(made)


def _endpoint(common: Variables, hosts: tuple[ImportedHost, ...], variables: list[Variables]) -> str:
    """Return the API's address, unless it is one of the servers'."""
    endpoint = _text(common, "api_endpoint")
    names = {host.address for host in hosts} | {host.name for host in hosts}
    names |= {_text(own, "ansible_host") for own in variables}
    return "" if endpoint in names else endpoint


def _version(common: Variables) -> tuple[str, list[str]]:
    given = _text(common, "k3s_version")
    if not given:
        return DEFAULT_VERSION, [f"The inventory names no k3s_version; {DEFAULT_VERSION} is edgebook's default."]
    found = versions.k3s_mistake(given)
    if found:
        return DEFAULT_VERSION, [f"k3s_version was replaced by {DEFAULT_VERSION}: {found[0]}."]
    return given, []


def _notes(common: Variables, variables: list[Variables]) -> list[str]:
    notes = []
    if not _text(common, "ansible_user"):
        notes.append("The inventory names no ansible_user: check ssh.user.")
    left = [key for key in NOT_TAKEN if any(key in own for own in variables)]
    if left:
        notes.append(f"Not taken over: {', '.join(left)}; see k3s.server_config, k3s.agent_config and jump_hosts.")
    return notes


def _text(variables: Variables, key: str) -> str:
    value: Any = variables.get(key)
    return value.strip() if isinstance(value, str) and re.fullmatch(r"[^\n\r\0]{1,200}", value.strip()) else ""


def _port(variables: Variables) -> int | None:
    value: Any = variables.get("ansible_port", variables.get("ansible_ssh_port"))
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) <= HIGHEST_PORT else None
