"""The cluster port against a real HTTPS API with client certificates: verbs, waits, drains, and errors in our words."""

import ssl
import subprocess
import sys
import threading
import time

import pytest
import urllib3.exceptions

from edgebook.cluster import Cluster
from edgebook.cluster.failures import STATUSES, TRANSPORT, broken
from edgebook.errors import (
    ClusterDenied,
    ClusterError,
    ClusterUnreachable,
    ObjectConflict,
    ObjectInvalid,
    ObjectNotFound,
    WaitTimeout,
)
from tests.kubeapi import VERSION, budget, node, pod, running, workload

SOON_S = 0.2


@pytest.fixture
def api(tmp_path):
    """A control plane with one node."""
    with running(tmp_path) as made:
        made.create("nodes", node("a1"))
        yield made


@pytest.fixture
def cluster(api):
    """A client of it."""
    with Cluster(api.kubeconfig) as made:
        yield made


def later(act, *args, **options):
    """Do something a moment from now."""
    threading.Timer(SOON_S, act, args, options).start()


def set_ready(api, value):
    """Write a node's Ready condition."""
    status = {"conditions": [{"type": "Ready", "status": value, "message": "Kubelet stopped posting node status."}]}
    api.do(api.store.patch, "nodes", "a1", {"status": status})


def is_ready(obj):
    """Tell whether a node is ready."""
    return obj["status"]["conditions"][0]["status"] == "True"


# Connecting


def test_constructing_does_nothing(tmp_path):
    """A client of a kubeconfig that is not there can be made, shown and closed twice."""
    made = Cluster(tmp_path / "nope", "factory-7")
    made.close()
    made.close()
    assert repr(made) == f"Cluster('{tmp_path}/nope', context='factory-7')"


def test_importing_it_is_cheap():
    """The Kubernetes client is loaded by the first call, not by the import."""
    code = "import sys, edgebook.cluster; sys.exit('kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_version_is_the_servers(cluster):
    """gitVersion comes back as text."""
    assert cluster.version() == VERSION


def test_ready_asks_readyz(api, cluster):
    """Ready is what the API says of itself."""
    before = cluster.ready()
    api.healthy = False
    assert (True, False) == (before, cluster.ready())


def test_a_client_can_be_used_after_closing(cluster):
    """Closing drops connections; the next call makes new ones."""
    cluster.close()
    assert cluster.ready()


# Reading


@pytest.mark.parametrize("kind", ["node", "nodes", "Node", "no"])
def test_kinds_go_by_every_name(cluster, kind):
    """A kind is named as kubectl takes it."""
    assert cluster.get(kind, "a1")["metadata"]["name"] == "a1"


def test_kinds_with_a_group_are_found(api, cluster):
    """A group behind a dot tells kinds apart."""
    api.create("deployments", workload("web"))
    assert cluster.get("deployments.apps", "web")["kind"] == "Deployment"


def test_rare_kinds_are_found_in_discovery(api, cluster):
    """A kind the client has never heard of is looked up in the cluster."""
    api.create("addons", {"metadata": {"name": "coredns", "namespace": "kube-system"}})
    assert cluster.get("Addon", "coredns", "kube-system")["apiVersion"] == "k3s.cattle.io/v1"


def test_an_unknown_kind_is_not_found(cluster):
    """What the cluster does not serve is said so."""
    with pytest.raises(ObjectNotFound, match="serves no kind 'frob'"):
        cluster.get("frob", "x")


def test_find_is_none_for_nothing(cluster):
    """Looking for what may be absent is no error."""
    assert (None, "a1") == (cluster.find("node", "b1"), cluster.find("node", "a1")["metadata"]["name"])


def test_list_selects(api, cluster):
    """Labels and fields narrow a list."""
    api.create("pods", pod("x", on="a1"), pod("y", on="a1", labels={"app": "db"}))
    assert ["x"] == [
        item["metadata"]["name"] for item in cluster.list("pods", labels="app=web", fields="spec.nodeName=a1")
    ]


