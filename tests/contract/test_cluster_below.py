"""What is below an object: scale, eviction, binding, log, token; and reviews, which are only answered."""

import pytest

from tests.contract.cluster import PATCH, deployment, pod

AUTHORIZATION = "/apis/authorization.k8s.io/v1"
AUTHENTICATION = "/apis/authentication.k8s.io/v1"


@pytest.fixture
def workload(cluster, space):
    """A paused deployment of two replicas, which makes no pods: its path."""
    name = cluster.name("scaled")
    body = deployment(name, replicas=2)
    body["spec"]["template"]["spec"]["schedulerName"] = "nobody"
    cluster.make(f"{space.of('apps')}/deployments", body)
    return f"{space.of('apps')}/deployments/{name}"


@pytest.fixture
def node(cluster):
    """A node that nobody is: its name."""
    name = cluster.name("nobody-node")
    cluster.make("/api/v1/nodes", {"metadata": {"name": name}, "spec": {"unschedulable": True}})
    yield name
    cluster.delete(f"/api/v1/nodes/{name}")


def test_scale_shows_replicas(cluster, workload):
    """A Scale says what is wanted and how the pods are found."""
    body = cluster.get(f"{workload}/scale").body
    assert ("Scale", "autoscaling/v1", 2) == (body["kind"], body["apiVersion"], body["spec"]["replicas"])
    assert f"app={workload.rpartition('/')[2]}" == body["status"]["selector"]


def test_scale_by_put(cluster, workload):
    """A written Scale changes the workload."""
    body = cluster.get(f"{workload}/scale").body
    body["spec"]["replicas"] = 0
    body["metadata"].pop("resourceVersion")
    answer = cluster.put(f"{workload}/scale", body)
    assert (200, 0) == (answer.code, cluster.get(workload).body["spec"]["replicas"])


def test_scale_by_patch(cluster, workload):
    """So does a patch."""
    cluster.patch(f"{workload}/scale", [{"op": "replace", "path": "/spec/replicas", "value": 1}], PATCH)
    assert 1 == cluster.get(workload).body["spec"]["replicas"]


def test_scale_below_zero(cluster, workload):
    """There is no negative scale."""
    answer = cluster.patch(f"{workload}/scale", {"spec": {"replicas": -1}})
    assert (422, ["spec.replicas"]) == (answer.code, answer.causes)
    assert "must be greater than or equal to 0" in answer.message


def test_scale_of_nothing(cluster, space):
    """404 with the path below."""
    answer = cluster.get(f"{space.of('apps')}/deployments/none/scale")
    assert (404, 'deployments/scale.apps "none" not found') == (answer.code, answer.message)


def test_pods_have_no_scale(cluster, space):
    """Nothing is served below pods by that name."""
    assert 404 == cluster.get(f"{space.core}/pods/x/scale").code


def test_binding(cluster, space, node):
    """A binding puts a pod on a node."""
    cluster.make(f"{space.core}/pods", pod("bindme", schedulerName="nobody"))
    answer = cluster.post(
        f"{space.core}/pods/bindme/binding", {"metadata": {"name": "bindme"}, "target": {"kind": "Node", "name": node}}
    )
    assert (201, "Success") == (answer.code, answer.body["status"])
    found = cluster.get(f"{space.core}/pods/bindme").body
    assert node == found["spec"]["nodeName"]
    assert ["True"] == [item["status"] for item in found["status"]["conditions"] if item["type"] == "PodScheduled"]


def test_binding_twice(cluster, space, node):
    """A bound pod stays where it is."""
    cluster.make(f"{space.core}/pods", pod("bound", schedulerName="nobody"))
    body = {"metadata": {"name": "bound"}, "target": {"kind": "Node", "name": node}}
    cluster.post(f"{space.core}/pods/bound/binding", body)
    answer = cluster.post(f"{space.core}/pods/bound/binding", body)
    assert (409, "Conflict") == (answer.code, answer.reason)
    assert f'pod bound is already assigned to node "{node}"' in answer.message


def test_eviction(cluster, space):
    """An eviction deletes a pod."""
    cluster.make(f"{space.core}/pods", pod("evictme", schedulerName="nobody"))
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "evictme"}}
    answer = cluster.post(f"{space.core}/pods/evictme/eviction", body)
    assert (201, "Success") == (answer.code, answer.body["status"])
    assert 404 == cluster.get(f"{space.core}/pods/evictme").code


def test_dry_eviction(cluster, space):
    """A dry run evicts nobody."""
    cluster.make(f"{space.core}/pods", pod("spareme", schedulerName="nobody"))
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": "spareme"},
        "deleteOptions": {"dryRun": ["All"]},
    }
    assert (201, 200) == (
        cluster.post(f"{space.core}/pods/spareme/eviction", body).code,
        cluster.get(f"{space.core}/pods/spareme").code,
    )


