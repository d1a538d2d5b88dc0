"""Objects of a custom kind in use: generations, status, scale, columns, patches, watches."""

from tests.contract.cluster import PATCH, STRATEGIC, TABLE
from tests.contract.gadgets import CRDS, GROUP, gadget


def test_generations_count_the_spec(cluster, gadgets):
    """A change of the spec counts, one of labels or the status does not."""
    cluster.make(gadgets, gadget("counted"))
    path = f"{gadgets}/counted"
    cluster.patch(path, {"metadata": {"labels": {"a": "b"}}})
    cluster.patch(f"{path}/status", {"status": {"phase": "Fine"}})
    assert 1 == cluster.get(path).body["metadata"]["generation"]
    assert 2 == cluster.patch(path, {"spec": {"size": 4}}).body["metadata"]["generation"]


def test_the_status_is_apart(cluster, gadgets):
    """A status is written below the object only."""
    body = {**gadget("apart"), "status": {"phase": "Made"}}
    assert "status" not in cluster.make(gadgets, body)
    assert "status" not in cluster.patch(f"{gadgets}/apart", {"status": {"phase": "Main"}}).body
    answer = cluster.patch(f"{gadgets}/apart/status", {"status": {"phase": "Fine"}, "spec": {"size": 9}})
    assert ("Fine", 3) == (answer.body["status"]["phase"], answer.body["spec"]["size"])


def test_scale_of_a_gadget(cluster, gadgets):
    """The paths of the definition lead to the replicas."""
    cluster.make(gadgets, gadget("scaled", replicas=2))
    cluster.patch(f"{gadgets}/scaled/status", {"status": {"replicas": 1, "selector": "a=b"}})
    body = cluster.get(f"{gadgets}/scaled/scale").body
    assert ("Scale", 2, 1, "a=b") == (
        body["kind"],
        body["spec"]["replicas"],
        body["status"]["replicas"],
        body["status"]["selector"],
    )
    cluster.patch(f"{gadgets}/scaled/scale", {"spec": {"replicas": 5}})
    assert 5 == cluster.get(f"{gadgets}/scaled").body["spec"]["replicas"]


def test_columns_of_a_gadget(cluster, gadgets):
    """A Table has the definition's columns."""
    cluster.make(gadgets, gadget("shown", size=7))
    body = cluster.get(f"{gadgets}/shown", accept=TABLE).body
    assert [("Name", 0), ("Size", 0), ("Colour", 1), ("Age", 0)] == [
        (item["name"], item["priority"]) for item in body["columnDefinitions"]
    ]
    assert ["shown", 7, "red"] == body["rows"][0]["cells"][:3]


def test_strategic_patch_is_not_for_gadgets(cluster, gadgets):
    """A strategic patch needs keys that only built-in kinds have."""
    cluster.make(gadgets, gadget("patched"))
    assert 415 == cluster.patch(f"{gadgets}/patched", {}, STRATEGIC).code


def test_merge_and_json_patches(cluster, gadgets):
    """The other two work."""
    cluster.make(gadgets, gadget("patched2"))
    cluster.patch(f"{gadgets}/patched2", {"spec": {"colour": "blue"}})
    answer = cluster.patch(f"{gadgets}/patched2", [{"op": "replace", "path": "/spec/size", "value": 8}], PATCH)
    assert ("blue", 8) == (answer.body["spec"]["colour"], answer.body["spec"]["size"])


def test_a_patch_is_validated(cluster, gadgets):
    """A patch must leave a good object."""
    cluster.make(gadgets, gadget("patched3"))
    answer = cluster.patch(f"{gadgets}/patched3", {"spec": {"size": 99}})
    assert (422, ["spec.size"]) == (answer.code, answer.causes)


def test_apply_of_a_gadget(cluster, gadgets):
    """Two managers own different parts of a keyed list."""
    path = f"{gadgets}/applied"
    assert 201 == cluster.apply(path, gadget("applied", parts=[{"name": "a"}])).code
    body = gadget("applied", parts=[{"name": "b"}])
    answer = cluster.apply(path, body, "other")
    assert ["a", "b"] == [item["name"] for item in answer.body["spec"]["parts"]]
    assert 409 == cluster.apply(path, gadget("applied", size=4), "third").code


def test_watch_of_gadgets(cluster, gadgets):
    """They can be watched."""
    since = cluster.get(gadgets).body["metadata"]["resourceVersion"]
    cluster.make(gadgets, gadget("watched"))
    (event,) = cluster.watch(f"{gadgets}?resourceVersion={since}")
    assert ("ADDED", "Gadget") == (event["type"], event["object"]["kind"])


def test_lists_of_gadgets_keep_kinds(cluster, gadgets):
    """Items of a custom list say what they are."""
    body = cluster.get(gadgets).body
    assert ("GadgetList", f"{GROUP}/v1") == (body["kind"], body["apiVersion"])
    assert {"Gadget"} == {item["kind"] for item in body["items"]}


def test_wrong_kind_for_gadgets(cluster, gadgets):
    """Another kind is 422."""
    answer = cluster.post(gadgets, {**gadget("x"), "kind": "Widget"})
    words = f'Widget.{GROUP} "x" is invalid: kind: Invalid value: "Widget": must be Gadget'
    assert (422, "Invalid", words) == (answer.code, answer.reason, answer.message)


def test_events_of_the_schema_change(cluster, gadgets):
    """A new property counts as soon as the definition has it."""
    path = f"{CRDS}/gadgets.{GROUP}"
    place = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/later"
    cluster.patch(path, [{"op": "add", "path": place, "value": {"type": "string"}}], PATCH)

    def knows(_answer):
        return "later" in cluster.post(f"{gadgets}?dryRun=All", gadget("later", later="yes")).body.get("spec", {})

    cluster.until(path, knows)
