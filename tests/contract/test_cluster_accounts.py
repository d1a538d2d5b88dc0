"""What every cluster and namespace has: accounts, certificates, roles, priorities; and events under both groups."""

from tests.contract.cluster import pod

# Service accounts


def test_every_namespace_has_a_service_account(cluster, space):
    """default is there."""
    assert "ServiceAccount" == cluster.get(f"{space.core}/serviceaccounts/default").body["kind"]


def test_it_comes_back(cluster, space):
    """Deleted, it is made again."""
    uid = cluster.get(f"{space.core}/serviceaccounts/default").body["metadata"]["uid"]
    cluster.delete(f"{space.core}/serviceaccounts/default")
    path = f"{space.core}/serviceaccounts/default"
    cluster.until(path, lambda answer: answer.code == 200 and answer.body["metadata"]["uid"] != uid)


def test_every_namespace_has_the_root_certificate(cluster, space):
    """kube-root-ca.crt holds the certificate that a pod trusts the API by."""
    answer = cluster.until(f"{space.core}/configmaps/kube-root-ca.crt", lambda found: found.code == 200)
    assert answer.body["data"]["ca.crt"].startswith("-----BEGIN CERTIFICATE-----")


def test_the_api_is_a_service(cluster):
    """default/kubernetes leads to the API."""
    body = cluster.get("/api/v1/namespaces/default/services/kubernetes").body
    assert (True, 443) == (body["spec"]["clusterIP"].endswith(".0.1"), body["spec"]["ports"][0]["port"])


def test_a_pod_needs_its_service_account(cluster, space):
    """A pod of an account that is not there is refused."""
    answer = cluster.post(f"{space.core}/pods", pod("stranger", serviceAccountName="nobody"))
    words = f'pods "stranger" is forbidden: error looking up service account {space.name}/nobody: serviceaccount "nobody" not found'
    assert (403, "Forbidden", words) == (answer.code, answer.reason, answer.message)


def test_priority_classes(cluster):
    """The two classes of the system are there."""
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    values = {item["metadata"]["name"]: item["value"] for item in cluster.get(path).body["items"]}
    assert (2000001000, 2000000000) == (values["system-node-critical"], values["system-cluster-critical"])


def test_an_unknown_priority_class(cluster, space):
    """A pod of a class that is not there is refused."""
    answer = cluster.post(f"{space.core}/pods", pod("important", priorityClassName="nope"))
    words = 'pods "important" is forbidden: no PriorityClass with name nope was found'
    assert (403, words) == (answer.code, answer.message)


def test_cluster_roles(cluster):
    """The roles everybody knows are there."""
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    names = {item["metadata"]["name"] for item in cluster.get(path).body["items"]}
    assert {"cluster-admin", "admin", "edit", "view"} <= names


# Events, under both groups


def test_an_event_under_both_groups(cluster, space):
    """An event of the core is one of events.k8s.io."""
    about = {"kind": "Pod", "name": "x", "namespace": space.name}
    body = {
        "metadata": {"name": "heard"},
        "involvedObject": about,
        "reason": "Heard",
        "message": "words",
        "type": "Normal",
    }
    cluster.make(f"{space.core}/events", body)
    found = cluster.get(f"{space.of('events.k8s.io')}/events/heard").body
    assert ("words", "x", "Heard") == (found["note"], found["regarding"]["name"], found["reason"])


def test_events_by_object(cluster, space):
    """Events can be selected by what they are about."""
    about = {"kind": "Pod", "name": "chosen", "namespace": space.name}
    cluster.make(f"{space.core}/events", {"metadata": {"name": "chosen1"}, "involvedObject": about})
    path = f"{space.core}/events?fieldSelector=involvedObject.name%3Dchosen,involvedObject.kind%3DPod"
    assert ["chosen1"] == [item["metadata"]["name"] for item in cluster.get(path).body["items"]]


def test_an_event_is_near_what_it_is_about(cluster, space):
    """An event of another namespace is refused."""
    about = {"kind": "Pod", "name": "x", "namespace": "elsewhere"}
    answer = cluster.post(f"{space.core}/events", {"metadata": {"name": "far"}, "involvedObject": about})
    assert (422, ["involvedObject.namespace"]) == (answer.code, answer.causes)
    assert "does not match event.namespace" in answer.message
