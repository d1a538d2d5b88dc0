"""What a Kubernetes API says it serves: versions, health, groups, resources, schemas."""

import pytest

from tests.contract.clusters import REAL, REAL_CONFIG

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


def resource(cluster, path, name):
    """Return one entry of a resource list."""
    return next(item for item in cluster.get(path).body["resources"] if item["name"] == name)


@pytest.mark.skipif(not REAL_CONFIG, reason=f"{REAL} names no kubeconfig: the contract runs on the practice site alone")
def test_a_real_api_server_is_held_to_the_contract_too(cluster):
    """Where a real cluster is given, every test of the contract runs on it as well; it is not the practice site."""
    assert 200 == cluster.get("/api/v1/namespaces/kube-system").code


def test_version_is_1_31(cluster):
    """/version says 1.31 with everything clients read."""
    body = cluster.get("/version").body
    assert ("1", "31") == (body["major"], body["minor"])
    assert body["gitVersion"].startswith("v1.31.")
    assert {"gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"} <= set(body)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_health_is_ok(cluster, path):
    """A healthy server says ok, in plain text."""
    answer = cluster.get(path)
    assert (200, "ok") == (answer.code, answer.body)
    assert answer.headers["content-type"].startswith("text/plain")


def test_verbose_health_names_its_checks(cluster):
    """With verbose every check has a line, and the last line sums up."""
    lines = cluster.get("/readyz?verbose").body.splitlines()
    assert {"[+]ping ok", "[+]poststarthook/start-apiextensions-informers ok"} <= set(lines)
    assert "readyz check passed" == lines[-1]


def test_one_check_can_be_asked(cluster):
    """A single health check has a path of its own."""
    assert (200, "ok") == (cluster.get("/readyz/ping").code, cluster.get("/readyz/ping").body)


def test_api_lists_v1(cluster):
    """/api names the core version."""
    body = cluster.get("/api").body
    assert ("APIVersions", ["v1"]) == (body["kind"], body["versions"])
    assert "0.0.0.0/0" == body["serverAddressByClientCIDRs"][0]["clientCIDR"]


GROUPS = {
    "apps": ["v1"],
    "batch": ["v1"],
    "autoscaling": ["v2", "v1"],
    "policy": ["v1"],
    "rbac.authorization.k8s.io": ["v1"],
    "storage.k8s.io": ["v1"],
    "networking.k8s.io": ["v1"],
    "discovery.k8s.io": ["v1"],
    "coordination.k8s.io": ["v1"],
    "events.k8s.io": ["v1"],
    "apiextensions.k8s.io": ["v1"],
    "apiregistration.k8s.io": ["v1"],
    "authentication.k8s.io": ["v1"],
    "authorization.k8s.io": ["v1"],
    "admissionregistration.k8s.io": ["v1"],
    "certificates.k8s.io": ["v1"],
    "scheduling.k8s.io": ["v1"],
    "node.k8s.io": ["v1"],
}


@pytest.mark.parametrize("group", GROUPS)
def test_group_is_served(cluster, group):
    """Each group of Kubernetes 1.31 is there, the preferred version first."""
    groups = {item["name"]: item for item in cluster.get("/apis").body["groups"]}
    versions = [item["version"] for item in groups[group]["versions"]]
    assert GROUPS[group] == versions[: len(GROUPS[group])]
    assert GROUPS[group][0] == groups[group]["preferredVersion"]["version"]
    assert f"{group}/{GROUPS[group][0]}" == groups[group]["preferredVersion"]["groupVersion"]


def test_one_group_can_be_asked(cluster):
    """/apis/GROUP is an APIGroup."""
    body = cluster.get("/apis/apps").body
    assert ("APIGroup", "apps") == (body["kind"], body["name"])


def test_resources_of_the_core(cluster):
    """/api/v1 lists pods with short names, categories and verbs."""
    pods = resource(cluster, "/api/v1", "pods")
    assert ("Pod", "pod", True, ["po"], ["all"]) == tuple(
        pods[key] for key in ("kind", "singularName", "namespaced", "shortNames", "categories")
    )
    assert VERBS == sorted(pods["verbs"])


