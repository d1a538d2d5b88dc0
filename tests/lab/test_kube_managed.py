"""Server-side apply: ownership, conflicts, force, and what is given up."""

import pytest

from edgebook.lab.kube.errors import ApiError
from tests.kubeapi import node, store

LABELS = "metadata.labels"


@pytest.fixture
def nodes():
    """A store with one node that kubectl has labelled site=north."""
    made = store()
    made.create("nodes", node("a1"))
    made.patch("nodes", "a1", {"metadata": {"labels": {"site": "north"}}}, manager="kubectl-label")
    return made


def applied(nodes, manager="edgebook", *, force=False, **labels):
    """Apply labels to the node."""
    return nodes.patch("nodes", "a1", {"metadata": {"labels": labels}}, how="apply", manager=manager, force=force)


def owners(obj):
    """Return manager and operation of each entry."""
    return {(entry["manager"], entry["operation"]) for entry in obj["metadata"].get("managedFields", ())}


def test_apply_adds_what_it_names_and_leaves_the_rest(nodes):
    """An apply of one label keeps the others."""
    assert {"site", "line", "kubernetes.io/hostname"} == set(applied(nodes, line="7")["metadata"]["labels"])


def test_apply_notes_its_manager(nodes):
    """Both managers stand in managedFields, with how they wrote."""
    assert {("kubectl-label", "Update"), ("edgebook", "Apply")} == owners(applied(nodes, line="7"))


def test_apply_of_anothers_field_conflicts_in_upstreams_words(nodes):
    """The conflict names the manager, the version and the field."""
    with pytest.raises(ApiError) as caught:
        applied(nodes, site="south")
    assert (
        caught.value.message
        == 'Apply failed with 1 conflict: conflict with "kubectl-label" using v1: .metadata.labels.site'
    )


def test_the_conflicts_cause_has_the_field(nodes):
    """A client reads the field from the causes."""
    with pytest.raises(ApiError) as caught:
        applied(nodes, site="south")
    assert [(".metadata.labels.site", "FieldManagerConflict")] == [
        (cause["field"], cause["reason"]) for cause in caught.value.details["causes"]
    ]


def test_apply_of_the_same_value_shares_it(nodes):
    """Two managers may want the same; then both own it."""
    assert {("kubectl-label", "Update"), ("edgebook", "Apply")} == owners(applied(nodes, site="north"))


def test_force_takes_the_field(nodes):
    """A forced apply has its value and is the only owner."""
    forced = applied(nodes, force=True, site="south")
    assert ("south", {("edgebook", "Apply")}) == (forced["metadata"]["labels"]["site"], owners(forced))


def test_what_is_no_longer_applied_goes(nodes):
    """A field that only the applier owned is removed when it is not applied again."""
    applied(nodes, line="7")
    assert "line" not in applied(nodes, row="2")["metadata"]["labels"]


def test_what_another_owns_too_stays(nodes):
    """A shared field is given up, not removed."""
    applied(nodes, site="north")
    assert applied(nodes, line="7")["metadata"]["labels"]["site"] == "north"


def test_a_later_update_takes_ownership(nodes):
    """Who writes another value with a patch owns the field from then on."""
    applied(nodes, line="7")
    nodes.patch("nodes", "a1", {"metadata": {"labels": {"line": "8"}}}, manager="kubectl-label")
    with pytest.raises(ApiError, match="kubectl-label"):
        applied(nodes, line="7")


def test_apply_creates_what_is_not_there(nodes):
    """An apply of an unknown name makes the object."""
    made = nodes.patch("configmaps", "new", {"data": {"a": "b"}}, how="apply", manager="edgebook")
    assert ({"a": "b"}, {("edgebook", "Apply")}) == (made["data"], owners(made))


def test_the_same_apply_again_writes_nothing(nodes):
    """An apply that changes nothing makes no new resource version."""
    applied(nodes, line="7")
    before = nodes.resource_version
    applied(nodes, line="7")
    assert before == nodes.resource_version


def test_containers_are_owned_one_by_one(nodes):
    """Two appliers own different containers of one deployment without a conflict."""

    def with_container(name):
        spec = {"containers": [{"name": name, "image": "x:1"}]}
        template = {"metadata": {"labels": {"app": "w"}}, "spec": spec}
        return {"spec": {"selector": {"matchLabels": {"app": "w"}}, "template": template}}

    nodes.patch("deployments", "w", with_container("a"), how="apply", manager="one")
    both = nodes.patch("deployments", "w", with_container("b"), how="apply", manager="two")
    assert ["a", "b"] == [item["name"] for item in both["spec"]["template"]["spec"]["containers"]]


def test_an_abandoned_container_goes(nodes):
    """A container that its only applier leaves out is removed whole."""

    def with_containers(*names):
        spec = {"containers": [{"name": name, "image": "x:1"} for name in names]}
        template = {"metadata": {"labels": {"app": "w"}}, "spec": spec}
        return {"spec": {"selector": {"matchLabels": {"app": "w"}}, "template": template}}

    nodes.patch("deployments", "w", with_containers("a", "b"), how="apply", manager="one")
    one = nodes.patch("deployments", "w", with_containers("a"), how="apply", manager="one")
    assert ["a"] == [item["name"] for item in one["spec"]["template"]["spec"]["containers"]]


def test_many_conflicts_are_listed_by_manager(nodes):
    """More than one conflict is one message with a line a field."""
    nodes.patch("nodes", "a1", {"metadata": {"labels": {"row": "1"}}}, manager="kubectl-label")
    with pytest.raises(ApiError, match="2 conflicts") as caught:
        applied(nodes, site="x", row="2")
    assert ["- .metadata.labels.row", "- .metadata.labels.site"] == caught.value.message.splitlines()[1:]
