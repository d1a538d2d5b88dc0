"""Lost nodes: what is said of them, how they are tainted, and what becomes of their pods."""

from datetime import UTC, datetime

import pytest

from edgebook.lab.kube.controllers.nodehealth import NodeHealth
from edgebook.lab.kube.controllers.podgc import PodCollector
from edgebook.lab.kube.controllers.tainteviction import TaintEviction, tolerated_s
from edgebook.lab.kube.store import new_store

NOW = datetime(2026, 1, 15, 8, tzinfo=UTC)
LEASES = "leases.coordination.k8s.io"
UNREACHABLE, NOT_READY = "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"
BOTH = {(UNREACHABLE, "NoSchedule"), (UNREACHABLE, "NoExecute")}


class Site:
    """A store with nodes that renew their leases while they are alive, and a clock the test turns."""

    def __init__(self, *names):
        self.store, self.now_s = new_store(lambda: NOW), 0.0
        self.alive = set(names)
        self.controllers = [kind(self.store, lambda: self.now_s) for kind in (NodeHealth, TaintEviction, PodCollector)]
        for name in names:
            self.store.create("nodes", {"metadata": {"name": name}, "spec": {}})
            self.report(name, "True")

    def report(self, name, status):
        """Let a kubelet say whether it is ready."""
        mark = {"type": "Ready", "status": status, "lastHeartbeatTime": f"at {self.now_s}"}
        self.store.modify("nodes", name, lambda node: node.update(status={"conditions": [mark]}), subresource="status")

    def pass_s(self, seconds, step_s=10):
        """Let time pass."""
        for _ in range(int(seconds // step_s)):
            self.now_s += step_s
            for name in self.alive:
                lease = {"metadata": {"name": name, "namespace": "kube-node-lease"}}
                self.store.put(LEASES, {**lease, "spec": {"renewTime": f"2026-01-15T08:00:00.{int(self.now_s):06}Z"}})
            for controller in self.controllers:
                controller.tick()

    def ready(self, name):
        """Return the Ready condition of a node."""
        return next(item for item in self.store.get("nodes", name)["status"]["conditions"] if item["type"] == "Ready")

    def taints(self, name):
        """Return key and effect of a node's taints."""
        return {(item["key"], item["effect"]) for item in self.store.get("nodes", name)["spec"].get("taints", [])}

    def pod(self, name, on, *tolerations):
        """Put a pod on a node."""
        spec = {"nodeName": on, "containers": [{"name": "main", "image": "nginx"}], "tolerations": list(tolerations)}
        status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        self.store.create("pods", {"metadata": {"name": name, "namespace": "default"}, "spec": spec, "status": status})

    def events(self, reason):
        """Return what was said for a reason."""
        return [item["message"] for item in self.store.list("events") if item["reason"] == reason]

    def pods(self):
        """Return the names of the pods there are."""
        return [pod["metadata"]["name"] for pod in self.store.list("pods")]


@pytest.fixture
def site():
    """Three nodes, of which the last has just fallen silent."""
    found = Site("n1", "n2", "n3")
    found.pass_s(10)
    found.alive.discard("n3")
    return found


def test_a_silent_node_is_unknown_after_the_grace_period(site):
    """Forty seconds after its last word a node is Unknown, not before."""
    site.pass_s(40)
    assert "True" == site.ready("n3")["status"]
    site.pass_s(10)
    found = site.ready("n3")
    assert ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.") == (
        found["status"],
        found["reason"],
        found["message"],
    )


def test_a_lost_node_is_tainted(site):
    """Unreachable, for new pods and for those that are there; the others are not."""
    site.pass_s(50)
    assert [set(), set(), BOTH] == [site.taints(name) for name in ("n1", "n2", "n3")]


def test_a_loss_is_told(site):
    """The node has an event, and so has each of its pods, which is not ready any more."""
    site.pod("web", "n3")
    site.pass_s(50)
    assert ["Node is not ready", "Node n3 status is now: NodeNotReady"] == sorted(site.events("NodeNotReady"), key=len)
    (mark,) = site.store.get("pods", "web")["status"]["conditions"]
    assert "False" == mark["status"]


def test_a_node_that_is_back_is_clean(site):
    """Its kubelet reports, and the taints go."""
    site.pass_s(50)
    site.alive.add("n3")
    site.report("n3", "True")
    site.pass_s(10)
    assert set() == site.taints("n3")


def test_a_node_that_says_it_is_not_ready_is_tainted_as_such(site):
    """False is another taint than Unknown."""
    site.report("n3", "False")
    site.pass_s(10)
    assert {(NOT_READY, "NoSchedule"), (NOT_READY, "NoExecute")} == site.taints("n3")


def test_a_node_that_never_spoke(site):
    """A node without a kubelet is Unknown for another reason, and later."""
    site.store.create("nodes", {"metadata": {"name": "n4"}, "spec": {}})
    site.pass_s(80)
    assert "NodeStatusNeverUpdated" == site.ready("n4")["reason"]


def test_cordoning_taints(site):
    """A cordoned node repels in words of its own; other people's taints stay."""
    own = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
    site.store.modify("nodes", "n1", lambda node: node.update(spec={"unschedulable": True, "taints": [own]}))
    site.pass_s(10)
    assert {("node.kubernetes.io/unschedulable", "NoSchedule"), ("dedicated", "NoSchedule")} == site.taints("n1")


def test_nobody_is_evicted_when_all_are_lost(site):
    """Where no node is heard of, the control plane itself may be cut off: nobody is thrown out."""
    site.alive.clear()
    site.pass_s(60)
    assert [{(UNREACHABLE, "NoSchedule")}] * 3 == [site.taints(name) for name in ("n1", "n2", "n3")]


def test_few_are_evicted_when_most_are_lost():
    """Three of four lost nodes stay without the taint that evicts: a small site waits."""
    site = Site("n1", "n2", "n3", "n4")
    site.pass_s(10)
    site.alive -= {"n2", "n3", "n4"}
    site.pass_s(60)
    assert [{(UNREACHABLE, "NoSchedule")}] * 3 == [site.taints(name) for name in ("n2", "n3", "n4")]


def test_pods_stay_as_long_as_they_tolerate(site):
    """Five minutes by default, none at all, and for ever."""
    site.pod("default", "n3")
    site.pod("short", "n3", {"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60})
    site.pod("daemon", "n3", {"operator": "Exists"})
    site.pod("elsewhere", "n1")
    site.pass_s(110)
    assert ["daemon", "default", "elsewhere"] == site.pods()
    site.pass_s(240)
    assert ["daemon", "elsewhere"] == site.pods()
    assert {"Marking for deletion Pod default/short", "Marking for deletion Pod default/default"} == set(
        site.events("TaintManagerEviction")
    )


def test_pods_stay_when_the_node_comes_back(site):
    """What was planned is cancelled, and said so."""
    site.pod("web", "n3")
    site.pass_s(100)
    site.alive.add("n3")
    site.report("n3", "True")
    site.pass_s(400)
    assert ["web"] == site.pods()
    assert ["Cancelling deletion of Pod default/web"] == site.events("TaintManagerEviction")


def test_an_evicted_pod_says_why(site):
    """A pod on its way carries the condition that names its disruption."""
    site.store.graceful_pods = True
    site.pod("web", "n3", {"operator": "Exists", "tolerationSeconds": 0})
    site.pass_s(50)
    pod = site.store.get("pods", "web")
    assert "DeletionByTaintManager" == pod["status"]["conditions"][-1]["reason"]
    assert 30 == pod["metadata"]["deletionGracePeriodSeconds"]


@pytest.mark.parametrize(
    ("tolerations", "taints", "seconds"),
    [
        ([], [{"key": "a", "effect": "NoExecute"}], 0.0),
        ([], [], float("inf")),
        ([{"operator": "Exists"}], [{"key": "a", "effect": "NoExecute"}], float("inf")),
        ([{"operator": "Exists", "tolerationSeconds": -5}], [{"key": "a", "effect": "NoExecute"}], 0.0),
        (
            [{"operator": "Exists", "tolerationSeconds": 9}, {"key": "a", "operator": "Exists"}],
            [{"key": "a", "effect": "NoExecute"}],
            9.0,
        ),
    ],
)
def test_toleration_is_measured(tolerations, taints, seconds):
    """The least of the seconds of all tolerations that match."""
    assert seconds == tolerated_s(tolerations, taints)


def test_pods_of_a_deleted_node_are_collected(site):
    """Not at once, but by force: nobody is there to end them."""
    site.store.graceful_pods = True
    site.pod("web", "n3", {"operator": "Exists"})
    site.store.delete("nodes", "n3")
    site.pass_s(40)
    assert ["web"] == site.pods()
    site.pass_s(20)
    assert [] == site.pods()
