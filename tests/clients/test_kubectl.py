"""kubectl, driven as a person would: reading, writing, workloads, nodes."""

import json

import pytest

from tests.contract.bench import eventually

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports: [{containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""
GADGETS = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.clients.example.com}
spec:
  group: clients.example.com
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget, singular: gadget, shortNames: [gd]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer, description: How large it is.}}}
"""


@pytest.fixture
def web(kubectl, place):
    """Apply a deployment with its service, and wait for it: the namespace."""
    kubectl("apply", "-n", place, "-f", "-", text=WEB)
    kubectl("rollout status deployment/web", "-n", place, "--timeout=30s")
    return place


# Reading


def test_version(kubectl):
    """Client and server say who they are."""
    assert json.loads(kubectl("version -o json"))["serverVersion"]["minor"] == "31"


def test_get_nodes(kubectl):
    """Nodes are Ready, with roles and versions."""
    lines = kubectl("get nodes").splitlines()
    assert ["NAME", "STATUS", "ROLES", "AGE", "VERSION"] == lines[0].split()
    assert {"a1", "a2", "s1"} == {line.split()[0] for line in lines[1:]}
    assert all(line.split()[1] == "Ready" for line in lines[1:])


def test_get_nodes_wide(kubectl):
    """-o wide has the address and the system."""
    assert "INTERNAL-IP" in kubectl("get nodes -o wide").splitlines()[0]


def test_get_as_jsonpath(kubectl):
    """jsonpath picks."""
    assert "a1 a2 s1" == kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}")


@pytest.mark.parametrize("form", ["yaml", "json", "name"])
def test_get_forms(kubectl, form):
    """An object prints in every form."""
    assert "a1" in kubectl("get", "node", "a1", "-o", form)


def test_get_by_selector(kubectl):
    """Labels select."""
    assert "s1" in kubectl("get nodes -l node-role.kubernetes.io/control-plane=true")


def test_get_what_is_not(kubectl):
    """NotFound, in kubectl's words."""
    assert 'Error from server (NotFound): pods "nope" not found\n' == kubectl("get pod nope", fails=True)


def test_get_an_unknown_kind(kubectl):
    """A kind nobody serves."""
    assert 'the server doesn\'t have a resource type "nonsense"' in kubectl("get nonsense", fails=True)


def test_get_everything(kubectl, web):
    """`all` is pods, services, deployments and replica sets."""
    text = kubectl("get all", "-n", web)
    assert all(word in text for word in ("pod/web-", "service/web", "deployment.apps/web", "replicaset.apps/web-"))


def test_describe_a_node(kubectl):
    """describe reads conditions, capacity, leases and pods."""
    text = kubectl("describe node a1")
    assert all(
        word in text for word in ("Conditions:", "KubeletReady", "Allocatable:", "Lease:", "Non-terminated Pods:")
    )


def test_describe_a_deployment(kubectl, web):
    """describe reads replica sets and conditions."""
    text = kubectl("describe deployment web", "-n", web)
    assert "2 desired | 2 updated | 2 total | 2 available | 0 unavailable" in text
    assert "NewReplicaSet:   web-" in text


def test_describe_a_pod(kubectl, web):
    """describe reads events."""
    name = kubectl("get", "pods", "-n", web, "-o", "jsonpath={.items[0].metadata.name}")
    text = kubectl("describe pod", name, "-n", web)
    assert all(word in text for word in ("Successfully assigned", "Started container web", "Ready:          True"))


def test_api_resources(kubectl):
    """The kinds are listed, custom ones too."""
    text = kubectl("api-resources")
    assert all(
        word in text for word in ("deployments", "horizontalpodautoscalers", "helmcharts", "customresourcedefinitions")
    )


def test_api_versions(kubectl):
    """The versions are listed."""
    assert {"apps/v1", "v1", "autoscaling/v2", "helm.cattle.io/v1"} <= set(kubectl("api-versions").split())


def test_explain(kubectl):
    """explain has words and types."""
    text = kubectl("explain deployment.spec.replicas")
    assert "FIELD: replicas <integer>" in text
    assert "Number of desired pods." in text


def test_explain_recursively(kubectl):
    """explain goes down."""
    assert "terminationGracePeriodSeconds" in kubectl("explain pod.spec --recursive")


def test_cluster_info(kubectl):
    """The control plane is running."""
    assert "is running at" in kubectl("cluster-info")


def test_auth_can_i(kubectl):
    """The administrator may."""
    assert "yes\n" == kubectl("auth can-i delete nodes")


def test_auth_whoami(kubectl):
    """The administrator is one of the masters."""
    assert "system:masters" in kubectl("auth whoami")


def test_events(kubectl, web):
    """Events are listed, under their new group."""
    assert "Scheduled" in kubectl("events", "-n", web)


# Writing


def test_apply_twice(kubectl, place):
    """The second time nothing changes."""
    assert "deployment.apps/web created\nservice/web created\n" == kubectl("apply", "-n", place, "-f", "-", text=WEB)
    assert "deployment.apps/web unchanged\nservice/web unchanged\n" == kubectl(
        "apply", "-n", place, "-f", "-", text=WEB
    )


