"""Objects that show files of the servers: an Addon for every manifest, an ETCDSnapshotFile for every snapshot.

Not the files: servers and `k3s etcd-snapshot` write those. What a manifest holds is not applied here; the packaged
components have their own keeper.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s.log import stamp
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import dig, name_of

Object = dict[str, Any]
NAMESPACE = "kube-system"
SUFFIXES = (".yaml", ".yml", ".json")
STORAGE_NODE = "etcd.k3s.cattle.io/snapshot-storage-node"
HASH_DIGITS = 6


def manifests(process: ServerProcess) -> Iterator[str]:
    """Yield the paths of a server's manifests, those in folders too, but for those that are to be skipped."""
    top = f"{process.settings.data_dir}/server/manifests"
    paths = sorted(_below(process.host, top)) if process.host.files.is_folder(top) else []
    skipped = {path.removesuffix(".skip") for path in paths if path.endswith(".skip")}
    yield from (path for path in paths if path.endswith(SUFFIXES) and path not in skipped)


def _below(host: Host, folder: str) -> Iterator[str]:
    for name in host.files.listdir(folder):
        path = f"{folder}/{name}"
        if host.files.is_folder(path):
            yield from _below(host, path)
        else:
            yield path


def addon(host: Host, path: str) -> Object:
    """Describe a manifest: its name up to the first dot, where it lies, what it holds."""
    spec = {"source": path, "checksum": hashlib.sha256(host.files.read(path)).hexdigest()}
    return {"metadata": {"name": PurePosixPath(path).name.partition(".")[0], "namespace": NAMESPACE}, "spec": spec}


def snapshot(process: ServerProcess, folder: str, name: str) -> Object:
    """Describe a snapshot on a server's own disk."""
    digits = hashlib.sha256(f"{process.node}{folder}/{name}".encode()).hexdigest()[:HASH_DIGITS]
    seconds = name.rpartition("-")[2]
    made = stamp(datetime.fromtimestamp(int(seconds), UTC)) if seconds.isdigit() else None
    size = str(process.host.files.stat(f"{folder}/{name}").size)
    return {
        "metadata": {"name": f"local-{name.lower()}-{digits}", "labels": {STORAGE_NODE: process.node}},
        "spec": {"snapshotName": name, "nodeName": process.node, "location": f"file://{folder}/{name}"},
        "status": {"size": size, "creationTime": made, "readyToUse": True},
    }


def snapshot_folder(process: ServerProcess) -> str:
    """Return where a server keeps its snapshots."""
    default = f"{process.settings.data_dir}/server/db/snapshots"
    return process.settings.text("etcd-snapshot-dir", default).rstrip("/")


@dataclass
class Mirrored:
    """Keeps the objects of one cluster to the files of its servers."""

    store: Store

    def tick(self, leader: ServerProcess, running: list[ServerProcess]) -> None:
        """Look once."""
        self._keep("addons", {name_of(item): item for item in (addon(leader.host, path) for path in manifests(leader))})
        found: dict[str, Object] = {}
        for process in running:
            folder = snapshot_folder(process)
            names = process.host.files.listdir(folder) if process.host.files.is_folder(folder) else []
            found |= {name_of(item): item for item in (snapshot(process, folder, name) for name in names)}
        self._keep("etcdsnapshotfiles", found, nodes=[process.node for process in running])

    def _keep(self, kind: str, wanted: dict[str, Object], nodes: list[str] | None = None) -> None:
        """Make what is missing, and remove what no file stands behind; files of servers that are down still count."""
        for item in self.store.items(self.store.scope(kind)):
            name = name_of(item.obj)
            if name in wanted and item.obj["spec"] == wanted[name]["spec"]:
                del wanted[name]
            elif nodes is None or dig(item.obj, "spec.nodeName") in nodes:
                self.store.delete(kind, name, dig(item.obj, "metadata.namespace", ""))
        for obj in wanted.values():
            self.store.create(kind, obj)
