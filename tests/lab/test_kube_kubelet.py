"""A kubelet's pods: images, starts, ends, restarts, probes, and their going."""

import pytest

from tests.lab.kubelets import NOW, OFFLINE, Node


@pytest.fixture
def node():
    """A node without pods."""
    return Node()


def shell(text):
    """Return a container's fields that run a script."""
    return {"image": "busybox:1.36", "command": ["sh", "-c", text]}


# Starting


def test_a_pod_starts(node):
    """Pulled, created, started: running, ready, with addresses and the words of each step."""
    node.run("web")
    node.pass_s(10)
    status = node.status("web")
    assert ("Running", "10.42.1.2", "10.20.0.21") == (status["phase"], status["podIP"], status["hostIP"])
    main = status["containerStatuses"][0]
    assert (True, True, 0, "docker.io/library/nginx:1.27") == (
        main["ready"],
        main["started"],
        main["restartCount"],
        main["image"],
    )
    assert {"Created container: main": 1} == node.events("Created")
    assert {"Started container main": 1} == node.events("Started")
    assert {'Pulling image "nginx:1.27"': 1} == node.events("Pulling")
    assert next(iter(node.events("Pulled"))).startswith('Successfully pulled image "nginx:1.27" in ')


def test_events_name_the_container(node):
    """An event about a container carries its field path, and comes from the kubelet of this node."""
    node.run("web")
    node.pass_s(10)
    found = next(item for item in node.store.list("events") if item["reason"] == "Started")
    assert "spec.containers{main}" == found["involvedObject"]["fieldPath"]
    assert {"component": "kubelet", "host": "n1"} == found["source"]


def test_pods_have_addresses_of_their_own(node):
    """No two pods share an address."""
    for number in range(3):
        node.run(f"web-{number}")
    node.pass_s(10)
    assert 3 == len({node.status(f"web-{number}")["podIP"] for number in range(3)})


def test_a_pod_is_pending_until_its_containers_run(node):
    """Before that its containers are being created."""
    node.run("web")
    node.pass_s(1)
    assert ("Pending", "ContainerCreating") == (
        node.status("web")["phase"],
        node.main("web")["state"]["waiting"]["reason"],
    )


def test_without_a_network_there_is_no_sandbox(node):
    """A pod waits for its node's network, unless it has the host's."""
    node.machine.network_ready = False
    node.run("web")
    node.run("host", spec={"hostNetwork": True})
    node.pass_s(20)
    assert ("Pending", "Running") == (node.status("web")["phase"], node.status("host")["phase"])
    assert next(iter(node.events("NetworkNotReady"))).startswith("network is not ready: container runtime network")


def test_without_the_pause_image_there_is_no_sandbox(node):
    """A host that is offline and has no images says so of its sandboxes."""
    node.machine.problem = OFFLINE
    node.run("web")
    node.pass_s(20)
    words = next(iter(node.events("FailedCreatePodSandBox")))
    assert 'failed to get sandbox image "rancher/mirrored-pause:3.6"' in words
    assert "ContainerCreating" == node.main("web")["state"]["waiting"]["reason"]


# Images


def test_an_image_that_does_not_come(node):
    """First the error, then the back-off, which grows; when the registry is there, the pod starts."""
    node.machine.images.add("rancher/mirrored-pause:3.6")
    node.machine.problem = OFFLINE
    node.run("web")
    node.pass_s(3)
    assert {"reason": "ErrImagePull", "message": OFFLINE} == node.main("web")["state"]["waiting"]
    node.pass_s(4)
    assert {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "nginx:1.27"'} == node.main("web")[
        "state"
    ]["waiting"]
    node.pass_s(300)
    assert 3 <= node.events("Pulling")['Pulling image "nginx:1.27"'] <= 6
    assert {"Error: ErrImagePull", "Error: ImagePullBackOff", f'Failed to pull image "nginx:1.27": {OFFLINE}'} == set(
        node.events("Failed")
    )
    node.machine.problem = ""
    node.pass_s(300)
    assert "Running" == node.status("web")["phase"]


@pytest.mark.parametrize(
    ("policy", "there", "reason"),
    [
        ("Never", False, "ErrImageNeverPull"),
        ("Never", True, ""),
        ("IfNotPresent", True, ""),
        ("IfNotPresent", False, "ImagePullBackOff"),
        ("Always", True, "ImagePullBackOff"),
    ],
)
def test_pull_policies_without_a_registry(node, policy, there, reason):
    """An image at hand is enough, unless it is to be pulled always."""
    node.machine.images |= {"rancher/mirrored-pause:3.6", *(["nginx:1.27"] if there else [])}
    node.machine.problem = OFFLINE
    node.run("web", imagePullPolicy=policy)
    node.pass_s(9)
    assert reason == node.main("web")["state"].get("waiting", {}).get("reason", "")


