"""Watching a store: what is told, to whom, and from when."""

import pytest

from edgebook.lab.kube.errors import ApiError
from tests.kubeapi import node, pod, store


@pytest.fixture
def state():
    """A store with one node."""
    made = store()
    made.create("nodes", node("a1"))
    return made


def types(subscription):
    """Return types and names of what a subscription holds."""
    return [(event.type, event.object["metadata"]["name"]) for event in subscription.take()]


def test_a_watch_tells_what_happens(state):
    """Create, change and delete are one event each."""
    watch = state.watch("nodes")
    state.create("nodes", node("a2"))
    state.modify("nodes", "a2", lambda obj: obj["spec"].update(unschedulable=True))
    state.delete("nodes", "a2")
    assert [("ADDED", "a2"), ("MODIFIED", "a2"), ("DELETED", "a2")] == types(watch)


def test_taking_empties(state):
    """What was taken is not told again."""
    watch = state.watch("nodes")
    state.create("nodes", node("a2"))
    watch.take()
    assert types(watch) == []


def test_a_watch_begins_at_a_version(state):
    """What happened after the version is told first."""
    since = state.resource_version
    state.create("nodes", node("a2"))
    assert types(state.watch("nodes", since=since)) == [("ADDED", "a2")]


def test_other_kinds_are_not_told(state):
    """A watch of nodes is silent about pods."""
    watch = state.watch("nodes")
    state.create("pods", pod("x"))
    assert types(watch) == []


def test_leaving_a_selection_is_a_deletion(state):
    """An object that no longer has the label is DELETED for the watcher, and ADDED when it has it again."""
    watch = state.watch("nodes", labels="site=north")
    for label in ("north", "south", "north"):
        state.patch("nodes", "a1", {"metadata": {"labels": {"site": label}}})
    assert [("ADDED", "a1"), ("DELETED", "a1"), ("ADDED", "a1")] == types(watch)


def test_a_deletion_has_its_own_version(state):
    """The deleted object carries the version of the deletion, so that a watcher can go on from there."""
    watch = state.watch("nodes")
    state.delete("nodes", "a1")
    assert [str(state.resource_version)] == [event.object["metadata"]["resourceVersion"] for event in watch.take()]


def test_forgotten_history_is_410(state):
    """A version older than what is remembered is refused as Expired."""
    since = state.resource_version - 1
    state.history.forget(state.resource_version)
    with pytest.raises(ApiError, match="too old resource version") as caught:
        state.watch("nodes", since=since)
    assert (410, "Expired") == (caught.value.code, caught.value.reason)


def test_a_closed_watch_hears_nothing(state):
    """Closing is safe twice and final."""
    watch = state.watch("nodes")
    watch.close()
    watch.close()
    state.create("nodes", node("a2"))
    assert types(watch) == []


def test_wake_is_called_for_each_event(state):
    """The taker is woken for what concerns it, and not for the rest."""
    calls = []
    state.watch("nodes", labels="x=y", wake=lambda: calls.append(1))
    state.create("nodes", node("a2"))
    state.patch("nodes", "a2", {"metadata": {"labels": {"x": "y"}}})
    assert calls == [1]


def test_a_list_can_be_of_the_past(state):
    """A table can be read as it was at an earlier version."""
    then = state.resource_version
    state.create("nodes", node("a2"))
    state.delete("nodes", "a1")
    assert ["a1"] == [item.obj["metadata"]["name"] for item in state.items(state.scope("nodes"), at=then)]


def test_an_objects_json_is_written_once(state):
    """Every watcher gets the same bytes."""
    item, kind = state.item("nodes", "a1"), state.registry.named("nodes")
    assert item.json(kind) is item.json(kind)