PODS_BELOW = ["attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "status"]


def test_subresources_of_pods(cluster):
    """Everything below a pod is listed."""
    names = [item["name"] for item in cluster.get("/api/v1").body["resources"]]
    assert PODS_BELOW == sorted(name.removeprefix("pods/") for name in names if name.startswith("pods/"))


def test_scale_says_its_own_group(cluster):
    """deployments/scale is an autoscaling/v1 Scale."""
    scale = resource(cluster, "/apis/apps/v1", "deployments/scale")
    assert ("autoscaling", "v1", "Scale") == (scale["group"], scale["version"], scale["kind"])


def test_events_are_not_reviewed(cluster):
    """Reviews are only created."""
    assert ["create"] == resource(cluster, "/apis/authorization.k8s.io/v1", "selfsubjectaccessreviews")["verbs"]


@pytest.mark.parametrize("path", ["/api", "/apis"])
def test_aggregated_discovery(cluster, path):
    """The whole of discovery comes at once to who asks for it."""
    answer = cluster.get(path, accept=AGGREGATED)
    assert "APIGroupDiscoveryList" == answer.body["kind"]
    assert "g=apidiscovery.k8s.io" in answer.headers["content-type"]


def test_aggregated_discovery_names_subresources(cluster):
    """A resource of the aggregated document has its subresources with it."""
    items = cluster.get("/apis", accept=AGGREGATED).body["items"]
    apps = next(item for item in items if item["metadata"]["name"] == "apps")
    found = next(item for item in apps["versions"][0]["resources"] if item["resource"] == "deployments")
    assert {"scale", "status"} == {item["subresource"] for item in found["subresources"]}
    assert {"group": "", "kind": "Deployment", "version": ""} == found["responseKind"]
    assert ("Namespaced", "deployment") == (found["scope"], found["singularResource"])


def test_openapi_v3_has_an_index(cluster):
    """/openapi/v3 says where each document lies, with a hash."""
    paths = cluster.get("/openapi/v3").body["paths"]
    assert {"api/v1", "apis/apps/v1", "apis/batch/v1", "version"} <= set(paths)
    assert paths["apis/apps/v1"]["serverRelativeURL"].startswith("/openapi/v3/apis/apps/v1?hash=")


def test_openapi_v3_describes_a_deployment(cluster):
    """A document has schemas with descriptions, types and references."""
    schemas = cluster.get("/openapi/v3/apis/apps/v1").body["components"]["schemas"]
    spec = schemas["io.k8s.api.apps.v1.DeploymentSpec"]
    assert "integer" == spec["properties"]["replicas"]["type"]
    assert spec["properties"]["replicas"]["description"].startswith("Number of desired pods.")
    assert ["selector", "template"] == sorted(spec["required"])
    top = schemas["io.k8s.api.apps.v1.Deployment"]
    assert [{"group": "apps", "kind": "Deployment", "version": "v1"}] == top["x-kubernetes-group-version-kind"]


def test_openapi_v3_knows_field_validation(cluster):
    """A patch takes fieldValidation, which is how clients find out that they may leave it to the server."""
    paths = cluster.get("/openapi/v3/apis/apps/v1").body["paths"]
    patch = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert "fieldValidation" in {item["name"] for item in patch["parameters"]}


def test_openapi_v2_has_definitions(cluster):
    """/openapi/v2 has everything in one document."""
    body = cluster.get("/openapi/v2").body
    assert "2.0" == body["swagger"]
    container = body["definitions"]["io.k8s.api.core.v1.Container"]
    assert ["name"] == container["required"]
    assert (
        "name"
        == body["definitions"]["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]["x-kubernetes-patch-merge-key"]
    )


def test_index_lists_paths(cluster):
    """/ names what can be asked."""
    assert {"/api", "/api/v1", "/apis", "/apis/apps/v1", "/healthz", "/version"} <= set(cluster.get("/").body["paths"])


@pytest.mark.parametrize("path", ["/nothing", "/apis/nothing", "/apis/apps/v9", "/apis/apps/v1/nothing"])
def test_nothing_is_served_there(cluster, path):
    """A path nobody serves is a 404 in plain text, or a Status below a group."""
    answer = cluster.get(path)
    assert 404 == answer.code


def test_nobody_may_ask(cluster):
    """Without credentials an object is not shown."""
    answer = cluster.get("/api/v1/nodes", http=cluster.nobody)
    assert answer.code in (401, 403)
    assert answer.reason in ("Unauthorized", "Forbidden")


def test_a_wrong_token_is_refused(cluster):
    """A token nobody signed is 401 Unauthorized."""
    answer = cluster.get("/api/v1/nodes", http=cluster.nobody, Authorization="Bearer nonsense")
    assert (401, "Unauthorized", "Unauthorized") == (answer.code, answer.reason, answer.message)
