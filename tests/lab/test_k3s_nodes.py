"""Node objects."""

from datetime import UTC, datetime, timedelta

import pytest

from edgebook.lab.k3s import nodes
from edgebook.lab.k3s.nodes import Machine

NOW = datetime(2026, 1, 15, 8, tzinfo=UTC)
SERVER = Machine("s1", "10.0.0.1", "v1.31.9+k3s1", labels=("site=a",), taints=("dedicated=gpu:NoSchedule",))


def test_fresh_node_has_no_network():
    """A node registers not ready, because its pod network is not up."""
    node = nodes.build(SERVER, ("control-plane", "etcd", "master"), 0, NOW)
    assert "KubeletNotReady" == nodes.find_condition(node, "Ready")["reason"]
    assert not nodes.is_ready(node)
    assert "10.42.0.0/24" == node["spec"]["podCIDR"]


def test_labels_carry_roles_and_settings():
    """Roles and configured labels are labels."""
    labels = nodes.labels(SERVER, ("etcd",))
    assert ("true", "a", "k3s") == (
        labels["node-role.kubernetes.io/etcd"],
        labels["site"],
        labels["node.kubernetes.io/instance-type"],
    )


@pytest.mark.parametrize(
    ("text", "taint"),
    [
        ("a=b:NoSchedule", {"key": "a", "value": "b", "effect": "NoSchedule"}),
        ("a:NoExecute", {"key": "a", "effect": "NoExecute"}),
    ],
)
def test_taints(text, taint):
    """Taints are read with and without a value."""
    assert taint == nodes.taint(text)


def test_transition_time_follows_the_status():
    """A condition's transition time moves with its status only."""
    node, later = {"status": {}}, NOW + timedelta(minutes=1)
    nodes.set_condition(node, "Ready", nodes.NO_NETWORK, NOW)
    assert not nodes.set_condition(node, "Ready", nodes.NO_NETWORK, later)
    assert "2026-01-15T08:00:00Z" == nodes.find_condition(node, "Ready")["lastTransitionTime"]
    assert nodes.set_condition(node, "Ready", nodes.READY, later)
    assert "2026-01-15T08:01:00Z" == nodes.find_condition(node, "Ready")["lastTransitionTime"]


@pytest.mark.parametrize(
    ("version", "runtime"), [("v1.31.9+k3s1", "2.0"), ("v1.31.4+k3s1", "1.7"), ("v1.32.0+k3s1", "2.0")]
)
def test_runtime_of_a_release(version, runtime):
    """containerd is 2.0 from v1.31.6 on."""
    assert nodes.runtime_version(version).startswith(f"containerd://{runtime}")


def test_lease_has_microseconds():
    """A lease carries the time with microseconds."""
    assert "2026-01-15T08:00:00.000000Z" == nodes.lease("s1", NOW)["spec"]["renewTime"]
