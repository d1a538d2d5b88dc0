"""The HTTPS API: who may ask, what is served, and the verbs, seen from outside with a plain HTTPS client."""

import json
import ssl
import threading
import time

import pytest
import urllib3

from tests.kubeapi import VERSION, answer, budget, node, pod, running, workload

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
NODES, PODS = "/api/v1/nodes", "/api/v1/namespaces/default/pods"
SOON_S = 0.2


@pytest.fixture
def api(tmp_path):
    """A control plane with one node."""
    with running(tmp_path) as made:
        made.create("nodes", node("a1"))
        yield made


def watched(api, path, *, accept="application/json"):
    """Return the events of a watch that lasts a second."""
    with api.client() as client:
        response = client.request("GET", f"{api.url}{path}", headers={"Accept": accept}, preload_content=False)
        text = b"".join(response.stream(amt=None))
    return [json.loads(line) for line in text.splitlines()]


def later(act, *args):
    """Do something a moment from now, while this thread waits for the server."""
    threading.Timer(SOON_S, act, args).start()


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


# Reading


def test_get_answers_with_the_object(api):
    """The object is as it was stored."""
    assert api.ask("GET", f"{NODES}/a1")[1]["metadata"]["name"] == "a1"


def test_list_has_kind_and_version(api):
    """Items of a built-in list carry no kind, as the real ones do not."""
    _, body = api.ask("GET", NODES)
    assert ("NodeList", "v1", False) == (body["kind"], body["apiVersion"], "kind" in body["items"][0])


def test_lists_come_in_pages(api):
    """limit and continue walk through a list that stays as it was at the first page."""
    for name in ("b1", "c1"):
        api.create("nodes", node(name))
    _, first = api.ask("GET", f"{NODES}?limit=2")
    api.do(api.store.delete, "nodes", "c1")
    _, second = api.ask("GET", f"{NODES}?limit=2&continue={first['metadata']['continue']}")
    names = [[item["metadata"]["name"] for item in page["items"]] for page in (first, second)]
    assert ([["a1", "b1"], ["c1"]], 1) == (names, first["metadata"]["remainingItemCount"])


def test_an_expired_page_is_410(api):
    """A continue token outlives its history with 410."""
    api.create("nodes", node("b1"))
    _, first = api.ask("GET", f"{NODES}?limit=1")
    api.create("nodes", node("c1"))
    api.do(api.store.history.forget, api.store.resource_version)
    status, body = api.ask("GET", f"{NODES}?limit=1&continue={first['metadata']['continue']}")
    assert (410, "Expired") == (status, body["reason"])


@pytest.mark.parametrize("query", ["limit=x", "continue=zzz", "labelSelector=a=b=c", "fieldSelector=spec.nope=1"])
def test_bad_queries_are_400(api, query):
    """What cannot be understood is a BadRequest."""
    assert (400, "BadRequest") == (
        api.ask("GET", f"{NODES}?{query}")[0],
        api.ask("GET", f"{NODES}?{query}")[1]["reason"],
    )


def test_tables_are_for_kubectl(api):
    """A client that wants a Table gets columns, cells and metadata."""
    _, body = api.ask("GET", NODES, accept=TABLE)
    assert ("Table", "a1", "Ready", "PartialObjectMetadata") == (
        body["kind"], *body["rows"][0]["cells"][:2], body["rows"][0]["object"]["kind"],
    )  # fmt: skip


def test_metadata_alone_can_be_had(api):
    """PartialObjectMetadata leaves spec and status out."""
    _, body = api.ask("GET", f"{NODES}/a1", accept="application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")
    assert {"kind", "apiVersion", "metadata"} == set(body)


def test_yaml_can_be_had(api):
    """A client that wants YAML gets it."""
    assert api.ask("GET", f"{NODES}/a1", accept="application/yaml")[1].startswith("kind: Node\n")


