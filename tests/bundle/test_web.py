"""The way to upstream: proxies as the environment has them, and errors without secrets or noise."""

import ssl

import pytest
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError, SSLError

from edgebook.bundle import web
from edgebook.bundle.download import Download
from edgebook.bundle.web import Web

URL = "https://github.com/k3s-io/k3s"


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, URL, ""),
        ({"https_proxy": "http://proxy:3128"}, URL, "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, URL, "http://proxy:3128"),
        ({"http_proxy": "http://proxy:3128"}, URL, ""),
        ({"all_proxy": "http://proxy:3128"}, URL, "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, URL, "http://proxy:3128"),
        ({"https_proxy": "http://proxy:3128", "no_proxy": "github.com"}, URL, ""),
        ({"https_proxy": "http://proxy:3128", "no_proxy": ".example.com,localhost"}, URL, "http://proxy:3128"),
        ({"http_proxy": "http://proxy:3128", "no_proxy": "*"}, "http://files.example.com/x", ""),
    ],
)
def test_the_environments_proxy_is_used(monkeypatch, environment, url, proxy):
    """In either case of letters, with no_proxy, and with or without a scheme."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy == web.proxy_for(url)


def test_a_download_goes_through_the_proxy(monkeypatch, upstream, tmp_path):
    """The proxy is asked for the whole address, with the user that its own address names."""
    upstream.files["http://files.invalid/k3s"] = b"from afar"
    monkeypatch.setenv("http_proxy", upstream.url.replace("//", "//user:secret@"))
    with Web(at_once=1) as connections:
        Download(connections, "http://files.invalid/k3s", tmp_path / "k3s", pause_s=0.0).run()
    assert b"from afar" == (tmp_path / "k3s").read_bytes()
    assert upstream.headers[0]["Proxy-Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ProtocolError("Connection broken: IncompleteRead(5 bytes read, 5 more expected)"), "Connection broken"),
        (MaxRetryError(None, "/x", NewConnectionError(None, "refused: [Errno 111] Connection refused")), "Connection refused"),
        (MaxRetryError(None, "/x?token=secret", NameResolutionError("github.com", None, OSError())), "cannot be resolved"),
    ],
)  # fmt: skip
def test_an_error_is_told_by_its_cause(error, said):
    """No object's name, no address with its query, and no second cause around it."""
    assert said in web.said(error)
    assert "secret" not in web.said(error)


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (MaxRetryError(None, "/x", SSLError(ssl.SSLCertVerificationError("certificate has expired"))), True),
        (MaxRetryError(None, "/x", NewConnectionError(None, "refused")), False),
        (ProtocolError("broken"), False),
    ],
)
def test_a_wrong_certificate_is_final(error, final):
    """Nothing is gained by asking again; a connection may come back."""
    assert final is web.final(error)


def test_an_address_is_shown_without_secrets():
    """User, password and query are left out."""
    assert "https://files.example.com:8443/k3s" == web.shown("https://me:secret@files.example.com:8443/k3s?sig=secret")
