"""`k3s crictl` and `k3s ctr`: the containers, pods and images of this host, as its containerd knows them.

Not kubectl: the API is not asked, and need not be there.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Sequence
from datetime import datetime

from edgebook.lab.hosts.call import Call
from edgebook.lab.k3s.commands.local import CommandFailed, plain
from edgebook.lab.k3s.containerd import runtimes
from edgebook.lab.k3s.images import Images, archived
from edgebook.lab.k3s.registry import registry
from edgebook.lab.k3s.settings import DATA_DIR
from edgebook.lab.kube.kubelet.containers import Container
from edgebook.lab.kube.kubelet.machine import SANDBOX_IMAGE
from edgebook.lab.kube.kubelet.podlife import PodLife
from edgebook.lab.kube.kubelet.podlogs import RunLog
from edgebook.lab.kube.kubelet.pulling import MEGABYTE, size_bytes
from edgebook.lab.kube.kubelet.references import parse
from edgebook.lab.kube.kubelet.runs import Run, container_id
from edgebook.lab.kube.kubelet.statuses import image_id
from edgebook.lab.kube.times import human_duration
from edgebook.lab.kube.trees import name_of, namespace_of

SOCKET = "/run/k3s/containerd"
SHORT = 13
LEAST, GAP = 20, 3
WITH_VALUE = ("-n", "--namespace", "--tail", "--timeout", "-r", "--runtime-endpoint", "-a", "--address")


def crictl(call: Call, words: list[str]) -> int:
    """Answer `k3s crictl ps|pods|images|pull|rmi|logs|info`."""
    _connect(call)
    action, *names = plain(words, "--tail", "-r", "--runtime-endpoint", "--timeout") or [""]
    if action in ("ps", "pods", "images", "img", "image"):
        rows = {"ps": _ps, "pods": _pods}.get(action, _images)(call, words)
        call.out("".join(_row(row) for row in rows))
        return 0
    if action == "logs":
        return _logs(call, names)
    if action == "info":
        call.out(json.dumps({"status": {"conditions": [{"type": "RuntimeReady", "status": True}]}}, indent=2) + "\n")
        return 0
    if action in ("pull", "rmi"):
        return _pull(call, names) if action == "pull" else _remove(call, words, names)
    raise CommandFailed(f"No help topic for '{action}'")


def ctr(call: Call, words: list[str]) -> int:
    """Answer `k3s ctr images ls|import|pull|rm`, and `k3s ctr containers ls`."""
    _connect(call)
    group, action, *names = [*plain(words, *WITH_VALUE), "", ""][: len(plain(words, *WITH_VALUE)) + 2]
    names = [name for name in names if name]
    if group in ("images", "image", "i"):
        return _ctr_images(call, action, names, quiet="-q" in words or "--quiet" in words)
    if group in ("containers", "c") and action in ("ls", "list"):
        rows = [("CONTAINER", "IMAGE", "RUNTIME")]
        for _, item, run in _runs(call):
            rows.append((run.id.partition("://")[2], str(parse(item.spec["image"])), "io.containerd.runc.v2"))
        call.out("".join("    ".join(row) + "\n" for row in rows))
        return 0
    raise CommandFailed(f"No help topic for '{group or 'ctr'}'")


def _connect(call: Call) -> None:
    if call.user != "root":
        raise CommandFailed("connect: permission denied")
    if not call.host.files.exists(SOCKET):
        raise CommandFailed(f"dial unix {SOCKET}/containerd.sock: connect: no such file or directory")


def _store(call: Call) -> Images:
    found = runtimes(registry(call.world)).machines.get(call.host.name)
    return found.images if found else Images(call.host, DATA_DIR)


def _lives(call: Call) -> Iterator[PodLife]:
    for (host, _), worker in runtimes(registry(call.world)).workers.items():
        if host == call.host.name:
            yield from worker.lives.values()


def _runs(call: Call) -> Iterator[tuple[PodLife, Container, Run]]:
    for life in _lives(call):
        for item in life.containers:
            for run in (item.run, item.previous):
                if run is not None:
                    yield life, item, run


def _row(cells: Sequence[str]) -> str:
    return "".join(cell.ljust(max(LEAST, len(cell) + GAP)) for cell in cells[:-1]) + cells[-1] + "\n"


def _ago(call: Call, moment: datetime) -> str:
    return f"{human_duration((call.world.clock.now() - moment).total_seconds())} ago"


def _pod_id(life: PodLife) -> str:
    return container_id(str(life.pod["metadata"]["uid"]), "", life.epoch).partition("://")[2][:SHORT]


def _ps(call: Call, words: list[str]) -> Iterator[tuple[str, ...]]:
    yield "CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD"
    every = "-a" in words or "--all" in words
    for life, item, run in _runs(call):
        if run.running or every:
            attempt = item.restarts - (run is item.previous)
            state = "Running" if run.running else "Exited"
            image = image_id(str(item.spec["image"])).rpartition(":")[2][:SHORT]
            yield (
                run.id.partition("://")[2][:SHORT], image, _ago(call, run.started_at), state, item.name,
                str(attempt), _pod_id(life), name_of(life.pod),
            )  # fmt: skip


def _pods(call: Call, _words: list[str]) -> Iterator[tuple[str, ...]]:
    yield "POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"
    for life in _lives(call):
        state = "Ready" if life.has_sandbox and not (life.is_ending and life.is_stopped) else "NotReady"
        made = _ago(call, life.machine.wall(life.born_s))
        yield _pod_id(life), made, state, name_of(life.pod), namespace_of(life.pod), "0", "(default)"


def _images(call: Call, _words: list[str]) -> Iterator[tuple[str, ...]]:
    yield "IMAGE", "TAG", "IMAGE ID", "SIZE"
    for name in _store(call).names():
        reference, digest = parse(name), image_id(name).rpartition(":")[2][:SHORT]
        yield reference.name, reference.tag or "<none>", digest, f"{size_bytes(name) / MEGABYTE:.3g}MB"


def _logs(call: Call, names: list[str]) -> int:
    for life, _, run in _runs(call):
        if names and run.id.partition("://")[2].startswith(names[0]):
            call.out("".join(f"{entry.text}\n" for entry in RunLog(life.machine, run).entries()))
            return 0
    wanted = names[0] if names else ""
    raise CommandFailed(f'container "{wanted}" in namespace "k8s.io": not found')


def _pull(call: Call, names: list[str]) -> int:
    for name in names:
        problem = _store(call).pull(name)
        if problem:
            raise CommandFailed(f"pulling image: {problem}")
        call.out(f"Image is up to date for {image_id(name).partition('@')[2]}\n")
    return 0


def _remove(call: Call, words: list[str], names: list[str]) -> int:
    """Remove images; `--prune` removes all that no container runs from."""
    images = _store(call)
    # containerd pins the sandbox image.
    running = [str(item.spec["image"]) for _, item, run in _runs(call) if run.running]
    used = {str(parse(image)) for image in (SANDBOX_IMAGE, *running)}
    wanted = [name for name in images.names() if name not in used] if "--prune" in words else names
    for name in wanted:
        if not images.remove(name):
            raise CommandFailed(f"no such image {name}")
        call.out(f"Deleted: {parse(name)}\n")
    return 0


def _ctr_images(call: Call, action: str, names: list[str], *, quiet: bool) -> int:
    images = _store(call)
    if action in ("ls", "list"):
        rows = [] if quiet else ["REF TYPE DIGEST SIZE PLATFORMS LABELS"]
        rows += [name if quiet else _described(name) for name in images.names()]
        call.out("".join(f"{row}\n" for row in rows))
    elif action == "import":
        for path in names:
            _import(call, images, path)
    elif action == "pull":
        for name in names:
            problem = images.pull(name)
            if problem:
                raise CommandFailed(problem.partition(": ")[2] or problem)
            call.out(f"{parse(name)}: resolved\nunpacking linux/amd64 {image_id(name).partition('@')[2]}...\ndone\n")
    elif action in ("rm", "remove", "del", "delete"):
        for name in names:
            call.out(f"{name}\n" if images.remove(name) else "")
    else:
        raise CommandFailed(f"No help topic for '{action}'")
    return 0


def _described(name: str) -> str:
    digest, size = image_id(name).partition("@")[2], f"{size_bytes(name) / 1024**2:.1f} MiB"
    kind = "application/vnd.docker.distribution.manifest.list.v2+json"
    return f"{name} {kind} {digest} {size} linux/amd64 io.cri-containerd.image=managed"


def _import(call: Call, images: Images, path: str) -> None:
    try:
        data = call.files.read(path)
    except OSError as exc:
        raise CommandFailed(f"open {path}: {(exc.strerror or '').lower()}") from exc
    found = archived(posixpath.basename(path), data)
    if not found:
        raise CommandFailed("unrecognized image format")
    images.add(*found)
    for name in found:
        call.out(f"unpacking {parse(name)} ({image_id(name).partition('@')[2]})...done\n")
