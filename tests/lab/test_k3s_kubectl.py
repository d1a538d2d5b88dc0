"""kubectl on the practice hosts."""

import json

import pytest

from tests.lab.k3s_bench import on_bench

VOTER = "k3s kubectl get node s1 -o jsonpath='{.status.conditions[?(@.type==\"EtcdIsVoter\")].status}'"


def typed(*commands, hosts=("s1",), where="s1", user="root", files=None):
    """Bring hosts up, type commands on one of them, return the last answer."""

    async def act(bench):
        await bench.up(*hosts)
        for path, text in (files or {}).items():
            bench.write(where, path, text)
        for command in commands:
            answer = await bench.sh(where, command, user=user)
        return answer

    return on_bench(act, servers=1, agents=1)


def test_table_of_nodes():
    """`get nodes` prints kubectl's columns."""
    lines = typed("k3s kubectl get nodes").out.splitlines()
    assert "NAME   STATUS   ROLES                       AGE   VERSION" == lines[0]
    assert lines[1].startswith("s1     Ready    control-plane,etcd,master   ")
    assert lines[1].endswith("v1.31.9+k3s1")


def test_nodes_as_json():
    """`get nodes -o json` is a List whose items carry what a kubelet reports."""
    tree = json.loads(typed("k3s kubectl get nodes -o json").out)
    assert "List" == tree["kind"]
    status = tree["items"][0]["status"]
    assert {"type": "InternalIP", "address": "10.20.0.11"} in status["addresses"]
    assert "v1.31.9+k3s1" == status["nodeInfo"]["kubeletVersion"]


def test_one_node_as_json():
    """`get node NAME -o json` is the object itself."""
    assert "Node" == json.loads(typed("k3s kubectl get node s1 -o json").out)["kind"]


def test_voter_by_jsonpath():
    """The documented way to see whether a server votes."""
    assert "True" == typed(VOTER).out


@pytest.mark.parametrize(
    ("command", "out"),
    [
        ("kubectl get --raw=/readyz", "ok"),
        ("kubectl get --raw /livez", "ok"),
        ("kubectl get nodes -o name", "node/s1\n"),
        ("kubectl get node/s1 --no-headers -o jsonpath='{.metadata.name}{\"\\n\"}'", "s1\n"),
        ("kubectl get nodes -l node-role.kubernetes.io/etcd=true -o name", "node/s1\n"),
        ("kubectl get leases -n kube-node-lease -o name", "lease.coordination.k8s.io/s1\n"),
        ("kubectl get secrets -n kube-system -o name", "secret/s1.node-password.k3s\n"),
        ("kubectl label node s1 site=north", "node/s1 labeled\n"),
        ("kubectl annotate node s1 note=x", "node/s1 annotated\n"),
        ("kubectl cordon s1", "node/s1 cordoned\n"),
        ("kubectl uncordon s1", "node/s1 already uncordoned\n"),
        ("kubectl delete node s1", 'node "s1" deleted\n'),
    ],
)
def test_short_answers(command, out):
    """Each command answers as kubectl does."""
    assert (0, out) == ((answer := typed(command)).code, answer.out)


@pytest.mark.parametrize(
    ("command", "err"),
    [
        ("kubectl get node s9", 'Error from server (NotFound): nodes "s9" not found\n'),
        ("kubectl get widgets", 'error: the server doesn\'t have a resource type "widgets"\n'),
        ("kubectl frobnicate", 'error: unknown command "frobnicate" for "kubectl"\n'),
        ("kubectl get pods -n", "error: flag needs an argument: 'n' in -n\n"),
    ],
)
def test_failures(command, err):
    """What cannot be done is said in kubectl's words, with exit code 1."""
    assert (1, err) == ((answer := typed(command)).code, answer.err)


def test_label_does_not_overwrite():
    """A label with another value needs --overwrite."""
    answer = typed("kubectl label node s1 site=a", "kubectl label node s1 site=b")
    assert (1, "error: 'site' already has a value (a), and --overwrite is false\n") == (answer.code, answer.err)


def test_label_overwrites_when_told():
    """--overwrite replaces the value, and the same value again is no change."""
    commands = ("kubectl label node s1 site=a", "kubectl label node s1 site=b --overwrite")
    assert "node/s1 labeled\n" == typed(*commands).out
    assert "node/s1 not labeled\n" == typed(*commands, commands[-1]).out


def test_role_label_shows_as_role():
    """The label node-role.kubernetes.io/edge= shows as the role `edge`."""
    commands = ("kubectl label node a1 node-role.kubernetes.io/edge=", "kubectl get node a1 --no-headers")
    assert "edge" == typed(*commands, hosts=("s1", "a1")).out.split()[2]