def test_protobuf_alone_is_not_acceptable(api):
    """The answer says what is offered."""
    assert api.ask("GET", NODES, accept="application/vnd.kubernetes.protobuf")[0] == 406


# Watching


def test_a_watch_begins_with_what_is_there(api):
    """Without a version, the present objects come first."""
    assert [("ADDED", "a1")] == [
        (event["type"], event["object"]["metadata"]["name"])
        for event in watched(api, f"{NODES}?watch=1&timeoutSeconds=1")
    ]


def test_a_watch_tells_changes_as_they_come(api):
    """An object made during the watch is told."""
    since = api.store.resource_version
    later(api.create, "nodes", node("b1"))
    events = watched(api, f"{NODES}?watch=1&timeoutSeconds=1&resourceVersion={since}")
    assert [("ADDED", "b1")] == [(event["type"], event["object"]["metadata"]["name"]) for event in events]


def test_a_watch_ends_with_a_bookmark(api):
    """A client that takes bookmarks knows how far it has come."""
    events = watched(
        api, f"{NODES}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion={api.store.resource_version}"
    )
    assert [("BOOKMARK", str(api.store.resource_version))] == [
        (event["type"], event["object"]["metadata"]["resourceVersion"]) for event in events
    ]


def test_initial_events_end_with_a_marked_bookmark(api):
    """sendInitialEvents marks where the past ends."""
    events = watched(
        api,
        f"{NODES}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
    )
    assert ["ADDED", "BOOKMARK", "BOOKMARK"] == [event["type"] for event in events]
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_a_watch_from_forgotten_history_is_an_error_event(api):
    """The stream says 410 and ends."""
    api.create("nodes", node("b1"))
    api.do(api.store.history.forget, api.store.resource_version)
    (event,) = watched(api, f"{NODES}?watch=1&timeoutSeconds=5&resourceVersion=1")
    assert ("ERROR", 410) == (event["type"], event["object"]["code"])


def test_a_watch_of_tables_has_its_head_once(api):
    """Only the first event has the column definitions."""
    api.create("nodes", node("b1"))
    first, second = watched(api, f"{NODES}?watch=1&timeoutSeconds=1", accept=TABLE)
    assert (True, None) == (bool(first["object"]["columnDefinitions"]), second["object"]["columnDefinitions"])


def test_stopping_the_server_ends_watches(api):
    """A watch does not hold the server up."""
    later(api.stop)
    began = time.monotonic()
    watched(api, f"{NODES}?watch=1&timeoutSeconds=60")
    assert time.monotonic() - began < 5


# Writing


def test_create_is_201(api):
    """A new object comes back with what the server added."""
    status, body = api.ask("POST", PODS, pod("x"))
    assert (201, "Pending") == (status, body["status"]["phase"])


def test_update_wants_the_name_of_the_path(api):
    """Another name in the body is a BadRequest."""
    status, body = api.ask("PUT", f"{NODES}/a1", node("b1"))
    assert (400, "the name of the object (b1) does not match the name on the URL (a1)") == (status, body["message"])


def test_update_replaces(api):
    """PUT writes all but the status."""
    _, body = api.ask("PUT", f"{NODES}/a1", node("a1", ready="False", unschedulable=True))
    assert (True, "True") == (body["spec"]["unschedulable"], body["status"]["conditions"][0]["status"])


def test_status_is_written_apart(api):
    """PUT of the status subresource writes the status only."""
    _, body = api.ask("PUT", f"{NODES}/a1/status", node("a1", ready="False", unschedulable=True))
    assert ({}, "False") == (body["spec"], body["status"]["conditions"][0]["status"])


@pytest.mark.parametrize(
    ("content_type", "patch"),
    [
        ("application/merge-patch+json", {"metadata": {"labels": {"x": "y"}}}),
        ("application/strategic-merge-patch+json", {"metadata": {"labels": {"x": "y"}}}),
        ("application/json-patch+json", [{"op": "add", "path": "/metadata/labels/x", "value": "y"}]),
    ],
)
def test_three_patch_types_change_an_object(api, content_type, patch):
    """Each content type is understood."""
    assert api.ask("PATCH", f"{NODES}/a1", patch, content_type=content_type)[1]["metadata"]["labels"]["x"] == "y"


