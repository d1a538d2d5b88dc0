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
HEADER = "# Written by edgebook: the cluster's own kubeconfig, with this site's name and address.\n"
BACKUP = ".edgebook-before"


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
    return HEADER + yaml.safe_dump(config, sort_keys=False)


def backup_of(path: Path) -> Path:
    """Return where the file that was there before an install is kept: beside it, for its owner alone."""
    return path.with_name(path.name + BACKUP)


def as_it_is(path: Path) -> dict[str, Any]:
    """Return what is at a path now, for the journal: its mode, and the folders that lack; no content."""
    path = path.expanduser()
    missing = [str(folder) for folder in path.parents if not folder.exists()]
    return {"path": str(path), "mode": f"{path.stat().st_mode & 0o7777:o}" if path.is_file() else "", "made": missing}


def is_ours(path: Path) -> bool:
    """Tell whether a kubeconfig is one that edgebook fetched."""
    return path.is_file() and path.read_text(encoding="utf-8").startswith(HEADER)


def keep(path: Path) -> None:
    """Copy a file aside, once, before it is overwritten for the first time."""
    kept = backup_of(path)
    if path.is_file() and not kept.exists():
        temporary = kept.with_name(f".{kept.name}.new")
        temporary.touch(mode=0o600)
        temporary.write_bytes(path.read_bytes())
        temporary.replace(kept)


def torn(path: Path) -> list[Path]:
    """Return what writes of a file that were cut off have left beside it."""
    return [*path.parent.glob(f".{path.name}.????????"), *path.parent.glob(f".{backup_of(path).name}.new")]


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


def taken_out(path: Path, own: Path, name: str, *, mode: str) -> str:
    """Take our context out of a file it was merged into; say what is left of the file.

    Where nobody else has changed the file since, it is what it was before, to the byte. Else only our
    entries go, and those of the same name that were there before come back.
    """
    kept, text = backup_of(path), path.read_text(encoding="utf-8") if path.is_file() else ""
    earlier = kept.read_text(encoding="utf-8") if kept.is_file() else ""
    if own.is_file() and text == merged(earlier, own.read_text(encoding="utf-8"), path=path):
        left = earlier
    else:
        left = _given_back(without(text, name, path=path), earlier, name, path=path)
    if not left or not (kept.is_file() or any(_read(left, path).get(kind) for kind in KINDS)):
        path.unlink(missing_ok=True)
        said = "the file is gone"
    else:
        write_private(path, left)
        path.chmod(int(mode or "600", 8))
        said = "the earlier file" if left == earlier else "the others stay"
    kept.unlink(missing_ok=True)
    return said


def _given_back(text: str, earlier: str, name: str, *, path: Path) -> str:
    """Return a kubeconfig with the entries of a name as an earlier one had them."""
    config, before = _read(text, path), _read(earlier, path)
    for kind in KINDS:
        config[kind] = [*config[kind], *(entry for entry in before.get(kind) or [] if entry["name"] == name)]
    if before.get("current-context") == name:
        config["current-context"] = name
    return yaml.safe_dump(config, sort_keys=False)


def same_entry(path: Path, own: Path, name: str) -> bool:
    """Tell whether a kubeconfig has the cluster of our own kubeconfig under the same name."""
    if not (path.is_file() and own.is_file()):
        return False
    clusters = [
        [
            entry
            for entry in _read(file.read_text(encoding="utf-8"), file).get("clusters") or []
            if entry["name"] == name
        ]
        for file in (path, own)
    ]
    return bool(clusters[0]) and clusters[0] == clusters[1]


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
