"""The packaged components' pods, on a store without hosts."""

from datetime import UTC, datetime

import pytest

from edgebook.lab.k3s import nodes, packaged
from edgebook.lab.k3s.placement import tolerates
from edgebook.lab.k3s.pods import Packaged
from edgebook.lab.kube.kubelet.worker import ByNode, PodWorker
from edgebook.lab.kube.store import new_store
from tests.lab.kubelets import FakeMachine

NOW = datetime(2026, 1, 15, 8, tzinfo=UTC)
NONE = frozenset()


class Stage:
    """A store with nodes and their kubelets, and a clock the test turns."""

    def __init__(self, *names):
        self.store = new_store(lambda: NOW)
        self.packaged = Packaged(self.store, "seed")
        self.machines = [FakeMachine(name) for name in names]
        bound = ByNode(self.store)
        self.workers = [PodWorker(self.store, machine, bound) for machine in self.machines]
        for number, name in enumerate(names):
            node = nodes.build(nodes.Machine(name, f"10.0.0.{number + 1}", "v1.31.9+k3s1"), (), number, NOW)
            nodes.set_condition(node, "Ready", nodes.READY, NOW)
            self.store.create("nodes", node)

    def tick(self, seconds=0.0, disabled=NONE):
        """Let time pass and the controller act."""
        for machine, worker in zip(self.machines, self.workers, strict=True):
            machine.now_s += seconds
            worker.tick()
        self.packaged.tick(disabled)

    def pods(self):
        """Return component, node and phase of every pod."""
        found = self.store.list("pods", "kube-system")
        return {pod["metadata"]["name"]: (pod["spec"]["nodeName"], pod["status"].get("phase")) for pod in found}


def test_pods_wait_for_a_ready_node():
    """Without a node nothing is created."""
    stage = Stage()
    stage.tick()
    assert {} == stage.pods()


def test_pods_come_up():
    """Pods are created, run after their time, and jobs complete."""
    stage = Stage("s1")
    stage.tick()
    assert {"Pending"} == {phase for _, phase in stage.pods().values()}
    for _ in range(10):
        stage.tick(5)
    assert ["Running"] * 5 + ["Succeeded"] * 2 == sorted(phase for _, phase in stage.pods().values())


def test_disabled_components_are_absent():
    """What is disabled is not deployed; without Traefik there is no load balancer pod either."""
    stage = Stage("s1")
    stage.tick(disabled=frozenset({"traefik", "coredns"}))
    assert {"local-path", "metrics"} == {
        "-".join(name.split("-")[:2]).replace("metrics-server", "metrics") for name in stage.pods()
    }


def test_disabling_later_removes():
    """A component that is disabled later is uninstalled with its pods."""
    stage = Stage("s1")
    stage.tick()
    stage.tick(disabled=frozenset({"traefik", "coredns", "local-storage", "metrics-server"}))
    assert {} == stage.pods()


def test_daemonset_is_on_every_node():
    """The load balancer runs on every node."""
    stage = Stage("s1", "s2", "a1")
    stage.tick()
    where = {node for name, (node, _) in stage.pods().items() if name.startswith("svclb")}
    assert {"s1", "s2", "a1"} == where


def test_deleted_pod_is_replaced():
    """A pod that is deleted comes again under another name."""
    stage = Stage("s1")
    stage.tick()
    name = next(name for name in stage.pods() if name.startswith("coredns"))
    stage.store.delete("pods", name, "kube-system", grace_s=0)
    stage.tick()
    assert name not in stage.pods()
    assert 1 == sum(found.startswith("coredns") for found in stage.pods())


def test_completed_jobs_do_not_come_again():
    """A job whose pod was deleted after it had completed stays done."""
    stage = Stage("s1")
    for _ in range(10):
        stage.tick(5)
    for name in [name for name in stage.pods() if name.startswith("helm-install")]:
        stage.store.delete("pods", name, "kube-system", grace_s=0)
    stage.tick()
    assert not any(name.startswith("helm-install") for name in stage.pods())


def test_pods_of_a_deleted_node_go():
    """Pods of a node that is gone are removed and placed on another."""
    stage = Stage("s1", "s2")
    stage.tick()
    stage.store.delete("nodes", "s1")
    stage.tick()
    assert {"s2"} == {node for node, _ in stage.pods().values()}


@pytest.mark.parametrize(
    ("name", "spec", "want"),
    [
        ("coredns", {}, True),
        ("coredns", {"unschedulable": True}, False),
        ("svclb-traefik", {"unschedulable": True}, True),
        ("coredns", {"taints": [nodes.taint("node-role.kubernetes.io/control-plane=true:NoSchedule")]}, True),
        ("coredns", {"taints": [nodes.taint("dedicated=gpu:NoSchedule")]}, False),
        ("coredns", {"taints": [nodes.taint("dedicated=gpu:PreferNoSchedule")]}, True),
        ("coredns", {"taints": [nodes.taint("node.kubernetes.io/unreachable:NoExecute")]}, True),
    ],
)
def test_placement(name, spec, want):
    """Taints and cordons decide where a component goes."""
    component = next(found for found in packaged.COMPONENTS if found.name == name)
    assert want == tolerates(component, {"spec": spec})


def test_suffixes_are_the_same_every_time():
    """Suffixes follow from their text alone."""
    assert packaged.digits("a", 5) == packaged.digits("a", 5)
    assert packaged.digits("a", 5) != packaged.digits("b", 5)
