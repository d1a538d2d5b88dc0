"""The catalogue of faults in Docker."""

import pytest

from edgebook.lab.docker.catalogue import FAULTS
from edgebook.lab.docker.means import SCRIPTS, Script
from edgebook.lab.faults import FAULTS as EMBEDDED

SCRIPTED = sorted(name for name, fault in FAULTS.items() if isinstance(fault.means, Script))


def test_every_fault_of_the_embedded_site_has_its_like_here():
    """What a trainee learned on one backend works on the other."""
    assert set() == set(EMBEDDED) - set(FAULTS)


def test_every_fault_tells_all_its_facts():
    """Title, cause, symptoms and remedy are there."""
    assert [] == [name for name, one in FAULTS.items() if not (one.title and one.cause and one.symptoms and one.mend)]


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_script_says_what_it_does_and_has_three_functions(name):
    """The first line is a comment; put, mend and broken are defined."""
    text = (SCRIPTS / f"{name}.sh").read_text()
    assert text.startswith("# ")
    assert [] == [verb for verb in ("put", "mend", "broken") if f"{verb}() {{" not in text]


def test_no_script_is_without_a_fault():
    """Each file in faults/ belongs to an entry."""
    assert SCRIPTED == sorted(path.stem for path in SCRIPTS.glob("*.sh"))
