"""A small tree of files, and a bare practice site behind its SSH servers."""

import pytest

from edgebook import lab
from tests import kubeapi
from tests.lab.logins import login, shell
from tests.lab.trees import as_edge, small_tree


@pytest.fixture
def files():
    """Make a tree with a small disk for /var/lib and a home folder."""
    return small_tree()


@pytest.fixture
def edge(files):
    """See the same tree as the ordinary user, at home."""
    return as_edge(files)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Start a bare site whose shell knows what the tests need."""
    with lab.running(tmp_path_factory.mktemp("ssh") / "lab", speed=200.0, edges=0, extensions=()) as site:
        yield site


@pytest.fixture
def site(running):
    """Give the site in its first state."""
    running.reset()
    running.do(lambda world: setattr(world, "shell", shell))
    return running


@pytest.fixture
def client(site):
    """Log in to the first server."""
    client = login(site)
    yield client
    client.close()


@pytest.fixture
def api(tmp_path):
    """A control plane with one node."""
    with kubeapi.running(tmp_path) as made:
        made.create("nodes", kubeapi.node("a1"))
        yield made
