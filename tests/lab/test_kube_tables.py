"""What `kubectl get` shows of each kind."""

from datetime import UTC, datetime

import pytest

from edgebook.lab.kube import cells
from edgebook.lab.kube.registry import Registry
from edgebook.lab.kube.served import BUILT_IN
from edgebook.lab.kube.tables import COLUMNS, columns, row, text_table
from tests.kubeapi import node, pod, store

NOW = datetime(2026, 1, 15, 8, 5, tzinfo=UTC)


def test_nodes_print_as_kubectl_prints_them():
    """The text form has kubectl's columns, three blanks apart."""
    state = store()
    state.create("nodes", node("s1", roles=("control-plane", "etcd", "master")))
    shown = text_table(state, "nodes", state.list("nodes"))
    assert shown == (
        "NAME   STATUS   ROLES                       AGE   VERSION\n"
        "s1     Ready    control-plane,etcd,master   0s    v1.31.9+k3s1\n"
    )


def test_nothing_prints_as_such():
    """An empty list says so."""
    assert text_table(store(), "pods", []) == "No resources found\n"


def test_namespaces_are_a_column_when_asked_for():
    """With all namespaces the first column is the namespace."""
    state = store()
    state.create("pods", pod("x", namespace="kube-system"))
    assert text_table(state, "pods", state.list("pods"), namespaces=True).splitlines()[1].startswith("kube-system   x ")


def test_wide_shows_more():
    """-o wide has the columns with a priority."""
    state = store()
    state.create("nodes", node("s1"))
    assert "INTERNAL-IP" in text_table(state, "nodes", state.list("nodes"), wide=True)


@pytest.mark.parametrize("resource", sorted(COLUMNS))
def test_every_table_belongs_to_a_kind_and_bears_an_empty_object(resource):
    """Each table is of a served kind, and an object without spec and status makes a full row."""
    kind = Registry().named(resource)
    bare = {"metadata": {"name": "x", "creationTimestamp": "2026-01-15T08:00:00Z"}}
    assert (resource, len(columns(kind))) == (kind.resource, len(row(kind, bare, NOW)))


def test_kinds_without_a_table_show_name_and_age():
    """The default is two columns."""
    plain = next(kind for kind in BUILT_IN if kind.resource == "helmchartconfigs.helm.cattle.io")
    assert ["x", "5m"] == row(plain, {"metadata": {"name": "x", "creationTimestamp": "2026-01-15T08:00:00Z"}}, NOW)


@pytest.mark.parametrize(
    ("ready", "spec", "expected"),
    [("True", {}, "Ready"), ("Unknown", {}, "NotReady"), ("True", {"unschedulable": True}, "Ready,SchedulingDisabled")],
)
def test_node_status(ready, spec, expected):
    """Readiness and cordon make the status."""
    assert expected == cells.node_status(node("a1", ready=ready, **spec), NOW)


def test_a_node_without_conditions_is_unknown():
    """A node that no kubelet has reported on is Unknown."""
    assert cells.node_status({"status": {}}, NOW) == "Unknown"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"phase": "Pending"}, "Pending"),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
        (
            {"phase": "Running", "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
            "CrashLoopBackOff",
        ),
        ({"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]}, "ExitCode:3"),
        (
            {"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"signal": 9, "exitCode": 137}}}]},
            "Signal:9",
        ),
        (
            {"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}]},
            "Completed",
        ),
        ({"phase": "Pending", "initContainerStatuses": [{"state": {"running": {}}}]}, "Init:0/1"),
        (
            {"phase": "Pending", "initContainerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull"}}}]},
            "Init:ErrImagePull",
        ),
        ({"phase": "Running", "initContainerStatuses": [{"state": {"terminated": {"exitCode": 0}}}]}, "Running"),
    ],
)
def test_pod_status(status, expected):
    """The STATUS column says what a pod is at, as kubectl words it."""
    assert expected == cells.pod_status({"metadata": {}, "spec": {"initContainers": [{}]}, "status": status}, NOW)


def test_a_pod_being_deleted_is_terminating():
    """The deletion mark outweighs the phase."""
    assert (
        cells.pod_status({"metadata": {"deletionTimestamp": "x"}, "status": {"phase": "Running"}}, NOW) == "Terminating"
    )


def test_restarts_tell_when_the_last_was():
    """A restarted container shows how long ago that was."""
    status = {"restartCount": 3, "lastState": {"terminated": {"finishedAt": "2026-01-15T08:04:00Z"}}}
    assert cells.pod_restarts({"status": {"containerStatuses": [status]}}, NOW) == "3 (60s ago)"


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"type": "ClusterIP"}, {}, "<none>"),
        ({"type": "LoadBalancer"}, {}, "<pending>"),
        ({"type": "LoadBalancer"}, {"loadBalancer": {"ingress": [{"ip": "10.20.0.11"}]}}, "10.20.0.11"),
        ({"type": "ExternalName", "externalName": "x.example"}, {}, "x.example"),
    ],
)
def test_external_ips(spec, status, expected):
    """A service's EXTERNAL-IP depends on its type."""
    assert expected == cells.service_external({"spec": spec, "status": status}, NOW)


def test_service_ports():
    """Node ports stand behind a colon."""
    ports = [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]
    assert cells.service_ports({"spec": {"ports": ports}}, NOW) == "80:30080/TCP,53/UDP"
