"""The settings one K3s process runs with: command line, configuration files, environment.

Not a validator: K3s skips keys it does not know, and so does this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from edgebook.lab.k3s.flags import BOOLEAN, KNOWN, REPEATED, ROLE_FLAGS, SHORT

CONFIG = "/etc/rancher/k3s/config.yaml"
DATA_DIR = "/var/lib/rancher/k3s"
ENVIRONMENT = {
    "K3S_TOKEN": "token",
    "K3S_TOKEN_FILE": "token-file",
    "K3S_URL": "server",
    "K3S_AGENT_TOKEN": "agent-token",
    "K3S_AGENT_TOKEN_FILE": "agent-token-file",
    "K3S_CLUSTER_INIT": "cluster-init",
    "K3S_DATA_DIR": "data-dir",
    "K3S_NODE_NAME": "node-name",
    "K3S_KUBECONFIG_MODE": "write-kubeconfig-mode",
}
TRUE = frozenset({"true", "1", "t", "yes"})


class SettingsInvalidError(Exception):
    """A configuration K3s refuses, in its words."""


@dataclass(frozen=True)
class Settings:
    """What one server or agent was told; `values` holds every flag by its long name."""

    role: str
    values: Mapping[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    def text(self, key: str, default: str = "") -> str:
        """Return a scalar as text; of a repeated flag the first value."""
        value = self.values.get(key, default)
        if isinstance(value, list):
            value = value[0] if value else default
        return str(value)

    def words(self, key: str) -> tuple[str, ...]:
        """Return a repeated flag's values, with commas split as K3s splits them."""
        value = self.values.get(key, [])
        items = value if isinstance(value, list) else [value]
        return tuple(word.strip() for item in items for word in str(item).split(",") if word.strip())

    def on(self, key: str) -> bool:
        """Say whether a boolean flag is set."""
        return str(self.values.get(key, "")).lower() in TRUE

    @property
    def data_dir(self) -> str:
        """Where the state lies."""
        return self.text("data-dir", DATA_DIR).rstrip("/")


def merge(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge configuration files in their order: the later one wins, and `key+` appends to a list."""
    merged: dict[str, Any] = {}
    for document in documents:
        for key, value in document.items():
            if str(key).endswith("+"):
                name = str(key)[:-1]
                merged[name] = _as_list(merged.get(name, [])) + _as_list(value)
            else:
                merged[str(key)] = value
    return merged


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def parse_document(path: str, text: str) -> dict[str, Any]:
    """Read one configuration file; raise `SettingsInvalidError` for what is no YAML mapping."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        problem = str(getattr(exc, "problem", exc) or exc)
        mark = getattr(exc, "problem_mark", None)
        line = getattr(mark, "line", 0) + 1
        raise SettingsInvalidError(f"failed to load config file {path}: yaml: line {line}: {problem}") from exc
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SettingsInvalidError(
            f"failed to load config file {path}: yaml: unmarshal errors: cannot unmarshal into map"
        )
    return {str(key): value for key, value in document.items()}


def parse_arguments(role: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Read a command line; raise `SettingsInvalidError` for a flag K3s does not have."""
    values: dict[str, Any] = {}
    words = list(arguments)
    while words:
        name, equals, value = words.pop(0).partition("=")
        key = SHORT.get(name, name.lstrip("-"))
        if not name.startswith("-") or key not in ROLE_FLAGS[role]:
            raise SettingsInvalidError(f"flag provided but not defined: -{key}")
        if not equals:
            value = "true" if key in BOOLEAN else (words.pop(0) if words else "")
        if key in REPEATED:
            values[key] = [*values.get(key, []), value]
        else:
            values[key] = value
    return values


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Pick the flags that the environment sets."""
    return {flag: environment[name] for name, flag in ENVIRONMENT.items() if environment.get(name)}


def combine(
    role: str, *, arguments: Sequence[str], documents: Iterable[Mapping[str, Any]], environment: Mapping[str, str]
) -> Settings:
    """Combine the three sources: a flag of the command line replaces the files' one, lists included.

    The files come before the environment because K3s puts them in front of its own command line.
    """
    merged = merge(documents)
    known = {key: value for key, value in merged.items() if key in ROLE_FLAGS[role]}
    unknown = tuple(key for key in merged if key not in KNOWN)
    values = {**from_environment(environment), **known, **parse_arguments(role, arguments)}
    return Settings(role, values, unknown)
