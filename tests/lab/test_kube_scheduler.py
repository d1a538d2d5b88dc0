"""Which node a pod gets, and what it is told when it gets none."""

import pytest

from edgebook.lab.kube.controllers.verdicts import enough
from tests.lab.kubestage import Stage, machine, wish

NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"
ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"
WEB = {"matchLabels": {"app": "web"}}


def zoned(name, zone, **options):
    """Describe a node of a zone."""
    return machine(name, labels={ZONE: zone}, **options)


def apart(key=HOSTNAME, sort="podAntiAffinity"):
    """Return an affinity that insists on being away from, or with, pods of the web."""
    return {sort: {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": key, "labelSelector": WEB}]}}


def evenly(key=HOSTNAME, skew=1, **more):
    """Return the rules of a pod that is spread."""
    rule = {"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": WEB}
    return [{**rule, **more}]


def test_without_nodes_it_says_so():
    """The words are the real ones."""
    stage = Stage()
    assert [""] == stage.place(wish("p"))
    assert "no nodes available to schedule pods" == stage.why("p")


def test_reasons_are_counted():
    """Each node counts for the first filter that refuses it, and preemption says why it would not help."""
    tainted = machine("b", taints=[{"key": "dedicated", "value": "db", "effect": "NoSchedule"}])
    stage = Stage("a", tainted, machine("c", unschedulable=True), machine("d", cpu="1"))
    stage.place(wish("p", requests={"cpu": "5", "memory": "1Gi"}))
    words = (
        "0/4 nodes are available: 1 node(s) had untolerated taint {dedicated: db}, 1 node(s) were unschedulable, "
        f"2 Insufficient cpu. preemption: 0/4 nodes are available: 2 {NO_VICTIMS}, 2 {NOT_HELPFUL}."
    )
    assert words == stage.why("p")
    assert [words] == stage.events("FailedScheduling")


def test_a_node_may_lack_several_things():
    """All that is short on a node is counted."""
    stage = Stage(machine("a", cpu="1", memory="1Gi", pods="0"))
    stage.place(wish("p", requests={"cpu": "2", "memory": "2Gi", "example.com/gpu": "1"}))
    short = "1 Insufficient cpu, 1 Insufficient example.com/gpu, 1 Insufficient memory, 1 Too many pods"
    assert stage.why("p").startswith(f"0/1 nodes are available: {short}. preemption: ")


@pytest.mark.parametrize(
    "requests", [{"cpu": "1500m"}, {"memory": "1.5Gi"}, {"ephemeral-storage": "40Gi"}], ids=["cpu", "memory", "disk"]
)
def test_what_is_used_is_not_free(requests):
    """A second pod goes elsewhere, a third waits."""
    stage = Stage(machine("a", cpu="2", memory="2Gi"), machine("b", cpu="2", memory="2Gi"))
    names = stage.place(*(wish(name, requests=requests) for name in "xyz"))
    assert ["a", "b", ""] == names


def test_a_hungry_start_counts():
    """A pod needs what its hungriest init container does, beside the sidecars that were started before it."""
    stage = Stage(machine("a", cpu="1"))
    sidecar = {"name": "s", "image": "x", "restartPolicy": "Always", "resources": {"requests": {"cpu": "300m"}}}
    first = {"name": "i", "image": "x", "resources": {"requests": {"cpu": "800m"}}}
    assert ["", "a"] == stage.place(wish("p", initContainers=[sidecar, first]), wish("q", initContainers=[first]))


def test_what_waits_is_tried_again():
    """A pod that fits nowhere gets its node when a node comes, and not before."""
    stage = Stage("a")
    assert [""] == stage.place(wish("p", nodeSelector={"disk": "ssd"}))
    stage.make("nodes", machine("b", labels={"disk": "ssd"}))
    stage.run()
    assert "b" == stage.node("p")
    assert ["Successfully assigned default/p to b"] == stage.events("Scheduled")


def test_room_that_comes_free_is_used():
    """When a pod goes, the next one takes its place."""
    stage = Stage(machine("a", cpu="1"))
    assert ["a", ""] == stage.place(wish("p", requests={"cpu": "1"}), wish("q", requests={"cpu": "1"}))
    stage.store.delete("pods", "p", "default", grace_s=0)
    stage.run()
    assert "a" == stage.node("q")


def test_a_gate_keeps_a_pod():
    """A pod with a scheduling gate waits until the gate goes."""
    stage = Stage("a")
    assert [""] == stage.place(wish("p", schedulingGates=[{"name": "example.com/wait"}]))
    assert "" == stage.why("p") or "gates" in stage.why("p")
    stage.store.modify("pods", "p", lambda pod: pod["spec"].pop("schedulingGates"), "default")
    stage.run()
    assert "a" == stage.node("p")


def test_a_host_port_is_taken_once():
    """Two pods with one port do not share a node; another protocol or address is another port."""
    stage = Stage("a")

    def ported(name, **port):
        pod = wish(name)
        pod["spec"]["containers"][0]["ports"] = [{"containerPort": 80, **port}]
        return pod

    pods = [ported("p", hostPort=80), ported("q", hostPort=80), ported("r", hostPort=80, protocol="UDP")]
    assert ["a", "", "a"] == stage.place(*pods)
    assert "1 node(s) didn't have free ports for the requested pod ports" in stage.why("q")


def test_preferred_nodes_come_first():
    """A preference decides between nodes that fit, and does not exclude."""
    term = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
    wishes = [{"weight": 10, "preference": term}]
    like = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": wishes}}
    stage = Stage("a", "b", machine("c", labels={"disk": "ssd"}))
    assert ["c"] == stage.place(wish("p", affinity=like))
    assert ["a"] == Stage("a").place(wish("p", affinity=like))


def test_required_affinity_by_field():
    """A node can be chosen by its name."""
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b"]}]}]
    must = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    assert ["b"] == Stage("a", "b").place(wish("p", affinity=must))


def test_an_unwelcoming_node_comes_last():
    """PreferNoSchedule is a wish."""
    soft = [{"key": "old", "effect": "PreferNoSchedule"}]
    stage = Stage(machine("a", taints=soft), "b")
    assert ["b", "b"] == stage.place(wish("p"), wish("q"))
    assert ["a"] == Stage(machine("a", taints=soft)).place(wish("p"))


def test_pods_keep_apart():
    """One pod of a selector a host; the next waits, and says why."""
    stage = Stage("a", "b")
    assert ["a", "b", ""] == stage.place(*(wish(name, affinity=apart()) for name in "pqr"))
    words = "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. preemption: "
    assert f"{words}0/2 nodes are available: 2 {NO_VICTIMS}." == stage.why("r")


def test_others_may_want_to_be_alone():
    """A pod is kept away by what one that is there says."""
    stage = Stage("a")
    assert ["a", ""] == stage.place(wish("p", labels={"app": "db"}, affinity=apart()), wish("q"))
    assert "1 node(s) didn't satisfy existing pods anti-affinity rules" in stage.why("q")


def test_pods_keep_together():
    """A pod goes where its friends are; the first of its own kind goes anywhere."""
    stage = Stage(zoned("a", "x"), zoned("b", "y"), zoned("c", "y"))
    stage.make("pods", wish("friend", nodeName="b"))
    assert "b" in (found := stage.place(wish("p", affinity=apart(ZONE, "podAffinity"))))[0:1] or found == ["c"]
    assert ["a"] == Stage(zoned("a", "x")).place(wish("p", affinity=apart(ZONE, "podAffinity")))
    lonely = Stage(zoned("a", "x"))
    lonely.place(wish("p", labels={"app": "db"}, affinity=apart(ZONE, "podAffinity")))
    assert "1 node(s) didn't match pod affinity rules" in lonely.why("p")
    lonely.place(wish("friend"))
    assert "a" == lonely.node("p")


def test_another_namespace_is_another_matter():
    """Affinity is to the pod's own namespace unless it names others."""
    stage = Stage("a", "b")
    stage.make("namespaces", {"metadata": {"name": "other"}})
    there = wish("p", nodeName="a")
    stage.make("pods", {**there, "metadata": {**there["metadata"], "namespace": "other"}})
    assert ["a"] == stage.place(wish("q", affinity=apart(), nodeSelector={HOSTNAME: "a"}))
    rule = apart()
    rule["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]["namespaces"] = ["other"]
    assert ["b"] == stage.place(wish("r", affinity=rule))


def test_pods_are_spread():
    """No zone gets more than one pod ahead of another, whatever room there is."""
    stage = Stage(zoned("a", "x"), zoned("b", "x"), zoned("c", "y", cpu="1"))
    nodes = stage.place(*(wish(f"p{n}", topologySpreadConstraints=evenly(ZONE)) for n in range(4)))
    assert 2 == sum(node == "c" for node in nodes)


def test_a_full_zone_holds_the_others_back():
    """When the emptiest zone takes no more, the next pod waits, in the real words."""
    stage = Stage(zoned("a", "x"), zoned("b", "y", unschedulable=True), "c")
    pods = [wish(f"p{n}", topologySpreadConstraints=evenly(ZONE)) for n in range(2)]
    assert ["a", ""] == stage.place(*pods)
    rule = "node(s) didn't match pod topology spread constraints"
    told = f"1 {rule}, 1 {rule} (missing required label), 1 node(s) were unschedulable"
    helps = f"0/3 nodes are available: 1 {NO_VICTIMS}, 2 {NOT_HELPFUL}."
    assert f"0/3 nodes are available: {told}. preemption: {helps}" == stage.why("p1")


def test_too_few_domains_count_as_empty():
    """With fewer zones than minDomains the emptiest has none."""
    stage = Stage("a")
    rules = evenly(ZONE, minDomains=2)
    stage.make("nodes", zoned("z", "x"))
    assert ["z", ""] == stage.place(*(wish(name, topologySpreadConstraints=rules) for name in "pq"))


def test_a_tainted_zone_may_be_left_out():
    """With nodeTaintsPolicy Honor a zone nobody can enter holds nobody back."""
    shut = zoned("b", "y", taints=[{"key": "shut", "effect": "NoSchedule"}])
    rules = evenly(ZONE, nodeTaintsPolicy="Honor")
    pods = [wish(f"p{n}", topologySpreadConstraints=rules) for n in range(2)]
    assert ["a", "a"] == Stage(zoned("a", "x"), shut).place(*pods)


def test_soft_spread_is_a_wish():
    """ScheduleAnyway prefers the emptier zone and refuses nothing."""
    rules = evenly(ZONE, whenUnsatisfiable="ScheduleAnyway")
    stage = Stage(zoned("a", "x", cpu="64"), zoned("b", "y", cpu="2"))
    nodes = stage.place(*(wish(f"p{n}", topologySpreadConstraints=rules) for n in range(4)))
    assert ["a", "a", "b", "b"] == sorted(nodes)


def test_replicas_lie_apart_by_themselves():
    """A set's pods are spread over the nodes without being asked."""
    stage = Stage("a", "b", "c")
    template = {"metadata": {"labels": {"app": "web"}}, "spec": wish("x")["spec"]}
    body = {"replicas": 6, "selector": WEB, "template": template}
    stage.make("deployments", {"metadata": {"name": "web", "namespace": "default"}, "spec": body})
    stage.run()
    nodes = [pod["spec"]["nodeName"] for pod in stage.store.list("pods", "default")]
    assert {"a": 2, "b": 2, "c": 2} == {node: nodes.count(node) for node in nodes}


@pytest.mark.parametrize(("nodes", "wanted"), [(3, 3), (99, 99), (100, 100), (1000, 420), (5000, 500), (10000, 500)])
def test_a_large_site_is_searched_in_part(nodes, wanted):
    """As many fitting nodes are looked for as the real scheduler does."""
    assert wanted == enough(nodes)