def test_listed_objects_know_their_kind(cluster):
    """Items carry kind and version as single objects do."""
    assert [("v1", "Node")] == [(item["apiVersion"], item["kind"]) for item in cluster.list("nodes")]


def test_long_lists_come_whole(api, cluster, monkeypatch):
    """Pages are put together."""
    monkeypatch.setattr("edgebook.cluster.client.PAGE", 2)
    api.create("nodes", *(node(f"n{number}") for number in range(5)))
    assert len(cluster.list("nodes")) == 6


def test_events_are_in_order(api, cluster):
    """What happened to an object comes oldest first."""
    for name, when in (("e1", "2026-01-15T08:00:02Z"), ("e2", "2026-01-15T08:00:01Z")):
        about = {"kind": "Node", "name": "a1"}
        api.create(
            "events", {"metadata": {"name": name}, "involvedObject": about, "lastTimestamp": when, "reason": name}
        )
    assert ["e2", "e1"] == [item["reason"] for item in cluster.events("node", "a1")]


def test_logs_are_the_last_lines(api, cluster):
    """A tail of the container's output comes back."""
    api.create("pods", pod("x", on="a1"))
    assert cluster.logs("x", "default", tail=1) == "third\n"


# Writing


def test_apply_creates_and_changes(cluster):
    """The same call makes an object and changes it."""
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "default"},
        "data": {"a": "b"},
    }
    cluster.apply(config)
    assert cluster.apply({**config, "data": {"a": "c"}})["data"] == {"a": "c"}


def test_apply_names_field_and_manager_of_a_conflict(api, cluster):
    """The error says whose the field is."""
    api.do(api.store.patch, "nodes", "a1", {"metadata": {"labels": {"site": "north"}}}, manager="kubectl-label")
    wanted = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a1", "labels": {"site": "south"}}}
    with pytest.raises(ObjectConflict, match=r'\.metadata\.labels\.site: conflict with "kubectl-label" using v1'):
        cluster.apply(wanted)


def test_apply_can_be_forced(api, cluster):
    """With consent, the field changes hands."""
    api.do(api.store.patch, "nodes", "a1", {"metadata": {"labels": {"site": "north"}}}, manager="kubectl-label")
    wanted = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a1", "labels": {"site": "south"}}}
    assert cluster.apply(wanted, force=True)["metadata"]["labels"]["site"] == "south"


def test_apply_can_be_tried(cluster):
    """A dry run checks and stores nothing."""
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}, dry_run=True)
    assert cluster.find("configmap", "c") is None


def test_label_sets_and_takes_away(cluster):
    """None removes a label."""
    cluster.label("node", "a1", {"x": "1", "y": "2"})
    labels = cluster.label("node", "a1", {"x": None})["metadata"]["labels"]
    assert (False, "2") == ("x" in labels, labels["y"])


def test_patch_knows_three_types(cluster):
    """A JSON patch is one of them."""
    operation = {"op": "add", "path": "/metadata/labels/x", "value": "y"}
    assert cluster.patch("node", "a1", [operation], how="json")["metadata"]["labels"]["x"] == "y"