def test_agent_has_no_kubeconfig():
    """On an agent kubectl has no kubeconfig and tries localhost:8080."""
    answer = typed("k3s kubectl get nodes", hosts=("s1", "a1"), where="a1")
    text = "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n"
    assert (1, text) == (answer.code, answer.err)


def test_other_users_may_not_read_the_kubeconfig():
    """The kubeconfig is 0600: an ordinary user is told how K3s would open it."""
    answer = typed("k3s kubectl get nodes", user="edge")
    assert 1 == answer.code
    assert "open /etc/rancher/k3s/k3s.yaml: permission denied" in answer.err


def test_kubeconfig_of_another_cluster():
    """A kubeconfig with another CA meets an unknown authority."""
    text = "clusters:\n- name: x\n  cluster: {server: https://127.0.0.1:6443, certificate-authority-data: b3RoZXI=}\n"
    answer = typed("KUBECONFIG=/root/other kubectl get nodes", files={"/root/other": text})
    assert "x509: certificate signed by unknown authority" in answer.err


def test_events_of_a_node():
    """A node's start leaves events."""
    out = typed("kubectl get events -A --field-selector involvedObject.kind=Node -o json").out
    reasons = {item["reason"] for item in json.loads(out)["items"]}
    assert {"Starting", "RegisteredNode", "NodeReady"} <= reasons


def test_describe_names_conditions():
    """`describe node` shows conditions and taints."""
    out = typed("kubectl describe node s1").out
    assert "Name:               s1" in out
    assert "EtcdIsVoter" in out
    assert "Taints:             <none>" in out


def test_version_of_both_sides():
    """`kubectl version` names client and server."""
    assert "Server Version: v1.31.9+k3s1" in typed("kubectl version").out


def test_config_labels_and_taints_reach_the_node():
    """node-label and node-taint of the configuration are on the node when it registers."""

    async def act(bench):
        bench.configure("s1", "node-label: [site=factory]\nnode-taint: ['dedicated=gpu:NoSchedule']")
        await bench.install("s1")
        await bench.until(lambda: bench.ready("s1"))
        node = bench.cluster.store.get("nodes", "s1")
        return node["metadata"]["labels"]["site"], node["spec"]["taints"]

    assert ("factory", [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]) == on_bench(act)


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("kubectl get node s1 -o yaml", "kind: Node\n"),
        ("kubectl get --raw /version", '"gitVersion": "v1.31.9+k3s1"'),
        ("kubectl get --raw /api/v1/nodes", '"kind": "NodeList"'),
        ("kubectl get --raw /api/v1/nodes/s1", '"name": "s1"'),
        ("kubectl get --raw /api/v1/namespaces/kube-system/secrets", "s1.node-password.k3s"),
        ("kubectl get --raw '/readyz?verbose'", "[+]etcd ok"),
        ("kubectl version -o json", '"serverVersion"'),
        ("kubectl version --client", "Client Version: v1.31.9+k3s1"),
        ("kubectl get nodes,leases -n kube-node-lease", "HOLDER"),
        ("kubectl --help", "controls the Kubernetes cluster manager"),
    ],
)
def test_longer_answers(command, part):
    """Other formats and raw paths answer with what they are asked for."""
    assert part in typed(command).out


def test_nothing_found_is_said_on_standard_error():
    """An empty list is no output and one line of explanation."""
    answer = typed("kubectl get pods")
    assert ("", "No resources found in default namespace.\n") == (answer.out, answer.err)


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("--server https://10.20.0.99:6443", "dial tcp 10.20.0.99:6443: connect: no route to host"),
        ("--server https://nobody.example:6443", "lookup nobody.example: no such host"),
        ("--server https://10.20.0.11:22", "does not look like a TLS handshake"),
        ("--server https://10.20.0.11:1", "The connection to the server 10.20.0.11:1 was refused"),
    ],
)
def test_other_servers(flag, text):
    """A server that is not there gives the error its cause gives."""
    assert text in typed(f"kubectl {flag} get nodes").err


def test_drain_refuses_daemonset_pods():
    """A node with DaemonSet pods is not drained without --ignore-daemonsets."""

    async def act(bench):
        bench.write("s1", "/etc/rancher/k3s/config.yaml", "token: server-secret-1234\ncluster-init: true\n")
        await bench.install("s1")
        await bench.until(lambda: len(bench.cluster.store.list("pods", "kube-system")) == 7)
        refused = await bench.sh("s1", "kubectl drain s1")
        return refused, await bench.sh("s1", "kubectl drain s1 --ignore-daemonsets")

    refused, done = on_bench(act, servers=1, agents=0)
    assert 1 == refused.code
    assert "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)" in refused.err
    assert 0 == done.code
    assert "Warning: ignoring DaemonSet-managed Pods: kube-system/svclb-traefik-" in done.err