def test_an_image_at_hand_is_told(node):
    """Nothing is pulled."""
    node.machine.images |= {"rancher/mirrored-pause:3.6", "nginx:1.27"}
    node.run("web")
    node.pass_s(5)
    assert {'Container image "nginx:1.27" already present on machine': 1} == node.events("Pulled")


def test_a_name_that_is_none(node):
    """An image's name in capitals is refused before anybody is asked."""
    node.run("web", image="Nginx:1.27")
    node.pass_s(9)
    assert "InvalidImageName" == node.main("web")["state"]["waiting"]["reason"]


# Ends and restarts


def test_a_program_that_ends_is_started_again(node):
    """The first time at once, then after ten seconds, twenty, forty: CrashLoopBackOff in between."""
    node.run("crash", **shell("echo no; exit 3"))
    node.pass_s(12)
    main = node.main("crash")
    assert ("CrashLoopBackOff", 1) == (main["state"]["waiting"]["reason"], main["restartCount"])
    assert (3, "Error") == (main["lastState"]["terminated"]["exitCode"], main["lastState"]["terminated"]["reason"])
    assert main["state"]["waiting"]["message"].startswith("back-off 10s restarting failed container=main pod=crash_")
    node.pass_s(80)
    assert 4 == node.main("crash")["restartCount"]
    assert "Running" == node.status("crash")["phase"]
    assert next(iter(node.events("BackOff"))).startswith("Back-off restarting failed container main in pod crash_")


def test_the_back_off_ends_at_five_minutes(node):
    """However often it fails."""
    node.run("crash", **shell("exit 1"))
    node.pass_s(2000, step_s=5)
    assert "back-off 5m0s" in node.main("crash")["state"]["waiting"]["message"]


@pytest.mark.parametrize(
    ("policy", "code", "phase", "restarts"),
    [
        ("Never", 0, "Succeeded", 0),
        ("Never", 2, "Failed", 0),
        ("OnFailure", 0, "Succeeded", 0),
        ("OnFailure", 2, "Running", 1),
        ("Always", 0, "Running", 1),
    ],
)
def test_restart_policies(node, policy, code, phase, restarts):
    """What becomes of a pod whose program ends."""
    node.run("job", spec={"restartPolicy": policy}, **shell(f"sleep 2; exit {code}"))
    node.pass_s(12)
    assert (phase, restarts) == (node.status("job")["phase"], node.main("job")["restartCount"])


def test_a_pod_that_succeeded_says_so(node):
    """Completed, not ready, and the reason of its conditions is that."""
    node.run("job", spec={"restartPolicy": "Never"}, **shell("true"))
    node.pass_s(9)
    status = node.status("job")
    reasons = {item["type"]: item.get("reason") for item in status["conditions"]}
    assert ("PodCompleted", "PodCompleted") == (reasons["Ready"], reasons["Initialized"])
    assert "Completed" == status["containerStatuses"][0]["state"]["terminated"]["reason"]


def test_a_known_image_fails_as_it_does(node):
    """A database without a password ends with an error; with one it runs."""
    node.run("bad", image="postgres:16")
    node.run("good", image="postgres:16", env=[{"name": "POSTGRES_PASSWORD", "value": "x"}])
    node.pass_s(30)
    assert "CrashLoopBackOff" == node.main("bad")["state"]["waiting"]["reason"]
    assert node.ready("good")


def test_init_containers_come_first(node):
    """The others wait until each has ended well."""
    init = [{"name": "first", **shell("sleep 5")}, {"name": "second", **shell("sleep 5")}]
    node.run("web", spec={"initContainers": init})
    node.pass_s(8)
    status = node.status("web")
    assert ("Pending", "PodInitializing") == (
        status["phase"],
        status["containerStatuses"][0]["state"]["waiting"]["reason"],
    )
    initialized = next(item for item in status["conditions"] if item["type"] == "Initialized")
    assert initialized["message"].startswith("containers with incomplete status: [")
    node.pass_s(12)
    assert node.ready("web")


def test_an_init_container_that_fails_holds_the_pod(node):
    """It is started again, and a pod that never restarts has failed."""
    for name, policy in (("again", "Always"), ("once", "Never")):
        node.run(name, spec={"initContainers": [{"name": "first", **shell("exit 1")}], "restartPolicy": policy})
    node.pass_s(20)
    assert ("Pending", "Failed") == (node.status("again")["phase"], node.status("once")["phase"])


