"""A stand-in for the `kind` program: it takes kind's words and makes containers with kind's names and labels.

There is no Kubernetes in it. A node is a practice host with a `kubelet` that sleeps and a `kubectl` that
says yes, so that edgebook's own part can be tested where kind cannot run: Docker is real, kind is not.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

from edgebook.lab.docker.machines import FLAGS
from tests.lab.kind.nodefiles import NODE, as_tar

HERE = Path(sys.argv[0]).parent
CLUSTER, ROLE = "io.x-k8s.kind.cluster", "io.x-k8s.kind.role"
BALANCER = "external-load-balancer"
PORT = 41443
BOOT_S = 60


def say(words):
    """Print a line."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def docker(*words, stdin=None):
    """Run one docker command."""
    return subprocess.run(["docker", *words], input=stdin, check=True, capture_output=True).stdout.decode()


def option(name):
    """Return the word after an option."""
    return sys.argv[sys.argv.index(name) + 1]


def named(cluster, nodes):
    """Name the nodes as kind does: the first of a role has no number."""
    roles = [node["role"] for node in nodes]
    roles += [BALANCER] if roles.count("control-plane") > 1 else []
    numbers = [roles[: at + 1].count(role) for at, role in enumerate(roles)]
    return [(f"{cluster}-{role}{n if n > 1 else ''}", role) for n, role in zip(numbers, roles, strict=True)]


def create():
    """Make a cluster's containers and its kubeconfig, telling the steps as kind does."""
    read = yaml.safe_load(sys.stdin)
    cluster, network = option("--name"), os.environ["KIND_EXPERIMENTAL_DOCKER_NETWORK"]
    (HERE / "config").write_text(json.dumps(read))
    say(f'Creating cluster "{cluster}" ...')
    say(" • Preparing nodes 📦  ...")
    for name, role in named(cluster, read["nodes"]):
        labels = ("--label", f"{CLUSTER}={cluster}", "--label", f"{ROLE}={role}")
        made = ("create", "--name", name, "--hostname", name, "--network", network, *labels, *FLAGS)
        docker(*made, read["nodes"][0]["image"])
        docker("cp", "-", f"{name}:/", stdin=as_tar(NODE))
        docker("start", name)
        booted(name)
        docker("exec", name, "systemctl", "start", "kubelet")
    port = read["networking"]["apiServerPort"] or PORT
    kubeconfig(Path(option("--kubeconfig")), f"kind-{cluster}", port)


def booted(name):
    """Wait until a node's systemd has started everything."""
    deadline = time.monotonic() + BOOT_S
    look = ["docker", "exec", name, "systemctl", "is-system-running", "--wait"]
    while subprocess.run(look, check=False, capture_output=True).stdout.strip() not in {b"running", b"degraded"}:
        if time.monotonic() > deadline:
            sys.exit(f"ERROR: {name} has not booted")
        time.sleep(0.1)


def kubeconfig(path, name, port):
    """Write a kubeconfig as kind does; nobody listens there."""
    facts = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"https://127.0.0.1:{port}"}}],
        "users": [{"name": name, "user": {"client-key-data": "c3RhbmQtaW4="}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    path.write_text(yaml.safe_dump(facts))


def delete():
    """Remove a cluster's containers."""
    found = docker("ps", "--all", "--quiet", "--filter", f"label={CLUSTER}={option('--name')}").split()
    if found:
        docker("rm", "--force", "--volumes", *found)


def main():
    """Do what the words say, and remember them."""
    with (HERE / "asked").open("a") as asked:
        print(*sys.argv[1:], file=asked)
    if sys.argv[1] == "version":
        say("kind v0.27.0 (a stand-in of edgebook's tests)")
    {"create": create, "delete": delete}.get(sys.argv[1], lambda: None)()


if __name__ == "__main__":
    main()
