"""The HTTPS API: who may ask, what is served, and the verbs, seen from outside with a plain HTTPS client."""

import ssl

import pytest
import urllib3

from tests.kubeapi import VERSION, answer

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
NODES, PODS = "/api/v1/nodes", "/api/v1/namespaces/default/pods"
SOON_S = 0.2


# Who may ask


def test_nobody_is_refused(api):
    """Without credentials everything but the public paths is 401."""
    with api.client("") as client:
        status, body = answer(client, "GET", api.url + "/version")
    assert (401, "Unauthorized", "Unauthorized") == (status, body["reason"], body["message"])


def test_public_paths_need_no_credentials(api):
    """K3s answers /ping to everybody."""
    with api.client("") as client:
        assert answer(client, "GET", api.url + "/ping") == (200, "pong")


def test_a_bearer_token_is_enough(api):
    """A fixed token stands for its user."""
    with api.client("") as client:
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        headers = {"Authorization": "Bearer open-sesame", "Content-Type": "application/json"}
        _, body = answer(client, "POST", api.url + "/apis/authentication.k8s.io/v1/selfsubjectreviews", asked, headers)
    assert {"username": "robot", "groups": ["robots"]} == body["status"]["userInfo"]


def test_an_expired_certificate_is_401(api):
    """The real API lets TLS pass and refuses the user; so does this one."""
    api.write_kubeconfig("old", api.pki.issue_client("system:admin", ("system:masters",), days=-1))
    with api.client("old") as client:
        assert answer(client, "GET", api.url + NODES)[0] == 401


def test_a_strangers_certificate_does_not_connect(api, tmp_path):
    """A certificate of another cluster's authority ends the connection."""
    other = type(api.pki).new(api.store.now)
    api.write_kubeconfig("stranger", other.issue_client("system:admin", ("system:masters",)))
    with api.client("stranger") as client, pytest.raises((urllib3.exceptions.HTTPError, ssl.SSLError)):
        answer(client, "GET", api.url + NODES)


def test_a_service_accounts_token_is_known(api):
    """A token issued for an account names the account."""
    api.create("serviceaccounts", {"metadata": {"name": "bot", "namespace": "default"}})
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    _, issued = api.ask("POST", "/api/v1/namespaces/default/serviceaccounts/bot/token", asked)
    review = {"spec": {"token": issued["status"]["token"]}}
    _, body = api.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    assert body["status"]["user"]["username"] == "system:serviceaccount:default:bot"


def test_a_forged_token_is_unknown(api):
    """A token with another signature is nobody's."""
    _, body = api.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": "a.b.c"}})
    assert "authenticated" not in body["status"]


# Health and discovery


def test_version_is_the_given_one(api):
    """gitVersion, major and minor come from one text."""
    _, body = api.ask("GET", "/version")
    assert (VERSION, "1", "31") == (body["gitVersion"], body["major"], body["minor"])


@pytest.mark.parametrize("endpoint", ["livez", "readyz", "healthz"])
def test_health_is_ok(api, endpoint):
    """A healthy API says ok and no more."""
    assert api.ask("GET", f"/{endpoint}") == (200, "ok")


def test_health_is_verbose_when_asked(api):
    """?verbose lists every check."""
    _, text = api.ask("GET", "/readyz?verbose")
    assert ("[+]ping ok", "readyz check passed") == (text.splitlines()[0], text.splitlines()[-1])


def test_without_quorum_readyz_names_etcd(api):
    """The failing check is etcd's."""
    api.healthy = False
    status, text = api.ask("GET", "/readyz")
    assert (500, True, True) == (
        status,
        "[-]etcd failed: reason withheld" in text,
        text.endswith("readyz check failed\n"),
    )


def test_a_check_can_be_left_out(api):
    """?exclude=etcd asks about the rest."""
    api.healthy = False
    assert api.ask("GET", "/livez?exclude=etcd") == (200, "ok")


def test_without_quorum_objects_time_out(api):
    """Reads and writes end with etcd's own words."""
    api.healthy = False
    status, body = api.ask("GET", NODES)
    assert (500, "etcdserver: request timed out") == (status, body["message"])


def test_discovery_lists_resources_and_what_lies_below(api):
    """The core group has nodes with their short name, and pods' eviction of another group."""
    _, body = api.ask("GET", "/api/v1")
    found = {item["name"]: item for item in body["resources"]}
    assert (["no"], "policy", "Eviction") == (
        found["nodes"]["shortNames"], found["pods/eviction"]["group"], found["pods/eviction"]["kind"],
    )  # fmt: skip


def test_aggregated_discovery_is_one_document(api):
    """A client that asks for it gets all groups at once."""
    _, body = api.ask("GET", "/apis", accept=DISCOVERY)
    groups = {item["metadata"]["name"] for item in body["items"]}
    assert ("APIGroupDiscoveryList", True) == (body["kind"], {"apps", "policy", "k3s.cattle.io"} <= groups)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api", "APIVersions"),
        ("/apis", "APIGroupList"),
        ("/apis/apps", "APIGroup"),
        ("/apis/apps/v1", "APIResourceList"),
    ],
)
def test_discovery_goes_step_by_step_too(api, path, kind):
    """Each level answers with its kind."""
    assert api.ask("GET", path)[1]["kind"] == kind


def test_openapi_tells_that_patches_take_field_validation(api):
    """kubectl looks for this parameter before it applies anything."""
    _, index = api.ask("GET", "/openapi/v3")
    _, body = api.ask("GET", index["paths"]["apis/apps/v1"]["serverRelativeURL"])
    patch = body["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert "fieldValidation" in [item["name"] for item in patch["parameters"]]


@pytest.mark.parametrize("path", ["/nope", "/apis/nope", "/apis/nope/v1", "/openapi/v3/apis/nope/v1"])
def test_unknown_paths_are_404(api, path):
    """Where nothing is served, the answer is the real one's text."""
    assert api.ask("GET", path) == (404, "404 page not found\n")


@pytest.mark.parametrize("path", ["/api/v1/frobs", "/api/v1/namespaces/default/nodes", "/api/v1/nodes/a1/frob"])
def test_unknown_resources_are_404(api, path):
    """A resource that is not served is NotFound."""
    assert (404, "NotFound") == (api.ask("GET", path)[0], api.ask("GET", path)[1]["reason"])
