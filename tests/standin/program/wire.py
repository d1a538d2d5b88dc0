"""Requests of one K3s process to another: over TLS, with the cluster's CA pinned and a token shown.

Not kubectl's way, which has a certificate.
"""

import base64
import contextlib
import http.client
import json
import ssl
from urllib.parse import urlsplit

from . import tokens

TIMEOUT_S = 5.0
PEER_TIMEOUT_S = 1.0


class Refused(Exception):
    """The other side, or the network between, said no; in K3s's words."""


def authority(url, token):
    """Fetch the cluster's CA from a server and compare it with the token's hash, where the token has one."""
    where = url.rstrip("/") + "/cacerts"
    try:
        code, pem = ask(url, "/cacerts")
    except OSError as exc:
        raise Refused(
            f'failed to get CA certs: Get "{where}": dial tcp {urlsplit(url).netloc}: {dialled(exc)}'
        ) from exc
    if code != http.client.OK:
        raise Refused(f"{where}: {code} {http.client.responses[code]}")
    found = tokens.ca_hash(pem)
    if token.ca_hash and token.ca_hash != found:
        raise Refused(f"token CA hash does not match the Cluster CA certificate hash: {token.ca_hash} != {found}")
    return pem.decode()


def dialled(exc):
    """Say in Go's words why no connection was made."""
    if isinstance(exc, TimeoutError):
        return "i/o timeout"
    return {111: "connect: connection refused", 113: "connect: no route to host"}.get(exc.errno, str(exc))


def call(url, path, *, ca, token, user="server", body=None, timeout_s=TIMEOUT_S):
    """Ask a server for something that takes a token; return the code and what JSON came back."""
    secret = base64.b64encode(f"{token.user or user}:{token.password}".encode()).decode()
    code, data = ask(url, path, ca=ca, headers={"Authorization": f"Basic {secret}"}, body=body, timeout_s=timeout_s)
    with contextlib.suppress(ValueError):
        return code, json.loads(data)
    return code, data.decode(errors="replace").strip()


def ask(url, path, *, ca="", headers=(), body=None, timeout_s=TIMEOUT_S, certificate=None, method=""):
    """Send one request and return the code and the bytes of the answer; without a CA nobody is recognised."""
    context = ssl.create_default_context(cadata=ca) if ca else ssl._create_unverified_context()  # noqa: S323 (cacerts is public, and compared with the token's hash)
    if certificate:
        context.load_cert_chain(*certificate)
    parts = urlsplit(url)
    link = http.client.HTTPSConnection(parts.hostname, parts.port or 443, timeout=timeout_s, context=context)
    with contextlib.closing(link):
        text = None if body is None else json.dumps(body)
        link.request(method or ("GET" if body is None else "POST"), path, body=text, headers=dict(headers))
        answer = link.getresponse()
        return answer.status, answer.read()
