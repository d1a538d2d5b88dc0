"""Which node a pod gets and what it is told, on nodes that nobody runs."""

import pytest

from tests.contract.cluster import pod

ZONE = "topology.kubernetes.io/zone"
ALL = {"operator": "Exists"}
"""What tolerates everything: nobody renews these nodes' leases, so they are soon taken for lost."""


@pytest.fixture(scope="module")
def nodes(cluster, space):
    """Two nodes of this module's own, in two zones; only pods that tolerate them come."""
    names = [f"{space.name}-{letter}" for letter in "xy"]
    for name in names:
        labels = {"contract": space.name, "kubernetes.io/hostname": name, ZONE: name}
        taints = [{"key": "contract", "value": "yes", "effect": "NoSchedule"}]
        cluster.make("/api/v1/nodes", {"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}})
        have = {"cpu": "2", "memory": "4Gi", "pods": "20", "ephemeral-storage": "10Gi"}
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": ""}
        status = {"capacity": have, "allocatable": have, "conditions": [ready]}
        assert 200 == cluster.patch(f"/api/v1/nodes/{name}/status", {"status": status}).code
    yield names
    cluster.delete(f"{space.core}/pods?gracePeriodSeconds=0")
    for name in names:
        cluster.delete(f"/api/v1/nodes/{name}")


@pytest.fixture(autouse=True)
def tidy(cluster, space):
    """Take the pods of a test away at its end, at once."""
    yield
    cluster.delete(f"{space.core}/pods?gracePeriodSeconds=0")
    cluster.until(f"{space.core}/pods", lambda found: not found.body["items"])


def here(space, name, *, cpu=None, labels=None, ports=None, **spec):
    """Describe a pod that goes to one of the module's nodes."""
    selector = {"contract": space.name, **spec.pop("nodeSelector", {})}
    body = pod(name, nodeSelector=selector, tolerations=[ALL], **spec)
    body["metadata"]["labels"] |= labels or {}
    container = body["spec"]["containers"][0]
    container |= {"resources": {"requests": {"cpu": cpu}}} if cpu else {}
    container |= {"ports": ports} if ports else {}
    return body


def placed(cluster, space, name):
    """Wait until a pod has a node; return that."""
    path = f"{space.core}/pods/{name}"
    return cluster.until(path, lambda found: found.body["spec"].get("nodeName")).body["spec"]["nodeName"]


def told(cluster, space, name):
    """Wait until a pod is told that it has no node; return the words."""

    def refused(found):
        return [item for item in found.body["status"].get("conditions", []) if item["status"] == "False"]

    (mark,) = refused(cluster.until(f"{space.core}/pods/{name}", refused))
    assert ("PodScheduled", "Unschedulable") == (mark["type"], mark["reason"])
    return mark["message"]


def events(cluster, space, name, reason):
    """Wait for events of a reason about an object; return their words."""
    path = f"{space.core}/events?fieldSelector=involvedObject.name%3D{name},reason%3D{reason}"
    found = cluster.until(path, lambda answer: answer.body["items"])
    return [item["message"] for item in found.body["items"]]


def test_a_pod_gets_a_node(cluster, space, nodes):
    """It is told so by a condition and an event."""
    cluster.make(f"{space.core}/pods", here(space, "lucky", nodeSelector={ZONE: nodes[1]}))
    assert nodes[1] == placed(cluster, space, "lucky")
    words = f"Successfully assigned {space.name}/lucky to {nodes[1]}"
    assert [words] == events(cluster, space, "lucky", "Scheduled")


@pytest.mark.usefixtures("nodes")
def test_too_much_is_told(cluster, space):
    """What is short on how many nodes, and that preemption finds nobody."""
    cluster.make(f"{space.core}/pods", here(space, "greedy", cpu="3"))
    words = told(cluster, space, "greedy")
    assert "2 Insufficient cpu" in words
    assert "2 No preemption victims found for incoming pod" in words.partition("preemption: ")[2]
    assert [words] == events(cluster, space, "greedy", "FailedScheduling")


def test_it_is_tried_again(cluster, space, nodes):
    """A label that comes later is enough."""
    cluster.make(f"{space.core}/pods", here(space, "patient", nodeSelector={"disk": "ssd"}))
    assert "node(s) didn't match Pod's node affinity/selector" in told(cluster, space, "patient")
    cluster.patch(f"/api/v1/nodes/{nodes[0]}", {"metadata": {"labels": {"disk": "ssd"}}})
    assert nodes[0] == placed(cluster, space, "patient")


def test_zones_are_filled_evenly(cluster, space, nodes):
    """Four pods in two zones lie two and two."""
    rule = {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule"}
    rule["labelSelector"] = {"matchLabels": {"even": "yes"}}
    for number in range(4):
        body = here(space, f"even-{number}", labels={"even": "yes"}, topologySpreadConstraints=[rule])
        cluster.make(f"{space.core}/pods", body)
    found = [placed(cluster, space, f"even-{number}") for number in range(4)]
    assert [2, 2] == [found.count(name) for name in nodes]


@pytest.mark.usefixtures("nodes")
def test_pods_keep_apart(cluster, space):
    """A third pod finds no third host."""
    rule = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"alone": "yes"}}}
    must = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}
    for number in range(2):
        name = f"alone-{number}"
        cluster.make(f"{space.core}/pods", here(space, name, labels={"alone": "yes"}, affinity=must))
        placed(cluster, space, name)
    cluster.make(f"{space.core}/pods", here(space, "alone-2", labels={"alone": "yes"}, affinity=must))
    assert "2 node(s) didn't match pod anti-affinity rules" in told(cluster, space, "alone-2")


