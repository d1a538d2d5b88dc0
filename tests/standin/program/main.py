"""The program `k3s` as systemd and operators call it.

Not complete: of each command what install steps use.
"""

import signal
import sys
import time
from pathlib import Path

from . import settings
from .agent import Agent
from .kubectl import kubectl
from .server import Server
from .service import Fatal, log, rename, version, write

SNAPSHOT = "Snapshot {name} saved."


def main():
    """Run `k3s COMMAND`, or what the name it was called by says."""
    called, *words = sys.argv
    name = Path(called).name
    command, *rest = [name, *words] if name in ("kubectl", "crictl", "ctr") else words or ["--help"]
    try:
        sys.exit(COMMANDS[command](rest) if command in COMMANDS else _unknown(command))
    except Fatal as exc:
        log("fatal", str(exc))
        sys.exit(1)


def _unknown(command):
    sys.stderr.write(f"No help topic for '{command}'\n")
    return 3


def _version(_words):
    sys.stdout.write(f"k3s version {version()} (stand-in)\npython version {sys.version.split()[0]}\n")
    return 0


def _service(make, name):
    def run(words):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        rename(name)
        log("info", f"Starting k3s {version()} (a stand-in of edgebook's tests)")
        make(settings.load(words)).run()
        return 0

    return run


def _snapshots(words):
    found = settings.load([])
    given = settings.Settings(settings.flags(words[1:]))
    folder = Path(given.text("data-dir", str(found.data_dir))) / "server/db/snapshots"
    if words[:1] == ["save"]:
        if kubectl(["get", "--raw=/readyz"]):
            raise Fatal("see server log for details: connection refused")
        name = f"{given.text('name', 'on-demand')}-{found.node_name}-{int(time.time())}"
        write(folder / name, (folder.parent / "etcd/standin.json").read_bytes())
        log("info", SNAPSHOT.format(name=name))
        return 0
    sys.stdout.write("Name Location Size Created\n")
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(path.stat().st_mtime))
        sys.stdout.write(f"{path.name} file://{path} {path.stat().st_size} {created}\n")
    return 0


def _certificates(words):
    """Forget the leaf certificates, so that the next start makes them anew (`k3s certificate rotate`)."""
    if words[:1] == ["rotate"]:
        for name in ("serving-kube-apiserver.crt", "client-admin.crt"):
            (settings.load([]).server_dir / "tls" / name).unlink(missing_ok=True)
        log("info", "Successfully backed up certificates")
    return 0


def _containers(_words):
    if not Path("/run/k3s/containerd").is_dir():
        raise Fatal("dial unix /run/k3s/containerd/containerd.sock: connect: no such file or directory")
    sys.stdout.write("CONTAINER  IMAGE  CREATED  STATE  NAME  ATTEMPT  POD ID  POD\n")
    return 0


COMMANDS = {
    "--version": _version,
    "-v": _version,
    "server": _service(Server, "k3s-server"),
    "agent": _service(Agent, "k3s-agent"),
    "kubectl": kubectl,
    "etcd-snapshot": _snapshots,
    "certificate": _certificates,
    "crictl": _containers,
    "ctr": _containers,
}
