"""Deleting: answers, conditions, finalizers, dependents, many at once, namespaces."""

import pytest

from tests.contract.cluster import config, deployment, pod


@pytest.fixture
def thing(cluster, space):
    """A ConfigMap: its path."""
    name = cluster.name("doomed")
    cluster.make(f"{space.core}/configmaps", config(name))
    return f"{space.core}/configmaps/{name}"


def owner(obj):
    """Return an owner reference to an object."""
    meta = obj["metadata"]
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": meta["name"], "uid": meta["uid"]}


def owned(name, obj, **more):
    """Describe a ConfigMap that an object owns."""
    return {"metadata": {"name": name, "ownerReferences": [{**owner(obj), **more}]}}


def test_delete_answers_with_a_status(cluster, thing):
    """A deleted object leaves a Status with its uid."""
    uid = cluster.get(thing).body["metadata"]["uid"]
    answer = cluster.delete(thing)
    name = thing.rpartition("/")[2]
    assert (200, "Status", "Success") == (answer.code, answer.body["kind"], answer.body["status"])
    assert {"name": name, "kind": "configmaps", "uid": uid} == answer.body["details"]
    assert 404 == cluster.get(thing).code


def test_delete_what_is_not(cluster, space):
    """404."""
    answer = cluster.delete(f"{space.core}/configmaps/none")
    assert (404, 'configmaps "none" not found') == (answer.code, answer.message)


def test_dry_delete(cluster, thing):
    """A dry run deletes nothing."""
    assert (200, 200) == (cluster.delete(f"{thing}?dryRun=All").code, cluster.get(thing).code)


def test_dry_delete_in_the_body(cluster, thing):
    """The option may stand in the body."""
    assert (200, 200) == (cluster.delete(thing, {"dryRun": ["All"]}).code, cluster.get(thing).code)


def test_delete_another_uid(cluster, thing):
    """A precondition that does not hold is 409."""
    answer = cluster.delete(thing, {"preconditions": {"uid": "someone-else"}})
    assert (409, "Conflict") == (answer.code, answer.reason)
    assert "the UID in the precondition (someone-else) does not match the UID in record (" in answer.message
    assert 200 == cluster.get(thing).code


def test_delete_another_version(cluster, thing):
    """So for the version."""
    answer = cluster.delete(thing, {"preconditions": {"resourceVersion": "1"}})
    assert 409 == answer.code
    assert (
        "the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (" in answer.message
    )


def test_delete_options_must_be_such(cluster, thing):
    """A body that is no DeleteOptions is refused, and nothing goes."""
    assert 500 == cluster.delete(thing, "[1]").code
    assert 200 == cluster.get(thing).code


def test_propagation_has_three_words(cluster, thing):
    """Another policy is 422."""
    answer = cluster.delete(thing, {"propagationPolicy": "Sideways"})
    assert (422, "Invalid") == (answer.code, answer.reason)
    assert "DeleteOptions.meta.k8s.io" in answer.message


def test_finalizers_hold(cluster, space):
    """An object with a finalizer stays, marked, until it is taken out."""
    path = f"{space.core}/configmaps/held"
    cluster.make(f"{space.core}/configmaps", {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}})
    answer = cluster.delete(path)
    assert (200, "ConfigMap") == (answer.code, answer.body["kind"])
    assert {"deletionTimestamp", "deletionGracePeriodSeconds"} <= set(cluster.get(path).body["metadata"])
    cluster.patch(path, {"metadata": {"finalizers": None}})
    assert 404 == cluster.get(path).code


def test_no_new_finalizers_when_going(cluster, space):
    """An object that goes gets no more finalizers."""
    path = f"{space.core}/configmaps/going"
    cluster.make(f"{space.core}/configmaps", {"metadata": {"name": "going", "finalizers": ["example.com/hold"]}})
    cluster.delete(path)
    answer = cluster.patch(path, {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}})
    words = "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted"
    cluster.patch(path, {"metadata": {"finalizers": None}})
    assert 422 == answer.code
    assert words in answer.message


def test_dependents_go_too(cluster, space):
    """What an object owns goes with it."""
    parent = cluster.make(f"{space.core}/configmaps", config("parent1"))
    cluster.make(f"{space.core}/configmaps", owned("child1", parent))
    cluster.delete(f"{space.core}/configmaps/parent1")
    cluster.until(f"{space.core}/configmaps/child1", lambda answer: answer.code == 404)


def test_orphans_stay(cluster, space):
    """With Orphan they stay, without an owner."""
    parent = cluster.make(f"{space.core}/configmaps", config("parent2"))
    cluster.make(f"{space.core}/configmaps", owned("child2", parent))
    cluster.delete(f"{space.core}/configmaps/parent2", {"propagationPolicy": "Orphan"})
    cluster.until(f"{space.core}/configmaps/parent2", lambda answer: answer.code == 404)
    assert "ownerReferences" not in cluster.get(f"{space.core}/configmaps/child2").body["metadata"]