def test_a_sidecar_goes_on(node):
    """An init container that restarts always runs beside the others."""
    init = [{"name": "side", "image": "nginx:1.27", "restartPolicy": "Always"}]
    node.run("web", spec={"initContainers": init})
    node.pass_s(12)
    status = node.status("web")
    assert node.ready("web")
    assert status["initContainerStatuses"][0]["started"]


def test_a_deadline_ends_a_pod(node):
    """A pod that is active for too long has failed, and says why."""
    node.run("slow", spec={"activeDeadlineSeconds": 20, "terminationGracePeriodSeconds": 2}, **shell("sleep 600"))
    node.pass_s(40)
    status = node.status("slow")
    assert ("Failed", "DeadlineExceeded") == (status["phase"], status["reason"])


# What containers need


def test_a_missing_config_map(node):
    """A variable from a map that is not there keeps the container from being made, until the map is."""
    reference = {"configMapKeyRef": {"name": "settings", "key": "mode"}}
    node.run("web", env=[{"name": "MODE", "valueFrom": reference}])
    node.pass_s(9)
    assert {"reason": "CreateContainerConfigError", "message": 'configmap "settings" not found'} == node.main("web")[
        "state"
    ]["waiting"]
    node.store.create("configmaps", {"metadata": {"name": "settings", "namespace": "default"}, "data": {"mode": "x"}})
    node.pass_s(20)
    assert node.ready("web")


def test_a_missing_secret_volume(node):
    """A volume that cannot be mounted keeps the whole pod waiting."""
    node.run("web", spec={"volumes": [{"name": "keys", "secret": {"secretName": "keys"}}]})
    node.pass_s(9)
    assert ['MountVolume.SetUp failed for volume "keys" : secret "keys" not found'] == list(node.events("FailedMount"))
    assert "ContainerCreating" == node.main("web")["state"]["waiting"]["reason"]


# Probes


def http(path, port=80, **more):
    """Return a probe."""
    return {"httpGet": {"path": path, "port": port}, "periodSeconds": 2, **more}


def test_readiness_decides(node):
    """A page that is there makes it ready; one that is not keeps it from being so."""
    node.run("good", readinessProbe=http("/"))
    node.run("bad", readinessProbe=http("/nope"))
    node.pass_s(15)
    assert (True, False) == (node.ready("good"), node.ready("bad"))
    assert "Running" == node.status("bad")["phase"]
    assert ["Readiness probe failed: HTTP probe failed with statuscode: 404"] == list(node.events("Unhealthy"))
    marks = {item["type"]: item for item in node.status("bad")["conditions"]}
    assert "containers with unready status: [main]" == marks["Ready"]["message"]


def test_a_closed_port_is_refused(node):
    """The prober says whom it could not reach."""
    node.run("web", readinessProbe={"tcpSocket": {"port": 8080}, "periodSeconds": 2})
    node.pass_s(10)
    assert "Readiness probe failed: dial tcp 10.42.1.2:8080: connect: connection refused" in node.events("Unhealthy")


def test_liveness_restarts(node):
    """The example of the Kubernetes documentation: a file that is removed after half a minute."""
    probe = {"exec": {"command": ["cat", "/tmp/healthy"]}, "initialDelaySeconds": 5, "periodSeconds": 5}
    text = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"
    node.run("liveness", livenessProbe=probe, **shell(text))
    node.pass_s(35)
    assert 0 == node.main("liveness")["restartCount"]
    node.pass_s(60)
    assert 1 == node.main("liveness")["restartCount"]
    assert "Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory\n" in node.events(
        "Unhealthy"
    )
    assert "Container main failed liveness probe, will be restarted" in node.events("Killing")
    assert 137 == node.main("liveness")["lastState"]["terminated"]["exitCode"]


def test_the_startup_probe_comes_first(node):
    """Until it has passed the container is not started, and nobody asks whether it is ready."""
    probe = {"exec": {"command": ["test", "-f", "/tmp/up"]}, "periodSeconds": 2, "failureThreshold": 30}
    node.run("slow", startupProbe=probe, readinessProbe=http("/"), **shell("sleep 20; touch /tmp/up; sleep 600"))
    node.pass_s(15)
    assert (False, False) == (node.main("slow")["started"], node.ready("slow"))
    node.pass_s(20)
    assert (True, True) == (node.main("slow")["started"], node.ready("slow"))


# Going


