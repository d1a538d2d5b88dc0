"""Network: a /24 that nobody else uses."""

import json

import pytest

from edgebook.errors import LabError
from edgebook.lab.docker import network
from tests.lab.docker.test_plan import made

HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
DEFAULT = "eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
ROUTE_8 = "eth1\t0008D50A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"


@pytest.fixture
def routes(monkeypatch, tmp_path):
    """Let the machine have a default route, and one to 10.213.8.0/24."""
    path = tmp_path / "route"
    path.write_text(HEAD + DEFAULT + ROUTE_8)
    monkeypatch.setattr(network, "ROUTES", path)


def docker_has(fake_docker, *subnets):
    """Let Docker have networks with these subnets, and one without any."""
    shown = [{"IPAM": {"Config": [{"Subnet": subnet}]}} for subnet in subnets] + [{"IPAM": {"Config": None}}]
    fake_docker.says(f"case $2 in ls) echo id;; inspect) echo '{json.dumps(shown)}';; esac")


def test_what_routes_and_docker_use_is_left_out(fake_docker, routes):
    """A network is free when no route leads there and Docker has none that overlaps."""
    docker_has(fake_docker, "10.213.9.0/24", "10.213.16.0/20", "fd00::/64")
    found = list(network.free_subnets("eb000007"))
    assert ["10.213.7.0/24", "10.213.10.0/24"] == found[:2]
    assert 256 - 2 - 16 == len(found)


def test_labs_begin_at_places_of_their_own(fake_docker, routes):
    """Two labs that start at one moment rarely want the same network."""
    docker_has(fake_docker)
    assert "10.213.38.0/24" == next(network.free_subnets("eb000126"))


def test_a_network_has_a_bridge_and_a_label_of_its_own(fake_docker):
    """The bridge is named after the lab, so that nobody takes it for something else."""
    assert network.create(made())
    asked = fake_docker.calls[0]
    assert "com.docker.network.bridge.name=eb012345" in asked
    assert "--label edgebook.lab=eb012345" in asked


@pytest.mark.parametrize("said", ["Pool overlaps with other one on this address space", "conflicts with network abc"])
def test_addresses_that_were_taken_a_moment_ago_are_no_error(fake_docker, said):
    """The next ones are tried."""
    fake_docker.says(f"echo '{said}' >&2; exit 1")
    assert not network.create(made())


def test_another_refusal_is_told(fake_docker):
    """What Docker says is in the error."""
    fake_docker.says("echo 'no more bridges' >&2; exit 1")
    with pytest.raises(LabError, match="no more bridges"):
        network.create(made())


def test_only_labelled_networks_are_removed(fake_docker):
    """Where there is none nothing is removed."""
    network.remove("edgebook.lab=eb012345")
    assert ["network ls --quiet --filter label=edgebook.lab=eb012345"] == fake_docker.calls
