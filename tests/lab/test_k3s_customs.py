"""K3s's own kinds: their definitions, addons for manifests, snapshots as objects, charts that become jobs."""

import hashlib

import pytest

from edgebook.lab.k3s import charts, customs
from edgebook.lab.k3s.charts import Charts
from tests.kubeapi import store as new_store
from tests.lab.k3s_bench import on_bench

KINDS = (
    "helmcharts.helm.cattle.io",
    "helmchartconfigs.helm.cattle.io",
    "addons.k3s.cattle.io",
    "etcdsnapshotfiles.k3s.cattle.io",
)
SERVER = "/var/lib/rancher/k3s/server"
REPO = "https://charts.example.com"


@pytest.fixture
def cluster():
    """A store with K3s's definitions, and its chart controller."""
    made = new_store()
    customs.define(made)
    return made, Charts(made)


def chart(name="web", place="default", **spec):
    """Describe a chart."""
    return {"metadata": {"name": name, "namespace": place}, "spec": {"chart": name, "repo": REPO, **spec}}


def settle(controller):
    """Let the chart controller look until nothing is left to do."""
    for _ in range(3):
        controller.tick(frozenset({"traefik"}))


def test_the_definitions_are_established(cluster):
    """Each kind is there as a definition that is served."""
    store, _ = cluster
    found = {item["metadata"]["name"]: item for item in store.list("customresourcedefinitions")}
    assert set(KINDS) <= set(found)
    for name in KINDS:
        assert "Established" in [item["type"] for item in found[name]["status"]["conditions"]]


def test_defining_twice_changes_nothing(cluster):
    """A second server finds the definitions there."""
    store, _ = cluster
    before = store.resource_version
    customs.define(store)
    assert before == store.resource_version


def test_a_chart_has_the_columns_of_helm_controller(cluster):
    """kubectl shows what the real definition lists."""
    store, _ = cluster
    columns = store.registry.named("helmcharts").definition.columns
    assert ["Job", "Chart", "TargetNamespace", "Version", "Repo", "HelmVersion", "Bootstrap"] == [
        item["name"] for item in columns
    ]


def test_a_chart_becomes_a_job(cluster):
    """The job stands in the chart's namespace with its labels, and the chart names it."""
    store, controller = cluster
    store.create("helmcharts", chart(version="1.2.3", set={"replicas": 2, "mode": "ha"}))
    settle(controller)
    job, made = store.get("jobs", "helm-install-web"), store.get("helmcharts", "web")
    assert {"helmcharts.helm.cattle.io/chart": "web"} == job["metadata"]["labels"]
    assert "web" == job["spec"]["template"]["metadata"]["labels"]["helmcharts.helm.cattle.io/chart"]
    assert ["install", "--version", "1.2.3", "--set-string", "mode=ha", "--set", "replicas=2"] == job["spec"][
        "template"
    ]["spec"]["containers"][0]["args"]
    assert "helm-install-web" == made["status"]["jobName"]
    assert [("JobCreated", "True"), ("Failed", "False")] == [
        (item["type"], item["status"]) for item in made["status"]["conditions"]
    ]
    assert ["wrangler.cattle.io/on-helm-chart-remove"] == made["metadata"]["finalizers"]
    assert "helm-controller" == made["metadata"]["annotations"]["helmcharts.cattle.io/managed-by"]


def test_a_jobs_needs_are_there(cluster):
    """The account, its role, the values and the content have helm-controller's names."""
    store, controller = cluster
    store.create("helmcharts", chart(valuesContent="a: 1"))
    settle(controller)
    assert store.get("serviceaccounts", "helm-web")
    assert "cluster-admin" == store.get("clusterrolebindings", "helm-default-web")["roleRef"]["name"]
    assert "helmcharts.helm.cattle.io/values" == store.get("secrets", "chart-values-web")["type"]
    assert store.get("configmaps", "chart-content-web")


def test_the_job_is_told_where_the_chart_is(cluster):
    """The container's environment names chart, repository and namespaces."""
    store, controller = cluster
    store.create("helmcharts", chart(targetNamespace="shop", createNamespace=True))
    settle(controller)
    container = store.get("jobs", "helm-install-web")["spec"]["template"]["spec"]["containers"][0]
    env = {item["name"]: item.get("value", "") for item in container["env"]}
    assert ("web/web", REPO, "shop", "default", "reinstall") == tuple(
        env[key] for key in ("CHART", "REPO", "TARGET_NAMESPACE", "CHART_NAMESPACE", "FAILURE_POLICY")
    )
    assert ["install", "--namespace", "shop", "--create-namespace"] == container["args"]


