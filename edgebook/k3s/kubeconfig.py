"""The cluster's kubeconfig on this computer: fetched, rewritten, 0600, and merged without loss.

Not a client: `edgebook.cluster` uses the file that is written here.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import yaml

from edgebook.errors import InputError

KINDS = ("clusters", "contexts", "users")


def rewritten(text: str, *, name: str, server: str) -> str:
    """Return K3s's kubeconfig with this site's context name and an address that works from here.

    K3s calls everything `default` and points at 127.0.0.1; both destroy something once two
    clusters meet on one laptop.
    """
    config = yaml.safe_load(text)
    for kind in KINDS:
        config[kind][0]["name"] = name
    config["clusters"][0]["cluster"]["server"] = server
    config["contexts"][0]["context"] |= {"cluster": name, "user": name}
    config["current-context"] = name
    return yaml.safe_dump(config, sort_keys=False)


def write_private(path: Path, text: str) -> bool:
    """Write a file for its owner alone, whole or not at all; return whether anything changed."""
    path = path.expanduser()
    if path.is_file() and path.read_text(encoding="utf-8") == text and path.stat().st_mode & 0o777 == 0o600:  # noqa: PLR2004 (a mode)
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def merged(existing: str, ours: str, *, path: Path) -> str:
    """Return an existing kubeconfig with our context added or renewed, and everything else kept as it was."""
    config, new = _read(existing, path), yaml.safe_load(ours)
    for kind in KINDS:
        others = [entry for entry in config.get(kind) or [] if entry["name"] != new[kind][0]["name"]]
        config[kind] = [*others, new[kind][0]]
    config.setdefault("apiVersion", "v1")
    config.setdefault("kind", "Config")
    config["current-context"] = config.get("current-context") or new["current-context"]
    return yaml.safe_dump(config, sort_keys=False)


def without(existing: str, name: str, *, path: Path) -> str:
    """Return a kubeconfig without one context and the cluster and user of the same name."""
    config = _read(existing, path)
    for kind in KINDS:
        config[kind] = [entry for entry in config.get(kind) or [] if entry["name"] != name]
    if config.get("current-context") == name:
        config["current-context"] = config["contexts"][0]["name"] if config["contexts"] else ""
    return yaml.safe_dump(config, sort_keys=False)


def has_context(path: Path, name: str) -> bool:
    """Tell whether a kubeconfig file has a context of this name."""
    path = path.expanduser()
    return path.is_file() and any(
        entry["name"] == name for entry in _read(path.read_text(encoding="utf-8"), path).get("contexts") or []
    )


def _read(text: str, path: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(text) or {}
    except yaml.YAMLError as exc:
        raise InputError(
            f"{path}: not readable as YAML", hint="mend or move that kubeconfig; it was left as it is"
        ) from exc
    if not isinstance(config, dict) or any(not isinstance(config.get(kind) or [], list) for kind in KINDS):
        raise InputError(
            f"{path}: not a kubeconfig", hint="point merge_kubeconfig at a kubeconfig; the file was left as it is"
        )
    return config
