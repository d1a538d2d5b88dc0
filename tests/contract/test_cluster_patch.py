"""Patches of stored objects: merge, JSON and strategic merge."""

import pytest

from tests.contract.cluster import PATCH, STRATEGIC, config, deployment

FOUR_TYPES = (
    "the body of the request was in an unknown format - accepted media types include: "
    "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, "
    "application/apply-patch+yaml"
)
MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


@pytest.fixture
def thing(cluster, space):
    """A ConfigMap with two entries: its path."""
    name = cluster.name("patched")
    cluster.make(f"{space.core}/configmaps", config(name, a="1", b="2"))
    return f"{space.core}/configmaps/{name}"


@pytest.fixture
def workload(cluster, space):
    """A deployment of no replicas with two environment variables: its path."""
    name = cluster.name("patched")
    body = deployment(name)
    body["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "2"},
    ]
    cluster.make(f"{space.of('apps')}/deployments", body)
    return f"{space.of('apps')}/deployments/{name}"


def containers(answer):
    """Return the containers of a deployment's template."""
    return answer.body["spec"]["template"]["spec"]["containers"]


# Merge patch


def test_merge_patch(cluster, thing):
    """A merge patch adds, replaces and, with null, removes."""
    answer = cluster.patch(thing, {"data": {"a": None, "b": "two", "c": "3"}})
    assert (200, {"b": "two", "c": "3"}) == (answer.code, answer.body["data"])


def test_merge_patch_replaces_lists(cluster, workload):
    """To a merge patch a list is one value."""
    answer = cluster.patch(workload, {"spec": {"template": {"spec": {"containers": [{"name": "new", "image": "n"}]}}}})
    assert ["new"] == [item["name"] for item in containers(answer)]


def test_merge_patch_that_is_no_json(cluster, thing):
    """A broken patch is 400."""
    answer = cluster.patch(thing, "{")
    assert (400, "BadRequest") == (answer.code, answer.reason)


def test_merge_patch_of_the_wrong_type(cluster, workload):
    """A patch that makes nonsense is 422."""
    answer = cluster.patch(workload, {"spec": {"replicas": "many"}})
    assert (422, ["patch"]) == (answer.code, answer.causes)
    assert "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32" in answer.message


def test_patch_with_an_old_version(cluster, thing):
    """A version in the patch is a condition."""
    old = cluster.get(thing).body["metadata"]["resourceVersion"]
    cluster.patch(thing, {"data": {"a": "x"}})
    answer = cluster.patch(thing, {"metadata": {"resourceVersion": old}, "data": {"a": "y"}})
    assert (409, "Conflict") == (answer.code, answer.reason)


def test_patch_of_nothing(cluster, space):
    """What is not cannot be patched."""
    assert 404 == cluster.patch(f"{space.core}/configmaps/none", {}).code


def test_patch_warns_of_unknown_fields(cluster, thing):
    """A patch has field validation too."""
    assert ['unknown field "colour"'] == cluster.patch(thing, {"colour": "red"}).warnings


def test_patch_refuses_unknown_fields_strictly(cluster, thing):
    """Strict makes that 422."""
    answer = cluster.patch(f"{thing}?fieldValidation=Strict", {"colour": "red"})
    assert (422, ["patch"]) == (answer.code, answer.causes)
    assert 'strict decoding error: unknown field "colour"' in answer.message


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_patch_has_four_types(cluster, thing, kind):
    """Another content type is 415."""
    answer = cluster.patch(thing, {}, kind)
    assert (415, "UnsupportedMediaType") == (answer.code, answer.reason)
    assert answer.message in ("415: Unsupported Media Type", FOUR_TYPES)


def test_force_is_for_applies(cluster, thing):
    """Only an apply may be forced."""
    answer = cluster.patch(f"{thing}?force=true", {})
    words = 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch'
    assert (422, words) == (answer.code, answer.message)


# JSON patch


JSON_PATCHES = {
    "add": ([{"op": "add", "path": "/data/c", "value": "3"}], {"a": "1", "b": "2", "c": "3"}),
    "remove": ([{"op": "remove", "path": "/data/a"}], {"b": "2"}),
    "replace": ([{"op": "replace", "path": "/data/a", "value": "x"}], {"a": "x", "b": "2"}),
    "move": ([{"op": "move", "from": "/data/a", "path": "/data/z"}], {"b": "2", "z": "1"}),
    "copy": ([{"op": "copy", "from": "/data/a", "path": "/data/z"}], {"a": "1", "b": "2", "z": "1"}),
    "test": ([{"op": "test", "path": "/data/a", "value": "1"}, {"op": "remove", "path": "/data/b"}], {"a": "1"}),
}