def test_apply_a_change(kubectl, web):
    """A changed file is a patch."""
    text = kubectl("apply", "-n", web, "-f", "-", text=WEB.replace("replicas: 2", "replicas: 3"))
    assert "deployment.apps/web configured" in text
    kubectl("wait deployment/web --for=jsonpath={.status.readyReplicas}=3", "-n", web, "--timeout=30s")


def test_apply_server_side(kubectl, place):
    """On the server too."""
    text = kubectl("apply --server-side", "-n", place, "-f", "-", text=WEB)
    assert "deployment.apps/web serverside-applied" in text


def test_apply_a_typo(kubectl, place):
    """A field nobody knows is refused before anything is made."""
    text = kubectl("apply", "-n", place, "-f", "-", text=WEB.replace("replicas:", "replica:"), fails=True)
    assert 'strict decoding error: unknown field "spec.replica"' in text


def test_diff(kubectl, web):
    """diff shows what would change."""
    text = kubectl("diff", "-n", web, "-f", "-", text=WEB)
    assert "" == text


def test_create_and_delete(kubectl, place):
    """The short ways of making things."""
    kubectl("create configmap settings --from-literal=a=1", "-n", place)
    kubectl("create secret generic key --from-literal=b=2", "-n", place)
    kubectl("create serviceaccount robot", "-n", place)
    kubectl("create job once --image=busybox", "-n", place)
    kubectl("create quota all --hard=pods=9", "-n", place)
    kubectl("create role reader --verb=get --resource=pods", "-n", place)
    assert "Mg==" == kubectl("get", "secret", "key", "-n", place, "-o", "jsonpath={.data.b}")
    assert 'configmap "settings" deleted' in kubectl("delete configmap settings", "-n", place)


def test_run_a_pod(kubectl, place):
    """run makes a pod, and wait sees it Ready."""
    kubectl("run lone --image=nginx", "-n", place)
    assert "pod/lone condition met\n" == kubectl("wait pod/lone --for=condition=Ready --timeout=30s", "-n", place)


def test_a_job_ends(kubectl, place):
    """A job of an image that ends completes."""
    kubectl("create job done --image=busybox", "-n", place)
    assert "condition met" in kubectl("wait job/done --for=condition=Complete --timeout=30s", "-n", place)


def test_labels_and_annotations(kubectl, web):
    """Labels and annotations come and go."""
    kubectl("label deployment web tier=front", "-n", web)
    kubectl("annotate deployment web note=hello", "-n", web)
    assert "front hello" == kubectl(
        "get", "deployment", "web", "-n", web, "-o", "jsonpath={.metadata.labels.tier} {.metadata.annotations.note}"
    )
    kubectl("label deployment web tier-", "-n", web)


def test_set_image_and_undo(kubectl, web):
    """A rollout goes on, has a history, and goes back."""
    kubectl("set image deployment/web web=nginx:1.28", "-n", web)
    kubectl("rollout status deployment/web --timeout=60s", "-n", web)
    assert ["1", "2"] == [
        line.split()[0] for line in kubectl("rollout history deployment/web", "-n", web).splitlines()[2:] if line
    ]
    kubectl("rollout undo deployment/web", "-n", web)
    kubectl("rollout status deployment/web --timeout=60s", "-n", web)
    image = "jsonpath={.spec.template.spec.containers[0].image}"
    assert "nginx:1.27" == kubectl("get", "deployment", "web", "-n", web, "-o", image)


def test_scale(kubectl, web):
    """scale scales."""
    assert "deployment.apps/web scaled\n" == kubectl("scale deployment web --replicas=1", "-n", web)
    kubectl("wait deployment/web --for=jsonpath={.status.replicas}=1 --timeout=30s", "-n", web)


def test_autoscale(kubectl, web):
    """autoscale makes an autoscaler."""
    kubectl("autoscale deployment web --min=1 --max=3 --cpu=50%", "-n", web)
    assert "Deployment/web" in kubectl("get hpa", "-n", web)


def test_endpoints_follow_pods(kubectl, web):
    """A service has the addresses of its pods."""
    addresses = kubectl("get", "endpoints", "web", "-n", web, "-o", "jsonpath={.subsets[0].addresses[*].ip}")
    assert 2 == len(addresses.split())


def test_patch_three_ways(kubectl, web):
    """patch knows three types."""
    kubectl("patch", "deployment", "web", "-n", web, "-p", '{"spec":{"minReadySeconds":1}}')
    kubectl("patch", "deployment", "web", "-n", web, "--type=merge", "-p", '{"spec":{"minReadySeconds":2}}')
    operation = '[{"op":"replace","path":"/spec/minReadySeconds","value":3}]'
    kubectl("patch", "deployment", "web", "-n", web, "--type=json", "-p", operation)
    assert "3" == kubectl("get", "deployment", "web", "-n", web, "-o", "jsonpath={.spec.minReadySeconds}")


def test_a_token(kubectl, place):
    """A service account's token."""
    assert 3 == len(kubectl("create token default", "-n", place).strip().split("."))


