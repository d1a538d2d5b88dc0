"""Means: how faults reach a host."""

import pytest

from edgebook.errors import LabError
from edgebook.lab.docker import means
from edgebook.lab.docker.catalogue import FAULTS
from edgebook.lab.docker.means import Scene
from tests.lab.docker.test_plan import made


def scene(fault, host=0, **options):
    """Return a scene on a host, with the fault's defaults where nothing else is said."""
    return Scene(fault, made(), made().hosts()[host], FAULTS[fault].with_options(options))


def test_a_script_gets_its_options_and_surroundings(fake_docker):
    """Whole numbers have no point; the host and its gateway are told."""
    FAULTS["port-closed"].means.put(scene("port-closed"))
    asked = fake_docker.calls[0]
    for word in ("--env port=6443", "--env host=s1", "--env gateway=10.213.7.1", "eb012345-s1 sh -s put"):
        assert word in asked


def test_a_script_that_refuses_says_why(fake_docker):
    """Code 3 is a refusal with its sentence; any other is a failure."""
    fake_docker.says("echo no such unit >&2; exit 3")
    with pytest.raises(LabError, match=r"^unit-stopped: no such unit"):
        FAULTS["unit-stopped"].means.put(scene("unit-stopped", unit="x"))
    fake_docker.says("echo oops >&2; exit 1")
    with pytest.raises(LabError, match="unit-stopped on s1: `put` failed: oops"):
        FAULTS["unit-stopped"].means.put(scene("unit-stopped", unit="x"))


@pytest.mark.parametrize(("host", "unit"), [(0, "k3s"), (3, "k3s-agent"), (5, "edgecore")])
def test_the_unit_that_matters_is_the_roles_own(host, unit):
    """Where none is named, it is what the runbooks install on that host."""
    assert {"unit": unit} == FAULTS["unit-stopped"].means.prepare(scene("unit-stopped", host))


def test_the_other_end_of_a_link_is_another_host():
    """Without a name it is the first other one; its own name and a stranger's are refused."""
    link = FAULTS["link-cut"].means
    assert [{"with": "s2"}, {"with": "s1"}] == [link.prepare(scene("link-cut", host)) for host in (0, 1)]
    for wrong in ("s1", "s9"):
        with pytest.raises(LabError, match=f"{wrong} is no other host"):
            link.prepare(scene("link-cut", **{"with": wrong}))


def test_another_version_must_be_brought(tmp_path):
    """Nothing is made up: without a program the fault says what it needs."""
    for binary in ("", str(tmp_path / "none")):
        with pytest.raises(LabError, match="needs one of another version"):
            FAULTS["version-mismatch"].means.prepare(scene("version-mismatch", binary=binary))


def test_a_power_cut_is_silent_before_it_is_sudden(fake_docker):
    """Packets stop first, so that no peer hears a goodbye from the kernel."""
    fake_docker.says("[ $1 = inspect ] && echo running; true")
    FAULTS["host-down"].means.put(scene("host-down"))
    assert ["inspect", "exec", "kill"] == [call.split()[0] for call in fake_docker.calls]


def test_the_wire_gets_no_more_than_it_needs():
    """The machine's network, the right to change it and the TAP device; not the machine."""
    words = means.wire_command(made(), "eb012345-s1-wire", ("carry", "--index", "7"))
    assert ["--network", "host"] == words[words.index("--network") :][:2]
    assert ("--privileged" in words, "--volume" in words) == (False, False)
    assert ["image:tag", "/wire.py", "carry", "--index", "7"] == words[-5:]


def test_a_wire_that_cannot_be_put_in_says_why(fake_docker, monkeypatch):
    """The helper's own words are in the error, and the helper is removed."""
    monkeypatch.setattr(means, "WIRE_READY_S", 0.3)
    fake_docker.says("case $1 in exec) echo 7;; logs) echo no tun here;; inspect) echo exited;; esac")
    with pytest.raises(LabError, match="no tun here"):
        FAULTS["slow-link"].means.put(scene("slow-link"))
    assert "rm --force --volumes eb012345-s1-wire" in fake_docker.calls


def test_a_host_that_does_not_answer_has_kept_its_faults(fake_docker):
    """Nobody mended a rule in a host that is off."""
    fake_docker.says("echo 'Container abc is not running' >&2; exit 1")
    assert FAULTS["port-closed"].means.broken(scene("port-closed"))
