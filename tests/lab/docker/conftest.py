"""A stand-in for the `docker` program, which answers from a shell script, and what is there of real labs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from edgebook import lab
from edgebook.lab.docker import engine
from edgebook.lab.docker.plan import LABEL, lab_id
from tests.dockerhosts import docker_reason


class FakeDocker:
    """What the stand-in was asked, one line a call."""

    def __init__(self, folder):
        self.program, self.asked = folder / "docker", folder / "asked"

    def says(self, script):
        """Let the stand-in answer with a shell script; its words are in $*."""
        self.program.write_text(f'#!/bin/sh\necho "$*" >> {self.asked}\n{script}\n')
        self.program.chmod(0o755)

    @property
    def calls(self):
        """The words of each call."""
        return self.asked.read_text().splitlines() if self.asked.exists() else []


@pytest.fixture
def fake_docker(tmp_path, monkeypatch):
    """Put a stand-in for `docker` first on the PATH; it says nothing and ends with 0."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    fake = FakeDocker(folder)
    fake.says("exit 0")
    return fake


@pytest.fixture
def small(tmp_path):
    """Start a lab of one server in Docker, and take it away again."""
    needs_docker()
    folder = tmp_path / "lab"
    yield lab.up(folder, backend="docker", servers=1, agents=0, edges=0)
    lab.down(folder)


def needs_docker():
    """Skip where no hosts can be made, with the reason."""
    if docker_reason():
        pytest.skip(docker_reason())


def traces(folder):
    """Return all that Docker and Linux have of a folder's lab: nothing, when it is down."""
    label = f"label={LABEL}={lab_id(folder)}"
    containers = engine.lines("ps", "--all", "--filter", label, "--format", "{{.Names}}")
    networks = engine.lines("network", "ls", "--filter", label, "--format", "{{.Name}}")
    bridge = Path("/sys/class/net") / lab_id(folder)
    return [*containers, *networks, *([str(bridge)] if bridge.exists() else []), *rules(lab_id(folder))]


def rules(bridge):
    """Return the rules of the machine's firewall that name a bridge, where this user may see them."""
    program = shutil.which("iptables-save")
    if program is None or os.geteuid() != 0:
        return []
    shown = subprocess.run([program], capture_output=True, text=True, check=True)
    return [line for line in shown.stdout.splitlines() if bridge in line]


def volumes(folder):
    """Return the volumes that the hosts of a folder's lab have now, of those that Docker has."""
    names = engine.lines("ps", "--all", "--quiet", "--filter", f"label={LABEL}={lab_id(folder)}")
    line = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}'
    return set(" ".join(engine.lines("inspect", "--format", line, *names)).split()) if names else set()


def inside(status, host, script):
    """Run a script in a host, past its SSH server, and return what Docker answers."""
    return engine.ask("exec", f"{lab_id(status.folder)}-{host}", "bash", "-c", script)
