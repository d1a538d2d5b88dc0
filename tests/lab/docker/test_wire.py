"""The slow wire: whose port it takes, and how packets wait."""

import random

import pytest

from edgebook.lab.docker import wire
from edgebook.lab.docker.wire import Lane


@pytest.fixture
def net(tmp_path):
    """Lay out /sys/class/net: a lab's bridge with a port, another bridge with one, a lone port, and a real card."""
    masters = {"veth1": "eb012345", "veth2": "br-other", "veth3": "", "eth0": "", "eb012345": "", "br-other": ""}
    for index, (name, master) in enumerate(masters.items(), start=1):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ifindex").write_text(f"{index}\n")
        if master:
            (tmp_path / name / "master").symlink_to(f"../{master}")
    return tmp_path


def test_a_labs_port_is_found_by_its_index(net):
    """The container knows the index of its other end, not the name."""
    assert "veth1" == wire.port_of("eb012345", 1, net=net)


@pytest.mark.parametrize(
    ("bridge", "index"),
    [("docker0", 1), ("br-other", 2), ("eb012345", 2), ("eb012345", 3), ("eb012345", 4), ("eb012345", 99), ("eb0", 1)],
)
def test_nothing_but_a_labs_port_is_ever_touched(net, bridge, index):
    """Another bridge, another's port, the machine's own card: refused before anything is done."""
    with pytest.raises(SystemExit):
        wire.port_of(bridge, index, net=net)


def test_a_port_that_a_killed_wire_left_alone_can_be_put_back(net):
    """To restore, a container's port in no bridge will do; the machine's card will not."""
    assert "veth3" == wire.port_of("eb012345", 3, loose=True, net=net)
    with pytest.raises(SystemExit):
        wire.port_of("eb012345", 4, loose=True, net=net)


@pytest.fixture
def sent():
    """Keep what a lane sends."""
    return []


def lane(send, **seconds):
    """Make a lane with seeded chance."""
    return Lane(send, **{"delay_s": 0.1, "jitter_s": 0.0, **seconds}, chance=random.Random(1))


def test_a_packet_waits_for_its_delay(sent):
    """Before it is due nothing is sent."""
    one = lane(sent.append)
    one.take(b"a", now=5.0)
    one.hand_on(5.09)
    assert ([], 5.1) == (sent, one.due)
    one.hand_on(5.1)
    assert ([b"a"], float("inf")) == (sent, one.due)


def test_jitter_keeps_the_order(sent):
    """A packet never overtakes one before it."""
    one = lane(sent.append, jitter_s=0.5)
    for number in range(50):
        one.take(bytes([number]), now=number / 1000)
    one.hand_on(10.0)
    assert [bytes([number]) for number in range(50)] == sent


def test_a_full_line_loses_a_packet_and_goes_on(sent):
    """Where there is no room a packet is lost, as on any wire."""

    def send(packet):
        if packet == b"a":
            raise BlockingIOError
        sent.append(packet)

    one = lane(send)
    one.take(b"a", now=0.0)
    one.take(b"b", now=0.0)
    one.hand_on(1.0)
    assert [b"b"] == sent


def test_the_words_are_read(monkeypatch):
    """Milliseconds on the command line are seconds inside, each way."""
    told = {}
    monkeypatch.setattr(wire, "port_of", lambda _, index, **__: f"veth{index}")
    monkeypatch.setattr(wire, "carry", lambda _, port, **seconds: told.update(port=port, **seconds))
    monkeypatch.setattr(wire.signal, "signal", lambda *_: None)
    wire.main(["carry", "--bridge", "eb012345", "--index", "7", "--delay-ms", "50", "--jitter-ms", "10"])
    assert {"port": "veth7", "delay_s": 0.05, "jitter_s": 0.01} == told
