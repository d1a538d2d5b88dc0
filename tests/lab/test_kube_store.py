"""The store: what may be written, what comes back, and in which order things happened."""

import pytest

from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.registry import UnknownKind
from tests.kubeapi import NOW, node, pod, store, workload


@pytest.fixture
def state():
    """A fresh store."""
    return store()


def refused(act, *args, **options):
    """Return the error a call ends with."""
    with pytest.raises(ApiError) as caught:
        act(*args, **options)
    return caught.value


def test_a_new_store_has_the_namespaces_of_every_cluster(state):
    """The four system namespaces are there and active."""
    found = {item["metadata"]["name"]: item["status"]["phase"] for item in state.list("namespaces")}
    assert dict.fromkeys(("default", "kube-node-lease", "kube-public", "kube-system"), "Active") == found


def test_create_fills_in_what_the_server_decides(state):
    """uid, creationTimestamp and resourceVersion are the server's."""
    meta = state.create("nodes", node("a1"))["metadata"]
    assert ("2026-01-15T08:00:00Z", True, str(state.resource_version)) == (
        meta["creationTimestamp"], bool(meta["uid"]), meta["resourceVersion"],
    )  # fmt: skip


def test_two_stores_of_one_seed_agree():
    """Names and uids come from the seed, so that two runs give the same outputs."""
    first, second = (store().create("pods", {**pod("x"), "metadata": {"generateName": "web-"}}) for _ in range(2))
    assert first["metadata"] == second["metadata"]


def test_generate_name_makes_a_name(state):
    """generateName gets five letters more."""
    name = state.create("pods", {**pod("x"), "metadata": {"generateName": "web-"}})["metadata"]["name"]
    assert (True, 9) == (name.startswith("web-"), len(name))


def test_what_comes_back_is_a_copy(state):
    """Changing an answer changes nothing in the store."""
    state.create("nodes", node("a1"))
    state.get("nodes", "a1")["metadata"]["labels"]["x"] = "y"
    assert "x" not in state.get("nodes", "a1")["metadata"]["labels"]


@pytest.mark.parametrize("name", ["Node", "node", "nodes", "no", "NODES"])
def test_kinds_go_by_every_name(state, name):
    """A kind is found by kind, singular, plural and short name."""
    assert state.create(name, node("a1"))["kind"] == "Node"


def test_an_unknown_kind_is_said_so(state):
    """A kind that is not served is no Status: the caller made a mistake."""
    with pytest.raises(UnknownKind, match="resource type 'frobs'"):
        state.list("frobs")


def test_a_taken_name_is_409(state):
    """A second object of a name is refused in upstream's words."""
    state.create("nodes", node("a1"))
    error = refused(state.create, "nodes", node("a1"))
    assert (409, "AlreadyExists", 'nodes "a1" already exists') == (error.code, error.reason, error.message)


def test_an_absent_object_is_404(state):
    """The message has resource and group."""
    error = refused(state.get, "deployments", "web")
    assert (404, 'deployments.apps "web" not found') == (error.code, error.message)


def test_an_absent_namespace_is_404(state):
    """Nothing is created in a namespace that is not there."""
    assert refused(state.create, "pods", pod("x", namespace="nope")).message == 'namespaces "nope" not found'


def test_a_stale_version_is_409(state):
    """A write from an older state is refused, so that no write is lost."""
    old = state.create("nodes", node("a1"))
    state.modify("nodes", "a1", lambda obj: obj["spec"].update(unschedulable=True))
    assert "the object has been modified" in refused(state.update, "nodes", old).message


def test_a_write_without_a_version_wins(state):
    """An update that names no version is unconditional."""
    state.create("nodes", node("a1"))
    assert state.update("nodes", node("a1", unschedulable=True))["spec"]["unschedulable"]


def test_a_write_that_changes_nothing_is_no_write(state):
    """Neither version nor watchers notice it."""
    state.create("nodes", node("a1"))
    before = state.resource_version
    state.modify("nodes", "a1", lambda _obj: None)
    assert before == state.resource_version