def test_a_deleted_pod_is_ended_first(node):
    """It is asked to end, does so, and then is gone."""
    node.run("web")
    node.pass_s(9)
    node.store.delete("pods", "web")
    assert 30 == node.store.get("pods", "web")["metadata"]["deletionGracePeriodSeconds"]
    node.pass_s(2)
    assert node.store.find("pods", "web") is None
    assert {"Stopping container main": 1} == node.events("Killing")


def test_pods_of_a_namespace_go_with_it(node):
    """A namespace on its way out takes no events; its pods end all the same."""
    node.store.create("namespaces", {"metadata": {"name": "shop"}})
    spec = {"containers": [{"name": "main", "image": "nginx:1.27"}], "nodeName": "n1"}
    node.store.create("pods", {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec})
    node.pass_s(9)
    node.store.delete("namespaces", "shop")
    node.pass_s(3)
    assert node.store.find("pods", "web", "shop") is None
    assert node.store.find("namespaces", "shop") is None


def test_a_deaf_program_gets_its_grace(node):
    """A shell that sleeps does not hear SIGTERM: it is there until the grace is over."""
    node.run("deaf", spec={"terminationGracePeriodSeconds": 10}, **shell("sleep 3600"))
    node.pass_s(9)
    node.store.delete("pods", "deaf")
    node.pass_s(8)
    assert node.store.find("pods", "deaf") is not None
    node.pass_s(4)
    assert node.store.find("pods", "deaf") is None


def test_a_second_delete_hurries(node):
    """A shorter grace counts from the beginning."""
    node.run("deaf", **shell("sleep 3600"))
    node.pass_s(9)
    node.store.delete("pods", "deaf")
    node.pass_s(2)
    node.store.delete("pods", "deaf", grace_s=1)
    node.pass_s(2)
    assert node.store.find("pods", "deaf") is None


def test_a_held_pod_stays_until_it_is_let_go(node):
    """A finalizer keeps the object of a pod whose containers have ended."""
    node.run("held")
    node.store.modify("pods", "held", lambda pod: pod["metadata"].update(finalizers=["example.com/hold"]))
    node.pass_s(9)
    node.store.delete("pods", "held")
    node.pass_s(5)
    assert "Succeeded" == node.status("held")["phase"]
    node.store.modify("pods", "held", lambda pod: pod["metadata"].update(finalizers=[]))
    assert node.store.find("pods", "held") is None


def test_a_pod_on_a_silent_node_stays(node):
    """Nobody ends it: it is Terminating until its kubelet is back, or by force."""
    node.run("web")
    node.pass_s(9)
    node.store.delete("pods", "web")
    assert "deletionTimestamp" in node.store.get("pods", "web")["metadata"]
    node.store.delete("pods", "web", grace_s=0)
    assert node.store.find("pods", "web") is None


def test_containers_outlive_a_kubelet(node):
    """A kubelet that stopped and is back finds its containers running."""
    node.run("web")
    node.pass_s(9)
    before = node.main("web")["containerID"]
    node.machine.now_s += 500
    node.worker.resume()
    node.pass_s(5)
    assert (before, 0) == (node.main("web")["containerID"], node.main("web")["restartCount"])


def test_a_power_cut_ends_everything(node):
    """Afterwards the pod has a new sandbox, and its containers a new run."""
    node.run("web")
    node.pass_s(9)
    node.machine.epoch += 1
    node.worker.resume()
    node.pass_s(9)
    main = node.main("web")
    assert (1, 255) == (main["restartCount"], main["lastState"]["terminated"]["exitCode"])
    assert {"Pod sandbox changed, it will be killed and re-created.": 1} == node.events("SandboxChanged")


def test_others_conditions_stay(node):
    """A kubelet writes its own conditions only, and a gate of somebody else's holds readiness."""
    node.run("web", spec={"readinessGates": [{"conditionType": "example.com/open"}]})
    node.pass_s(9)
    assert not node.ready("web")
    mark = {"type": "example.com/open", "status": "True"}
    node.store.modify("pods", "web", lambda pod: pod["status"]["conditions"].append(mark), subresource="status")
    node.pass_s(3)
    assert node.ready("web")
    assert "example.com/open" in {item["type"] for item in node.status("web")["conditions"]}


def test_times_are_true(node):
    """A run's times are when it began and ended, however late somebody looks."""
    node.run("job", spec={"restartPolicy": "Never"}, **shell("sleep 10"))
    node.pass_s(60, step_s=20)
    over = node.main("job")["state"]["terminated"]
    assert f"{NOW:%Y-%m-%d}" == over["startedAt"][:10]
    began, ended = (int(over[key][17:19]) for key in ("startedAt", "finishedAt"))
    assert 10 == (ended - began) % 60
