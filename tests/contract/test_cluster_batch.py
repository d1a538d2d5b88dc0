"""What controllers make of jobs, schedules, claims of stateful sets, and autoscalers, as far as it needs no node."""

import pytest

from tests.contract.cluster import MERGE, deployment, pod

MINUTE_S = 75.0


def task(**spec):
    """Describe a job whose pods nobody schedules."""
    template = {"spec": {**pod("x")["spec"], "restartPolicy": "Never", "schedulerName": "nobody"}}
    return {"template": template, **spec}


@pytest.fixture
def job(cluster, space):
    """Make jobs; return a job's path, and the path of its pods."""

    def make(**spec):
        name = cluster.name("job")
        cluster.make(f"{space.of('batch')}/jobs", {"metadata": {"name": name}, "spec": task(**spec)})
        return f"{space.of('batch')}/jobs/{name}", f"{space.core}/pods?labelSelector=job-name%3D{name}"

    return make


def end(cluster, space, found, phase):
    """Say of a pod that it has ended."""
    path = f"{space.core}/pods/{found['metadata']['name']}/status"
    assert 200 == cluster.patch(path, {"status": {"phase": phase}}, MERGE).code


def mark(answer, kind):
    """Return the reason of a condition that holds."""
    found = answer.body.get("status", {}).get("conditions", [])
    return next((item["reason"] for item in found if item["type"] == kind and item["status"] == "True"), None)


def wait_for_pods(cluster, path, count):
    """Wait until there are so many pods; return them by name."""
    answer = cluster.until(path, lambda found: len(found.body["items"]) == count)
    return sorted(answer.body["items"], key=lambda item: item["metadata"]["name"])


def test_a_job_completes(cluster, space, job):
    """Enough good ends are its end."""
    path, pods = job(completions=2, parallelism=2)
    for found in wait_for_pods(cluster, pods, 2):
        end(cluster, space, found, "Succeeded")
    answer = cluster.until(path, lambda found: mark(found, "Complete"))
    assert ("CompletionsReached", "CompletionsReached") == (
        mark(answer, "Complete"),
        mark(answer, "SuccessCriteriaMet"),
    )
    assert (2, None) == (answer.body["status"]["succeeded"], answer.body["status"].get("active"))
    assert answer.body["status"]["completionTime"]


def test_a_job_fails(cluster, space, job):
    """Too many bad ends are its end."""
    path, pods = job(backoffLimit=0)
    end(cluster, space, wait_for_pods(cluster, pods, 1)[0], "Failed")
    answer = cluster.until(path, lambda found: mark(found, "Failed"))
    assert ("BackoffLimitExceeded", 1) == (mark(answer, "Failed"), answer.body["status"]["failed"])


def test_an_indexed_job_numbers_its_pods(cluster, space, job):
    """Name, host name, annotation and label carry the number, and what is done is listed."""
    path, pods = job(completions=3, parallelism=3, completionMode="Indexed")
    found = wait_for_pods(cluster, pods, 3)
    name, key = path.rpartition("/")[2], "batch.kubernetes.io/job-completion-index"
    assert [f"{name}-{number}-" for number in range(3)] == [item["metadata"]["generateName"] for item in found]
    assert ["0", "1", "2"] == [item["metadata"]["annotations"][key] for item in found]
    assert ["0", "1", "2"] == [item["metadata"]["labels"][key] for item in found]
    assert f"{name}-1" == found[1]["spec"]["hostname"]
    for item in (found[0], found[1]):
        end(cluster, space, item, "Succeeded")
    cluster.until(path, lambda answer: answer.body["status"].get("completedIndexes") == "0,1")


def test_a_suspended_job_has_no_pods(cluster, job):
    """It says that it is suspended, and goes on when told."""
    path, pods = job(suspend=True)
    cluster.until(path, lambda found: mark(found, "Suspended") == "JobSuspended")
    assert [] == cluster.get(pods).body["items"]
    cluster.patch(path, {"spec": {"suspend": False}})
    wait_for_pods(cluster, pods, 1)


def test_a_job_is_tidied_up(cluster, space, job):
    """With no time to live after its end it is gone."""
    path, pods = job(ttlSecondsAfterFinished=0)
    end(cluster, space, wait_for_pods(cluster, pods, 1)[0], "Succeeded")
    cluster.until(path, lambda found: found.code == 404)


def test_a_cron_job_makes_a_job(cluster, space):
    """Each minute one, named after the minute, owned, and listed while it runs."""
    spec = {"schedule": "* * * * *", "jobTemplate": {"spec": task()}, "concurrencyPolicy": "Forbid"}
    path = f"{space.of('batch')}/cronjobs/ticking"
    cluster.make(f"{space.of('batch')}/cronjobs", {"metadata": {"name": "ticking"}, "spec": spec})
    answer = cluster.until(path, lambda found: found.body.get("status", {}).get("active"), seconds=MINUTE_S)
    (running,) = answer.body["status"]["active"]
    made = cluster.get(f"{space.of('batch')}/jobs/{running['name']}").body
    when = made["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"]
    assert answer.body["status"]["lastScheduleTime"] == when
    assert ["CronJob"] == [item["kind"] for item in made["metadata"]["ownerReferences"]]
    assert running["name"].removeprefix("ticking-").isdigit()
    cluster.delete(path)


