"""Disruption budgets: which evictions are refused, and with which numbers."""

import pytest

from edgebook.lab.kube.disruption import check_eviction, reckon
from edgebook.lab.kube.errors import ApiError
from tests.kubeapi import budget, pod, store, workload


@pytest.fixture
def state():
    """Two healthy pods of one ReplicaSet that wants two."""
    made = store()
    owner = made.create("replicasets", workload("web", replicas=2))
    for name in ("w1", "w2"):
        made.create("pods", pod(name, on="s1", owner=owner))
    return made


def refusal(state, name="w1"):
    """Return the numbers a budget refuses with, or nothing when the pod may go."""
    try:
        check_eviction(state, state.get("pods", name))
    except ApiError as exc:
        return exc.details["causes"][0]["message"]
    return ""


def test_without_a_budget_every_pod_may_go(state):
    """Nothing holds a pod that no budget names."""
    assert refusal(state) == ""


def test_a_budget_without_slack_refuses(state):
    """The cause has the budget's name and its numbers."""
    state.create("pdb", budget("b", minAvailable=2))
    assert refusal(state) == "The disruption budget b needs 2 healthy pods and has 2 currently"


def test_a_budget_with_slack_lets_go(state):
    """One of two may go when one is enough."""
    state.create("pdb", budget("b", minAvailable=1))
    assert refusal(state) == ""


@pytest.mark.parametrize(
    ("spec", "desired"),
    [
        ({"minAvailable": "50%"}, 1),
        ({"minAvailable": "51%"}, 2),
        ({"maxUnavailable": 1}, 1),
        ({"maxUnavailable": "0%"}, 2),
        ({}, 2),
    ],
)
def test_budgets_count_in_numbers_and_percents(state, spec, desired):
    """Percents are of what the controller wants, rounded up."""
    made = state.create("pdb", budget("b", **spec))
    assert desired == reckon(state, made).desired


def test_a_missing_pod_counts_against_the_budget(state):
    """With one pod of two gone, maxUnavailable 1 is used up."""
    state.create("pdb", budget("b", maxUnavailable=1))
    state.delete("pods", "w2")
    assert refusal(state) == "The disruption budget b needs 1 healthy pods and has 1 currently"


def test_a_pending_pod_may_always_go(state):
    """A pod that never ran is not protected."""
    state.create("pdb", budget("b", minAvailable=2))
    state.modify("pods", "w1", lambda obj: obj["status"].update(phase="Pending"))
    assert refusal(state) == ""


def test_an_unhealthy_pod_may_go_when_the_rest_is_enough(state):
    """A pod that is not ready is no loss to a satisfied budget."""
    state.create("pods", pod("w3", on="s1", ready="False"))
    state.create("pdb", budget("b", minAvailable=2))
    assert refusal(state, "w3") == ""


def test_an_unhealthy_pod_stays_with_a_budget_that_is_short(state):
    """Unless the policy is AlwaysAllow."""
    state.create("pods", pod("w3", on="s1", ready="False"))
    state.create("pdb", budget("b", minAvailable=3))
    short = refusal(state, "w3")
    state.patch("pdb", "b", {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}})
    assert (True, "") == (bool(short), refusal(state, "w3"))


def test_two_budgets_are_one_too_many(state):
    """A pod under two budgets cannot be evicted at all."""
    for name in ("a", "b"):
        state.create("pdb", budget(name, minAvailable=0))
    with pytest.raises(ApiError, match="more than one PodDisruptionBudget"):
        check_eviction(state, state.get("pods", "w1"))
