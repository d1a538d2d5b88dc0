"""A cluster's store with its controllers, without hosts or a server: for tests of controllers.

The clock stands still until a test turns it.
"""

from datetime import UTC, datetime, timedelta

from edgebook.lab.kube.controllers.workloads import Workloads
from edgebook.lab.kube.kubelet.worker import ByNode, PodWorker
from edgebook.lab.kube.store import new_store
from edgebook.lab.kube.trees import condition
from tests.lab.kubelets import FakeMachine

BEGAN = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
READY = [{"type": "Ready", "status": "True"}]


def machine(name, *, cpu="4", memory="8Gi", pods="110", labels=None, **spec):
    """Describe a node that is ready."""
    have = {"cpu": cpu, "memory": memory, "pods": pods, "ephemeral-storage": "50Gi"}
    meta = {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}}
    status = {"conditions": READY, "capacity": have, "allocatable": have}
    return {"metadata": meta, "spec": spec, "status": status}


def wish(name, *, labels=None, requests=None, **spec):
    """Describe a pod that waits for a node."""
    container = {"name": "main", "image": "nginx:1.27", "resources": {"requests": requests or {}}}
    meta = {"name": name, "namespace": "default", "labels": labels or {"app": "web"}}
    return {"metadata": meta, "spec": {"containers": [container], **spec}}


class Stage:
    """A store, its controllers, and a clock the test turns."""

    def __init__(self, *nodes):
        self.now = BEGAN
        self.store = new_store(lambda: self.now)
        self.make("nodes", *(machine(node) if isinstance(node, str) else node for node in nodes))
        self.workloads = Workloads(self.store)
        self.scheduler = self.workloads.scheduler
        self.kubelets, self.bound = {}, ByNode(self.store)

    def make(self, kind, *objects):
        """Create objects."""
        for obj in objects:
            self.store.create(kind, obj)

    def run(self, seconds=0.0):
        """Let time pass and the controllers act; with time, the kubelets of the nodes too."""
        self.now += timedelta(seconds=seconds)
        if seconds:
            self._live(seconds)
        self.workloads.run()

    def _live(self, seconds):
        for name in [node["metadata"]["name"] for node in self.store.list("nodes")]:
            if name not in self.kubelets:
                self.kubelets[name] = PodWorker(self.store, FakeMachine(name), self.bound)
        for kubelet in self.kubelets.values():
            kubelet.machine.now_s += seconds
            kubelet.tick()

    def place(self, *pods):
        """Create pods and schedule them one after the other; return the node of each."""
        for pod in pods:
            self.make("pods", pod)
            self.run()
        return [self.node(pod["metadata"]["name"]) for pod in pods]

    def pod(self, name):
        """Return a pod."""
        return self.store.get("pods", name, "default")

    def node(self, name):
        """Return the node of a pod, empty while it has none."""
        return self.pod(name)["spec"].get("nodeName", "")

    def why(self, name):
        """Return what the scheduler says of a pod."""
        return condition(self.pod(name), "PodScheduled").get("message", "")

    def events(self, reason=""):
        """Return the words of events, of one reason or of all, in the order of their names' objects."""
        found = self.store.list("events")
        return [item["message"] for item in found if reason in ("", item["reason"])]
