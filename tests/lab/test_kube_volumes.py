"""Claims, volumes, and the pods that wait for them."""

import pytest

from edgebook.lab.kube.controllers import localpath
from edgebook.lab.kube.trees import dig
from tests.lab.kubestage import Stage, wish


def claim(name, *, size="1Gi", modes=("ReadWriteOnce",), **spec):
    """Describe a claim."""
    resources = {"requests": {"storage": size}}
    meta = {"name": name, "namespace": "default"}
    return {"metadata": meta, "spec": {"accessModes": list(modes), "resources": resources, **spec}}


def volume(name, *, size="1Gi", policy="Retain", **spec):
    """Describe a volume that is there."""
    rules = {"accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": policy, "hostPath": {"path": "/data"}}
    return {"metadata": {"name": name}, "spec": {"capacity": {"storage": size}, **rules, **spec}}


def using(name, claimed, **spec):
    """Describe a pod that uses a claim."""
    return wish(name, volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": claimed}}], **spec)


def phase(stage, name, kind="persistentvolumeclaims"):
    """Return a claim's or a volume's phase."""
    return dig(stage.store.find(kind, name, "default"), "status.phase")


@pytest.fixture
def stage():
    """Two nodes and K3s's storage class; it notes what it is told of folders."""
    stage = Stage("a", "b")
    stage.folders = []
    stage.workloads.folder = lambda node, path, there: stage.folders.append((node, path, there))
    stage.make("storageclasses", localpath.storage_class())
    return stage


def test_a_claim_waits_for_its_pod(stage):
    """Nothing is made before somebody wants it, and the event says so."""
    stage.make("persistentvolumeclaims", claim("data"))
    stage.run()
    assert ("Pending", "local-path") == (
        phase(stage, "data"),
        stage.store.get("persistentvolumeclaims", "data", "default")["spec"]["storageClassName"],
    )
    assert ["waiting for first consumer to be created before binding"] == stage.events("WaitForFirstConsumer")


def test_a_pod_brings_its_volume(stage):
    """The folder is made on the pod's node, and the pod starts only then."""
    stage.make("persistentvolumeclaims", claim("data"))
    stage.make("pods", using("p", "data", nodeSelector={"kubernetes.io/hostname": "b"}))
    stage.run()
    found = stage.store.get("persistentvolumeclaims", "data", "default")
    made = stage.store.get("persistentvolumes", f"pvc-{found['metadata']['uid']}")
    path = f"/var/lib/rancher/k3s/storage/pvc-{found['metadata']['uid']}_default_data"
    assert ("b", "Bound", "Bound") == (stage.node("p"), phase(stage, "data"), made["status"]["phase"])
    assert ("Delete", {"path": path}) == (made["spec"]["persistentVolumeReclaimPolicy"], made["spec"]["local"])
    assert [("b", path, True)] == stage.folders
    assert {"storage": "1Gi"} == found["status"]["capacity"]
    marks = found["metadata"]["annotations"]
    assert ("yes", "b") == (marks["pv.kubernetes.io/bind-completed"], marks["volume.kubernetes.io/selected-node"])
    assert [f"Successfully provisioned volume {made['metadata']['name']}"] == stage.events("ProvisioningSucceeded")
    assert 1 == len(stage.events("ExternalProvisioning"))


def test_a_volume_keeps_its_pods(stage):
    """A second pod of the claim goes where the volume is, or nowhere."""
    stage.make("persistentvolumeclaims", claim("data"))
    stage.place(using("p", "data", nodeSelector={"kubernetes.io/hostname": "b"}))
    other = {"kubernetes.io/hostname": "a"}
    assert ["b", ""] == stage.place(using("q", "data"), using("r", "data", nodeSelector=other))
    words = "1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had volume node affinity conflict"
    assert f"0/2 nodes are available: {words}." in stage.why("r")


def test_a_claim_in_use_stays(stage):
    """Deletion waits for the pod; then the volume and its folder go too."""
    stage.make("persistentvolumeclaims", claim("data"))
    stage.place(using("p", "data"))
    stage.store.delete("persistentvolumeclaims", "data", "default")
    stage.run()
    assert "Bound" == phase(stage, "data")
    stage.store.delete("pods", "p", "default", grace_s=0)
    stage.run()
    assert None is stage.store.find("persistentvolumeclaims", "data", "default")
    assert [] == stage.store.list("persistentvolumes")
    assert [True, False] == [there for _, _, there in stage.folders]


def test_a_missing_claim_is_named(stage):
    """A pod says which claim it waits for."""
    stage.place(using("p", "data"))
    helps = "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    assert f'0/2 nodes are available: persistentvolumeclaim "data" not found. {helps}' == stage.why("p")
    stage.make("persistentvolumeclaims", claim("data"))
    stage.run()
    assert "" != stage.node("p")


def test_a_volume_that_is_there_is_taken():
    """Without a class the smallest that suits is bound, and is kept when the claim goes."""
    stage = Stage("a")
    stage.make("persistentvolumes", volume("big", size="9Gi"), volume("fits", size="2Gi"), volume("small"))
    stage.make("persistentvolumeclaims", claim("data", size="2Gi", storageClassName=""))
    stage.run()
    assert ("Bound", "Available") == (
        phase(stage, "fits", "persistentvolumes"),
        phase(stage, "big", "persistentvolumes"),
    )
    stage.store.delete("persistentvolumeclaims", "data", "default")
    stage.run()
    assert "Released" == phase(stage, "fits", "persistentvolumes")


def test_nothing_to_bind_is_said():
    """A claim without a class that finds no volume says so, and the pod too."""
    stage = Stage("a")
    stage.make("persistentvolumeclaims", claim("data"))
    stage.run()
    words = "no persistent volumes available for this claim and no storage class is set"
    assert [words] == stage.events("FailedBinding")
    stage.place(using("p", "data"))
    assert "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims." in stage.why("p")


def test_an_unknown_class_is_said(stage):
    """The storage class that is not there is named."""
    stage.make("persistentvolumeclaims", claim("data", storageClassName="fast"))
    stage.run()
    assert ['storageclass.storage.k8s.io "fast" not found'] == stage.events("ProvisioningFailed")


def test_a_shared_claim_is_refused(stage):
    """A folder on a node cannot be written from several nodes."""
    stage.make("persistentvolumeclaims", claim("data", modes=["ReadWriteMany"]))
    stage.place(using("p", "data"))
    assert ("", "Pending") == (stage.node("p"), phase(stage, "data"))
    assert "only supports ReadWriteOnce" in stage.events("ProvisioningFailed")[0]


def test_a_claim_without_its_volume_is_lost(stage):
    """When a bound volume goes, the claim says so."""
    stage.make("persistentvolumes", volume("v"))
    stage.make("persistentvolumeclaims", claim("data", storageClassName=""))
    stage.run()
    stage.store.patch("persistentvolumes", "v", {"metadata": {"finalizers": None}})
    stage.store.delete("persistentvolumes", "v")
    stage.run()
    assert "Lost" == phase(stage, "data")


def test_a_stateful_set_brings_claims(stage):
    """Each pod has a claim of its own, which outlives it."""
    labels = {"app": "db"}
    template = {"metadata": {"labels": labels}, "spec": wish("x")["spec"]}
    body = {"replicas": 2, "serviceName": "db", "selector": {"matchLabels": labels}, "template": template}
    body["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim("x")["spec"]}]
    stage.make("statefulsets", {"metadata": {"name": "db", "namespace": "default"}, "spec": body})
    for _ in range(4):
        stage.run(10)
    assert ["Bound", "Bound"] == [phase(stage, f"data-db-{number}") for number in range(2)]
    assert "0" == stage.pod("db-0")["metadata"]["labels"]["apps.kubernetes.io/pod-index"]
    stage.store.modify("statefulsets", "db", lambda obj: obj["spec"].update(replicas=1), "default")
    stage.run()
    assert "Bound" == phase(stage, "data-db-1")
    assert "create Claim data-db-0 Pod db-0 in StatefulSet db success" in stage.events("SuccessfulCreate")
