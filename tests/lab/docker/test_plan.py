"""Plan: names, addresses and ids of a lab in Docker."""

import pytest

from edgebook.errors import LabError
from edgebook.lab.docker import plan
from edgebook.lab.docker.plan import LabPlan, lab_id


def made(servers=3, agents=2, edges=1):
    """Return a plan in a network of its own."""
    return LabPlan("eb012345", servers, agents, edges, "image:tag", "10.213.7.0/24")


def test_hosts_have_the_names_and_numbers_of_the_embedded_site():
    """s1 is .11, a1 is .21, e1 is .31; the registration address is .10."""
    hosts = {host.name: host.address for host in made().hosts()}
    assert {"s1": "10.213.7.11", "s3": "10.213.7.13", "a2": "10.213.7.22", "e1": "10.213.7.31"}.items() <= hosts.items()
    assert ("10.213.7.10", "10.213.7.1") == (made().vip, made().gateway)


def test_many_hosts_stand_one_after_the_other():
    """Where a role has more than nine hosts no address is given twice."""
    addresses = [host.address for host in made(3, 2, 100).hosts()]
    assert (105, "10.213.7.11", "10.213.7.115") == (len(set(addresses)), addresses[0], addresses[-1])


def test_a_folder_is_a_lab_and_another_folder_is_another(tmp_path):
    """The id follows from the folder's path, however it is written."""
    assert lab_id(tmp_path / "a") == lab_id(tmp_path / "b" / ".." / "a")
    assert lab_id(tmp_path / "a") != lab_id(tmp_path / "b")


def test_an_id_is_a_name_that_linux_takes_for_a_bridge(tmp_path):
    """Interfaces have 15 characters at most."""
    assert 8 == len(lab_id(tmp_path))


def test_containers_carry_the_labs_id():
    """Two labs' hosts of one name are two containers."""
    assert "eb012345-s1" == made().hosts()[0].container


def test_a_plan_survives_being_written_down():
    """Facts and back are the same plan."""
    assert made() == plan.from_facts(made().as_facts())


@pytest.mark.parametrize("counts", [(0, 2, 2), (3, -1, 0), (3, 200, 100)])
def test_numbers_that_make_no_lab_are_refused(counts):
    """No server, less than none, or more than a network holds."""
    with pytest.raises(LabError):
        plan.check_counts(*counts)