@pytest.mark.usefixtures("nodes")
def test_pods_keep_together(cluster, space):
    """A pod goes to the zone of its friend, and waits while it has none."""
    rule = {"topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": "friend"}}}
    must = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}
    cluster.make(f"{space.core}/pods", here(space, "shy", affinity=must))
    assert "2 node(s) didn't match pod affinity rules" in told(cluster, space, "shy")
    cluster.make(f"{space.core}/pods", here(space, "friend"))
    assert placed(cluster, space, "friend") == placed(cluster, space, "shy")


@pytest.mark.usefixtures("nodes")
def test_a_host_port_is_taken_once(cluster, space):
    """Two hosts have two ports of a number."""
    port = [{"containerPort": 8080, "hostPort": 28080}]
    for number in range(2):
        cluster.make(f"{space.core}/pods", here(space, f"port-{number}", ports=port))
    assert 2 == len({placed(cluster, space, f"port-{number}") for number in range(2)})
    cluster.make(f"{space.core}/pods", here(space, "port-2", ports=port))
    assert "2 node(s) didn't have free ports for the requested pod ports" in told(cluster, space, "port-2")


@pytest.mark.usefixtures("nodes")
def test_a_gate_keeps_a_pod(cluster, space):
    """A gated pod says so, and goes on when the gate is gone."""
    cluster.make(f"{space.core}/pods", here(space, "gated", schedulingGates=[{"name": "example.com/wait"}]))
    path = f"{space.core}/pods/gated"
    (mark,) = cluster.get(path).body["status"]["conditions"]
    assert ("PodScheduled", "False", "SchedulingGated") == (mark["type"], mark["status"], mark["reason"])
    assert "Scheduling is blocked due to non-empty scheduling gates" == mark["message"]
    cluster.patch(path, {"spec": {"schedulingGates": None}})
    placed(cluster, space, "gated")


def test_weight_makes_room(cluster, space, nodes):
    """A lighter pod is told to go, and for whom."""
    name = f"{space.name}-heavy"
    cluster.make("/apis/scheduling.k8s.io/v1/priorityclasses", {"metadata": {"name": name}, "value": 1000})
    only = {"nodeSelector": {ZONE: nodes[0]}}
    cluster.make(f"{space.core}/pods", here(space, "light", cpu="1500m", **only))
    placed(cluster, space, "light")
    made = cluster.make(f"{space.core}/pods", here(space, "heavy", cpu="1500m", priorityClassName=name, **only))
    words = f"Preempted by pod {made['metadata']['uid']} on node {nodes[0]}"
    assert [words] == events(cluster, space, "light", "Preempted")
    cluster.delete(f"{space.core}/pods/light?gracePeriodSeconds=0")
    assert nodes[0] == placed(cluster, space, "heavy")
    cluster.delete(f"/apis/scheduling.k8s.io/v1/priorityclasses/{name}")


@pytest.mark.usefixtures("nodes")
def test_a_missing_claim_is_named(cluster, space):
    """A pod says which claim is not there, and that preemption would not help."""
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "nowhere"}}]
    cluster.make(f"{space.core}/pods", here(space, "claimless", volumes=volumes))
    words = told(cluster, space, "claimless")
    assert 'nodes are available: persistentvolumeclaim "nowhere" not found. preemption: 0/' in words
    assert words.endswith("Preemption is not helpful for scheduling.")


def test_a_volume_decides(cluster, space, nodes):
    """A claim waits for its pod; the pod goes where the volume is, and both are bound."""
    name = f"{space.name}-disk"
    late = {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}
    cluster.make("/apis/storage.k8s.io/v1/storageclasses", {"metadata": {"name": name}, **late})
    terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [nodes[1]]}]}]
    rules = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "storageClassName": name}
    spec = {**rules, "local": {"path": "/data"}, "nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}
    cluster.make("/api/v1/persistentvolumes", {"metadata": {"name": name}, "spec": spec})
    wants = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": name}
    path = f"{space.core}/persistentvolumeclaims"
    cluster.make(path, {"metadata": {"name": "disk"}, "spec": wants})
    words = "waiting for first consumer to be created before binding"
    assert words in events(cluster, space, "disk", "WaitForFirstConsumer")
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "disk"}}]
    cluster.make(f"{space.core}/pods", here(space, "reader", volumes=volumes))
    assert nodes[1] == placed(cluster, space, "reader")
    bound = cluster.get(f"{path}/disk").body
    marks = bound["metadata"]["annotations"]
    assert ("Bound", name, "yes") == (
        bound["status"]["phase"], bound["spec"]["volumeName"], marks["pv.kubernetes.io/bind-completed"]
    )  # fmt: skip
    cluster.delete(f"{space.core}/pods/reader?gracePeriodSeconds=0")
    cluster.delete(f"{path}/disk")
    released = f"/api/v1/persistentvolumes/{name}"
    cluster.until(released, lambda found: found.body["status"]["phase"] == "Released")
    cluster.delete(released)
    cluster.delete(f"/apis/storage.k8s.io/v1/storageclasses/{name}")
