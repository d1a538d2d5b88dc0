"""The official Python client with its dynamic half, and kr8s: unchanged, against the practice site."""

import pytest
from kubernetes import client as official
from kubernetes import config, dynamic, watch

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "from-python"}, "data": {"a": "1"}}


@pytest.fixture
def api(kubeconfig):
    """Give the official client's connection."""
    with config.new_client_from_config(str(kubeconfig)) as made:
        yield made


def test_official_lists_nodes(api):
    """Nodes come as model objects."""
    nodes = official.CoreV1Api(api).list_node().items
    assert ["a1", "a2", "s1"] == [node.metadata.name for node in nodes]
    assert nodes[0].status.node_info.kubelet_version.startswith("v1.31.")


def test_official_writes_a_deployment(api):
    """A deployment is made, scaled, read and deleted."""
    apps, labels = official.AppsV1Api(api), {"app": "official"}
    spec = {"containers": [{"name": "main", "image": "nginx"}]}
    template = {"metadata": {"labels": labels}, "spec": spec}
    body = {"metadata": {"name": "official"}, "spec": {"selector": {"matchLabels": labels}, "template": template}}
    made = apps.create_namespaced_deployment("default", body)
    assert 1 == made.spec.replicas
    apps.patch_namespaced_deployment_scale("official", "default", {"spec": {"replicas": 0}})
    assert 0 == apps.read_namespaced_deployment("official", "default").spec.replicas
    apps.delete_namespaced_deployment("official", "default")


def test_official_errors(api):
    """A missing object is an ApiException with the Status."""
    with pytest.raises(official.ApiException) as caught:
        official.CoreV1Api(api).read_namespaced_pod("nope", "default")
    assert 404 == caught.value.status


def test_official_watches(api):
    """A watch begins with what is there."""
    stream = watch.Watch().stream(official.CoreV1Api(api).list_node, timeout_seconds=1)
    assert [("ADDED", "a1"), ("ADDED", "a2"), ("ADDED", "s1")] == [
        (event["type"], event["object"].metadata.name) for event, _ in zip(stream, range(3), strict=False)
    ]


def test_dynamic_client(api):
    """The dynamic client finds kinds by discovery and applies."""
    found = dynamic.DynamicClient(api).resources.get(api_version="v1", kind="ConfigMap")
    made = found.server_side_apply(body=CONFIG, name="from-python", namespace="default", field_manager="tests")
    assert "1" == made.data["a"]
    found.delete(name="from-python", namespace="default")


def test_kr8s(kubeconfig):
    """kr8s lists, makes, scales and deletes."""
    kr8s = pytest.importorskip("kr8s", reason="kr8s is not there: pip install kr8s")
    from kr8s.objects import ConfigMap  # noqa: PLC0415 - after the check that it is there

    api = kr8s.api(kubeconfig=str(kubeconfig))
    assert ["a1", "a2", "s1"] == sorted(node.name for node in api.get("nodes"))
    thing = ConfigMap({**CONFIG, "metadata": {"name": "from-kr8s", "namespace": "default"}}, api=api)
    thing.create()
    thing.label({"seen": "yes"})
    assert "yes" == thing.labels["seen"]
    thing.delete()