def test_versions_grow_across_kinds(state):
    """One counter serves all kinds."""
    first = int(state.create("nodes", node("a1"))["metadata"]["resourceVersion"])
    assert first + 1 == int(state.create("pods", pod("x"))["metadata"]["resourceVersion"])


def test_identity_survives_an_update(state):
    """uid, creation time and name are not a client's to change."""
    made = state.create("nodes", node("a1"))
    changed = state.update(
        "nodes", {**node("a1"), "metadata": {"name": "a1", "creationTimestamp": "2000-01-01T00:00:00Z"}}
    )
    assert [made["metadata"][key] for key in ("uid", "creationTimestamp")] == [
        changed["metadata"][key] for key in ("uid", "creationTimestamp")
    ]


def test_the_spec_has_a_generation_and_the_status_not(state):
    """A change of spec counts, a change of status does not."""
    state.create("deployments", workload("web"))
    state.modify("deployments", "web", lambda obj: obj.update(status={"replicas": 1}))
    assert state.modify("deployments", "web", lambda obj: obj["spec"].update(replicas=5))["metadata"]["generation"] == 2


def test_main_keeps_the_status(state):
    """A client's update of the object cannot write its status."""
    state.create("nodes", node("a1"))
    assert state.update("nodes", node("a1", ready="False", x=1), "main")["status"]["conditions"][0]["status"] == "True"


def test_status_keeps_the_rest(state):
    """A client's update of the status cannot write the spec."""
    state.create("nodes", node("a1"))
    changed = state.update("nodes", node("a1", ready="False", unschedulable=True), "status")
    assert ("False", {}) == (changed["status"]["conditions"][0]["status"], changed["spec"])


def test_put_creates_and_writes_over(state):
    """The same call seeds and updates."""
    state.put("nodes", node("a1"))
    assert state.put("nodes", node("a1", unschedulable=True))["spec"]["unschedulable"]


def test_dry_run_stores_nothing(state):
    """What would be written comes back, and that is all."""
    state.create("nodes", node("a1"), dry_run=True)
    assert state.find("nodes", "a1") is None


def test_lists_are_in_order_and_of_one_namespace(state):
    """Objects come by namespace and name."""
    for place, name in (("kube-system", "a"), ("default", "c"), ("default", "b")):
        state.create("pods", pod(name, namespace=place))
    names = [item["metadata"]["name"] for item in state.list("pods")]
    assert (["b", "c", "a"], 1) == (names, len(state.list("pods", "kube-system")))


def test_lists_select(state):
    """Labels and fields narrow a list."""
    state.create("pods", pod("x", on="s1"))
    state.create("pods", pod("y", on="s2", labels={"app": "db"}))
    assert ["x"] == [
        item["metadata"]["name"] for item in state.list("pods", labels="app=web", fields="spec.nodeName=s1")
    ]


def test_a_renamed_patch_is_refused(state):
    """A patch cannot change the name."""
    state.create("nodes", node("a1"))
    assert refused(state.patch, "nodes", "a1", {"metadata": {"name": "b1"}}).code == 400


def test_events_are_shown_under_both_groups(state):
    """An event written to events.k8s.io reads as a core event, with its own names of the fields."""
    state.create("events.events.k8s.io", {"metadata": {"name": "e"}, "note": "hi", "regarding": {"name": "s1"}})
    core = state.get("events", "e")
    assert ("v1", "hi", "s1") == (core["apiVersion"], core["message"], core["involvedObject"]["name"])


def test_observers_are_told_in_order(state):
    """What an observer writes is told after what it was told."""
    told = []

    def react(change):
        told.append((change.type, change.object["metadata"]["name"]))
        if change.kind.kind == "Node" and change.type == "ADDED":
            state.create("leases", {"metadata": {"name": "lease", "namespace": "kube-node-lease"}})

    stop = state.observe(react)
    state.create("nodes", node("a1"))
    stop()
    state.delete("nodes", "a1")
    assert [("ADDED", "a1"), ("ADDED", "lease")] == told


def test_the_clock_is_an_argument(state):
    """The store reads no clock of its own."""
    assert state.now() == NOW
