"""Images that come from a folder instead of a registry: those of the nodes to Docker, the others to the nodes.

Not their making: `docker save` writes such archives, and a bundle has K3s's own.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgebook.errors import LabError, shorten
from edgebook.lab.docker import engine, image
from edgebook.lab.kind import program
from edgebook.lab.kind.plan import KindPlan

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst")
PACKED, UNPACKER = ".zst", "zstd"
"""Python reads no zstd before 3.14: a program does, and such an archive is for the nodes, whatever it holds."""
BALANCERS = ("kindest/haproxy", "envoyproxy/envoy")
"""What kind puts before several control planes: the second since v0.32."""
HUB = "docker.io/"
NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
LOAD_TIMEOUT_S = 600.0
Say = program.Say


@dataclass(frozen=True)
class Archive:
    """A file of images and their names; none where the file is not looked into."""

    path: Path
    tags: frozenset[str] = frozenset()

    def for_docker(self, node_image: str) -> frozenset[str]:
        """Return the names that kind takes from Docker: the node image, and the load balancer's."""
        wanted = (node_image.removeprefix(HUB), *(f"{name}:" for name in BALANCERS))
        return frozenset(tag for tag in self.tags if tag == wanted[0] or tag.startswith(wanted[1:]))


def archives(bundle: Path) -> tuple[Archive, ...]:
    """Find the archives of images: the file itself, or those in the folder; raise `LabError` where there are none."""
    if not bundle.exists():
        raise LabError(f"there is no {bundle}", hint="--bundle: a folder with archives of images, or one archive")
    paths = sorted(bundle.iterdir()) if bundle.is_dir() else [bundle]
    files = [path for path in paths if path.is_file() and path.name.endswith(SUFFIXES)]
    if any(path.name.endswith(PACKED) for path in files) and shutil.which(UNPACKER) is None:
        raise LabError(f"{bundle} has archives packed with zstd, and there is no zstd program", hint="install zstd")
    found = [_archive(path) for path in files]
    there = tuple(one for one in found if one)
    if not there:
        raise LabError(
            f"{bundle} holds no archive of images",
            hint="docker save --output images.tar IMAGE… makes one; a bundle in one .tar file is to be unpacked first",
        )
    return there


def to_docker(found: Sequence[Archive], node_image: str, say: Say) -> None:
    """Give Docker the images that kind makes nodes from, where it has none."""
    for one in found:
        if any(not image.there(tag) for tag in one.for_docker(node_image)):
            say(f"loading {one.path.name} into Docker")
            engine.call("load", "--quiet", "--input", str(one.path), timeout_s=LOAD_TIMEOUT_S)


def to_nodes(found: Sequence[Archive], plan: KindPlan, kubeconfig: Path, say: Say) -> None:
    """Give every node the images that workloads are started from."""
    for one in found:
        if one.tags and one.tags == one.for_docker(plan.node_image):
            continue
        say(f"loading {one.path.name} into the nodes")
        with _unpacked(one.path, kubeconfig.parent) as tar:
            words = ("load", "image-archive", str(tar), "--name", plan.id)
            program.run(*words, network=plan.network, kubeconfig=kubeconfig, timeout_s=LOAD_TIMEOUT_S)


@contextmanager
def _unpacked(path: Path, folder: Path) -> Iterator[Path]:
    """Give an archive as plain tar: the nodes take no other (containerd cmd/ctr/commands/images/import.go)."""
    if path.suffix == ".tar":
        yield path
        return
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".tar") as tar:
        if path.name.endswith(PACKED):
            command = [UNPACKER, "--decompress", "--stdout", "--quiet", str(path)]
            failed = subprocess.run(command, stdout=tar, stderr=subprocess.PIPE, check=False, timeout=LOAD_TIMEOUT_S)
            if failed.returncode:
                raise LabError(f"{path} cannot be unpacked: {shorten(failed.stderr.decode(errors='replace'))}")
        else:
            with gzip.open(path) as packed:
                shutil.copyfileobj(packed, tar)
        tar.flush()
        yield Path(tar.name)


def _archive(path: Path) -> Archive | None:
    """Read an archive's names as `docker save` or OCI tools write them; None for another kind of tar file."""
    if path.name.endswith(PACKED):
        return Archive(path)
    try:
        with tarfile.open(path) as tar:
            listed = _json(tar, "manifest.json")
            index = _json(tar, "index.json")
    except (OSError, tarfile.TarError) as exc:
        raise LabError(f"{path} cannot be read as an archive: {exc}") from exc
    if isinstance(listed, list):
        return Archive(path, _plain(tag for image in listed for tag in image.get("RepoTags") or ()))
    if isinstance(index, dict):
        notes = [one.get("annotations", {}) for one in index.get("manifests", ())]
        return Archive(
            path, _plain(next(note[key] for key in NAMES if key in note) for note in notes if {*NAMES} & {*note})
        )
    return None


def _plain(names: Any) -> frozenset[str]:
    return frozenset(name.removeprefix(HUB) for name in names)


def _json(tar: tarfile.TarFile, name: str) -> Any:
    with suppress(KeyError, ValueError):  # no such member, or none that is JSON
        member = tar.extractfile(name)
        return json.load(member) if member else None
    return None
