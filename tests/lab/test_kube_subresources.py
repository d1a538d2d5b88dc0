"""What lies below an object, over HTTPS: scale, eviction, binding, log; and questions."""

from tests.kubeapi import budget, pod, running, workload

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
NODES, PODS = "/api/v1/nodes", "/api/v1/namespaces/default/pods"
SOON_S = 0.2


def test_scale_shows_and_sets_replicas(api):
    """A workload is scaled without knowing its kind."""
    api.create("deployments", workload("web", replicas=2))
    path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    _, scale = api.ask("GET", path)
    scale["spec"]["replicas"] = 5
    _, scaled = api.ask("PUT", path, scale)
    assert ("app=web", 5) == (scale["status"]["selector"], scaled["spec"]["replicas"])


def test_scale_takes_a_patch(api):
    """kubectl scale patches."""
    api.create("deployments", workload("web"))
    path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    api.ask("PATCH", path, {"spec": {"replicas": 7}}, content_type="application/merge-patch+json")
    assert api.do(api.store.get, "deployments", "web")["spec"]["replicas"] == 7


def test_scale_below_zero_is_422(api):
    """There are no negative replicas."""
    api.create("deployments", workload("web"))
    path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    assert api.ask("PATCH", path, {"spec": {"replicas": -1}}, content_type="application/merge-patch+json")[0] == 422


def test_eviction_deletes(api):
    """A pod nobody protects goes."""
    api.create("pods", pod("x", on="a1"))
    status, body = api.ask(
        "POST", f"{PODS}/x/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "x"}}
    )
    assert (201, "Success", []) == (status, body["status"], api.do(api.store.list, "pods"))


def test_eviction_honours_budgets(api):
    """A protected pod stays, with 429."""
    api.create("pods", pod("x", on="a1"))
    api.create("pdb", budget("b", minAvailable=1))
    status, body = api.ask("POST", f"{PODS}/x/eviction", {"metadata": {"name": "x"}})
    assert (429, "Cannot evict pod as it would violate the pod's disruption budget.") == (status, body["message"])


def test_binding_puts_a_pod_on_a_node_once(api):
    """A bound pod is not bound again."""
    api.create("pods", pod("x"))
    bind = {"metadata": {"name": "x"}, "target": {"kind": "Node", "name": "a1"}}
    codes = [api.ask("POST", f"{PODS}/x/binding", bind)[0] for _ in range(2)]
    assert ([201, 409], "a1") == (codes, api.do(api.store.get, "pods", "x")["spec"]["nodeName"])


def test_finalize_frees_a_namespace(api):
    """The finalize subresource writes a namespace's finalizers."""
    api.create("namespaces", {"metadata": {"name": "shop"}})
    _, body = api.ask(
        "PUT", "/api/v1/namespaces/shop/finalize", {"metadata": {"name": "shop"}, "spec": {"finalizers": []}}
    )
    assert body["spec"]["finalizers"] == []


def test_everybody_may_do_everything(api):
    """SelfSubjectAccessReview says yes."""
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert api.ask("POST", path, {"spec": {"resourceAttributes": {"verb": "delete"}}})[1]["status"]["allowed"]


def test_two_heads_serve_one_store(api, tmp_path):
    """What is written through one server is read through another."""
    (tmp_path / "other").mkdir()
    with running(tmp_path / "other") as other:
        other.server._api.store = api.store
        api.ask("POST", PODS, pod("x"))
        assert other.ask("GET", f"{PODS}/x")[0] == 200
