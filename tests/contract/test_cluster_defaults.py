"""What the API server fills into new objects: defaults, addresses, volumes, words made the same."""

import pytest

from tests.contract.cluster import deployment, pod

QUALITY = {
    "BestEffort": {},
    "Burstable": {"requests": {"cpu": "10m"}},
    "Guaranteed": {"limits": {"cpu": "10m", "memory": "8Mi"}},
}


def test_pod_defaults(cluster, space):
    """A pod of three lines has two dozen afterwards."""
    body = pod("filled")
    body["spec"]["containers"][0]["ports"] = [{"containerPort": 80}]
    spec = cluster.make(f"{space.core}/pods", body)["spec"]
    wanted = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "securityContext": {},
    }
    assert wanted == {key: spec.get(key) for key in wanted}
    container = spec["containers"][0]
    assert [{"containerPort": 80, "protocol": "TCP"}] == container["ports"]
    assert ("IfNotPresent", "/dev/termination-log", "File", {}) == tuple(
        container[key] for key in ("imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy", "resources")
    )


def test_pod_gets_a_token_volume(cluster, space):
    """Every pod mounts its service account's token."""
    spec = cluster.make(f"{space.core}/pods", pod("tokened"))["spec"]
    (volume,) = spec["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    assert ["serviceAccountToken", "configMap", "downwardAPI"] == [
        next(iter(item)) for item in volume["projected"]["sources"][:3]
    ]
    (mount,) = spec["containers"][0]["volumeMounts"]
    assert ("/var/run/secrets/kubernetes.io/serviceaccount", True) == (mount["mountPath"], mount["readOnly"])


def test_pod_without_a_token(cluster, space):
    """automountServiceAccountToken false keeps the token out."""
    spec = cluster.make(f"{space.core}/pods", pod("untokened", automountServiceAccountToken=False))["spec"]
    assert "volumes" not in spec


def test_pod_tolerations(cluster, space):
    """Every pod tolerates a lost node for five minutes."""
    spec = cluster.make(f"{space.core}/pods", pod("tolerant"))["spec"]
    found = {(item["key"], item["effect"], item["tolerationSeconds"]) for item in spec["tolerations"]}
    assert {(f"node.kubernetes.io/{name}", "NoExecute", 300) for name in ("not-ready", "unreachable")} == found


def test_pod_begins_pending(cluster, space):
    """A new pod is Pending."""
    assert "Pending" == cluster.make(f"{space.core}/pods", pod("pending"))["status"]["phase"]


@pytest.mark.parametrize("quality", QUALITY)
def test_pod_quality(cluster, space, quality):
    """Requests and limits decide the class."""
    body = pod(f"class-{quality.lower()}")
    body["spec"]["containers"][0]["resources"] = QUALITY[quality]
    assert quality == cluster.make(f"{space.core}/pods", body)["status"]["qosClass"]


def test_limits_are_requests(cluster, space):
    """Where only limits are given, requests are the same."""
    body = pod("limited")
    body["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1"}}
    made = cluster.make(f"{space.core}/pods", body)
    assert {"cpu": "1"} == made["spec"]["containers"][0]["resources"]["requests"]


