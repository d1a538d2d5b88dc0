"""A Kubernetes API of the practice site in a thread, and objects to put into it: for tests of both sides of the wire."""

import asyncio
import contextlib
import json
import threading
from datetime import UTC, datetime, timedelta

import urllib3

from edgebook.lab.kube.api import KubeServer
from edgebook.lab.kube.auth import User
from edgebook.lab.kube.logs import Entry, Written
from edgebook.lab.kube.pki import Pki, kubeconfig
from edgebook.lab.kube.store import new_store

VERSION = "v1.31.9+k3s1"
NOW = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
STOP_S = 5.0


def real_now():
    """Return the time that TLS clients go by."""
    return datetime.now(UTC)


def fixed_now():
    """Return the same time always."""
    return NOW


def store():
    """Return a store whose clock stands still."""
    return new_store(fixed_now)


def node(name, *, ready="True", roles=(), **spec):
    """Describe a node."""
    labels = {"kubernetes.io/hostname": name, **{f"node-role.kubernetes.io/{role}": "true" for role in roles}}
    info = {"kubeletVersion": VERSION, "osImage": "Debian GNU/Linux 12 (bookworm)"}
    conditions = [{"type": "Ready", "status": ready, "message": "kubelet is posting ready status"}]
    status = {
        "conditions": conditions,
        "nodeInfo": info,
        "addresses": [{"type": "InternalIP", "address": "10.20.0.11"}],
    }
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}


def pod(name, *, on="", namespace="default", owner=None, labels=None, ready="True", volumes=()):
    """Describe a running pod of one container."""
    meta = {"name": name, "namespace": namespace, "labels": labels or {"app": "web"}}
    if owner:
        meta["ownerReferences"] = [reference(owner)]
    spec = {"nodeName": on, "containers": [{"name": "main", "image": "nginx:1.27"}], "volumes": list(volumes)}
    return {
        "metadata": meta,
        "spec": spec,
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]},
    }


def workload(name, *, replicas=2, namespace="default"):
    """Describe a ReplicaSet, DaemonSet, Deployment or StatefulSet."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "nginx:1.27"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def budget(name, **spec):
    """Describe a disruption budget over the pods labelled app=web."""
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }


def reference(owner):
    """Return what a dependent writes about its controller."""
    meta = owner["metadata"]
    head = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True}
    return {**head, "name": meta["name"], "uid": meta["uid"]}


def three_lines(pod, container, previous):
    """Return a log of three lines, one second apart, which says what it was asked for."""
    run = "previous" if previous else container
    first = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}/{run}"
    lines = (first, "second", "third")
    return Written(tuple(Entry(NOW + timedelta(seconds=number), text) for number, text in enumerate(lines)))


class RunningApi:
    """One control plane in a thread of its own; everything that touches its store goes through `do`."""

    def __init__(self, folder):
        self.folder = folder
        self.healthy = True
        self.store = new_store(real_now)
        self.pki = Pki.new(real_now)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server = self._server()
        self.port = self._wait(self.server.start())
        self.url = f"https://127.0.0.1:{self.port}"
        (folder / "ca.pem").write_text(self.pki.ca_pem)
        self.kubeconfig = self.write_kubeconfig(
            "kubeconfig", self.pki.issue_client("system:admin", ("system:masters",))
        )

    def _server(self):
        return KubeServer(
            self.store,
            self.pki,
            VERSION,
            lambda: self.healthy,
            real_now,
            public={"/ping": lambda: b"pong"},
            tokens={"open-sesame": User("robot", ("robots",))},
            logs=three_lines,
        )

    def write_kubeconfig(self, name, issued):
        """Write a kubeconfig, and the certificate and key on their own."""
        path = self.folder / name
        path.write_text(kubeconfig(self.url, self.pki.ca_pem, issued))
        (self.folder / f"{name}.crt").write_text(issued.cert_pem)
        (self.folder / f"{name}.key").write_text(issued.key_pem)
        return path

    def _wait(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(STOP_S)

    def do(self, act, *args, **options):
        """Call something in the server's thread."""

        async def call():
            return act(*args, **options)

        return self._wait(call())

    def create(self, kind, *objects):
        """Put objects into the store; return the last."""
        return [self.do(self.store.create, kind, obj) for obj in objects][-1]

    def stop(self):
        """Stop the server; its port refuses then."""
        self._wait(self.server.stop())

    def start_again(self):
        """Start another server of the same cluster on the same port."""
        self.server = self._server()
        self._wait(self.server.start(port=self.port))

    def close(self):
        """Stop everything."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_S)
        self._loop.close()

    def client(self, name="kubeconfig"):
        """Return a plain HTTPS client with a client certificate, or without one."""
        files = (
            {"cert_file": str(self.folder / f"{name}.crt"), "key_file": str(self.folder / f"{name}.key")}
            if name
            else {}
        )
        return urllib3.PoolManager(ca_certs=str(self.folder / "ca.pem"), retries=False, timeout=STOP_S, **files)

    def ask(self, method, path, body=None, *, content_type="application/json", accept="application/json", **headers):
        """Send one request as the administrator; return status and JSON, or text where it is none."""
        with self.client() as client:
            return answer(
                client, method, self.url + path, body, {"Accept": accept, "Content-Type": content_type, **headers}
            )


def answer(client, method, url, body=None, headers=None):
    """Send one request; return status and JSON, or text where it is none."""
    data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
    response = client.request(method, url, body=data, headers=headers or {})
    try:
        return response.status, json.loads(response.data)
    except ValueError:
        return response.status, response.data.decode()


@contextlib.contextmanager
def running(folder):
    """Run an API as long as the block lasts."""
    api = RunningApi(folder)
    try:
        yield api
    finally:
        api.close()
