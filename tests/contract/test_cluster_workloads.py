"""What controllers make of workloads, as far as it needs no node: sets, revisions, numbers, ends."""

import pytest

from tests.contract.cluster import deployment, pod

REVISION = "deployment.kubernetes.io/revision"


def unplaced(name, replicas=1, **spec):
    """Describe a deployment whose pods nobody schedules."""
    body = deployment(name, replicas=replicas, **spec)
    body["spec"]["template"]["spec"]["schedulerName"] = "nobody"
    return body


@pytest.fixture
def path(cluster, space):
    """The path of a deployment of one replica, whose set is there."""
    name = cluster.name("rolled")
    cluster.make(f"{space.of('apps')}/deployments", unplaced(name))
    cluster.until(sets(space, name), lambda answer: answer.body["items"])
    return f"{space.of('apps')}/deployments/{name}"


def sets(space, name):
    """Return the path that lists a deployment's replica sets."""
    return f"{space.of('apps')}/replicasets?labelSelector=app%3D{name}"


def pods(space, name):
    """Return the path that lists the pods of a label."""
    return f"{space.core}/pods?labelSelector=app%3D{name}"


def name_of(path):
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def test_a_deployment_has_a_set(cluster, space, path):
    """The set is named and labelled by the template's hash, and owned."""
    (found,) = cluster.get(sets(space, name_of(path))).body["items"]
    key = found["metadata"]["labels"]["pod-template-hash"]
    assert f"{name_of(path)}-{key}" == found["metadata"]["name"]
    assert key == found["spec"]["selector"]["matchLabels"]["pod-template-hash"]
    assert [("Deployment", True)] == [
        (item["kind"], item["controller"]) for item in found["metadata"]["ownerReferences"]
    ]


def test_a_set_has_pods(cluster, space, path):
    """Each pod is owned by the set and named after it."""
    answer = cluster.until(pods(space, name_of(path)), lambda found: found.body["items"])
    (found,) = answer.body["items"]
    (owner,) = found["metadata"]["ownerReferences"]
    assert "ReplicaSet" == owner["kind"]
    assert found["metadata"]["name"].startswith(f"{owner['name']}-")
    assert f"{owner['name']}-" == found["metadata"]["generateName"]


def test_revisions_count(cluster, space, path):
    """A new template is revision two, with a set of its own."""
    cluster.until(path, lambda answer: answer.body["metadata"].get("annotations", {}).get(REVISION) == "1")
    cluster.patch(path, {"spec": {"template": {"metadata": {"labels": {"version": "2"}}}}})
    cluster.until(path, lambda answer: answer.body["metadata"]["annotations"][REVISION] == "2")
    found = cluster.until(sets(space, name_of(path)), lambda answer: len(answer.body["items"]) == 2).body["items"]
    assert {"1", "2"} == {item["metadata"]["annotations"][REVISION] for item in found}


def test_the_status_follows(cluster, path):
    """The generation is observed, and nothing is available without a node."""
    answer = cluster.until(path, lambda found: found.body.get("status", {}).get("replicas") == 1)
    cluster.until(path, lambda found: found.body["status"].get("observedGeneration", 0) >= 1)
    conditions = {item["type"]: item["status"] for item in answer.body["status"].get("conditions", [])}
    assert "True" != conditions.get("Available")


def test_scaling_makes_and_takes_pods(cluster, space, path):
    """Up and down."""
    for replicas in (3, 1):
        cluster.patch(f"{path}/scale", {"spec": {"replicas": replicas}})
        cluster.until(pods(space, name_of(path)), lambda answer, n=replicas: len(answer.body["items"]) == n)


def test_a_deleted_pod_comes_again(cluster, space, path):
    """A set replaces what goes."""
    first = cluster.until(pods(space, name_of(path)), lambda found: found.body["items"]).body["items"][0]
    cluster.delete(f"{space.core}/pods/{first['metadata']['name']}")

    def replaced(answer):
        return [item for item in answer.body["items"] if item["metadata"]["uid"] != first["metadata"]["uid"]]

    cluster.until(pods(space, name_of(path)), replaced)


def test_a_stateful_set_counts(cluster, space):
    """The first pod of an ordered set is number zero, and waits for itself."""
    body = unplaced("counted", replicas=2)
    body["spec"]["serviceName"] = "counted"
    cluster.make(f"{space.of('apps')}/statefulsets", body)
    answer = cluster.until(pods(space, "counted"), lambda found: found.body["items"])
    assert ["counted-0"] == [item["metadata"]["name"] for item in answer.body["items"]]


def test_a_job_starts_a_pod(cluster, space):
    """The pod carries the job's labels."""
    template = {"spec": {**pod("x")["spec"], "restartPolicy": "Never", "schedulerName": "nobody"}}
    cluster.make(f"{space.of('batch')}/jobs", {"metadata": {"name": "working"}, "spec": {"template": template}})
    path = f"{space.core}/pods?labelSelector=job-name%3Dworking"
    answer = cluster.until(path, lambda found: found.body["items"])
    assert 1 == len(answer.body["items"])
    status = cluster.until(f"{space.of('batch')}/jobs/working", lambda found: found.body["status"].get("active")).body[
        "status"
    ]
    assert 1 == status["active"]


def test_a_budget_is_reckoned(cluster, space):
    """Nothing may go where nothing is healthy."""
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "nobody"}}}
    path = f"{space.of('policy')}/poddisruptionbudgets"
    cluster.make(path, {"metadata": {"name": "reckoned"}, "spec": spec})
    answer = cluster.until(f"{path}/reckoned", lambda found: "desiredHealthy" in found.body.get("status", {}))
    assert (0, 0) == (answer.body["status"]["currentHealthy"], answer.body["status"]["disruptionsAllowed"])


def test_an_unschedulable_pod_is_told_why(cluster, space):
    """A pod that fits nowhere says so in a condition."""
    body = pod("homeless", nodeSelector={"no": "such"})
    cluster.make(f"{space.core}/pods", body)
    answer = cluster.until(f"{space.core}/pods/homeless", lambda found: found.body["status"].get("conditions"))
    (mark,) = answer.body["status"]["conditions"]
    assert ("PodScheduled", "False", "Unschedulable") == (mark["type"], mark["status"], mark["reason"])
    assert "nodes available" in mark["message"] or "nodes are available" in mark["message"]


def test_scaling_is_told(cluster, space, path):
    """The deployment says which set it sized, the set which pods it made and took away."""

    def told(name, reason, message):
        query = f"{space.core}/events?fieldSelector=involvedObject.name%3D{name},reason%3D{reason}"
        return cluster.until(query, lambda found: message in [item["message"] for item in found.body["items"]])

    name = name_of(path)
    (owned,) = cluster.get(sets(space, name)).body["items"]
    owned = owned["metadata"]["name"]
    (made,) = cluster.until(pods(space, name), lambda found: found.body["items"]).body["items"]
    told(name, "ScalingReplicaSet", f"Scaled up replica set {owned} to 1")
    told(owned, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")
    cluster.until(
        f"{space.of('apps')}/replicasets/{owned}", lambda found: found.body["status"].get("observedGeneration")
    )
    cluster.patch(f"{path}/scale", {"spec": {"replicas": 0}})
    told(owned, "SuccessfulDelete", f"Deleted pod: {made['metadata']['name']}")
    told(name, "ScalingReplicaSet", f"Scaled down replica set {owned} to 0 from 1")