def test_foreground_waits_for_dependents(cluster, space):
    """With Foreground the owner goes last."""
    parent = cluster.make(f"{space.core}/configmaps", config("parent3"))
    child = owned("child3", parent, blockOwnerDeletion=True)
    child["metadata"]["finalizers"] = ["example.com/hold"]
    cluster.make(f"{space.core}/configmaps", child)
    answer = cluster.delete(f"{space.core}/configmaps/parent3", {"propagationPolicy": "Foreground"})
    assert ["foregroundDeletion"] == answer.body["metadata"]["finalizers"]
    cluster.until(f"{space.core}/configmaps/child3", lambda found: "deletionTimestamp" in found.body["metadata"])
    assert 200 == cluster.get(f"{space.core}/configmaps/parent3").code
    cluster.patch(f"{space.core}/configmaps/child3", {"metadata": {"finalizers": None}})
    cluster.until(f"{space.core}/configmaps/parent3", lambda found: found.code == 404)


def test_owners_of_nobody_go(cluster, space):
    """What says it is owned by what never was is collected."""
    ghost = {"metadata": {"name": "ghost", "uid": "11111111-1111-1111-1111-111111111111"}}
    cluster.make(f"{space.core}/configmaps", owned("haunted", ghost))
    cluster.until(f"{space.core}/configmaps/haunted", lambda answer: answer.code == 404)


def test_delete_many(cluster, space):
    """A collection is deleted by selector; the answer lists what went."""
    for number in range(3):
        labels = {"many": "yes" if number else "no"}
        cluster.make(f"{space.core}/configmaps", {"metadata": {"name": f"many{number}", "labels": labels}})
    answer = cluster.delete(f"{space.core}/configmaps?labelSelector=many%3Dyes")
    assert ("ConfigMapList", ["many1", "many2"]) == (
        answer.body["kind"],
        [item["metadata"]["name"] for item in answer.body["items"]],
    )
    assert 200 == cluster.get(f"{space.core}/configmaps/many0").code


def test_some_collections_cannot_be_deleted(cluster):
    """Namespaces are deleted one by one."""
    assert 405 == cluster.delete("/api/v1/namespaces?labelSelector=never%3Dthere").code


def test_unbound_pods_go_at_once(cluster, space):
    """A pod that no node has goes at once, and the answer is the pod."""
    cluster.make(f"{space.core}/pods", pod("loose", schedulerName="nobody"))
    answer = cluster.delete(f"{space.core}/pods/loose")
    assert (200, "Pod", 404) == (answer.code, answer.body["kind"], cluster.get(f"{space.core}/pods/loose").code)


def test_deployments_take_their_pods_along(cluster, space):
    """Deployment, replica set and pods go together."""
    path = f"{space.of('apps')}/deployments"
    body = deployment("family", replicas=1)
    body["spec"]["template"]["spec"]["schedulerName"] = "nobody"
    cluster.make(path, body)
    pods = f"{space.core}/pods?labelSelector=app%3Dfamily"
    cluster.until(pods, lambda answer: answer.body["items"])
    cluster.delete(f"{path}/family")
    cluster.until(pods, lambda answer: not answer.body["items"])


# Namespaces


def test_a_namespace_goes_with_everything(cluster):
    """A namespace is Terminating, takes no more, and ends when it is empty."""
    name = cluster.name("ends")
    cluster.make("/api/v1/namespaces", {"metadata": {"name": name}})
    body = {"metadata": {"name": "last", "finalizers": ["example.com/hold"]}}
    cluster.make(f"/api/v1/namespaces/{name}/configmaps", body)
    answer = cluster.delete(f"/api/v1/namespaces/{name}")
    assert (200, "Terminating") == (answer.code, answer.body["status"]["phase"])
    refused = cluster.post(f"/api/v1/namespaces/{name}/configmaps", config("late"))
    words = f'configmaps "late" is forbidden: unable to create new content in namespace {name} because it is being terminated'
    assert (403, "Forbidden", words) == (refused.code, refused.reason, refused.message)
    assert "NamespaceTerminating" == refused.body["details"]["causes"][0]["reason"]
    cluster.patch(f"/api/v1/namespaces/{name}/configmaps/last", {"metadata": {"finalizers": None}})
    cluster.until(f"/api/v1/namespaces/{name}", lambda found: found.code == 404)


def test_some_namespaces_stay(cluster):
    """default cannot be deleted."""
    answer = cluster.delete("/api/v1/namespaces/default")
    words = 'namespaces "default" is forbidden: this namespace may not be deleted'
    assert (403, "Forbidden", words) == (answer.code, answer.reason, answer.message)


def test_a_namespace_has_a_label(cluster, space):
    """A namespace carries its own name, and is Active."""
    body = cluster.get(space.core).body
    assert space.name == body["metadata"]["labels"]["kubernetes.io/metadata.name"]
    assert ("Active", ["kubernetes"]) == (body["status"]["phase"], body["spec"]["finalizers"])
