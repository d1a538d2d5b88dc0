"""The catalogue of faults on kind."""

import pytest

from edgebook.lab.docker.catalogue import FAULTS as HOSTS
from edgebook.lab.docker.means import Script
from edgebook.lab.kind.catalogue import FAULTS, SCRIPTS

SCRIPTED = sorted(name for name, fault in FAULTS.items() if isinstance(fault.means, Script))
OWN = {"control-plane", "worker", "e1"}


def test_every_fault_goes_to_something_that_is_there():
    """Targets are nodes under kind's names and edge hosts, never a host of another backend."""
    assert set() == {target for fault in FAULTS.values() for target in fault.targets} - OWN


def test_faults_of_a_k3s_are_left_out():
    """Its files and programs are not on kind's nodes."""
    assert {
        "critical-flags-differ",
        "duplicate-hostname",
        "port-closed",
        "version-mismatch",
        "wrong-token",
    } == set(HOSTS) - set(FAULTS)


@pytest.mark.parametrize("name", SCRIPTED)
def test_each_script_is_where_its_fault_looks_for_it(name):
    """The first line is a comment; put, mend and broken are defined."""
    text = (FAULTS[name].means.folder / f"{name}.sh").read_text()
    assert text.startswith("# ")
    assert [] == [verb for verb in ("put", "mend", "broken") if f"{verb}() {{" not in text]


def test_no_script_of_kinds_own_is_without_a_fault():
    """Each file in faults/ belongs to an entry."""
    assert ["disk-pressure"] == sorted(path.stem for path in SCRIPTS.glob("*.sh"))