@pytest.mark.parametrize("operation", JSON_PATCHES)
def test_json_patch(cluster, thing, operation):
    """All six operations work."""
    patch, data = JSON_PATCHES[operation]
    answer = cluster.patch(thing, patch, PATCH)
    assert (200, data) == (answer.code, answer.body["data"])


def test_json_patch_test_fails(cluster, thing):
    """A test that fails is 422 and changes nothing."""
    patch = [{"op": "remove", "path": "/data/b"}, {"op": "test", "path": "/data/a", "value": "9"}]
    answer = cluster.patch(thing, patch, PATCH)
    assert (422, "Invalid", "the server rejected our request due to an error in our request") == (
        answer.code,
        answer.reason,
        answer.message,
    )
    assert {"a": "1", "b": "2"} == cluster.get(thing).body["data"]


def test_json_patch_removes_nothing(cluster, thing):
    """What is not cannot be removed."""
    answer = cluster.patch(thing, [{"op": "remove", "path": "/data/nope"}], PATCH)
    assert (422, "Invalid") == (answer.code, answer.reason)


def test_json_patch_is_a_list(cluster, thing):
    """An object is no JSON patch."""
    answer = cluster.patch(thing, {"op": "add"}, PATCH)
    assert (400, "BadRequest") == (answer.code, answer.reason)


# Strategic merge patch


def test_strategic_merges_by_name(cluster, workload):
    """A container is found by its name, an environment variable by its own."""
    change = {"containers": [{"name": "main", "env": [{"name": "B", "value": "two"}, {"name": "C", "value": "3"}]}]}
    answer = cluster.patch(workload, {"spec": {"template": {"spec": change}}}, STRATEGIC)
    (main,) = containers(answer)
    assert {"A": "1", "B": "two", "C": "3"} == {item["name"]: item["value"] for item in main["env"]}


def test_strategic_deletes_items(cluster, workload):
    """$patch: delete takes an item out."""
    change = {"containers": [{"name": "main", "env": [{"name": "A", "$patch": "delete"}]}]}
    answer = cluster.patch(workload, {"spec": {"template": {"spec": change}}}, STRATEGIC)
    assert ["B"] == [item["name"] for item in containers(answer)[0]["env"]]


def test_strategic_replaces_lists(cluster, workload):
    """$patch: replace writes the list as it is given."""
    change = {"containers": [{"name": "main", "env": [{"$patch": "replace"}, {"name": "Z", "value": "26"}]}]}
    answer = cluster.patch(workload, {"spec": {"template": {"spec": change}}}, STRATEGIC)
    assert [{"name": "Z", "value": "26"}] == containers(answer)[0]["env"]


def test_strategic_keeps_the_order_given(cluster, workload):
    """$setElementOrder orders."""
    change = {
        "containers": [
            {
                "name": "main",
                "$setElementOrder/env": [{"name": "B"}, {"name": "A"}],
                "env": [{"name": "A", "value": "0"}],
            }
        ]
    }
    answer = cluster.patch(workload, {"spec": {"template": {"spec": change}}}, STRATEGIC)
    assert ["B", "A"] == [item["name"] for item in containers(answer)[0]["env"]]


def test_strategic_retains_keys(cluster, workload):
    """$retainKeys drops what is not named, so that a strategy can change."""
    change = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    answer = cluster.patch(workload, change, STRATEGIC)
    assert {"type": "Recreate"} == answer.body["spec"]["strategy"]


def test_strategic_sets_of_words(cluster, space):
    """Finalizers merge as a set, and $deleteFromPrimitiveList takes out."""
    body = {"metadata": {"name": "final", "finalizers": ["a.io/x"]}}
    cluster.make(f"{space.core}/configmaps", body)
    path = f"{space.core}/configmaps/final"
    more = cluster.patch(path, {"metadata": {"finalizers": ["a.io/y"]}}, STRATEGIC).body["metadata"]["finalizers"]
    less = cluster.patch(path, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a.io/x", "a.io/y"]}}, STRATEGIC)
    assert (["a.io/x", "a.io/y"], None) == (sorted(more), less.body["metadata"].get("finalizers"))


def test_strategic_tolerations_are_one_value(cluster, workload):
    """Tolerations have no key: the patch's are all there is."""
    change = {"spec": {"template": {"spec": {"tolerations": [{"key": "a", "operator": "Exists"}]}}}}
    cluster.patch(workload, change, STRATEGIC)
    change["spec"]["template"]["spec"]["tolerations"] = [{"key": "b", "operator": "Exists"}]
    found = cluster.patch(workload, change, STRATEGIC).body["spec"]["template"]["spec"]["tolerations"]
    assert [{"key": "b", "operator": "Exists"}] == found