def test_apply_takes_yaml(api):
    """Server-side apply reads YAML and creates."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"
    path = "/api/v1/namespaces/default/configmaps/c?fieldManager=me"
    status, body = api.ask("PATCH", path, text, content_type="application/apply-patch+yaml")
    assert (201, "Apply") == (status, body["metadata"]["managedFields"][0]["operation"])


def test_apply_wants_a_manager(api):
    """An apply by nobody is 422."""
    status, body = api.ask("PATCH", f"{NODES}/a1", {}, content_type="application/apply-patch+yaml")
    assert (422, "fieldManager") == (status, body["details"]["causes"][0]["field"])


def test_custom_kinds_take_no_strategic_patch(api):
    """The refusal lists what is taken."""
    path = "/apis/k3s.cattle.io/v1/etcdsnapshotfiles/x"
    status, body = api.ask("PATCH", path, {}, content_type="application/strategic-merge-patch+json")
    assert (415, False) == (status, "strategic" in body["message"])


def test_the_manager_is_the_program_that_asks(api):
    """Without fieldManager, the user agent's first word owns what changed."""
    headers = {"User-Agent": "kubectl/v1.31.0 (linux/amd64)"}
    _, body = api.ask(
        "PATCH",
        f"{NODES}/a1",
        {"metadata": {"labels": {"x": "y"}}},
        content_type="application/merge-patch+json",
        **headers,
    )
    assert ["kubectl"] == [entry["manager"] for entry in body["metadata"]["managedFields"]]


def test_dry_run_changes_nothing(api):
    """dryRun=All answers as if, and stores nothing."""
    status, _ = api.ask("POST", f"{PODS}?dryRun=All", pod("x"))
    assert (201, []) == (status, api.do(api.store.list, "pods"))


def test_delete_answers_with_what_went(api):
    """A deletion is a Status with name and uid."""
    _, body = api.ask("DELETE", f"{NODES}/a1")
    assert ("Success", "a1", "nodes") == (body["status"], body["details"]["name"], body["details"]["kind"])


def test_delete_of_a_pod_answers_with_the_pod(api):
    """Pods come back themselves."""
    api.create("pods", pod("x"))
    assert api.ask("DELETE", f"{PODS}/x")[1]["kind"] == "Pod"


def test_deletecollection_deletes_what_is_selected(api):
    """Only the selected objects go."""
    api.create("pods", pod("x"), pod("y", labels={"app": "db"}))
    api.ask("DELETE", f"{PODS}?labelSelector=app=web")
    assert ["y"] == [item["metadata"]["name"] for item in api.do(api.store.list, "pods")]


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "code"),
    [
        ("POST", PODS, "{not json", "application/json", 400),
        ("POST", PODS, "[]", "application/json", 400),
        ("POST", PODS, {"kind": "Node"}, "application/json", 400),
        ("POST", PODS, {"kind": "Pod", "apiVersion": "apps/v1"}, "application/json", 400),
        ("POST", PODS, "{}", "text/plain", 415),
        ("POST", PODS, "{}", "application/vnd.kubernetes.protobuf", 400),
        ("POST", PODS, "x" * (4 * 1024 * 1024), "application/json", 413),
        ("POST", f"{PODS}/x", {}, "application/json", 405),
        ("PUT", NODES, {}, "application/json", 405),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", None, "application/json", 405),
        ("PATCH", f"{NODES}/a1", {}, "text/plain", 415),
        ("POST", f"{PODS}?dryRun=Some", {}, "application/json", 422),
        ("PATCH", f"{NODES}/nope", {}, "application/merge-patch+json", 404),
        ("DELETE", f"{NODES}/nope", None, "application/json", 404),
    ],
)
def test_bad_input_has_its_real_code(api, method, path, body, content_type, code):
    """Each mistake has the code of the real API, and the server lives on."""
    assert (code, 200) == (api.ask(method, path, body, content_type=content_type)[0], api.ask("GET", NODES)[0])


