"""Port 6443: the supervisor's addresses, which take tokens, and as much of the Kubernetes API as install steps read.

Not a Kubernetes API: nodes, and the pods of packaged components, without watches, selectors or other kinds.
"""

import base64
import hashlib
import hmac
import json
import re
import socket
import ssl
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import nodes
from .service import Fatal, log, version

PORT = 6443
REQUEST_TIMEOUT_S = 30.0
NODE = re.compile(r"^/api/v1/nodes/([^/?]+)$")
REJECTED = (
    "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match server "
    "node-passwd entry, try enabling a unique node name with the --with-node-id flag"
)


class Api(ThreadingHTTPServer):
    """The port; bound when made, answering from `open` on."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("", PORT), Handler, bind_and_activate=False)
        self.server = None
        try:
            self.server_bind()
        except OSError as exc:
            text = f"init cluster datastore and https: listen tcp :{PORT}: bind: address already in use"
            raise Fatal(f"starting kubernetes: preparing server: {text}") from exc

    def open(self, server):
        """Answer from now on, with a server's certificates and what it knows."""
        folder = server.settings.server_dir / "tls"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "serving-kube-apiserver.crt", folder / "serving-kube-apiserver.key")
        context.load_verify_locations(folder / "client-ca.crt")
        context.verify_mode = ssl.CERT_OPTIONAL
        # Without the handshake in accept: a client that says nothing must not keep the others waiting.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.server = server
        self.server_activate()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self):
        """Bind only; the base class also looks the host's name up."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "", PORT

    def handle_error(self, request, client_address):
        """Keep a client that went away to itself."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = REQUEST_TIMEOUT_S

    def do_GET(self):
        """Answer a read."""
        self._answer()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 (the base class's names)

    def log_message(self, *_):
        """Keep requests out of the journal, as K3s does."""

    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        path = self.path.partition("?")[0]
        found = PUBLIC.get(path) or SUPERVISOR.get(path)
        if found:
            code, data = found(self, body) if path in PUBLIC else self._with_token(found, body)
        elif not self.request.getpeercert():
            code, data = status(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        else:
            code, data = kubernetes(self.server.server, self.command, path, body)
        text = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if isinstance(data, bytes) else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _with_token(self, found, body):
        kind, _, secret = self.headers.get("Authorization", "").partition(" ")
        user, _, password = base64.b64decode(secret).decode().partition(":") if kind == "Basic" else ("", "", "")
        server = self.server.server
        allowed = (
            {"server": server.token}
            if found in (bootstrap, sync)
            else {"server": server.token, "node": server.agent_token}
        )
        if not hmac.compare_digest(allowed.get(user, ""), password) or not password:
            return HTTPStatus.UNAUTHORIZED, b"Unauthorized\n"
        return found(self, body)


def status(code, message, reason=""):
    """Compose a Kubernetes Status."""
    said = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return code, {**said, "reason": reason or code.phrase.replace(" ", ""), "code": int(code)}


def bootstrap(handler, asked):
    """Give a joining server the cluster's CAs, its options and its nodes, unless it may not join now."""
    server = handler.server.server
    if not server.etcd:
        return HTTPStatus.UNAUTHORIZED, b"Unauthorized\n"  # K3s: a server on sqlite has nothing to join
    name = asked["name"]
    found = server.store.entry(name)["object"]
    refusal = ""
    if found and nodes.etcd(found):
        refusal = "etcd cluster join failed: duplicate node name found, please use a unique name for this node"
    elif server.store.learner(besides=name):
        refusal = "etcdserver: too many learner members in cluster"
    data = {"refusal": refusal, "critical": server.settings.critical, "files": server.authorities()}
    return HTTPStatus.OK, data | {"nodes": server.store.told(), "agent_token": server.agent_token}


def sync(handler, told):
    """Exchange what two servers know."""
    handler.server.server.store.learn(told)
    return HTTPStatus.OK, handler.server.server.store.told()


def config(handler, _):
    """Tell an agent which servers there are."""
    server = handler.server.server
    return HTTPStatus.OK, {"servers": [server.settings.node_ip, *server.store.peers().values()]}


def announce(handler, asked):
    """Take in a node that begins, or its sign of life."""
    server, name = handler.server.server, asked["name"]
    entry, digest = server.store.entry(name), hashlib.sha256(asked["password"].encode()).hexdigest()
    if entry["password"] and entry["password"] != digest:
        said = f"unable to verify hash for node '{name}': hash does not match"
        log("error", f"Sending HTTP 403 response to {handler.client_address[0]}:{handler.client_address[1]}: {said}")
        return HTTPStatus.FORBIDDEN, REJECTED.encode()
    if asked.get("node"):
        server.store.put(name, merged(entry["object"], asked["node"]), password=digest)
    server.store.hear(name)
    return HTTPStatus.OK, {"known": bool(server.store.entry(name)["object"])}


def merged(old, new):
    """Let a node that was there keep its identity and its labels."""
    if not old:
        return new
    labels = {**old["metadata"]["labels"], **new["metadata"]["labels"]}
    return {**new, "metadata": {**old["metadata"], "labels": labels}}


def kubernetes(server, method, path, body):
    """Answer a request of the Kubernetes API."""
    found = NODE.match(path)
    if found:
        return one_node(server, method, found[1], body)
    plain = PLAIN.get(path)
    return (
        plain(server)
        if plain and method == "GET"
        else status(HTTPStatus.NOT_FOUND, "the server could not find the requested resource")
    )


def one_node(server, method, name, body):
    """Read, change or delete a node."""
    entry = server.store.entry(name)
    if not entry["object"]:
        return status(HTTPStatus.NOT_FOUND, f'nodes "{name}" not found')
    if method == "DELETE":
        server.store.put(name, None)
        return HTTPStatus.OK, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    if method == "PATCH":
        server.store.put(name, patched(entry["object"], body))
    return HTTPStatus.OK, server.store.shown(name)


def patched(old, patch):
    """Apply a merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = patched(kept.get(key), value)
    return kept


def listed(kind, items):
    """Compose a list as the API does."""
    return HTTPStatus.OK, {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {}, "items": items}


PUBLIC = {
    "/ping": lambda _handler, _body: (HTTPStatus.OK, b"pong"),
    "/cacerts": lambda handler, _body: (HTTPStatus.OK, handler.server.server.ca.encode()),
}
SUPERVISOR = {
    "/v1-k3s/server-bootstrap": bootstrap,
    "/v1-k3s/config": config,
    "/v1-standin/sync": sync,
    "/v1-standin/node": announce,
}
PLAIN = {
    **{f"/{name}": lambda _server: (HTTPStatus.OK, b"ok") for name in ("readyz", "livez", "healthz")},
    "/version": lambda _server: (
        HTTPStatus.OK,
        {"major": "1", "minor": version().split(".")[1], "gitVersion": version()},
    ),
    "/api/v1/nodes": lambda server: listed("Node", [server.store.shown(name) for name in server.store.names()]),
    "/api/v1/namespaces/kube-system/pods": lambda server: listed(
        "Pod", nodes.pods(server.settings.words("disable"), server.store.names())
    ),
}
