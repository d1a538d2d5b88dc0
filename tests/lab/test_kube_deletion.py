"""How objects go: finalizers, grace, owners, namespaces."""

import pytest

from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.store import new_store
from tests.kubeapi import fixed_now, node, pod, reference, store, workload


@pytest.fixture
def state():
    """A fresh store."""
    return store()


def refused(act, *args, **options):
    """Return the error a call ends with."""
    with pytest.raises(ApiError) as caught:
        act(*args, **options)
    return caught.value


def test_delete_returns_the_last_state(state):
    """What was deleted comes back once more."""
    state.create("nodes", node("a1"))
    assert (state.delete("nodes", "a1")["metadata"]["name"], state.find("nodes", "a1")) == ("a1", None)


def test_a_finalizer_holds_an_object(state):
    """A deleted object stays, marked, until its last finalizer is gone."""
    state.create("configmaps", {"metadata": {"name": "c", "finalizers": ["x/y"]}})
    marked = state.delete("configmaps", "c")
    state.modify("configmaps", "c", lambda obj: obj["metadata"].update(finalizers=[]))
    assert ("2026-01-15T08:00:00Z", None) == (marked["metadata"]["deletionTimestamp"], state.find("configmaps", "c"))


def test_a_wrong_uid_does_not_delete(state):
    """The precondition of a uid protects a namesake."""
    state.create("nodes", node("a1"))
    assert refused(state.delete, "nodes", "a1", preconditions={"uid": "other"}).code == 409


def test_pods_vanish_at_once_without_a_kubelet(state):
    """Where nobody plays the kubelet, a deletion does not wait for one."""
    state.create("pods", pod("x", on="s1"))
    state.delete("pods", "x")
    assert state.list("pods") == []


def test_pods_stop_gracefully_with_a_kubelet():
    """A bound pod is marked, and ends when the kubelet deletes it with no grace."""
    state = new_store(fixed_now, graceful_pods=True)
    state.create("pods", pod("x", on="s1"))
    marked = state.delete("pods", "x", grace_s=10)["metadata"]
    state.delete("pods", "x", grace_s=0)
    assert (10, "2026-01-15T08:00:10Z", []) == (
        marked["deletionGracePeriodSeconds"],
        marked["deletionTimestamp"],
        state.list("pods"),
    )


def test_dependents_go_with_their_owner(state):
    """Garbage collection follows owner references down."""
    owner = state.create("replicasets", workload("web"))
    state.create("pods", pod("x", owner=owner))
    state.delete("replicasets", "web")
    assert state.list("pods") == []


def test_orphans_stay(state):
    """With propagation Orphan the dependents live on without the reference."""
    owner = state.create("replicasets", workload("web"))
    state.create("pods", pod("x", owner=owner))
    state.delete("replicasets", "web", propagation="Orphan")
    assert "ownerReferences" not in state.get("pods", "x")["metadata"]


def test_a_second_owner_keeps_a_dependent(state):
    """An object with another owner only loses the reference."""
    first, second = (state.create("replicasets", workload(name)) for name in ("one", "two"))
    both = pod("x", owner=first)
    both["metadata"]["ownerReferences"].append({**reference(second), "controller": False})
    state.create("pods", both)
    state.delete("replicasets", "one")
    assert ["two"] == [owner["name"] for owner in state.get("pods", "x")["metadata"]["ownerReferences"]]


def test_a_namespace_goes_with_what_is_in_it(state):
    """Deleting a namespace empties it first."""
    state.create("namespaces", {"metadata": {"name": "shop"}})
    state.create("pods", pod("x", namespace="shop"))
    state.delete("namespaces", "shop")
    assert (None, []) == (state.find("namespaces", "shop"), state.list("pods"))


def test_a_held_object_holds_its_namespace(state):
    """A namespace is Terminating while something in it has a finalizer, and takes nothing new."""
    state.create("namespaces", {"metadata": {"name": "shop"}})
    state.create("configmaps", {"metadata": {"name": "c", "namespace": "shop", "finalizers": ["x/y"]}})
    state.delete("namespaces", "shop")
    error = refused(state.create, "pods", pod("x", namespace="shop"))
    assert ("Terminating", 403) == (state.get("namespaces", "shop")["status"]["phase"], error.code)


def test_a_namespace_ends_when_its_last_object_does(state):
    """Taking the finalizer away lets object and namespace go."""
    state.create("namespaces", {"metadata": {"name": "shop"}})
    state.create("configmaps", {"metadata": {"name": "c", "namespace": "shop", "finalizers": ["x/y"]}})
    state.delete("namespaces", "shop")
    state.modify("configmaps", "c", lambda obj: obj["metadata"].update(finalizers=[]), "shop")
    assert state.find("namespaces", "shop") is None


def test_system_namespaces_stay(state):
    """kube-system cannot be deleted."""
    assert refused(state.delete, "namespaces", "kube-system").code == 403