def test_a_failing_handler_is_a_500_and_no_more(api, caplog):
    """An error of the server itself is answered, logged, and survived."""
    api.server._api.logs = None
    api.create("pods", pod("x", on="a1"))
    status, body = api.ask("GET", f"{PODS}/x/log")
    assert (500, "InternalError", 200) == (status, body["reason"], api.ask("GET", NODES)[0])


# Below an object


def test_scale_shows_and_sets_replicas(api):
    """A workload is scaled without knowing its kind."""
    api.create("deployments", workload("web", replicas=2))
    path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    _, scale = api.ask("GET", path)
    scale["spec"]["replicas"] = 5
    _, scaled = api.ask("PUT", path, scale)
    assert ("app=web", 5) == (scale["status"]["selector"], scaled["spec"]["replicas"])


def test_scale_takes_a_patch(api):
    """kubectl scale patches."""
    api.create("deployments", workload("web"))
    path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    api.ask("PATCH", path, {"spec": {"replicas": 7}}, content_type="application/merge-patch+json")
    assert api.do(api.store.get, "deployments", "web")["spec"]["replicas"] == 7


def test_scale_below_zero_is_422(api):
    """There are no negative replicas."""
    api.create("deployments", workload("web"))
    path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    assert api.ask("PATCH", path, {"spec": {"replicas": -1}}, content_type="application/merge-patch+json")[0] == 422


def test_eviction_deletes(api):
    """A pod nobody protects goes."""
    api.create("pods", pod("x", on="a1"))
    status, body = api.ask(
        "POST", f"{PODS}/x/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "x"}}
    )
    assert (201, "Success", []) == (status, body["status"], api.do(api.store.list, "pods"))


def test_eviction_honours_budgets(api):
    """A protected pod stays, with 429."""
    api.create("pods", pod("x", on="a1"))
    api.create("pdb", budget("b", minAvailable=1))
    status, body = api.ask("POST", f"{PODS}/x/eviction", {"metadata": {"name": "x"}})
    assert (429, "Cannot evict pod as it would violate the pod's disruption budget.") == (status, body["message"])


def test_binding_puts_a_pod_on_a_node_once(api):
    """A bound pod is not bound again."""
    api.create("pods", pod("x"))
    bind = {"metadata": {"name": "x"}, "target": {"kind": "Node", "name": "a1"}}
    codes = [api.ask("POST", f"{PODS}/x/binding", bind)[0] for _ in range(2)]
    assert ([201, 409], "a1") == (codes, api.do(api.store.get, "pods", "x")["spec"]["nodeName"])


def test_finalize_frees_a_namespace(api):
    """The finalize subresource writes a namespace's finalizers."""
    api.create("namespaces", {"metadata": {"name": "shop"}})
    _, body = api.ask(
        "PUT", "/api/v1/namespaces/shop/finalize", {"metadata": {"name": "shop"}, "spec": {"finalizers": []}}
    )
    assert body["spec"]["finalizers"] == []


def test_everybody_may_do_everything(api):
    """SelfSubjectAccessReview says yes."""
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert api.ask("POST", path, {"spec": {"resourceAttributes": {"verb": "delete"}}})[1]["status"]["allowed"]


def test_two_heads_serve_one_store(api, tmp_path):
    """What is written through one server is read through another."""
    (tmp_path / "other").mkdir()
    with running(tmp_path / "other") as other:
        other.server._api.store = api.store
        api.ask("POST", PODS, pod("x"))
        assert other.ask("GET", f"{PODS}/x")[0] == 200
