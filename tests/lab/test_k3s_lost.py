"""A node that is cut off, and its pods: what the cluster does with them, and what happens when it is back."""

import pytest

from edgebook.lab.k3s.podlogs import logs
from edgebook.lab.k3s.registry import registry
from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.trees import condition
from tests.lab.k3s_bench import on_bench

LABELS = {"app": "web"}
SOON_S = 20
PATIENT = [
    {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": SOON_S}
    for name in ("not-ready", "unreachable")
]


def web(kind, **spec):
    """Describe a workload."""
    containers = [{"name": "main", "image": "nginx:1.27"}]
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": containers, "tolerations": PATIENT, **spec}}
    body = {"selector": {"matchLabels": LABELS}, "template": template}
    body |= {"replicas": 1} if kind == "Deployment" else {}
    return {"metadata": {"name": "web", "namespace": "default"}, "spec": body}


def pods(bench):
    """Return node, readiness and whether it is on its way out, of every pod of the workload."""
    found = bench.cluster.store.list("pods", "default", "app=web")
    return [
        (
            pod["spec"].get("nodeName", ""),
            condition(pod, "Ready").get("status") == "True",
            "deletionTimestamp" in pod["metadata"],
        )
        for pod in found
    ]


def cut(bench, name, *, off):
    """Cut a host off from every other, or join it again."""
    for other in bench.world.hosts:
        pair = frozenset((name, other))
        (bench.world.network.cuts.add if off else bench.world.network.cuts.discard)(pair)


async def lose(bench, kind, resource, **spec):
    """Run a workload on a1, and cut a1 off until it is Unknown."""
    await bench.up("s1", "a1")
    bench.cluster.store.create(resource, web(kind, **spec))
    await bench.until(lambda: ("a1", True, False) in pods(bench))
    cut(bench, "a1", off=True)
    await bench.until(lambda: bench.condition("a1", "Ready") == "Unknown")


def test_pods_of_a_lost_node_are_replaced():
    """They are not ready, then Terminating, and stay so; others run elsewhere; with the node back they are gone."""

    async def act(bench):
        prefer = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 100, "preference": {"matchExpressions": [
                {"key": "kubernetes.io/hostname", "operator": "In", "values": ["a1"]}]}}]}}  # fmt: skip
        await lose(bench, "Deployment", "deployments", affinity=prefer)
        first = pods(bench)
        await bench.until(lambda: sorted(pods(bench)) == [("a1", False, True), ("s1", True, False)])
        events = {item["reason"] for item in bench.cluster.store.list("events")}
        cut(bench, "a1", off=False)
        await bench.until(lambda: pods(bench) == [("s1", True, False)])
        await bench.until(lambda: "taints" not in bench.cluster.store.get("nodes", "a1")["spec"])
        return first, {"NodeNotReady", "TaintManagerEviction"} <= events

    first, told = on_bench(act, servers=1, agents=1)
    assert ("a1", False) in [found[:2] for found in first]
    assert told


def test_daemons_stay_on_a_lost_node():
    """A daemon set's pod tolerates for ever, and is ready again when its node is."""

    async def act(bench):
        await lose(bench, "DaemonSet", "daemonsets")
        lost = [pod for pod in pods(bench) if pod[0] == "a1"]
        now_s = bench.world.clock.elapsed_s
        until_s = now_s() + 2 * SOON_S
        await bench.until(lambda: now_s() > until_s)
        still = [pod for pod in pods(bench) if pod[0] == "a1"]
        cut(bench, "a1", off=False)
        await bench.until(lambda: ("a1", True, False) in pods(bench))
        return lost, still

    assert ([("a1", False, False)], [("a1", False, False)]) == on_bench(act, servers=1, agents=1)


def test_a_lost_nodes_logs_are_out_of_reach():
    """The server says whom it could not ask, in K3s's words; a forced delete takes the pod all the same."""

    async def act(bench):
        await lose(bench, "Deployment", "deployments", nodeName="a1")
        store = bench.cluster.store
        (pod,) = store.list("pods", "default", "app=web")
        with pytest.raises(ApiError) as caught:
            logs(registry(bench.world).servers["s1"], pod, "main", False)
        store.delete("deployments", "web", "default")
        store.delete("pods", pod["metadata"]["name"], "default", grace_s=0)
        return caught.value.message, pods(bench)

    words, left = on_bench(act, servers=1, agents=1)
    assert words.endswith("proxy error from 127.0.0.1:6443 while dialing 10.20.0.21:10250, code 502: 502 Bad Gateway")
    assert [] == left


def test_a_power_cut_restarts_containers():
    """A host that was off and is on again runs its pods once more."""

    async def act(bench):
        await bench.up("s1", "a1")
        bench.cluster.store.create("deployments", web("Deployment", nodeName="a1"))
        await bench.until(lambda: pods(bench) == [("a1", True, False)])
        bench.host("a1").power_off()
        bench.host("a1").power_on()

        def counts():
            (pod,) = bench.cluster.store.list("pods", "default", "app=web")
            return pod["status"]["containerStatuses"][0]["restartCount"]

        await bench.until(lambda: counts() == 1 and pods(bench) == [("a1", True, False)])
        return counts()

    assert 1 == on_bench(act, servers=1, agents=1)
