"""Who goes for a pod of more weight."""

import pytest

from tests.lab.kubestage import Stage, machine, wish


def weighty(name, priority, cpu="1", **spec):
    """Describe a pod of a weight that asks for processors."""
    return wish(name, requests={"cpu": cpu}, priority=priority, **spec)


@pytest.fixture
def stage():
    """Two full nodes: two light pods on one, a heavier on the other."""
    stage = Stage(machine("a", cpu="2"), machine("b", cpu="2"))
    nodes = [("x", "a", 1, "1"), ("y", "a", 1, "1"), ("z", "b", 5, "2")]
    for name, node, priority, cpu in nodes:
        stage.make("pods", weighty(name, priority, cpu, nodeName=node))
    stage.store.graceful_pods = True
    return stage


def going(stage):
    """Return the pods that were told to go."""
    return [pod["metadata"]["name"] for pod in stage.store.list("pods") if "deletionTimestamp" in pod["metadata"]]


def test_the_lightest_go(stage):
    """The node with the least weight to lose is taken, and no more pods of it than needed."""
    assert [""] == stage.place(weighty("p", 10))
    assert ["y"] == going(stage)
    assert "a" == stage.pod("p")["status"]["nominatedNodeName"]
    uid = stage.pod("p")["metadata"]["uid"]
    assert [f"Preempted by pod {uid} on node a"] == stage.events("Preempted")


def test_the_refusal_says_no_more_than_the_filters(stage):
    """While room is being made, nothing is said of preemption."""
    stage.place(weighty("p", 10))
    assert "0/2 nodes are available: 2 Insufficient cpu." == stage.why("p")


def test_a_victim_is_marked(stage):
    """The victim's condition names the reason."""
    stage.place(weighty("p", 10))
    (mark,) = [item for item in stage.pod("y")["status"]["conditions"] if item["type"] == "DisruptionTarget"]
    words = "default-scheduler: preempting to accommodate a higher priority pod"
    assert ("True", "PreemptionByScheduler", words) == (mark["status"], mark["reason"], mark["message"])


def test_the_place_is_kept(stage):
    """What becomes free is for the pod it was made for, not for a lighter one that comes first."""
    stage.place(weighty("p", 10), weighty("q", 2))
    assert "" == stage.node("q")
    stage.store.delete("pods", "y", "default", grace_s=0)
    stage.run()
    assert ("a", "") == (stage.node("p"), stage.node("q"))
    assert "nominatedNodeName" not in stage.pod("p")["status"]


def test_victims_may_go_at_once(stage):
    """Where nothing has to end first, the pod has its node in the same round."""
    stage.store.graceful_pods = False
    assert ["a"] == stage.place(weighty("p", 10))


def test_nobody_goes_twice(stage):
    """While the victim ends, no other is chosen."""
    stage.place(weighty("p", 10))
    stage.make("nodes", machine("c", cpu="100m"))
    stage.run()
    assert ["y"] == going(stage)
    waiting = "preemption: not eligible due to a terminating pod on the nominated node."
    assert stage.why("p").endswith(waiting)


def test_a_polite_pod_waits(stage):
    """With preemptionPolicy Never nobody goes."""
    stage.place(weighty("p", 10, preemptionPolicy="Never"))
    assert [] == going(stage)
    assert "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never." == (
        stage.why("p")
    )


def test_equals_stay(stage):
    """A pod takes nothing from pods of its own weight."""
    stage.place(weighty("p", 1))
    assert [] == going(stage)
    assert stage.why("p").endswith(
        "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
    )


def test_it_must_help(stage):
    """Nobody goes when the pod would not fit even then."""
    stage.place(weighty("p", 10, cpu="3"))
    assert [] == going(stage)
    assert stage.why("p").endswith("preemption: 0/2 nodes are available: 2 Insufficient cpu.")


def test_a_budget_is_spared_if_possible(stage):
    """A node is preferred where no budget is broken, even when its pods weigh more."""
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}
    for name in "xy":
        stage.store.modify("pods", name, lambda pod: pod["metadata"]["labels"].update(tier="kept"), "default")
    spec["selector"] = {"matchLabels": {"tier": "kept"}}
    stage.make("poddisruptionbudgets", {"metadata": {"name": "kept", "namespace": "default"}, "spec": spec})
    stage.run()
    stage.place(weighty("p", 10))
    assert ["z"] == going(stage)


def test_anti_affinity_makes_victims():
    """A lighter pod that is kept apart from goes, though there is room for both."""
    rule = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
    must = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}
    stage = Stage("a")
    stage.make("pods", weighty("x", 1, nodeName="a"), weighty("y", 1, nodeName="a", hostNetwork=False))
    stage.store.modify("pods", "y", lambda pod: pod["metadata"]["labels"].update(app="db"), "default")
    stage.store.graceful_pods = True
    stage.place(weighty("p", 10, affinity=must))
    assert ["x"] == going(stage)
