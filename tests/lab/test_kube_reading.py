"""Reading over HTTPS: get, list and watch, in every form, seen with a plain client."""

import contextlib
import json
import threading
import time

import pytest

from tests.kubeapi import node

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
NODES, PODS = "/api/v1/nodes", "/api/v1/namespaces/default/pods"
SOON_S = 0.2


def watched(api, path, *, accept="application/json"):
    """Return the events of a watch that lasts a second."""
    with api.client() as client:
        response = client.request("GET", f"{api.url}{path}", headers={"Accept": accept}, preload_content=False)
        text = b"".join(response.stream(amt=None))
    return [json.loads(line) for line in text.splitlines()]


@contextlib.contextmanager
def later(act, *args):
    """Do something a moment from now, while this thread waits for the server; it is done when the block ends."""
    timer = threading.Timer(SOON_S, act, args)
    timer.start()
    yield
    timer.join()


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
    with later(api.create, "nodes", node("b1")):
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
    began = time.monotonic()
    with later(api.stop):
        watched(api, f"{NODES}?watch=1&timeoutSeconds=60")
    assert time.monotonic() - began < 5
