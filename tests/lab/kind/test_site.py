"""The site folder of a lab on kind: what a runbook may know of it."""

import pytest

from edgebook import views
from edgebook.k3s import inspect, plan, preflight
from edgebook.lab.kind import config, site
from edgebook.records import Status
from edgebook.site import load
from edgebook.ssh import Fleet
from tests.lab.kind.test_plan import made


@pytest.fixture
def written(tmp_path):
    """Write the site.yaml of a lab on kind and read it as any other."""
    (tmp_path / "site.yaml").write_text(site.text(made(api_port=41443), "v1.31.9"))
    return load(tmp_path)


def test_edge_hosts_are_the_sites_hosts(written):
    """Nodes are not: they have no SSH server that could be logged in to."""
    assert (["e1", "e2"], (), ()) == ([host.name for host in written.edges], written.servers, written.agents)


def test_the_cluster_is_told_as_it_is(written):
    """This computer reaches the API on loopback, hosts by the name that Docker's name service knows."""
    assert ("https://127.0.0.1:41443", "lab") == (written.api_url, written.context)
    assert "eb012345-external-load-balancer" == str(written.k3s.registration.address)
    assert "v1.31.9+k3s1" == str(written.k3s.version)


def test_networks_are_those_that_the_cluster_is_made_with(written):
    """site.yaml leaves them at K3s's defaults, and kind is told the same."""
    assert (config.POD_SUBNET, config.SERVICE_SUBNET) == (written.k3s.cluster_cidr, written.k3s.service_cidr)


def test_there_is_nothing_to_install(written):
    """The preflight of a K3s fails with the reason, and its plan is empty."""
    with Fleet([]) as fleet:
        seen = inspect(written, fleet)
        failed = [check.id for check in preflight(written, seen) if check.status is Status.FAIL]
        assert (["k3s.servers"], ()) == (failed, plan(written, fleet, seen).actions)


def test_the_picture_says_that_the_cluster_was_made_elsewhere(written):
    """There is no server whose loss could be counted."""
    assert "Site lab: a cluster made elsewhere; " in str(views.topology(written))
