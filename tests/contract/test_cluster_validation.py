"""What the API server says of fields nobody knows, of values of the wrong type, and of those that make no sense."""

import pytest

from tests.contract.cluster import config, deployment, pod

# Field validation


def test_unknown_field_is_a_warning(cluster, space):
    """By default an unknown field is dropped, with a warning."""
    answer = cluster.post(f"{space.core}/configmaps", {"metadata": {"name": "odd1", "colour": "red"}, "size": 3})
    assert (201, ['unknown field "metadata.colour"', 'unknown field "size"']) == (answer.code, sorted(answer.warnings))
    assert "size" not in answer.body


def test_unknown_field_is_refused_strictly(cluster, space):
    """Strict refuses it with every unknown field."""
    body = {"metadata": {"name": "odd2"}, "size": 3, "colour": "red"}
    answer = cluster.post(f"{space.core}/configmaps?fieldValidation=Strict", body)
    start = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
    words = answer.message.removeprefix(start).split(", ")
    assert (400, "BadRequest") == (answer.code, answer.reason)
    assert ['unknown field "colour"', 'unknown field "size"'] == sorted(words)


def test_unknown_field_is_ignored_on_request(cluster, space):
    """Ignore drops it in silence."""
    answer = cluster.post(f"{space.core}/configmaps?fieldValidation=Ignore", {"metadata": {"name": "odd3"}, "size": 3})
    assert (201, []) == (answer.code, answer.warnings)


def test_field_twice(cluster, space):
    """A field named twice is noticed."""
    text = '{"metadata":{"name":"odd4"},"data":{"a":"1"},"data":{"a":"2"}}'
    answer = cluster.post(f"{space.core}/configmaps?fieldValidation=Strict", text)
    assert 400 == answer.code
    assert answer.message.endswith('strict decoding error: duplicate field "data"')


def test_field_validation_has_three_words(cluster, space):
    """Another directive is 422."""
    answer = cluster.post(f"{space.core}/configmaps?fieldValidation=Hard", config("odd5"))
    assert (422, "Invalid") == (answer.code, answer.reason)
    assert answer.message.startswith(
        'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Hard"'
    )


def test_unknown_field_deep_inside(cluster, space):
    """The path leads to the field."""
    body = pod("odd6")
    body["spec"]["containers"][0]["imagee"] = "x"
    answer = cluster.post(f"{space.core}/pods?fieldValidation=Strict", body)
    assert answer.message.endswith('strict decoding error: unknown field "spec.containers[0].imagee"')


