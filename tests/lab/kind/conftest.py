"""A lab on kind with a stand-in for the kind program, and why there may be none of the real one."""

import contextlib
import functools
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgebook import lab
from edgebook.lab import kind
from edgebook.lab.docker import image
from tests.dockerhosts import docker_reason

ROOT = Path(__file__).parents[3]
START = f"""\
#!/bin/sh
PYTHONPATH={ROOT} exec {sys.executable} -c '
import sys
sys.argv[0] = "{{place}}/kind"
from tests.lab.kind.standin import main
main()' "$@"
"""


@functools.cache
def real_reason():
    """Say why no cluster of the real kind can be tried here; nothing when one can."""
    return kind.reason()


class StandIn:
    """Where the stand-in for kind lies, and what it was asked."""

    def __init__(self, folder):
        self.folder = folder

    def says(self, script):
        """Let a shell script answer instead; its words are in $*."""
        (self.folder / "kind").write_text(f"#!/bin/sh\n{script}\n")
        (self.folder / "kind").chmod(0o755)

    @property
    def calls(self):
        """The words of each call."""
        asked = self.folder / "asked"
        return asked.read_text().splitlines() if asked.exists() else []


@pytest.fixture(scope="session")
def standin_folder(tmp_path_factory):
    """Write the stand-in, once for the session."""
    folder = tmp_path_factory.mktemp("kind-stand-in")
    (folder / "kind").write_text(START.format(place=folder))
    (folder / "kind").chmod(0o755)
    return folder


@pytest.fixture
def standin(standin_folder, monkeypatch):
    """Put the stand-in for kind first on the PATH."""
    monkeypatch.setenv("PATH", f"{standin_folder}:{os.environ['PATH']}")
    return StandIn(standin_folder)


@pytest.fixture
def fake_kind(tmp_path, monkeypatch):
    """Put a kind first on the PATH that is a shell script; it says its version and ends with 0."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    fake = StandIn(folder)
    fake.says("echo kind v0.27.0")
    return fake


@pytest.fixture(scope="session")
def made_site(standin_folder, tmp_path_factory):
    """Make one lab on the stand-in for the session: two control planes, one worker, one edge host."""
    if docker_reason():
        pytest.skip(docker_reason())
    folder = tmp_path_factory.mktemp("kind") / "lab"
    try:
        with found(standin_folder):
            made = lab.up(folder, backend="kind", image=host_image(), servers=2, agents=1, edges=1)
        yield made
    finally:
        with found(standin_folder):
            lab.down(folder)


@contextlib.contextmanager
def found(folder):
    """Put a folder first on the PATH meanwhile: other tests of the session are to see the real kind, or none."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        yield


@pytest.fixture
def kind_site(made_site, standin):
    """Give the lab on the stand-in without faults."""
    return lab.heal(made_site.folder)


def host_image():
    """Return the image of practice hosts, which the stand-in's nodes are made from too; build it if it is not there."""
    return image.ensure("", datetime.now(UTC).date(), print)


def needs_real():
    """Skip where there is no kind, with the reason."""
    if real_reason():
        pytest.skip(real_reason())