def test_eviction_honours_a_budget(cluster, space, node):
    """A pod that a budget needs stays: 429 with the numbers."""
    cluster.make(f"{space.of('policy')}/poddisruptionbudgets", {
        "metadata": {"name": "needed"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "needed"}}},
    })  # fmt: skip
    cluster.make(f"{space.core}/pods", pod("needed", nodeName=node))
    ready = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    cluster.patch(f"{space.core}/pods/needed/status", ready)
    budget = f"{space.of('policy')}/poddisruptionbudgets/needed"
    cluster.until(budget, lambda answer: answer.body.get("status", {}).get("currentHealthy") == 1)
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "needed"}}
    answer = cluster.post(f"{space.core}/pods/needed/eviction", body)
    words = "Cannot evict pod as it would violate the pod's disruption budget."
    assert (429, "TooManyRequests", words) == (answer.code, answer.reason, answer.message)
    (cause,) = answer.body["details"]["causes"]
    assert "DisruptionBudget" == cause["reason"]
    assert "The disruption budget needed needs 1 healthy pods and has 1 currently" == cause["message"]
    cluster.delete(f"{space.core}/pods/needed?gracePeriodSeconds=0")


def test_log_of_an_unscheduled_pod(cluster, space):
    """A pod that runs nowhere has an empty log."""
    cluster.make(f"{space.core}/pods", pod("silent", schedulerName="nobody"))
    answer = cluster.get(f"{space.core}/pods/silent/log")
    assert (True, "") == (answer.code in (200, 204), answer.body)


def test_log_of_another_container(cluster, space):
    """A container the pod does not have is 400."""
    cluster.make(f"{space.core}/pods", pod("silent2", schedulerName="nobody"))
    answer = cluster.get(f"{space.core}/pods/silent2/log?container=nope")
    assert (400, "container nope is not valid for pod silent2") == (answer.code, answer.message)


def test_log_needs_a_container(cluster, space):
    """With two containers one must be chosen."""
    two = [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]
    cluster.make(f"{space.core}/pods", pod("two", containers=two, schedulerName="nobody"))
    answer = cluster.get(f"{space.core}/pods/two/log")
    words = "a container name must be specified for pod two, choose one of: [a b]"
    assert (400, words) == (answer.code, answer.message)


def test_token(cluster, space):
    """A service account's token can be asked for, and lets in."""
    cluster.make(f"{space.core}/serviceaccounts", {"metadata": {"name": "walker"}})
    body = {"spec": {"expirationSeconds": 600}}
    answer = cluster.post(f"{space.core}/serviceaccounts/walker/token", body)
    assert (201, "TokenRequest") == (answer.code, answer.body["kind"])
    assert {"token", "expirationTimestamp"} == set(answer.body["status"])
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    header = {"Authorization": f"Bearer {answer.body['status']['token']}"}
    found = cluster.post(f"{AUTHENTICATION}/selfsubjectreviews", asked, http=cluster.nobody, **header)
    info = found.body["status"]["userInfo"]
    assert f"system:serviceaccount:{space.name}:walker" == info["username"]
    assert {"system:serviceaccounts", f"system:serviceaccounts:{space.name}", "system:authenticated"} == set(
        info["groups"]
    )


def test_short_tokens_are_refused(cluster, space):
    """A token lives ten minutes at least."""
    answer = cluster.post(f"{space.core}/serviceaccounts/default/token", {"spec": {"expirationSeconds": 10}})
    assert (422, ["spec.expirationSeconds"]) == (answer.code, answer.causes)
    assert "may not specify a duration less than 10 minutes" in answer.message


def test_token_review(cluster, space):
    """A token can be asked about."""
    token = cluster.post(f"{space.core}/serviceaccounts/default/token", {"spec": {}}).body["status"]["token"]
    body = cluster.post(f"{AUTHENTICATION}/tokenreviews", {"spec": {"token": token}}).body
    assert (True, f"system:serviceaccount:{space.name}:default") == (
        body["status"]["authenticated"],
        body["status"]["user"]["username"],
    )


def test_token_review_of_nonsense(cluster):
    """Nonsense is not authenticated."""
    status = cluster.post(f"{AUTHENTICATION}/tokenreviews", {"spec": {"token": "nonsense"}}).body["status"]
    assert not status.get("authenticated")
    assert "error" in status


def test_who_am_i(cluster):
    """The administrator is told who it is."""
    body = cluster.post(f"{AUTHENTICATION}/selfsubjectreviews", {}).body
    administrators = {"system:masters", "kubeadm:cluster-admins"}  # kubeadm gives admin.conf the second since 1.29
    assert administrators & set(body["status"]["userInfo"]["groups"])


def test_may_i(cluster):
    """The administrator may."""
    asked = {"spec": {"resourceAttributes": {"verb": "delete", "resource": "nodes"}}}
    answer = cluster.post(f"{AUTHORIZATION}/selfsubjectaccessreviews", asked)
    assert (201, True) == (answer.code, answer.body["status"]["allowed"])


def test_what_may_i(cluster):
    """And may list what it may."""
    asked = {"spec": {"namespace": "default"}}
    status = cluster.post(f"{AUTHORIZATION}/selfsubjectrulesreviews", asked).body["status"]
    assert any(rule["verbs"] == ["*"] and rule["resources"] == ["*"] for rule in status["resourceRules"])


def test_reviews_are_not_kept(cluster):
    """There is nothing to list."""
    assert 405 == cluster.get(f"{AUTHORIZATION}/selfsubjectaccessreviews").code
