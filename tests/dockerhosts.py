"""Practice hosts in Docker for tests: one lab for the session, and why there may be none."""

from __future__ import annotations

import functools

import pytest

from edgebook import lab
from edgebook.lab import docker

SIZES = {"servers": 3, "agents": 2, "edges": 1}


@functools.cache
def docker_reason():
    """Say why no hosts in Docker can be made here; nothing when they can."""
    return docker.reason()


@pytest.fixture(scope="session")
def docker_site(tmp_path_factory):
    """Start one lab in Docker for the whole session: three servers, two agents, one edge host."""
    if docker_reason():
        pytest.skip(docker_reason())
    folder = tmp_path_factory.mktemp("docker") / "lab"
    try:
        yield lab.up(folder, backend="docker", **SIZES)
    finally:
        lab.down(folder)


@pytest.fixture
def bare_docker_site(docker_site):
    """Give the lab in Docker in its first state."""
    return lab.reset(docker_site.folder)