WRONG_TYPES = [
    (
        {"replicas": "three"},
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ),
    (
        {"replicas": 1.5},
        "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ),
    ({"paused": "no"}, "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool"),
    (
        {"selector": []},
        "json: cannot unmarshal array into Go struct field DeploymentSpec.spec.selector of type v1.LabelSelector",
    ),
]


@pytest.mark.parametrize(("spec", "words"), WRONG_TYPES, ids=["word", "fraction", "flag", "list"])
def test_wrong_type(cluster, space, spec, words):
    """A value of the wrong type is 400 with Go's words."""
    answer = cluster.post(f"{space.of('apps')}/deployments", {"metadata": {"name": "typed"}, "spec": spec})
    assert (400, f'Deployment in version "v1" cannot be handled as a Deployment: {words}') == (
        answer.code,
        answer.message,
    )


def test_wrong_type_in_a_list(cluster, space):
    """The path of an item names fields only."""
    body = pod("typed2")
    body["spec"]["containers"][0]["args"] = [7]
    answer = cluster.post(f"{space.core}/pods", body)
    words = "json: cannot unmarshal number into Go struct field Container.spec.containers.args of type string"
    assert (400, f'Pod in version "v1" cannot be handled as a Pod: {words}') == (answer.code, answer.message)


def test_wrong_quantity(cluster, space):
    """A quantity nobody can read is 400."""
    body = pod("typed3")
    body["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "much"}}
    answer = cluster.post(f"{space.core}/pods", body)
    assert 400 == answer.code
    assert "quantities must match the regular expression" in answer.message


def test_wrong_base64(cluster, space):
    """A Secret's data is base64."""
    answer = cluster.post(f"{space.core}/secrets", {"metadata": {"name": "coded"}, "data": {"a": "?"}})
    assert 400 == answer.code
    assert "illegal base64 data at input byte 0" in answer.message


# Values that make no sense


INVALID = {
    "no containers": ({"containers": []}, "spec.containers: Required value"),
    "no image": ({"containers": [{"name": "a"}]}, "spec.containers[0].image: Required value"),
    "no name": ({"containers": [{"image": "a"}]}, "spec.containers[0].name: Required value"),
    "name twice": ({"containers": [{"name": "a", "image": "x"}] * 2}, 'spec.containers[1].name: Duplicate value: "a"'),
    "restart policy": (
        {"restartPolicy": "Sometimes"},
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ),
    "pull policy": (
        {"containers": [{"name": "a", "image": "x", "imagePullPolicy": "Later"}]},
        'spec.containers[0].imagePullPolicy: Unsupported value: "Later": supported values: "Always", "IfNotPresent", "Never"',
    ),
    "mount of nothing": (
        {"containers": [{"name": "a", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]},
        'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ),
    "container port": (
        {"containers": [{"name": "a", "image": "x", "ports": [{"containerPort": 70000}]}]},
        "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
    ),
    "toleration": (
        {"tolerations": [{"operator": "Exists", "value": "x", "key": "k"}]},
        "spec.tolerations[0].operator: Invalid value:",
    ),
    "request over limit": (
        {"containers": [{"name": "a", "image": "x", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}]},
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_invalid_pod(cluster, space, case):
    """Each mistake in a pod is named with its path."""
    spec, words = INVALID[case]
    answer = cluster.post(f"{space.core}/pods", pod("wrong", **spec))
    assert (422, "Invalid") == (answer.code, answer.reason)
    assert words in answer.message


def test_every_mistake_is_named(cluster, space):
    """Two mistakes are two causes, in brackets."""
    answer = cluster.post(f"{space.core}/pods", pod("wrong", containers=[{}]))
    assert {"spec.containers[0].name", "spec.containers[0].image"} <= set(answer.causes)
    assert answer.message.startswith('Pod "wrong" is invalid: [')


def test_selector_must_match_the_template(cluster, space):
    """A deployment that would not find its own pods is refused."""
    body = deployment("blind", selector={"matchLabels": {"app": "other"}})
    answer = cluster.post(f"{space.of('apps')}/deployments", body)
    words = "`selector` does not match template `labels`"
    assert (422, ["spec.template.metadata.labels"]) == (answer.code, answer.causes)
    assert words in answer.message


def test_negative_replicas(cluster, space):
    """There are no fewer than zero replicas."""
    answer = cluster.post(f"{space.of('apps')}/deployments", deployment("less", replicas=-1))
    words = 'Deployment.apps "less" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'
    assert (422, words) == (answer.code, answer.message)


def test_service_needs_ports(cluster, space):
    """A service without ports is refused."""
    answer = cluster.post(
        f"{space.core}/services", {"metadata": {"name": "portless"}, "spec": {"selector": {"a": "b"}}}
    )
    assert (422, 'Service "portless" is invalid: spec.ports: Required value') == (answer.code, answer.message)


def test_service_names_are_shorter(cluster, space):
    """A service's name is a DNS label that begins with a letter."""
    answer = cluster.post(f"{space.core}/services", {"metadata": {"name": "1st"}, "spec": {"ports": [{"port": 80}]}})
    assert (422, ["metadata.name"]) == (answer.code, answer.causes)
    assert "a DNS-1035 label must consist of lower case alphanumeric characters or '-'" in answer.message


def test_taint_effects(cluster):
    """A taint has one of three effects."""
    body = {"metadata": {"name": "tainted-wrong"}, "spec": {"taints": [{"key": "a", "effect": "Maybe"}]}}
    answer = cluster.post("/api/v1/nodes?dryRun=All", body)
    words = 'metadata.taints[0].effect: Unsupported value: "Maybe": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'
    assert 422 == answer.code
    assert words in answer.message


def test_access_modes_are_needed(cluster, space):
    """A claim says how it wants to be used."""
    answer = cluster.post(f"{space.core}/persistentvolumeclaims", {"metadata": {"name": "modeless"}, "spec": {}})
    assert 422 == answer.code
    assert {"spec.accessModes", "spec.resources[storage]"} <= set(answer.causes)


def test_config_keys(cluster, space):
    """A ConfigMap's keys are file names."""
    answer = cluster.post(f"{space.core}/configmaps", {"metadata": {"name": "keyed"}, "data": {"a b": "c"}})
    assert (422, ["data[a b]"]) == (answer.code, answer.causes)