def test_probe_defaults(cluster, space):
    """A probe has its times."""
    body = pod("probed")
    body["spec"]["containers"][0]["readinessProbe"] = {"httpGet": {"port": 80}}
    probe = cluster.make(f"{space.core}/pods", body)["spec"]["containers"][0]["readinessProbe"]
    wanted = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    assert {**wanted, "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}} == probe


@pytest.mark.parametrize(("image", "policy"), [("a", "Always"), ("a:latest", "Always"), ("a:1", "IfNotPresent")])
def test_pull_policy(cluster, space, image, policy):
    """Only `latest` is always pulled."""
    body = pod(cluster.name("pulled"))
    body["spec"]["containers"][0]["image"] = image
    assert policy == cluster.make(f"{space.core}/pods", body)["spec"]["containers"][0]["imagePullPolicy"]


def test_deployment_defaults(cluster, space):
    """A deployment rolls a quarter at a time."""
    made = cluster.make(f"{space.of('apps')}/deployments", deployment("rolled"))
    rolling = {"maxUnavailable": "25%", "maxSurge": "25%"}
    assert {"type": "RollingUpdate", "rollingUpdate": rolling} == made["spec"]["strategy"]
    assert (10, 600, 1) == (
        made["spec"]["revisionHistoryLimit"],
        made["spec"]["progressDeadlineSeconds"],
        made["metadata"]["generation"],
    )


def test_deployment_has_one_replica(cluster, space):
    """Without replicas it is one."""
    body = deployment("single")
    del body["spec"]["replicas"]
    assert 1 == cluster.make(f"{space.of('apps')}/deployments?dryRun=All", body)["spec"]["replicas"]


def test_job_defaults(cluster, space):
    """A job gets a selector and a label of its own."""
    body = {
        "metadata": {"name": "work"},
        "spec": {"template": {"spec": {**pod("x")["spec"], "restartPolicy": "Never"}}},
    }
    made = cluster.make(f"{space.of('batch')}/jobs", body)
    uid = made["metadata"]["uid"]
    assert {"batch.kubernetes.io/controller-uid": uid} == made["spec"]["selector"]["matchLabels"]
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert ("work", uid) == (labels["job-name"], labels["batch.kubernetes.io/controller-uid"])
    assert (1, 1, 6, "NonIndexed", False, "TerminatingOrFailed") == tuple(
        made["spec"][key]
        for key in ("completions", "parallelism", "backoffLimit", "completionMode", "suspend", "podReplacementPolicy")
    )


def test_service_gets_an_address(cluster, space):
    """A service has an address of the service network, and its port a target."""
    body = {"metadata": {"name": "addressed"}, "spec": {"ports": [{"port": 80}], "selector": {"app": "x"}}}
    spec = cluster.make(f"{space.core}/services", body)["spec"]
    first = cluster.get("/api/v1/namespaces/default/services/kubernetes").body["spec"]["clusterIP"]
    assert first.split(".")[:2] == spec["clusterIP"].split(".")[:2]
    assert [spec["clusterIP"]] == spec["clusterIPs"]
    assert [{"port": 80, "protocol": "TCP", "targetPort": 80}] == spec["ports"]
    assert ("ClusterIP", "None", "Cluster", "SingleStack", ["IPv4"]) == tuple(
        spec[key] for key in ("type", "sessionAffinity", "internalTrafficPolicy", "ipFamilyPolicy", "ipFamilies")
    )


def test_headless_service(cluster, space):
    """clusterIP None stays None."""
    body = {"metadata": {"name": "headless"}, "spec": {"clusterIP": "None", "selector": {"app": "x"}}}
    assert ["None"] == cluster.make(f"{space.core}/services", body)["spec"]["clusterIPs"]


def test_node_port_service(cluster, space):
    """A NodePort service gets a port in the range."""
    body = {"metadata": {"name": "nodeported"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    spec = cluster.make(f"{space.core}/services", body)["spec"]
    assert 30000 <= spec["ports"][0]["nodePort"] <= 32767
    assert "Cluster" == spec["externalTrafficPolicy"]


def test_string_data_becomes_data(cluster, space):
    """A Secret's stringData is stored encoded."""
    made = cluster.make(f"{space.core}/secrets", {"metadata": {"name": "spoken"}, "stringData": {"a": "b"}})
    assert ({"a": "Yg=="}, "Opaque", False) == (made["data"], made["type"], "stringData" in made)


def test_quantities_are_normal(cluster, space):
    """Quantities are written in one way."""
    body = {
        "metadata": {"name": "measured"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}},
    }
    made = cluster.make(f"{space.core}/persistentvolumeclaims", body)
    assert ("1Gi", "Filesystem") == (made["spec"]["resources"]["requests"]["storage"], made["spec"]["volumeMode"])
