"""The way from a host's kubectl to a cluster's API, and what it says when there is none.

Not TLS: the decision is made from the model.
"""

from __future__ import annotations

import base64
import errno
import socket
from urllib.parse import urlsplit

import yaml

from edgebook.lab.hosts.call import Call
from edgebook.lab.k3s import pace, state
from edgebook.lab.k3s.kubectl.words import Words
from edgebook.lab.k3s.log import stamp
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.k3s.reach import DIAL
from edgebook.lab.k3s.registry import API, registry

REFUSED = "The connection to the server {} was refused - did you specify the right host or port?"
UNREADABLE = (
    "Unable to read /etc/rancher/k3s/k3s.yaml, please start server with --write-kubeconfig-mode "
    "or --write-kubeconfig-group to modify kube config permissions"
)


class ConnectionFailed(Exception):
    """kubectl ends with this text and exit code 1."""


async def connect(call: Call, words: Words) -> ServerProcess:
    """Return the server that answers; raise `ConnectionFailed` with kubectl's text."""
    url, ca_pem = _target(call, words)
    process = await _dial(call, url)
    if ca_pem and ca_pem != process.cluster.ca_pem:
        raise ConnectionFailed(
            "Unable to connect to the server: tls: failed to verify certificate: "
            "x509: certificate signed by unknown authority"
        )
    if not process.serving:
        raise ConnectionFailed("Error from server (ServiceUnavailable): apiserver not ready")
    if not process.healthy():
        await call.world.clock.sleep(pace.DIAL_TIMEOUT_S)
        raise ConnectionFailed("Error from server: etcdserver: request timed out")
    return process


def _target(call: Call, words: Words) -> tuple[str, bytes]:
    path = words.flags.get("kubeconfig") or call.env.get("KUBECONFIG") or state.KUBECONFIG
    if not call.host.files.is_file(path):
        return words.flags.get("server", "http://localhost:8080"), b""
    try:
        text = call.files.text(path)
    except OSError as exc:
        if path == state.KUBECONFIG:
            call.err(f'time="{stamp(call.host.now())}" level=warning msg="{UNREADABLE}"\n')
        raise ConnectionFailed(f'error: error loading config file "{path}": open {path}: permission denied') from exc
    cluster = (yaml.safe_load(text) or {}).get("clusters", [{}])[0].get("cluster", {})
    ca_pem = base64.b64decode(cluster.get("certificate-authority-data", ""))
    return words.flags.get("server") or str(cluster.get("server", "")), ca_pem


async def _dial(call: Call, url: str) -> ServerProcess:
    parts = urlsplit(url)
    name, port = parts.hostname or "localhost", parts.port or 443
    network = call.world.network
    try:
        ip = "127.0.0.1" if name == "localhost" else network.resolve(call.host, name)
        target = network.connect(call.host, ip, port)
    except socket.gaierror as exc:
        text = f"Unable to connect to the server: dial tcp: lookup {name}: no such host"
        raise ConnectionFailed(text) from exc
    except OSError as exc:
        if exc.errno == errno.ECONNREFUSED:
            raise ConnectionFailed(REFUSED.format(f"{name}:{port}")) from exc
        if exc.errno == errno.ETIMEDOUT:
            await call.world.clock.sleep(pace.DIAL_TIMEOUT_S)
        text = f"Unable to connect to the server: dial tcp {ip}:{port}: {DIAL.get(exc.errno or 0, exc.strerror)}"
        raise ConnectionFailed(text) from exc
    process = registry(call.world).servers.get(target.name)
    if process is None or port != API:
        raise ConnectionFailed("Unable to connect to the server: tls: first record does not look like a TLS handshake")
    return process