def test_another_configuration_makes_another_job(cluster):
    """A HelmChartConfig of the chart's name changes the job's hash, and the job is made again."""
    store, controller = cluster
    store.create("helmcharts", chart())
    settle(controller)
    first = store.get("jobs", "helm-install-web")["metadata"]["uid"]
    store.create("helmchartconfigs", {"metadata": {"name": "web"}, "spec": {"valuesContent": "a: 2"}}, "default")
    settle(controller)
    assert first != store.get("jobs", "helm-install-web")["metadata"]["uid"]


def test_nothing_changes_when_nothing_did(cluster):
    """A chart that is installed is left alone."""
    store, controller = cluster
    store.create("helmcharts", chart())
    settle(controller)
    before = store.resource_version
    settle(controller)
    assert before == store.resource_version


def test_helm_two_is_refused(cluster):
    """Only charts of version 3 are supported, and the chart says so."""
    store, controller = cluster
    store.create("helmcharts", chart(helmVersion="v2"))
    settle(controller)
    failed = store.get("helmcharts", "web")["status"]["conditions"][1]
    assert ("True", "Only Helm v3 charts are supported") == (failed["status"], failed["message"])
    assert store.find("jobs", "helm-install-web") is None


@pytest.mark.parametrize("note", [{charts.UNMANAGED: "true"}, {charts.MANAGED_BY: "somebody"}])
def test_anothers_chart_is_left_alone(cluster, note):
    """A chart that is somebody else's gets no job."""
    store, controller = cluster
    described = chart()
    described["metadata"]["annotations"] = note
    store.create("helmcharts", described)
    settle(controller)
    assert store.find("jobs", "helm-install-web") is None


def test_a_deleted_chart_takes_its_job_along(cluster):
    """The finalizer holds the chart until job and values are gone."""
    store, controller = cluster
    store.create("helmcharts", chart())
    settle(controller)
    store.delete("helmcharts", "web")
    assert store.get("helmcharts", "web")["metadata"]["deletionTimestamp"]
    settle(controller)
    assert [None, None, None] == [
        store.find(kind, name)
        for kind, name in (("helmcharts", "web"), ("jobs", "helm-install-web"), ("secrets", "chart-values-web"))
    ]


def test_traefik_is_a_chart(cluster):
    """The packaged charts are there unless they are disabled; then they go."""
    store, controller = cluster
    for _ in range(3):
        controller.tick(frozenset())
    assert ["traefik", "traefik-crd"] == [item["metadata"]["name"] for item in store.list("helmcharts", "kube-system")]
    settle(controller)
    assert [] == store.list("helmcharts", "kube-system")


# On a server


def test_files_of_a_server_are_objects():
    """A manifest is an addon with its sum; a snapshot an object that goes with its file."""

    async def act(bench):
        await bench.up("s1")
        store = bench.cluster.store
        await bench.until(lambda: len(store.list("addons")) > 3)
        raw = bench.host("s1").files.read(f"{SERVER}/manifests/coredns.yaml")
        await bench.sh("s1", "k3s etcd-snapshot save --name before")
        await bench.until(lambda: store.list("etcdsnapshotfiles"))
        (kept,) = store.list("etcdsnapshotfiles")
        shown = await bench.sh("s1", "kubectl get etcdsnapshotfiles")
        await bench.sh("s1", f"k3s etcd-snapshot delete {kept['spec']['snapshotName']}")
        await bench.until(lambda: not store.list("etcdsnapshotfiles"))
        return {item["metadata"]["name"]: item["spec"] for item in store.list("addons")}, raw, kept, shown.out

    specs, raw, kept, shown = on_bench(act)
    assert {"ccm", "coredns", "local-storage", "metrics-server-deployment", "rolebindings", "runtimes"} == set(specs)
    wanted = {"source": f"{SERVER}/manifests/coredns.yaml", "checksum": hashlib.sha256(raw).hexdigest()}
    assert wanted == specs["coredns"]
    name = kept["spec"]["snapshotName"]
    assert (True, "s1") == (name.startswith("before-s1-"), kept["spec"]["nodeName"])
    assert f"file://{SERVER}/db/snapshots/{name}" == kept["spec"]["location"]
    assert (True, True) == (kept["status"]["readyToUse"], int(kept["status"]["size"]) > 1000)
    assert ["NAME", "SNAPSHOTNAME", "NODE", "LOCATION", "SIZE", "CREATIONTIME"] == shown.split("\n")[0].split()
