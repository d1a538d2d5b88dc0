"""The forms in which lists and objects are had: tables, metadata alone, YAML."""

import pytest

COLOURS = ("blue", "green", "red")


@pytest.fixture(scope="module")
def colours(cluster, space):
    """Three labelled ConfigMaps, and the path that lists them."""
    for number, colour in enumerate(COLOURS):
        labels = {"colour": colour, "set": "colours", **({"warm": "yes"} if colour == "red" else {})}
        cluster.make(
            f"{space.core}/configmaps", {"metadata": {"name": colour, "labels": labels}, "data": {"n": str(number)}}
        )
    return f"{space.core}/configmaps"


TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


def test_table_of_config_maps(cluster, colours):
    """A Table has columns, cells, and the metadata of each row."""
    body = cluster.get(f"{colours}?labelSelector=colour%3Dred", accept=TABLE).body
    assert ("Table", "meta.k8s.io/v1") == (body["kind"], body["apiVersion"])
    assert ["Name", "Data", "Age"] == [column["name"] for column in body["columnDefinitions"]]
    (row,) = body["rows"]
    assert ["red", 1] == row["cells"][:2]
    assert "PartialObjectMetadata" == row["object"]["kind"]


def test_table_without_objects(cluster, colours):
    """includeObject=None leaves the metadata out."""
    body = cluster.get(f"{colours}?labelSelector=colour%3Dred&includeObject=None", accept=TABLE).body
    assert body["rows"][0]["object"] is None


COLUMNS = {
    "/api/v1/pods": "Name Ready Status Restarts Age IP Node|Nominated Node|Readiness Gates",
    "/api/v1/nodes": "Name Status Roles Age Version Internal-IP External-IP OS-Image Kernel-Version Container-Runtime",
    "/api/v1/services": "Name Type Cluster-IP External-IP Port(s) Age Selector",
    "/api/v1/namespaces": "Name Status Age",
    "/api/v1/secrets": "Name Type Data Age",
    "/api/v1/events": "Last|Seen Type Reason Object Subobject Source Message First|Seen Count Name",
    "/api/v1/persistentvolumeclaims": "Name Status Volume Capacity Access|Modes StorageClass VolumeAttributesClass Age VolumeMode",
    "/apis/apps/v1/deployments": "Name Ready Up-to-date Available Age Containers Images Selector",
    "/apis/apps/v1/daemonsets": "Name Desired Current Ready Up-to-date Available Node|Selector Age Containers Images Selector",
    "/apis/apps/v1/replicasets": "Name Desired Current Ready Age Containers Images Selector",
    "/apis/apps/v1/statefulsets": "Name Ready Age Containers Images",
    "/apis/batch/v1/jobs": "Name Status Completions Duration Age Containers Images Selector",
    "/apis/batch/v1/cronjobs": "Name Schedule Timezone Suspend Active Last|Schedule Age Containers Images Selector",
    "/apis/autoscaling/v2/horizontalpodautoscalers": "Name Reference Targets MinPods MaxPods Replicas Age",
    "/apis/policy/v1/poddisruptionbudgets": "Name Min|Available Max|Unavailable Allowed|Disruptions Age",
    "/apis/storage.k8s.io/v1/storageclasses": "Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age",
    "/apis/networking.k8s.io/v1/ingresses": "Name Class Hosts Address Ports Age",
    "/apis/networking.k8s.io/v1/networkpolicies": "Name Pod-Selector Age",
    "/apis/coordination.k8s.io/v1/leases": "Name Holder Age",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings": "Name Role Age Users Groups ServiceAccounts",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": "Name Created|At",
    "/apis/scheduling.k8s.io/v1/priorityclasses": "Name Value Global-Default Age",
}


@pytest.mark.parametrize("path", COLUMNS)
def test_columns(cluster, path):
    """Each kind has kubectl's columns."""
    body = cluster.get(f"{path}?limit=1", accept=TABLE).body
    shown = COLUMNS[path].replace("Node|Nominated Node|Readiness Gates", "Node Nominated|Node Readiness|Gates")
    assert [name.replace("|", " ") for name in shown.split()] == [item["name"] for item in body["columnDefinitions"]]


def test_metadata_only(cluster, colours):
    """PartialObjectMetadata has no data."""
    body = cluster.get(f"{colours}/red", accept=PARTIAL).body
    assert ("PartialObjectMetadata", "meta.k8s.io/v1", False) == (body["kind"], body["apiVersion"], "data" in body)


def test_metadata_only_list(cluster, colours):
    """So has a list of it."""
    body = cluster.get(colours, accept=PARTIAL_LIST).body
    assert ("PartialObjectMetadataList", "meta.k8s.io/v1") == (body["kind"], body["apiVersion"])
    assert not any("data" in item for item in body["items"])


def test_yaml_answer(cluster, colours):
    """An object comes as YAML to who asks for it."""
    answer = cluster.get(f"{colours}/red", accept="application/yaml")
    assert "application/yaml" == answer.headers["content-type"]
    assert "kind: ConfigMap" in answer.body


def test_no_such_form(cluster, colours):
    """A form nobody has is 406."""
    answer = cluster.get(f"{colours}/red", accept="image/png")
    assert (406, "NotAcceptable") == (answer.code, answer.reason)
    offered = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    assert f"406: Not Acceptable\n\nAvailable representations: {offered}" == answer.message


def test_protobuf_is_not_the_only_form(cluster, colours):
    """Who would rather have protobuf but takes JSON gets an answer."""
    answer = cluster.get(f"{colours}/red", accept="application/vnd.kubernetes.protobuf,application/json")
    assert 200 == answer.code
