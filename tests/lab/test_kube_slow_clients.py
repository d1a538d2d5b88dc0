"""Clients that are slow, go away or stop in the middle: others do not wait for them, and nothing of them stays."""

import contextlib
import json
import socket
import ssl
import time

import pytest

from edgebook.lab.kube import api as server
from edgebook.lab.kube import calls, reading, watches
from tests.kubeapi import running

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
SOON_S = 10.0
HEAD = f"POST {CONFIGMAPS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
LARGE = "x" * 1_000_000


@pytest.fixture
def api(tmp_path):
    """A control plane."""
    with running(tmp_path) as made:
        yield made


@contextlib.contextmanager
def connected(api):
    """Connect with a client certificate and nothing else."""
    context = ssl.create_default_context(cafile=str(api.folder / "ca.pem"))
    context.load_cert_chain(api.folder / "kubeconfig.crt", api.folder / "kubeconfig.key")
    raw = socket.create_connection(("127.0.0.1", api.port), SOON_S)
    with raw, context.wrap_socket(raw, server_hostname="localhost") as sock:
        yield sock


def until(true):
    """Wait until something is so."""
    deadline = time.monotonic() + SOON_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def answered(sock):
    """Return what comes before the server closes the connection."""
    parts = []
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while part := sock.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def watching(api):
    """Count the open watches on both sides of the server."""
    return len(api.server._api.closers), sum(map(len, api.store.history._listening.values()))


def make(api, name, **data):
    """Put a ConfigMap into the store."""
    api.create("configmaps", {"metadata": {"name": name, "namespace": "default"}, "data": data})


def test_a_body_that_comes_byte_by_byte_is_read(api):
    """While it comes, others are answered; in the end it is stored."""
    body = json.dumps({"metadata": {"name": "slow"}}).encode()
    with connected(api) as sock:
        sock.sendall((HEAD % len(body)).encode())
        for index, byte in enumerate(body):
            sock.sendall(bytes([byte]))
            if index % 10 == 0:
                assert 404 == api.ask("GET", f"{CONFIGMAPS}/slow")[0]
        assert sock.recv(100).startswith(b"HTTP/1.1 201 Created")
    assert 200 == api.ask("GET", f"{CONFIGMAPS}/slow")[0]


def test_half_a_body_is_nothing(api):
    """A client that goes away in the middle of a body has written nothing."""
    before = api.store.resource_version
    with connected(api) as sock:
        sock.sendall((HEAD % 100).encode() + b'{"metadata": {"name": "half"}}')
    assert 404 == api.ask("GET", f"{CONFIGMAPS}/half")[0]
    assert before == api.store.resource_version


def test_a_body_that_does_not_end_is_504(api, monkeypatch):
    """After the request's time a Status says that it is over."""
    monkeypatch.setattr(calls, "BODY_S", 0.3)
    with connected(api) as sock:
        sock.sendall((HEAD % 100).encode() + b"{")
        assert sock.recv(100).startswith(b"HTTP/1.1 504 Gateway Timeout")


@pytest.mark.parametrize("sent", [b"", b"GET /api HTTP/1.1\r\nHo"])
def test_a_request_without_end_is_left(api, monkeypatch, sent):
    """Who sends no whole head in time is not waited for; who has sent one stays connected."""
    monkeypatch.setattr(server, "HEAD_S", 1.0)
    with connected(api) as idle, connected(api) as heard:
        heard.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert heard.recv(1_000).startswith(b"HTTP/1.1 200 OK")
        idle.sendall(sent)
        assert b"" == answered(idle)
        heard.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert heard.recv(1_000).startswith(b"HTTP/1.1 200 OK")
    until(lambda: not api.server._silent)


@pytest.mark.parametrize(
    "sent",
    [b"\x00\x01\x02\r\n\r\n", b"GE@T / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"],
)
def test_what_is_no_request_is_400(api, sent):
    """Bytes that are no HTTP end with a bad request, and the server lives."""
    with connected(api) as sock:
        sock.sendall(sent)
        assert b" 400 Bad Request" in sock.recv(1_000)
    assert (200, "ok") == api.ask("GET", "/livez")


def test_a_long_line_is_read(api):
    """A selector of twenty thousand letters is refused for what it says, not for its length."""
    status, body = api.ask("GET", f"/api/v1/pods?labelSelector={'a' * 20_000}")
    assert (400, True) == (status, "name part must be no more than 63 characters" in body["message"])


def test_watches_that_are_dropped_leave_nothing(api):
    """When clients go away, nobody listens for them any more."""
    for _ in range(20):
        with connected(api) as sock:
            sock.sendall(f"GET {CONFIGMAPS}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert sock.recv(100).startswith(b"HTTP/1.1 200 OK")
    until(lambda: (0, 0) == watching(api))
    make(api, "after")
    assert (200, "ok") == api.ask("GET", "/livez")


def test_a_watch_that_is_not_read_is_left(api, monkeypatch):
    """A client that takes nothing is dropped after a while; others see every event meanwhile."""
    monkeypatch.setattr(reading, "STALLED_S", 0.5)
    with connected(api) as deaf, connected(api) as reader:
        for sock in (deaf, reader):
            sock.sendall(f"GET {CONFIGMAPS}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        seen = b""
        for number in range(20):
            make(api, f"large-{number}", x=LARGE)
            while f'"name":"large-{number}"'.encode() not in seen:
                seen = seen[-100:] + reader.recv(1_000_000)
        until(lambda: (1, 1) == watching(api))
    until(lambda: (0, 0) == watching(api))


def test_a_watch_that_falls_behind_is_ended(api, monkeypatch):
    """Events that wait for one client are bounded in number: then it is told nothing more."""
    monkeypatch.setattr(watches, "PENDING_EVENTS", 50)
    monkeypatch.setattr(reading, "STALLED_S", 0.5)
    with connected(api) as deaf:
        deaf.sendall(f"GET {CONFIGMAPS}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert deaf.recv(10).startswith(b"HTTP/1.1")
        for number in range(80):
            make(api, f"large-{number}", x=LARGE)
        until(lambda: (0, 0) == watching(api))
    assert (200, "ok") == api.ask("GET", "/livez")
