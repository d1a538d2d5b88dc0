"""That many pods on many nodes cost what they touch, counted in looks at nodes and not in seconds."""

import pytest

from tests.lab.kubestage import Stage, machine, wish

WEB = {"matchLabels": {"app": "web"}}


def looks(nodes, replicas, **spec):
    """Deploy so many replicas to so many nodes; return how often a node was looked at, and how the pods lie."""
    stage = Stage(*(machine(f"n{number:04}") for number in range(nodes)))
    template = {"metadata": {"labels": {"app": "web"}}, "spec": wish("x")["spec"] | spec}
    body = {"replicas": replicas, "selector": WEB, "template": template}
    stage.make("replicasets", {"metadata": {"name": "web", "namespace": "default"}, "spec": body})
    stage.run()
    where = [item.obj["spec"].get("nodeName", "") for item in stage.store.items(stage.store.scope("pods"))]
    return stage.scheduler.looked, [where.count(name) for name in set(where)], "" in where


def test_a_deployment_looks_at_each_node_once():
    """As many pods as nodes cost a few looks a pod, not one at every node."""
    looked, counts, waiting = looks(300, 300)
    assert ([1] * 300, False) == (counts, waiting)
    assert looked <= 3 * (300 + 300)


@pytest.mark.parametrize("factor", [2, 4])
def test_twice_the_site_is_twice_the_work(factor):
    """Work grows with nodes and pods, not with their product."""
    small, large = looks(50, 100)[0], looks(50 * factor, 100 * factor)[0]
    assert large <= 1.2 * factor * small


def test_what_fits_nowhere_is_found_out_once():
    """A thousand like pods that fit nowhere look at every node about once, together."""
    looked, _, waiting = looks(50, 200, nodeSelector={"no": "such"})
    assert waiting
    assert looked <= 4 * 50