def test_taints_are_set_and_taken_away(cluster):
    """Taints are written in kubectl's words."""
    cluster.taint("a1", "dedicated=gpu:NoSchedule", "slow:NoExecute")
    assert cluster.taint("a1", "slow-")["spec"]["taints"] == [
        {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
    ]


def test_a_taint_has_one_value_an_effect(cluster):
    """Setting a taint again replaces its value."""
    cluster.taint("a1", "k=1:NoSchedule", "k=1:NoExecute")
    taints = cluster.taint("a1", "k=2:NoSchedule")["spec"]["taints"]
    assert {("NoExecute", "1"), ("NoSchedule", "2")} == {(item["effect"], item["value"]) for item in taints}


@pytest.mark.parametrize("words", ["k", "k=v", "k:Never", "=v:NoSchedule", "a b:NoSchedule"])
def test_what_is_no_taint_is_refused(cluster, words):
    """The hint shows the form."""
    with pytest.raises(ObjectInvalid, match="key=value:Effect"):
        cluster.taint("a1", words)


def test_delete_says_whether_it_did(cluster):
    """An object that may be absent is deleted without an error."""
    assert (True, False) == (cluster.delete("node", "a1"), cluster.delete("node", "a1", missing_ok=True))


def test_delete_of_nothing_is_not_found(cluster):
    """An object that should be there is missed."""
    with pytest.raises(ObjectNotFound, match='nodes "b1" not found'):
        cluster.delete("node", "b1")


def test_cordon_says_whether_it_changed_anything(cluster):
    """A second cordon is none; uncordon takes it back."""
    assert (True, False, True, False) == (
        cluster.cordon("a1"),
        cluster.cordon("a1"),
        cluster.uncordon("a1"),
        cluster.uncordon("a1"),
    )


# Draining


def test_drain_evicts_and_leaves_daemons(api, cluster):
    """Pods of controllers go, those of DaemonSets and mirror pods stay."""
    replicas, daemons = api.create("replicasets", workload("web")), api.create("daemonsets", workload("svclb"))
    mirror = pod("static", on="a1")
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    api.create("pods", pod("w", on="a1", owner=replicas), pod("d", on="a1", owner=daemons), mirror)
    drained = cluster.drain("a1", timeout_s=5)
    assert (("default/w",), ("default/d", "default/static")) == (drained.evicted, drained.left)


def test_drain_cordons(cluster):
    """A drained node takes no new pods."""
    cluster.drain("a1", timeout_s=5)
    assert cluster.get("node", "a1")["spec"]["unschedulable"]


def test_drain_asks_before_it_loses_anything(api, cluster):
    """Pods that nothing makes again, and local data, want consent; both are named."""
    owner = api.create("replicasets", workload("web"))
    api.create(
        "pods", pod("bare", on="a1"), pod("local", on="a1", owner=owner, volumes=[{"name": "v", "emptyDir": {}}])
    )
    with pytest.raises(
        ObjectConflict, match="default/bare is made again by nothing; default/local keeps data in an emptyDir volume"
    ):
        cluster.drain("a1", timeout_s=5)


def test_drain_with_consent_takes_them(api, cluster):
    """force and delete_local_data are the consent."""
    api.create("pods", pod("bare", on="a1", volumes=[{"name": "v", "emptyDir": {}}]))
    assert cluster.drain("a1", timeout_s=5, force=True, delete_local_data=True).evicted == ("default/bare",)


def test_drain_waits_for_budgets(api, cluster):
    """A budget that lets go in time only delays."""
    owner = api.create("replicasets", workload("web", replicas=1))
    api.create("pods", pod("w", on="a1", owner=owner))
    api.create("pdb", budget("b", minAvailable=1))
    later(api.do, api.store.delete, "pdb", "b")
    assert cluster.drain("a1", timeout_s=10).evicted == ("default/w",)


def test_drain_ends_and_names_the_budget(api, cluster):
    """A budget that does not let go is in the error, with its numbers."""
    owner = api.create("replicasets", workload("web", replicas=1))
    api.create("pods", pod("w", on="a1", owner=owner))
    api.create("pdb", budget("b", minAvailable=1))
    with pytest.raises(
        WaitTimeout, match="default/w: The disruption budget b needs 1 healthy pods and has 1 currently"
    ):
        cluster.drain("a1", timeout_s=0.6)


def test_drain_waits_until_pods_are_gone(api, cluster):
    """A pod that stops slowly is waited for."""
    api.store.graceful_pods = True
    owner = api.create("replicasets", workload("web"))
    api.create("pods", pod("w", on="a1", owner=owner))
    later(api.do, api.store.delete, "pods", "w", "default", 0)
    cluster.drain("a1", timeout_s=10)
    assert cluster.list("pods") == []


def test_evict_is_refused_by_a_budget(api, cluster):
    """One eviction is asked once."""
    api.create("pods", pod("w", on="a1"))
    api.create("pdb", budget("b", minAvailable=1))
    with pytest.raises(ObjectConflict, match="needs 1 healthy pods"):
        cluster.evict("w", "default")


def test_evict_takes_a_free_pod(api, cluster):
    """Without a budget the pod goes."""
    api.create("pods", pod("w", on="a1"))
    cluster.evict("w", "default")
    assert cluster.find("pod", "w", "default") is None


# Watching and waiting


def test_watch_is_bounded(cluster):
    """A watch ends after its time."""
    began = time.monotonic()
    assert [("ADDED", "a1")] == [
        (event.type, event.object["metadata"]["name"]) for event in cluster.watch("nodes", timeout_s=1)
    ]
    assert time.monotonic() - began < 4


def test_watch_tells_changes(api, cluster):
    """What happens meanwhile is told."""
    later(api.create, "nodes", node("b1"))
    since = str(api.store.resource_version)
    assert ["b1"] == [event.object["metadata"]["name"] for event in cluster.watch("nodes", timeout_s=1, since=since)]


def test_wait_returns_at_once_when_it_is_so(cluster):
    """What is already so is not waited for."""
    assert cluster.wait("node", "a1", is_ready, 5)["metadata"]["name"] == "a1"


def test_wait_sees_a_change(api, cluster):
    """A change during the wait ends it."""
    set_ready(api, "Unknown")
    later(set_ready, api, "True")
    began = time.monotonic()
    cluster.wait("node", "a1", is_ready, 10, "a1 to be Ready")
    assert time.monotonic() - began < 3


def test_wait_ends_with_the_last_thing_seen(api, cluster):
    """The error has the condition and its message."""
    set_ready(api, "Unknown")
    with pytest.raises(
        WaitTimeout, match=r"a1 to be Ready: not within 1 s; last seen: Ready=Unknown \(Kubelet stopped"
    ):
        cluster.wait("node", "a1", is_ready, 1, "a1 to be Ready")


def test_wait_for_what_is_not_there_yet(api, cluster):
    """An object that appears later is waited for."""
    later(api.create, "nodes", node("b1"))
    assert cluster.wait("node", "b1", is_ready, 10)["metadata"]["name"] == "b1"


def test_wait_goes_on_while_the_api_is_away(api, cluster):
    """A control plane that comes back in time is no failure."""
    api.stop()
    later(api.start_again)
    assert cluster.wait("node", "a1", is_ready, 20)["metadata"]["name"] == "a1"


def test_wait_says_that_the_api_is_away(api, cluster):
    """Where it does not come back, that is the last thing seen."""
    api.stop()
    with pytest.raises(WaitTimeout, match=r"last seen: 127\.0\.0\.1:.* GET /api/v1/nodes/a1: .*refused"):
        cluster.wait("node", "a1", is_ready, 0.5)


def test_wait_begins_anew_when_history_is_gone(api, cluster):
    """A 410 in a watch leads to a new read, not to an error."""
    set_ready(api, "False")
    seen = []

    def test_and_forget(obj):
        if not seen:
            api.create("nodes", node("b1"), node("b2"))
            api.do(api.store.history.forget, api.store.resource_version)
            later(set_ready, api, "True")
        seen.append(obj)
        return is_ready(obj)

    assert is_ready(cluster.wait("node", "a1", test_and_forget, 10))


def test_wait_gone_ends_with_the_object(api, cluster):
    """A deletion ends the wait."""
    later(api.do, api.store.delete, "nodes", "a1")
    cluster.wait_gone("node", "a1", 10)
    assert cluster.find("node", "a1") is None


# Errors


def test_nobody_listening_is_unreachable(api, cluster):
    """A refused connection has a hint."""
    api.stop()
    with pytest.raises(ClusterUnreachable, match="hint: is K3s running on a server"):
        cluster.get("node", "a1")


def test_reads_are_tried_again(api, cluster):
    """An API that is back within a second is not noticed to have been away."""
    api.stop()
    later(api.start_again)
    assert cluster.get("node", "a1")["metadata"]["name"] == "a1"


def test_writes_are_not_tried_again(api, cluster):
    """A write that got no answer may have been carried out; it is told at once."""
    cluster.version()
    api.stop()
    began = time.monotonic()
    with pytest.raises(ClusterUnreachable):
        cluster.label("node", "a1", {"x": "y"})
    assert time.monotonic() - began < 0.3


def test_without_quorum_the_hint_is_etcd(api, cluster):
    """An API whose datastore has no leader is unreachable for a reason."""
    api.healthy = False
    with pytest.raises(ClusterUnreachable, match="more than half of the servers must be up"):
        cluster.get("node", "a1")


def test_another_clusters_certificate_is_a_tls_error(api, tmp_path):
    """A kubeconfig of an earlier installation does not trust the new one."""
    (tmp_path / "other").mkdir()
    with running(tmp_path / "other") as other:
        text = api.kubeconfig.read_text().replace(api.url, other.url)
        stale = tmp_path / "stale"
        stale.write_text(text)
        with Cluster(stale) as made, pytest.raises(ClusterUnreachable, match="belongs to another cluster"):
            made.get("node", "a1")


def test_an_expired_certificate_is_denied(api):
    """A user whose certificate has ended is told so."""
    old = api.write_kubeconfig("old", api.pki.issue_client("system:admin", ("system:masters",), days=-1))
    with Cluster(old) as made, pytest.raises(ClusterDenied, match="401"):
        made.get("node", "a1")


def test_ready_is_denied_to_strangers(api):
    """Not being known is another thing than not being ready."""
    old = api.write_kubeconfig("old", api.pki.issue_client("system:admin", (), days=-1))
    with Cluster(old) as made, pytest.raises(ClusterDenied):
        made.ready()


def test_invalid_objects_name_their_fields(cluster):
    """The causes of a 422 come through."""
    with pytest.raises(ObjectInvalid, match=r"spec\.containers: Required value"):
        cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {}})


