"""Pods on nodes nobody runs, the nodes themselves, and the options of a log."""

import pytest

from tests.contract.cluster import pod


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("tailLines=-1", "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ("limitBytes=0", "limitBytes: Invalid value: 0: must be greater than 0"),
        ("sinceSeconds=0", "sinceSeconds: Invalid value: 0: must be greater than 0"),
    ],
)
def test_log_options_are_checked(cluster, space, query, words):
    """Numbers that make no sense are 422."""
    cluster.apply(f"{space.core}/pods/silent3", {"apiVersion": "v1", "kind": "Pod", **pod("silent3")})
    answer = cluster.get(f"{space.core}/pods/silent3/log?{query}")
    assert (422, "Invalid", f'PodLogOptions "silent3" is invalid: {words}') == (
        answer.code,
        answer.reason,
        answer.message,
    )


def test_a_bound_pod_is_ended_before_it_goes(cluster, space):
    """On a node without a kubelet it stays, marked, until it is taken by force."""
    node, name = cluster.name("silent-node"), f"{space.core}/pods/grace"
    cluster.make("/api/v1/nodes", {"metadata": {"name": node}})
    cluster.make(f"{space.core}/pods", pod("grace", nodeName=node, tolerations=[{"operator": "Exists"}]))
    marked = cluster.delete(name)
    assert (200, 30) == (marked.code, marked.body["metadata"]["deletionGracePeriodSeconds"])
    assert marked.body["metadata"]["deletionTimestamp"] == cluster.get(name).body["metadata"]["deletionTimestamp"]
    assert 5 == cluster.delete(f"{name}?gracePeriodSeconds=5").body["metadata"]["deletionGracePeriodSeconds"]
    assert (200, 404) == (cluster.delete(f"{name}?gracePeriodSeconds=0").code, cluster.get(name).code)
    cluster.delete(f"/api/v1/nodes/{node}")


def test_a_new_node_is_not_ready(cluster):
    """Nobody is placed on it before its conditions have been looked at."""
    node = cluster.name("new-node")
    made = cluster.make("/api/v1/nodes", {"metadata": {"name": node}})
    assert [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}] == made["spec"]["taints"]
    cluster.delete(f"/api/v1/nodes/{node}")


def test_a_cordon_is_a_taint(cluster):
    """The node lifecycle controller puts it on, and takes it off again."""
    path = f"/api/v1/nodes/{cluster.name('cordoned')}"
    cluster.make("/api/v1/nodes", {"metadata": {"name": path.rpartition("/")[2]}})

    def tainted(answer):
        return "node.kubernetes.io/unschedulable" in [item["key"] for item in answer.body["spec"].get("taints", [])]

    cluster.patch(path, {"spec": {"unschedulable": True}})
    cluster.until(path, tainted)
    cluster.patch(path, {"spec": {"unschedulable": None}})
    cluster.until(path, lambda answer: not tainted(answer))
    cluster.delete(path)
