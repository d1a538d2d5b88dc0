"""Replacing and patching: versions, the three patch types, and what an update may not change."""

import pytest

from tests.contract.cluster import STRATEGIC, config, deployment, pod

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


# Replace


def test_replace(cluster, thing):
    """PUT writes the whole object under a new version."""
    old = cluster.get(thing).body
    answer = cluster.put(thing, {**old, "data": {"c": "3"}})
    assert (200, {"c": "3"}) == (answer.code, answer.body["data"])
    assert int(old["metadata"]["resourceVersion"]) < int(answer.body["metadata"]["resourceVersion"])
    assert old["metadata"]["uid"] == answer.body["metadata"]["uid"]


def test_replace_the_same(cluster, thing):
    """Writing what is there already changes nothing, not even the version."""
    old = cluster.get(thing).body
    version = cluster.put(thing, old).body["metadata"]["resourceVersion"]
    assert (
        version
        == cluster.put(thing, {**old, "metadata": {**old["metadata"], "resourceVersion": ""}}).body["metadata"][
            "resourceVersion"
        ]
    )


def test_replace_from_an_old_state(cluster, thing):
    """An outdated version is 409 Conflict."""
    old = cluster.get(thing).body
    cluster.patch(thing, {"data": {"a": "new"}})
    answer = cluster.put(thing, {**old, "data": {}})
    name = old["metadata"]["name"]
    words = f'Operation cannot be fulfilled on configmaps "{name}": {MODIFIED}'
    assert (409, "Conflict", words) == (answer.code, answer.reason, answer.message)
    assert {"name": name, "kind": "configmaps"} == answer.body["details"]


def test_replace_another_uid(cluster, thing):
    """Another uid is 409 with both."""
    old = cluster.get(thing).body
    answer = cluster.put(thing, {**old, "metadata": {**old["metadata"], "uid": "someone-else", "resourceVersion": ""}})
    words = f"Precondition failed: UID in precondition: someone-else, UID in object meta: {old['metadata']['uid']}"
    assert 409 == answer.code
    assert answer.message.endswith(words)


def test_replace_what_is_not(cluster, space):
    """PUT makes nothing."""
    answer = cluster.put(f"{space.core}/configmaps/absent", config("absent"))
    assert (404, 'configmaps "absent" not found') == (answer.code, answer.message)


def test_replace_another_name(cluster, thing):
    """The name in the body must be the one in the path."""
    answer = cluster.put(thing, config("other"))
    name = thing.rpartition("/")[2]
    words = f"the name of the object (other) does not match the name on the URL ({name})"
    assert (400, words) == (answer.code, answer.message)


def test_dry_replace(cluster, thing):
    """A dry run shows and keeps."""
    answer = cluster.put(f"{thing}?dryRun=All", config(thing.rpartition("/")[2], c="3"))
    assert ({"c": "3"}, {"a": "1", "b": "2"}) == (answer.body["data"], cluster.get(thing).body["data"])


def test_the_server_keeps_its_fields(cluster, thing):
    """Creation time and uid stay, whatever a client sends without them."""
    old = cluster.get(thing).body["metadata"]
    new = cluster.put(thing, config(old["name"])).body["metadata"]
    assert (old["uid"], old["creationTimestamp"]) == (new["uid"], new["creationTimestamp"])


def test_generation_counts_the_spec(cluster, workload):
    """Only a change of the spec counts."""
    cluster.patch(workload, {"metadata": {"labels": {"x": "y"}}})
    before = cluster.get(workload).body["metadata"]["generation"]
    assert before + 1 == cluster.patch(workload, {"spec": {"minReadySeconds": 5}}).body["metadata"]["generation"]


def test_main_update_keeps_the_status(cluster, space):
    """A PUT of the object does not write its status."""
    cluster.make(f"{space.core}/pods", pod("status1", schedulerName="nobody"))
    body = cluster.get(f"{space.core}/pods/status1").body
    body["status"]["message"] = "no"
    assert "message" not in cluster.put(f"{space.core}/pods/status1", body).body["status"]