def test_a_missing_kubeconfig_says_what_writes_it(tmp_path):
    """The hint is the runbook."""
    with (
        Cluster(tmp_path / "kubeconfig") as made,
        pytest.raises(ClusterUnreachable, match="10-install-k3s-ha writes it"),
    ):
        made.ready()


@pytest.mark.parametrize("text", ["", "a: [", "apiVersion: v1\nkind: Config\n"])
def test_a_broken_kubeconfig_is_our_error(tmp_path, text):
    """What is no kubeconfig ends in no traceback."""
    (tmp_path / "kubeconfig").write_text(text)
    with Cluster(tmp_path / "kubeconfig") as made, pytest.raises(ClusterError, match="cannot be used"):
        made.ready()


def test_an_unknown_context_is_our_error(api):
    """A context that is not in the file is named."""
    with Cluster(api.kubeconfig, "nope") as made, pytest.raises(ClusterError, match="nope"):
        made.ready()


def test_a_server_that_does_not_answer_is_given_up(api, monkeypatch):
    """A call ends within its time."""
    monkeypatch.setattr(api.server._api, "healthy", lambda: time.sleep(0.5) or True)
    with Cluster(api.kubeconfig, timeout_s=0.1) as made, pytest.raises(ClusterUnreachable, match="timed out"):
        made.label("node", "a1", {"x": "y"})


def test_every_error_of_the_connection_has_a_remedy():
    """Whatever urllib3 and the system raise for a request becomes one of ours."""
    theirs = [
        item
        for item in vars(urllib3.exceptions).values()
        if isinstance(item, type) and issubclass(item, urllib3.exceptions.HTTPError)
    ]
    unmapped = [item for item in (*theirs, ssl.SSLError, TimeoutError) if not issubclass(item, tuple(TRANSPORT))]
    assert unmapped == []


def test_every_remedy_is_below_cluster_error():
    """Callers catch one class."""
    assert all(issubclass(remedy.error, ClusterError) for remedy in (*STATUSES.values(), *TRANSPORT.values()))


def test_messages_are_short():
    """An error repeats no more than 200 characters of what came back."""
    assert len(broken("GET /x", OSError("x" * 1000)).message) < 230
