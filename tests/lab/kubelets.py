"""A kubelet's machine for tests: a clock the test turns, images it has, and a registry that is up or not."""

from datetime import UTC, datetime, timedelta

from edgebook.lab.kube.kubelet.worker import ByNode, PodWorker
from edgebook.lab.kube.store import new_store

NOW = datetime(2026, 1, 15, 8, tzinfo=UTC)
OFFLINE = "rpc error: code = Unknown desc = no route"


class FakeMachine:
    """A host that does what the test says."""

    def __init__(self, name="n1"):
        self.name, self.now_s, self.network_ready, self.epoch = name, 0.0, True, 0
        self.images, self.problem = set(), ""

    def elapsed_s(self):
        """Return the test's time."""
        return self.now_s

    def wall(self, at_s):
        """Return the time of day, as if practice seconds were seconds."""
        return NOW + timedelta(seconds=at_s)

    def real_s(self, seconds):
        """Return how long seconds take, as if practice seconds were seconds."""
        return seconds

    def has_image(self, image):
        """Return whether an image is there."""
        return image in self.images

    def pull_image(self, image):
        """Get an image, or say what is wrong."""
        if not self.problem:
            self.images.add(image)
        return self.problem

    def fetch(self, url):
        """Ask a web server, or say what is wrong."""
        return self.problem


class Node:
    """One node with its kubelet, on a store of its own."""

    def __init__(self):
        self.machine = FakeMachine()
        self.store = new_store(lambda: self.machine.wall(self.machine.now_s), graceful_pods=True)
        spec = {"podCIDR": "10.42.1.0/24"}
        status = {"addresses": [{"type": "InternalIP", "address": "10.20.0.21"}]}
        self.store.create("nodes", {"metadata": {"name": "n1"}, "spec": spec, "status": status})
        self.worker = PodWorker(self.store, self.machine, ByNode(self.store))

    def run(self, name, image="nginx:1.27", *, spec=None, **container):
        """Bind a pod of one container to the node."""
        containers = [{"name": "main", "image": image, **container}]
        body = {
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": containers, "nodeName": "n1"},
        }
        body["spec"] |= spec or {}
        self.store.create("pods", body)

    def pass_s(self, seconds, step_s=1.0):
        """Let time pass."""
        for _ in range(int(seconds / step_s)):
            self.machine.now_s += step_s
            self.worker.tick()

    def status(self, name):
        """Return a pod's status."""
        return self.store.get("pods", name)["status"]

    def main(self, name):
        """Return the status of a pod's first container."""
        return self.status(name)["containerStatuses"][0]

    def ready(self, name):
        """Return whether a pod is ready."""
        return next(item for item in self.status(name)["conditions"] if item["type"] == "Ready")["status"] == "True"

    def events(self, reason):
        """Return what was said for a reason, and how often."""
        found = [item for item in self.store.list("events") if item["reason"] == reason]
        return {item["message"]: item["count"] for item in found}
