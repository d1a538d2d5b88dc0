"""Requests nobody meant to send, over HTTPS: whatever comes, the server answers and keeps its store whole."""

import json
import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kubeapi import node, pod, running
from tests.lab.oddrequests import DEFINITION, REQUEST


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """A control plane with a node, two pods and two ConfigMaps."""
    with running(tmp_path_factory.mktemp("fuzz")) as made:
        made.create("nodes", node("a"))
        made.create("customresourcedefinitions", DEFINITION)
        made.create("pods", pod("a", on="a"), pod("b"))
        made.create("configmaps", *({"metadata": {"name": name, "namespace": "default"}} for name in "ab"))
        with made.client() as client:
            made.pool = client
            yield made


def ask(api, method, path, query, content_type, accept, body):
    """Send one request; return the status, the content type and the body."""
    url = api.url + path + ("?" + urllib.parse.urlencode(query) if query else "")
    headers = {"Content-Type": content_type, "Accept": accept}
    answer = api.pool.request(method, url, body=body, headers=headers)
    return answer.status, answer.headers.get("Content-Type", ""), answer.data


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(REQUEST, min_size=1, max_size=6))
def test_every_request_is_answered(api, requests):
    """An answer is an object, a Status with its code, or a short text; a refusal changes nothing; versions only grow."""
    for request in requests:
        before = api.store.resource_version
        status, kind, raw = ask(api, *request)
        after = api.store.resource_version
        assert before <= after
        if status >= 400:
            assert before == after, request
        if kind.startswith("application/json") and request[0] != "HEAD":
            body = json.loads(raw)
            assert status < 400 or (body["kind"], body["code"]) == ("Status", status), request
            assert body.get("reason") != "InternalError", (request, body)
    for item in api.do(lambda: [held for table in api.store._tables.values() for held in table.values()]):
        meta = item.obj["metadata"]
        assert all(isinstance(meta[key], str) and meta[key] for key in ("name", "uid", "resourceVersion"))
        assert int(meta["resourceVersion"]) <= api.store.resource_version
        assert json.loads(json.dumps(item.obj, allow_nan=False)) == item.obj
