"""Sites of hosts in Docker whose K3s is the tests' stand-in (`tests/standin`), taken from a bundle."""

import pytest
import yaml

from edgebook import lab
from tests.dockerhosts import docker_reason
from tests.standin.release import release

SIZE_MB = 24
"""Large enough to be caught in mid-upload, small enough for five hosts at once."""


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    """Make a release of the stand-in."""
    return release(tmp_path_factory.mktemp("standin") / "release", size_mb=SIZE_MB)


@pytest.fixture(scope="session")
def pair_lab(tmp_path_factory):
    """Start one server and one agent for the whole session."""
    if docker_reason():
        pytest.skip(docker_reason())
    folder = tmp_path_factory.mktemp("pair") / "lab"
    try:
        yield lab.up(folder, backend="docker", servers=1, agents=1, edges=0)
    finally:
        lab.down(folder)


@pytest.fixture
def pair(pair_lab, bundle, runs):
    """Give one bare server and one bare agent, whose K3s comes from the bundle."""
    status = lab.reset(pair_lab.folder)
    from_bundle(status.site_folder, bundle)
    return status


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Keep journals in tmp_path, and show no widgets."""
    monkeypatch.setenv("EDGEBOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EDGEBOOK_HEADLESS", "1")


def from_bundle(site_folder, bundle, **k3s):
    """Say in site.yaml that K3s comes from a bundle, and what else is said of it."""
    path = site_folder / "site.yaml"
    site = yaml.safe_load(path.read_text(encoding="utf-8"))
    site["source"] = {"kind": "bundle", "path": str(bundle)}
    site["k3s"] |= k3s
    path.write_text(yaml.safe_dump(site, sort_keys=False), encoding="utf-8")
