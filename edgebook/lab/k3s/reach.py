"""What a joining host does before it belongs: reach a server, trust its CA, show its token.

Not the joining itself: these are the refusals, in K3s's words.
"""

from __future__ import annotations

import errno
import socket
from urllib.parse import urlsplit

from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s import tokens
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.log import stamp
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.k3s.registry import API, Registry

DIAL = {
    errno.ECONNREFUSED: "connect: connection refused",
    errno.EHOSTUNREACH: "connect: no route to host",
    errno.ENETUNREACH: "connect: network is unreachable",
    errno.ENETDOWN: "connect: network is down",
    errno.ETIMEDOUT: "i/o timeout",
}
X509 = "tls: failed to verify certificate: x509: certificate has expired or is not yet valid"


class JoinError(Exception):
    """Why a host cannot join; `slow` when only a time-out told."""

    def __init__(self, message: str, *, slow: bool = False) -> None:
        super().__init__(message)
        self.slow = slow


def endpoint(url: str) -> tuple[str, int]:
    """Read host and port from a server's URL; raise `JoinError` for what is no https URL."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise JoinError(f"only https:// URLs are supported, invalid scheme: {url}")
    return parts.hostname or "", parts.port or 443


def dial(registry: Registry, source: Host, url: str, *, shown: str = "") -> ServerProcess:
    """Return the server a URL leads to; raise `JoinError` as K3s tells it."""
    name, port = endpoint(url)
    where = f'failed to get CA certs: Get "{shown or url.rstrip("/")}/cacerts": '
    try:
        address = registry.world.network.resolve(source, name)
    except socket.gaierror as exc:
        raise JoinError(f"{where}dial tcp: lookup {name}: no such host") from exc
    try:
        target = registry.world.network.connect(source, address, port)
    except OSError as exc:
        slow = exc.errno == errno.ETIMEDOUT
        raise JoinError(
            f"{where}dial tcp {address}:{port}: {DIAL.get(exc.errno or 0, exc.strerror)}", slow=slow
        ) from exc
    process = registry.servers.get(target.name)
    if process is None or port != API:
        raise JoinError(f"{where}tls: first record does not look like a TLS handshake")
    _check_clock(source, process.cluster, shown or url.rstrip("/"))
    return process


def _check_clock(source: Host, cluster: Cluster, url: str) -> None:
    now = source.now()
    if cluster.born <= now <= cluster.expires:
        return
    relation = f"before {stamp(cluster.born)}" if now < cluster.born else f"after {stamp(cluster.expires)}"
    raise JoinError(f'CA cert validation failed: Get "{url}/cacerts": {X509}: current time {stamp(now)} is {relation}')


def check_ca(token: tokens.Token, cluster: Cluster) -> None:
    """Compare the token's CA hash, if it has one, with the server's CA."""
    seen = tokens.ca_hash(cluster.ca_pem)
    if token.ca_hash and token.ca_hash != seen:
        raise JoinError(f"token CA hash does not match the Cluster CA certificate hash: {token.ca_hash} != {seen}")