def test_status_update_keeps_the_rest(cluster, space):
    """A PUT of the status writes nothing else."""
    cluster.make(f"{space.core}/pods", pod("status2", schedulerName="nobody"))
    body = cluster.get(f"{space.core}/pods/status2").body
    body["status"]["message"] = "yes"
    body["spec"]["schedulerName"] = "other"
    answer = cluster.put(f"{space.core}/pods/status2/status", body)
    assert ("yes", "nobody") == (answer.body["status"]["message"], answer.body["spec"]["schedulerName"])


def test_status_writers_are_noted(cluster, space):
    """managedFields says who wrote the status."""
    cluster.make(f"{space.core}/pods", pod("status3", schedulerName="nobody"))
    answer = cluster.patch(f"{space.core}/pods/status3/status?fieldManager=kubelet", {"status": {"message": "hi"}})
    entry = next(item for item in answer.body["metadata"]["managedFields"] if item["manager"] == "kubelet")
    assert ("status", {"f:status": {"f:message": {}}}) == (entry["subresource"], entry["fieldsV1"])


# What may not change


IMMUTABLE = {
    "selector": (
        {"spec": {"selector": {"matchLabels": {"app": "z"}}, "template": {"metadata": {"labels": {"app": "z"}}}}},
        "spec.selector",
    ),
}


def test_selector_is_immutable(cluster, workload):
    """A deployment keeps its selector."""
    change, field = IMMUTABLE["selector"]
    answer = cluster.patch(workload, change)
    assert (422, [field]) == (answer.code, answer.causes)
    assert answer.message.endswith(": field is immutable")


def test_pods_hardly_change(cluster, space):
    """Of a pod's spec little may change."""
    cluster.make(f"{space.core}/pods", pod("frozen", schedulerName="nobody"))
    answer = cluster.patch(f"{space.core}/pods/frozen", {"spec": {"restartPolicy": "Never"}})
    words = (
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
        "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
        "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
    )
    assert (422, ["spec"]) == (answer.code, answer.causes)
    assert words in answer.message


def test_pods_may_change_their_image(cluster, space):
    """The image may change."""
    cluster.make(f"{space.core}/pods", pod("thawed", schedulerName="nobody"))
    change = {"spec": {"containers": [{"name": "main", "image": "other:1"}]}}
    answer = cluster.patch(f"{space.core}/pods/thawed", change, STRATEGIC)
    assert (200, "other:1") == (answer.code, answer.body["spec"]["containers"][0]["image"])


def test_an_immutable_config_map(cluster, space):
    """immutable means what it says."""
    cluster.make(f"{space.core}/configmaps", {**config("stone", a="1"), "immutable": True})
    answer = cluster.patch(f"{space.core}/configmaps/stone", {"data": {"a": "2"}})
    words = 'ConfigMap "stone" is invalid: data: Forbidden: field is immutable when `immutable` is set'
    assert (422, words) == (answer.code, answer.message)


def test_secret_types_stay(cluster, space):
    """A Secret keeps its type."""
    cluster.make(f"{space.core}/secrets", {"metadata": {"name": "typed"}})
    answer = cluster.patch(f"{space.core}/secrets/typed", {"type": "other"})
    assert 'Secret "typed" is invalid: type: Invalid value: "other": field is immutable' == answer.message


def test_role_bindings_keep_their_role(cluster, space):
    """A binding keeps its role."""
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    path = f"{space.of('rbac.authorization.k8s.io')}/rolebindings"
    cluster.make(path, {"metadata": {"name": "bound"}, "roleRef": reference})
    answer = cluster.patch(f"{path}/bound", {"roleRef": {"name": "edit"}})
    assert (422, ["roleRef"]) == (answer.code, answer.causes)
    assert answer.message.endswith("cannot change roleRef")