def test_custom_resources(kubectl, place):
    """A definition, its objects, their columns, and explain."""
    kubectl("apply", "-f", "-", text=GADGETS)
    kubectl("wait crd/gadgets.clients.example.com --for=condition=Established --timeout=10s")
    body = "apiVersion: clients.example.com/v1\nkind: Gadget\nmetadata: {name: g}\nspec: {size: 3}\n"
    kubectl("apply", "-n", place, "-f", "-", text=body)
    assert ["g", "3"] == kubectl("get gd", "-n", place).splitlines()[1].split()
    assert "How large it is." in kubectl("explain gadget.spec.size")
    kubectl("delete crd gadgets.clients.example.com")


# Nodes


def test_taint_and_untaint(kubectl):
    """Taints come and go."""
    assert "node/a2 tainted\n" == kubectl("taint node a2 key=value:NoSchedule")
    assert "node/a2 untainted\n" == kubectl("taint node a2 key-")


def test_cordon_and_uncordon(kubectl):
    """A cordoned node says so."""
    kubectl("cordon a2")
    assert "Ready,SchedulingDisabled" in kubectl("get node a2")
    kubectl("uncordon a2")


def test_drain(kubectl, web):
    """drain evicts, and what was evicted comes up elsewhere."""
    kubectl("drain a1 --ignore-daemonsets --delete-emptydir-data --force --timeout=60s")
    try:
        kubectl("wait deployment/web --for=condition=Available --timeout=60s", "-n", web)
        nodes = kubectl("get", "pods", "-n", web, "-o", "jsonpath={.items[*].spec.nodeName}").split()
        assert "a1" not in nodes
    finally:
        kubectl("uncordon a1")


def test_logs(kubectl, web):
    """logs of a deployment, the last lines of it."""
    kubectl("logs deployment/web --tail=5", "-n", web)


def test_top(kubectl):
    """top shows nodes."""
    lines = kubectl("top nodes").splitlines()
    assert lines[0].split()[0] == "NAME"
    assert {"a1", "a2", "s1"} == {line.split()[0] for line in lines[1:]}


# The life of pods


def script(place, name, text, *more):
    """Return the words that run a script in a pod of that name."""
    return ("run", name, "-n", place, "--image=busybox:1.36", *more, "--", "sh", "-c", text)


def missing(words, text):
    """Return the words that a text does not have."""
    return [word for word in words if word not in text]


def test_logs_follow_to_the_end(kubectl, place):
    """logs -f prints line by line and ends with the container."""
    kubectl(*script(place, "job", "for i in 1 2 3; do echo line $i; sleep 20; done", "--restart=Never"))
    # A slow computer may find it ended already; the log is the same then.
    begun = ("Running", "Succeeded")
    assert eventually(lambda: kubectl("get pod job -o jsonpath={.status.phase}", "-n", place) in begun, wanted=True)
    assert "line 1\nline 2\nline 3\n" == kubectl("logs -f job", "-n", place)
    kubectl("wait pod/job --for=jsonpath={.status.phase}=Succeeded --timeout=30s", "-n", place)
    assert "line 3\n" == kubectl("logs job --tail=1", "-n", place)
    assert "Z line 1" in kubectl("logs job --timestamps", "-n", place)


def test_a_crash_loop(kubectl, place):
    """A container that ends again and again is seen in get, describe and the log of its previous run."""
    kubectl(*script(place, "crash", "echo I give up; exit 3"))
    wait = "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff"
    kubectl(f"wait pod/crash {wait} --timeout=30s", "-n", place)
    words = ("CrashLoopBackOff", "Exit Code:    3", "Back-off restarting failed container")
    assert [] == eventually(lambda: missing(words, kubectl("describe pod crash", "-n", place)), [])
    assert "I give up\n" == kubectl("logs crash --previous", "-n", place)


def test_an_image_that_does_not_exist(kubectl, place):
    """ImagePullBackOff, with the registry's words in the events, and a log that is refused."""
    kubectl("run web --image=nginx:nonsense", "-n", place)
    wait = "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff"
    kubectl(f"wait pod/web {wait} --timeout=30s", "-n", place)
    assert "docker.io/library/nginx:nonsense: not found" in kubectl("describe pod web", "-n", place)
    words = 'Error from server (BadRequest): container "web" in pod "web" is waiting to start: '
    seen = kubectl("logs web", "-n", place, fails=True)
    assert seen in (f"{words}trying and failing to pull image\n", f"{words}image can't be pulled\n")


def test_a_pod_ends_in_its_grace(kubectl, place):
    """delete waits until a program that does not hear has been killed; --force does not wait."""
    for name in ("deaf", "forced"):
        kubectl(*script(place, name, "sleep 3600"))
        kubectl(f"wait pod/{name} --for=condition=Ready --timeout=30s", "-n", place)
    assert "deleted" in kubectl("delete pod deaf --grace-period=5", "-n", place)
    assert "force deleted" in kubectl("delete pod forced --force --grace-period=0", "-n", place)
    assert "" == kubectl("get pods -o name", "-n", place)