def test_a_stateful_set_claims(cluster, space):
    """Each pod brings its claim, named after both, which outlives it."""
    labels = {"app": "claiming"}
    template = {"metadata": {"labels": labels}, "spec": {**pod("x")["spec"], "schedulerName": "nobody"}}
    wants = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": ""}
    spec = {"serviceName": "claiming", "selector": {"matchLabels": labels}, "template": template}
    spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": wants}]
    path = f"{space.of('apps')}/statefulsets"
    cluster.make(path, {"metadata": {"name": "claiming"}, "spec": spec})
    answer = cluster.until(f"{space.core}/pods/claiming-0", lambda found: found.code == 200)
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "data-claiming-0"}} in answer.body["spec"]["volumes"]
    assert "0" == answer.body["metadata"]["labels"]["apps.kubernetes.io/pod-index"]
    claim = cluster.get(f"{space.core}/persistentvolumeclaims/data-claiming-0").body
    assert labels == claim["metadata"]["labels"]
    assert ["kubernetes.io/pvc-protection"] == claim["metadata"]["finalizers"]
    cluster.delete(f"{path}/claiming")
    cluster.until(f"{space.core}/pods/claiming-0", lambda found: found.code == 404)
    assert 200 == cluster.get(f"{space.core}/persistentvolumeclaims/data-claiming-0").code


def test_a_volume_that_suits_is_bound(cluster, space):
    """The smallest that is large enough; without a claim it is released."""
    for size in ("5Gi", "2Gi", "1Gi"):
        rules = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "hostPath": {"path": "/data"}}
        rules |= {"storageClassName": space.name, "persistentVolumeReclaimPolicy": "Retain"}
        name = f"{space.name}-{size.lower()}"
        cluster.make("/api/v1/persistentvolumes", {"metadata": {"name": name}, "spec": rules})
        path = f"/api/v1/persistentvolumes/{name}"
        cluster.until(path, lambda found: found.body.get("status", {}).get("phase") == "Available")
    wants = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    claims = f"{space.core}/persistentvolumeclaims"
    cluster.make(claims, {"metadata": {"name": "suited"}, "spec": {**wants, "storageClassName": space.name}})
    bound = cluster.until(f"{claims}/suited", lambda found: found.body["status"]["phase"] == "Bound").body
    assert (f"{space.name}-2gi", {"storage": "2Gi"}) == (bound["spec"]["volumeName"], bound["status"]["capacity"])
    cluster.delete(f"{claims}/suited")
    path = f"/api/v1/persistentvolumes/{space.name}-2gi"
    cluster.until(path, lambda found: found.body["status"]["phase"] == "Released")
    for size in ("1gi", "2gi", "5gi"):
        cluster.delete(f"/api/v1/persistentvolumes/{space.name}-{size}")


def autoscaler(cluster, space, name, **spec):
    """Make an autoscaler of a deployment; return its path."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    path = f"{space.of('autoscaling', 'v2')}/horizontalpodautoscalers"
    cluster.make(path, {"metadata": {"name": name}, "spec": {"scaleTargetRef": target, "maxReplicas": 5, **spec}})
    return f"{path}/{name}"


def test_an_autoscaler_keeps_to_its_limits(cluster, space):
    """Fewer than the least is mended without asking for metrics."""
    body = deployment("limited", replicas=1)
    body["spec"]["template"]["spec"]["schedulerName"] = "nobody"
    cluster.make(f"{space.of('apps')}/deployments", body)
    autoscaler(cluster, space, "limited", minReplicas=2)
    path = f"{space.of('apps')}/deployments/limited"
    cluster.until(path, lambda found: found.body["spec"]["replicas"] == 2, seconds=40.0)
    events = f"{space.core}/events?fieldSelector=reason%3DSuccessfulRescale"
    found = cluster.until(events, lambda answer: answer.body["items"]).body["items"]
    assert ["New size: 2; reason: Current number of replicas below Spec.MinReplicas"] == [
        item["message"] for item in found
    ]


def test_an_autoscaler_misses_its_target(cluster, space):
    """The condition says what was not found."""
    path = autoscaler(cluster, space, "absent")

    def able(answer):
        found = (answer.body.get("status") or {}).get("conditions") or []
        return [item for item in found if item["type"] == "AbleToScale"]

    (mark,) = able(cluster.until(path, able, seconds=40.0))
    words = (
        'the HPA controller was unable to get the target\'s current scale: deployments/scale.apps "absent" not found'
    )
    assert ("False", "FailedGetScale", words) == (mark["status"], mark["reason"], mark["message"])
