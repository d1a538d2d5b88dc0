"""A plain HTTPS client of a cluster that hides nothing, and the objects the contract makes.

Not the contract, and not the clusters; those are fixtures.
"""

import base64
import itertools
import json
import time
import urllib.parse
from dataclasses import dataclass

import urllib3
import yaml

TIMEOUT_S = 15.0
SOON_S = 20.0
STEP_S = 0.05
JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    code: int
    body: dict | str
    headers: dict

    @property
    def reason(self):
        """Return the Status reason."""
        return self.body.get("reason", "")

    @property
    def message(self):
        """Return the Status message."""
        return self.body.get("message", "")

    @property
    def causes(self):
        """Return the fields a 422 names."""
        return [cause.get("field") for cause in self.body["details"].get("causes", ())]

    @property
    def warnings(self):
        """Return the words of the Warning headers."""
        return [text.removeprefix('299 - "').removesuffix('"').replace('\\"', '"') for text in self.headers["warnings"]]


class Cluster:
    """One Kubernetes API and its administrator."""

    def __init__(self, kubeconfig, folder):
        self.kubeconfig = kubeconfig
        config = yaml.safe_load(kubeconfig.read_text())
        server, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.url = server["server"]
        self.files = {
            key: folder / name
            for key, name in (("ca_certs", "ca.pem"), ("cert_file", "admin.pem"), ("key_file", "admin.key"))
        }
        self.files["ca_certs"].write_bytes(base64.b64decode(server["certificate-authority-data"]))
        self.files["cert_file"].write_bytes(base64.b64decode(user["client-certificate-data"]))
        self.files["key_file"].write_bytes(base64.b64decode(user["client-key-data"]))
        self._names = itertools.count(1)
        self.http = self._pool(**{key: str(path) for key, path in self.files.items()})
        self.nobody = self._pool(ca_certs=str(self.files["ca_certs"]))

    def _pool(self, **options):
        return urllib3.PoolManager(retries=False, timeout=TIMEOUT_S, maxsize=8, **options)

    def name(self, prefix="thing"):
        """Return a name nobody has."""
        return f"{prefix}-{next(self._names)}"

    def ask(self, method, path, body=None, *, kind=JSON, accept=JSON, http=None, fields=None, **headers):
        """Send one request and return the answer; `fields` is a query that is still to be quoted."""
        path += f"?{urllib.parse.urlencode(fields)}" if fields else ""
        data = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
        sent = {"Accept": accept, "Content-Type": kind, **headers}
        response = (http or self.http).request(method, self.url + path, body=data, headers=sent)
        found = {**{key.lower(): value for key, value in response.headers.items()}, "warnings": []}
        found["warnings"] = response.headers.getlist("Warning")
        try:
            return Answer(response.status, json.loads(response.data), found)
        except ValueError:
            return Answer(response.status, response.data.decode(errors="replace"), found)

    def get(self, path, **options):
        """GET a path."""
        return self.ask("GET", path, **options)

    def post(self, path, body, **options):
        """POST an object."""
        return self.ask("POST", path, body, **options)

    def make(self, path, body):
        """POST an object that must be made; return it."""
        answer = self.post(path, body)
        assert answer.code in (200, 201), answer
        return answer.body

    def put(self, path, body, **options):
        """PUT an object."""
        return self.ask("PUT", path, body, **options)

    def patch(self, path, body, kind=MERGE, **options):
        """PATCH an object."""
        return self.ask("PATCH", path, body, kind=kind, **options)

    def apply(self, path, body, manager="tester", *, force=False):
        """Apply an object."""
        return self.patch(f"{path}?fieldManager={manager}{'&force=true' if force else ''}", body, APPLY)

    def delete(self, path, body=None, **options):
        """DELETE a path."""
        return self.ask("DELETE", path, body, **options)

    def watch(self, path, *, seconds=1, accept=JSON, until=None):
        """Return the events of a watch that ends by itself, or by an event that `until` accepts."""
        joint = "&" if "?" in path else "?"
        url = f"{self.url}{path}{joint}watch=1&timeoutSeconds={seconds}"
        response = self.http.request("GET", url, headers={"Accept": accept}, preload_content=False)
        events = []
        try:
            for line in _lines(response):
                events.append(json.loads(line))
                if until and until(events[-1]):
                    break
        finally:
            response.close()
        return events

    def until(self, path, true, *, seconds=SOON_S):
        """GET a path until what it answers satisfies a condition; return the answer."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.get(path)
            if true(answer):
                return answer
            assert time.monotonic() < deadline, f"{path}: {answer}"
            time.sleep(STEP_S)


def _lines(response):
    """Yield the lines of a stream as they come."""
    rest = b""
    for chunk in response.stream(amt=None, decode_content=True):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line for line in whole if line)


@dataclass(frozen=True)
class Space:
    """A namespace and the paths below it."""

    name: str
    core: str

    def of(self, group, version="v1"):
        """Return the path of another group in this namespace."""
        return f"/apis/{group}/{version}/namespaces/{self.name}"


def pod(name, **spec):
    """Describe a pod that nobody has to run."""
    containers = [{"name": "main", "image": "registry.k8s.io/pause:3.10"}]
    return {"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": containers, **spec}}


def deployment(name, replicas=0, **spec):
    """Describe a deployment."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod("x")["spec"]}
    return {
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec},
    }


def config(name, **data):
    """Describe a ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
