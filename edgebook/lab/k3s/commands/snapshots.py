"""`k3s etcd-snapshot`: save, list, delete, prune.

Not a restore: a snapshot here is a file of the right name and place, and says which state it is of.
"""

from __future__ import annotations

from datetime import UTC, datetime

from edgebook.lab.hosts.call import Call
from edgebook.lab.k3s import pace
from edgebook.lab.k3s.commands.local import CommandFailed, flag, plain, say, server_here
from edgebook.lab.k3s.log import stamp
from edgebook.lab.k3s.mirrored import snapshot_folder
from edgebook.lab.k3s.process import ServerProcess

VALUED = ("--name", "--dir", "--data-dir", "-d", "--snapshot-retention", "--etcd-server", "--etcd-token", "-o")
PADDING = 64
DEFAULT_KEPT = 5


def kept(call: Call, folder: str) -> list[str]:
    """List the snapshots in a folder, the oldest first."""
    files = call.host.files
    names = files.listdir(folder) if files.is_folder(folder) else []
    return sorted(names, key=lambda name: (name.rpartition("-")[2], name))


async def snapshots(call: Call, words: list[str]) -> int:
    """Answer `k3s etcd-snapshot …`."""
    process = server_here(call)
    if process.cluster.datastore != "etcd":
        raise CommandFailed("etcd datastore disabled")
    names = plain(words, *VALUED)
    action = names.pop(0) if names else "save"
    if action == "save":
        return await _save(call, process, words)
    if action in {"ls", "list", "l"}:
        return _list(call, snapshot_folder(process))
    if action == "delete":
        return _delete(call, snapshot_folder(process), names)
    if action == "prune":
        return _prune(call, snapshot_folder(process), words)
    raise CommandFailed(f"No help topic for '{action}'")


async def _save(call: Call, process: ServerProcess, words: list[str]) -> int:
    given = flag(words, "--name", "--snapshot-name", default="on-demand")
    name = f"{given}-{process.node}-{int(call.host.now().timestamp())}"
    folder = snapshot_folder(process)
    await call.world.clock.sleep(pace.SNAPSHOT_S)
    head = f"cluster {process.cluster.number} revision {process.cluster.store.resource_version}\n"
    objects = len(process.cluster.store.list("nodes")) + len(process.cluster.store.list("pods"))
    try:
        call.host.files.mkdir(folder, 0o700, parents=True)
        call.host.files.write(f"{folder}/{name}", head + ("0" * PADDING + "\n") * (PADDING * (objects + 1)), 0o600)
    except OSError as exc:
        raise CommandFailed(f"failed to save snapshot: write {folder}/{name}: {(exc.strerror or '').lower()}") from exc
    say(call, "info", f"Snapshot {name} saved.")
    return 0


def _list(call: Call, folder: str) -> int:
    rows = [("Name", "Location", "Size", "Created")]
    for name in kept(call, folder):
        stat = call.host.files.stat(f"{folder}/{name}")
        rows.append((name, f"file://{folder}/{name}", str(stat.size), _created(name)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        call.out(" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
    return 0


def _created(name: str) -> str:
    seconds = name.rpartition("-")[2]
    return stamp(datetime.fromtimestamp(int(seconds), UTC)) if seconds.isdigit() else ""


def _delete(call: Call, folder: str, names: list[str]) -> int:
    if not names:
        raise CommandFailed("no snapshots given for removal")
    for name in names:
        if name not in kept(call, folder):
            say(call, "warning", f"No need to delete snapshot {name}: not found")
            continue
        call.host.files.remove(f"{folder}/{name}")
        say(call, "info", f"Snapshot {name} deleted.")
    return 0


def _prune(call: Call, folder: str, words: list[str]) -> int:
    limit = int(flag(words, "--snapshot-retention", default=str(DEFAULT_KEPT)) or DEFAULT_KEPT)
    prefix = flag(words, "--name", default="on-demand")
    names = [name for name in kept(call, folder) if name.startswith(prefix)]
    for name in names[: max(0, len(names) - limit)]:
        call.host.files.remove(f"{folder}/{name}")
        say(call, "info", f"Snapshot {name} deleted.")
    return 0
