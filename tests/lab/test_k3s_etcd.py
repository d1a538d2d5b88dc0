"""etcd membership and quorum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgebook.lab.k3s import etcd
from edgebook.lab.k3s.etcd import EtcdError, Membership


def members(*names):
    """Make a membership of voters."""
    made = Membership()
    for name in names:
        made.members[f"{name}-00000000"] = etcd.Member(f"{name}-00000000", f"10.0.0.{len(made.members) + 1}")
    return made


@pytest.mark.parametrize(
    ("count", "alive", "want"), [(1, 1, True), (1, 0, False), (2, 1, False), (3, 2, True), (3, 1, False), (5, 3, True)]
)
def test_majority(count, alive, want):
    """More than half of the voters must be alive."""
    made = members(*(f"s{number}" for number in range(count)))
    assert want == made.has_quorum(list(made.members)[:alive])


def test_learners_do_not_vote():
    """A learner counts neither for nor against the quorum."""
    made = members("s1")
    made.add_learner("s2-1", "10.0.0.9", {"s1-00000000"})
    assert made.has_quorum({"s1-00000000"})


def test_one_learner_at_a_time():
    """A second learner is refused until the first one votes."""
    made, alive = members("s1"), {"s1-00000000", "s2-1"}
    made.add_learner("s2-1", "10.0.0.2", alive)
    with pytest.raises(EtcdError, match="too many learner members"):
        made.add_learner("s3-1", "10.0.0.3", alive)
    made.promote("s2-1")
    assert made.add_learner("s3-1", "10.0.0.3", alive).learner


def test_every_voter_must_be_alive_to_add_one():
    """With a voter down etcd refuses to grow."""
    with pytest.raises(EtcdError, match="unhealthy cluster"):
        members("s1", "s2", "s3").add_learner("s4-1", "10.0.0.4", {"s1-00000000", "s2-00000000"})


def test_adding_twice_is_once():
    """A member that asks again is the one that is there."""
    made = members("s1")
    assert made.members["s1-00000000"] is made.add_learner("s1-00000000", "10.0.0.1", set())


def test_removing_by_node():
    """Removing a node removes its members and names them; node names may have hyphens."""
    made = members("s1", "line-7")
    assert ("line-7-00000000",) == made.remove("line-7")
    assert ["s1-00000000"] == list(made.members)
    assert () == made.remove("line-7")


def test_shown_as_k3s_logs_it():
    """Members are listed as name=peer URL."""
    assert "[s1-00000000=https://10.0.0.1:2380]" == members("s1").shown()


@given(st.integers(1, 9), st.integers(0, 9))
def test_two_halves_never_both_serve(count, alive):
    """Whatever splits the members, at most one side has a quorum."""
    made = members(*(f"s{number}" for number in range(count)))
    names = list(made.members)
    assert not (made.has_quorum(names[:alive]) and made.has_quorum(names[alive:]))
