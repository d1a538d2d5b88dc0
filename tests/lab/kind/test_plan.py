"""Plan: names, addresses and numbers of a lab on kind."""

import pytest

from edgebook.errors import LabError
from edgebook.lab.kind import plan
from edgebook.lab.kind.plan import KindPlan


def made(servers=3, agents=2, edges=2, **more):
    """Return a plan in a network of its own."""
    return KindPlan("eb012345", servers, agents, edges, "image:tag", "10.213.7.0/24", "kindest/node:v1.31.9", **more)


def test_nodes_have_the_names_that_kind_gives_them():
    """The first of a role has no number; their containers carry the cluster's name."""
    nodes = made().nodes()
    assert ["control-plane", "control-plane2", "control-plane3", "worker", "worker2"] == [node.name for node in nodes]
    assert "eb012345-control-plane2" == nodes[1].container


def test_edge_hosts_stand_where_they_stand_on_other_sites():
    """e1 is .31; they alone let users in over SSH."""
    assert [("e1", "10.213.7.31"), ("e2", "10.213.7.32")] == [(one.name, one.address) for one in made().ssh_hosts()]
    assert 7 == len(made().hosts())


def test_docker_gives_addresses_out_of_the_upper_half():
    """No node can get an edge host's address."""
    assert "10.213.7.128/25" == made().dynamic


@pytest.mark.parametrize(("servers", "name"), [(1, "control-plane"), (3, "external-load-balancer")])
def test_the_api_is_at_the_balancer_where_there_is_one(servers, name):
    """kind puts one before several control planes."""
    assert f"eb012345-{name}" == made(servers).endpoint


def test_a_plan_survives_being_written_down():
    """Facts and back are the same plan."""
    wanted = made(api_port=41443, patch="kind: X", addresses={"worker": "10.213.7.129"})
    assert wanted == plan.from_facts(wanted.as_facts())


@pytest.mark.parametrize("counts", [(0, 2, 2), (3, -1, 2), (3, 2, 0), (1, 0, 98), (100, 25, 1)])
def test_numbers_that_make_no_lab_are_refused(counts):
    """No control plane, no edge host, or more than the network holds."""
    with pytest.raises(LabError):
        plan.check_counts(*counts)


def test_the_usual_numbers_are_taken():
    """Three control planes and two workers, with two edge hosts."""
    plan.check_counts(3, 2, 2)
