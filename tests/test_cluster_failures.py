"""Answers of the API and errors of the connection, in our words."""

import json

import pytest
import urllib3.exceptions

from edgebook.cluster.failures import broken, refused, translated
from edgebook.errors import (
    ClusterDenied,
    ClusterError,
    ClusterUnreachable,
    ObjectConflict,
    ObjectInvalid,
    ObjectNotFound,
)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, ObjectInvalid),
        (401, ClusterDenied),
        (403, ClusterDenied),
        (404, ObjectNotFound),
        (405, ClusterError),
        (409, ObjectConflict),
        (422, ObjectInvalid),
        (500, ClusterError),
        (503, ClusterUnreachable),
        (504, ClusterUnreachable),
    ],
)
def test_each_code_has_its_error(code, error):
    """The table decides by status code."""
    assert error is type(translated("GET /x", refused(code, b'{"message":"why"}')))


def test_the_error_says_what_was_tried_and_what_came_back():
    """Place, code and message stand in one line."""
    body = json.dumps({"message": 'nodes "b1" not found'}).encode()
    assert translated("lab:6443: GET /x", refused(404, body)).message == 'lab:6443: GET /x: 404 nodes "b1" not found'


def test_a_lost_quorum_is_unreachable():
    """A 500 in etcd's words is told apart from other failures."""
    answer = refused(500, b'{"message":"etcdserver: request timed out"}')
    assert isinstance(translated("GET /x", answer), ClusterUnreachable)


def test_what_is_no_status_is_kept_as_text():
    """A load balancer's page is shown as it came."""
    assert translated("GET /x", refused(503, b"<html>Bad</html>")).message == "GET /x: 503 <html>Bad</html>"


def test_causes_name_their_fields():
    """Of a long answer the fields are what matters."""
    causes = [{"field": "spec.a", "message": "Required value"}, {"field": "spec.b", "message": "Invalid value: 1"}]
    body = json.dumps({"message": "x" * 1000, "details": {"causes": causes}}).encode()
    assert translated("PUT /x", refused(422, body)).message.endswith("spec.a: Required value; spec.b: Invalid value: 1")


@pytest.mark.parametrize(
    ("theirs", "hint"),
    [
        (urllib3.exceptions.SSLError("bad"), "tls-san"),
        (urllib3.exceptions.ReadTimeoutError(None, "/", "slow"), "is K3s running"),
        (urllib3.exceptions.ProxyError("no", OSError()), "no_proxy"),
        (ConnectionResetError("reset"), "is K3s running"),
    ],
)
def test_each_broken_connection_has_a_hint(theirs, hint):
    """The hint depends on what broke."""
    assert hint in broken("GET /x", theirs).hint
