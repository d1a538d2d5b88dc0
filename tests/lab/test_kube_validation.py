"""What the API refuses, in upstream's words, and what it fills in."""

import pytest

from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.poddefaults import pull_policy, quality
from tests.kubeapi import node, pod, store, workload


@pytest.fixture
def state():
    """A fresh store."""
    return store()


def causes(state, kind, obj):
    """Return field and reason of each mistake the store finds in a new object."""
    with pytest.raises(ApiError) as caught:
        state.create(kind, obj)
    assert caught.value.code == 422
    return [(cause["field"], cause["reason"]) for cause in caught.value.details["causes"]]


def test_a_name_is_needed(state):
    """An object without name and generateName is refused."""
    assert causes(state, "nodes", {"metadata": {}}) == [("metadata.name", "FieldValueRequired")]


@pytest.mark.parametrize("name", ["Upper", "under_score", "-dash", "dot.", "a" * 254])
def test_names_are_subdomains(state, name):
    """What is no DNS subdomain is no name."""
    assert ("metadata.name", "FieldValueInvalid") in causes(state, "configmaps", {"metadata": {"name": name}})


def test_a_namespace_has_no_dots(state):
    """A namespace's name is a single label."""
    assert causes(state, "namespaces", {"metadata": {"name": "a.b"}}) == [("metadata.name", "FieldValueInvalid")]


def test_roles_may_have_colons(state):
    """RBAC names are path segments."""
    assert state.create("clusterroles", {"metadata": {"name": "system:node"}})["metadata"]["name"] == "system:node"


@pytest.mark.parametrize(
    ("key", "value"), [("bad key", "x"), ("x", "bad value"), ("x", "a" * 64), ("-x/y", "z"), ("a/" + "b" * 64, "")]
)
def test_labels_have_a_form(state, key, value):
    """Keys and values of labels are checked."""
    assert ("metadata.labels", "FieldValueInvalid") in causes(
        state, "configmaps", {"metadata": {"name": "c", "labels": {key: value}}}
    )


def test_every_mistake_is_told_at_once(state):
    """One answer lists all mistakes, in brackets."""
    broken = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "Bad"}]}}
    with pytest.raises(
        ApiError,
        match=r'^Pod "x" is invalid: \[spec.containers\[0\].name: .*, spec.containers\[0\].image: Required value\]$',
    ):
        state.create("pods", broken)


def test_a_taint_has_one_of_three_effects(state):
    """An unknown effect is named with those there are."""
    tainted = node("a1", taints=[{"key": "k", "effect": "Never"}])
    with pytest.raises(
        ApiError, match='Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'
    ):
        state.create("nodes", tainted)


def test_a_taint_stands_once(state):
    """Key and effect together are unique."""
    taint = {"key": "k", "effect": "NoSchedule"}
    assert causes(state, "nodes", node("a1", taints=[taint, taint])) == [("metadata.taints[1]", "FieldValueDuplicate")]


def test_a_selector_must_match_its_template(state):
    """A deployment that would not find its own pods is refused."""
    broken = workload("web")
    broken["spec"]["selector"]["matchLabels"] = {"app": "other"}
    assert causes(state, "deployments", broken) == [("spec.template.metadata.labels", "FieldValueInvalid")]


def test_a_selector_cannot_change(state):
    """The selector of a deployment is immutable."""
    state.create("deployments", workload("web"))
    with pytest.raises(ApiError, match=r"spec\.selector: Invalid value: .*: field is immutable"):
        state.patch(
            "deployments",
            "web",
            {"spec": {"selector": {"matchLabels": {"x": "y"}}, "template": {"metadata": {"labels": {"x": "y"}}}}},
        )


def test_a_service_needs_ports(state):
    """A service without ports is refused, a headless one is not."""
    headless = {"metadata": {"name": "s"}, "spec": {"clusterIP": "None"}}
    assert (causes(state, "services", {"metadata": {"name": "s"}, "spec": {}}), state.create("services", headless)["kind"]) == (
        [("spec.ports", "FieldValueRequired")], "Service",
    )  # fmt: skip


def test_pods_get_their_defaults(state):
    """Restart policy, grace period, tolerations and quality of service are filled in."""
    spec = state.create("pods", pod("x"))["spec"]
    keys = {item["key"]: item["tolerationSeconds"] for item in spec["tolerations"]}
    assert ("Always", 30, {"node.kubernetes.io/not-ready": 300, "node.kubernetes.io/unreachable": 300}) == (
        spec["restartPolicy"], spec["terminationGracePeriodSeconds"], keys,
    )  # fmt: skip


def test_a_toleration_of_everything_is_left_alone(state):
    """A pod that tolerates all taints gets no shorter tolerations."""
    patient = pod("x")
    patient["spec"]["tolerations"] = [{"operator": "Exists"}]
    assert state.create("pods", patient)["spec"]["tolerations"] == [{"operator": "Exists"}]


def test_a_recreate_strategy_gets_no_rolling_update(state):
    """The settings of one strategy are not put into another."""
    recreate = workload("web")
    recreate["spec"]["strategy"] = {"type": "Recreate"}
    assert state.create("deployments", recreate)["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1", "IfNotPresent"),
        ("host:5000/nginx", "Always"),
        ("n@sha256:ab", "IfNotPresent"),
    ],
)
def test_pull_policy_follows_the_tag(image, policy):
    """Only an image without a fixed tag is pulled always."""
    assert policy == pull_policy(image)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
    ],
)
def test_quality_of_service_follows_resources(resources, expected):
    """Requests and limits decide the class."""
    assert expected == quality({"containers": [{"resources": resources}]})


def test_nodes_have_what_go_always_writes(state):
    """nodeInfo and daemonEndpoints are there, empty, before a kubelet has reported."""
    status = state.create("nodes", {"metadata": {"name": "a1"}})["status"]
    assert ("", 0) == (status["nodeInfo"]["kernelVersion"], status["daemonEndpoints"]["kubeletEndpoint"]["Port"])


def test_container_statuses_are_whole(state):
    """A container that is only named is not ready and was never restarted."""
    named = pod("x")
    named["status"]["containerStatuses"] = [{"name": "main"}]
    (status,) = state.create("pods", named)["status"]["containerStatuses"]
    assert (False, 0, {}) == (status["ready"], status["restartCount"], status["state"])
