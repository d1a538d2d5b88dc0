"""Writing over HTTPS: create, update, patch and delete, seen with a plain client."""

import pytest

from tests.kubeapi import node, pod

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
NODES, PODS = "/api/v1/nodes", "/api/v1/namespaces/default/pods"
SOON_S = 0.2


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
