"""What a reader sees through kubectl of the scheduler, autoscalers, schedules and volumes."""

import json

PAUSE = "--image=registry.k8s.io/pause:3.10"
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 1Gi
"""
READER = """\
apiVersion: v1
kind: Pod
metadata:
  name: reader
spec:
  containers:
  - name: main
    image: registry.k8s.io/pause:3.10
    volumeMounts:
    - {name: data, mountPath: /data}
  volumes:
  - name: data
    persistentVolumeClaim:
      claimName: data
"""


def value(kubectl, place, what, path):
    """Read one value."""
    return kubectl(f"-n {place} get {what} -o", f"jsonpath={{{path}}}")


def test_a_pending_pod_is_explained(kubectl, place):
    """`describe` shows the scheduler's words."""
    override = json.dumps({"spec": {"nodeSelector": {"disk": "ssd"}}})
    kubectl(f"-n {place} run homeless {PAUSE}", f"--overrides={override}")
    kubectl(
        f"-n {place} wait pod/homeless --timeout=30s", "--for=jsonpath={.status.conditions[0].reason}=Unschedulable"
    )
    shown = kubectl(f"-n {place} describe pod homeless")
    words = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
    assert "FailedScheduling  " in shown
    assert f"{words} preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling." in shown


def test_an_autoscaler_is_shown(kubectl, place):
    """`autoscale` makes one that works, and `get hpa` shows target and numbers."""
    kubectl(f"-n {place} create deployment web {PAUSE}")
    kubectl(f"-n {place} set resources deployment web --requests=cpu=100m")
    kubectl(f"-n {place} autoscale deployment web --min=2 --max=4 --cpu-percent=50")
    kubectl(f"-n {place} wait hpa/web --timeout=60s --for=condition=ScalingActive")
    kubectl(f"-n {place} wait deployment/web --timeout=60s", "--for=jsonpath={.spec.replicas}=2")
    line = kubectl(f"-n {place} get hpa web --no-headers").split()
    assert ["web", "Deployment/web"] == line[:2]
    assert ["2", "4"] == line[-4:-2]
    assert "cpu:" in line[2]
    shown = kubectl(f"-n {place} describe hpa web")
    assert "New size: 2; reason: Current number of replicas below Spec.MinReplicas" in shown
    assert "ValidMetricFound" in shown


def test_a_schedule_runs(kubectl, place):
    """A cron job's first job comes within a minute of the site's time; one can be started by hand."""
    kubectl(f"-n {place} create cronjob tick --image=busybox:1.36", "--schedule=* * * * *", "--", "date")
    kubectl(f"-n {place} wait cronjob/tick --timeout=60s", "--for=jsonpath={.status.lastScheduleTime}")
    assert "* * * * *" in kubectl(f"-n {place} get cronjob tick")
    kubectl(f"-n {place} create job byhand --from=cronjob/tick")
    kubectl(f"-n {place} wait job/byhand --timeout=60s --for=condition=Complete")
    assert "Created job tick-" in kubectl(f"-n {place} describe cronjob tick")


def test_a_volume_is_made(kubectl, place):
    """The default class of K3s makes a volume when a pod comes, and takes it away with the claim."""
    assert "local-path (default)" in kubectl("get storageclass")
    kubectl(f"-n {place} apply -f -", text=CLAIM)
    assert "Pending" in kubectl(f"-n {place} get pvc data")
    kubectl(f"-n {place} apply -f -", text=READER)
    kubectl(f"-n {place} wait pod/reader --timeout=60s --for=condition=Ready")
    name = value(kubectl, place, "pvc data", ".spec.volumeName")
    assert value(kubectl, place, "pod reader", ".spec.nodeName") in kubectl(f"describe pv {name}")
    assert "Successfully provisioned volume" in kubectl(f"-n {place} describe pvc data")
    kubectl(f"-n {place} delete pod reader --grace-period=1")
    kubectl(f"-n {place} delete pvc data")
    kubectl(f"wait pv/{name} --for=delete --timeout=30s")
