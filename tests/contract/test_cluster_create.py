"""Creating objects: what the server fills in, what it refuses, and in which words."""

import json

import pytest

from tests.contract.cluster import config, deployment, pod

QUALITY = {
    "BestEffort": {},
    "Burstable": {"requests": {"cpu": "10m"}},
    "Guaranteed": {"limits": {"cpu": "10m", "memory": "8Mi"}},
}


def test_created_object_comes_back(cluster, space):
    """201 and the whole object, with what the server has decided."""
    answer = cluster.post(f"{space.core}/configmaps", config("made", key="value"))
    meta = answer.body["metadata"]
    assert (201, "ConfigMap", "v1") == (answer.code, answer.body["kind"], answer.body["apiVersion"])
    assert {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"} <= set(meta)
    assert (space.name, {"key": "value"}) == (meta["namespace"], answer.body["data"])


def test_managed_fields_name_the_client(cluster, space):
    """The program that writes owns what it wrote."""
    answer = cluster.post(f"{space.core}/configmaps", config("owned", a="1"), **{"User-Agent": "probe/1.0"})
    (entry,) = answer.body["metadata"]["managedFields"]
    assert ("probe", "Update", "v1", "FieldsV1") == tuple(
        entry[key] for key in ("manager", "operation", "apiVersion", "fieldsType")
    )
    assert {"f:data": {".": {}, "f:a": {}}} == entry["fieldsV1"]


def test_field_manager_wins_over_the_program(cluster, space):
    """fieldManager says who writes."""
    answer = cluster.post(f"{space.core}/configmaps?fieldManager=boss", config("bossed", a="1"))
    assert ["boss"] == [entry["manager"] for entry in answer.body["metadata"]["managedFields"]]


def test_generate_name(cluster, space):
    """generateName grows five letters."""
    made = cluster.make(f"{space.core}/configmaps", {"metadata": {"generateName": "grow-"}})
    assert made["metadata"]["name"].startswith("grow-")
    assert len("grow-") + 5 == len(made["metadata"]["name"])


def test_name_twice(cluster, space):
    """A taken name is 409 AlreadyExists, with details."""
    cluster.make(f"{space.core}/configmaps", config("twice"))
    answer = cluster.post(f"{space.core}/configmaps", config("twice"))
    assert (409, "AlreadyExists", 'configmaps "twice" already exists') == (answer.code, answer.reason, answer.message)
    assert {"name": "twice", "kind": "configmaps"} == answer.body["details"]


def test_name_is_needed(cluster, space):
    """Without a name there is nothing to store."""
    answer = cluster.post(f"{space.core}/configmaps", {"data": {}})
    message = 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'
    assert (422, "Invalid", message) == (answer.code, answer.reason, answer.message)


def test_dry_run_stores_nothing(cluster, space):
    """dryRun=All answers as if it had been."""
    answer = cluster.post(f"{space.core}/configmaps?dryRun=All", config("ghost"))
    assert (201, 404) == (answer.code, cluster.get(f"{space.core}/configmaps/ghost").code)
    assert "uid" in answer.body["metadata"]


def test_dry_run_is_all_or_nothing(cluster, space):
    """Another word than All is refused."""
    answer = cluster.post(f"{space.core}/configmaps?dryRun=Some", config("ghost"))
    assert (422, "Invalid") == (answer.code, answer.reason)
    assert 'Unsupported value: []string{"Some"}: supported values: "All"' in answer.message


def test_namespace_must_be_there(cluster):
    """Nothing can be made in a namespace that is not."""
    answer = cluster.post("/api/v1/namespaces/nowhere/configmaps", config("lost"))
    assert (404, "NotFound", 'namespaces "nowhere" not found') == (answer.code, answer.reason, answer.message)


def test_namespaces_must_agree(cluster, space):
    """An object that says another namespace than the path is refused."""
    body = {"metadata": {"name": "astray", "namespace": "default"}}
    answer = cluster.post(f"{space.core}/configmaps", body)
    words = "the namespace of the provided object does not match the namespace sent on the request"
    assert (400, "BadRequest", words) == (answer.code, answer.reason, answer.message)


BAD_NAMES = {
    "Upper": "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'",
    "under_score": "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'",
    "-dash": "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'",
    "x" * 254: "must be no more than 253 characters",
}


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: name[:12])
def test_bad_name(cluster, space, name):
    """A name that is no DNS name is 422 with the rule."""
    answer = cluster.post(f"{space.core}/configmaps", config(name))
    assert (422, "Invalid", ["metadata.name"]) == (answer.code, answer.reason, answer.causes)
    assert BAD_NAMES[name] in answer.message
    assert answer.message.startswith(f'ConfigMap "{name}" is invalid: metadata.name: Invalid value: "{name}": ')


def test_bad_label(cluster, space):
    """A label value with a blank is refused with the rule."""
    answer = cluster.post(f"{space.core}/configmaps", {"metadata": {"name": "labelled", "labels": {"a": "b c"}}})
    assert (422, ["metadata.labels"]) == (answer.code, answer.causes)
    assert 'Invalid value: "b c": a valid label must be an empty string or consist of' in answer.message


def test_bad_label_key(cluster, space):
    """A label key with a blank is refused."""
    answer = cluster.post(f"{space.core}/configmaps", {"metadata": {"name": "labelled", "labels": {"a b": "c"}}})
    assert (422, ["metadata.labels"]) == (answer.code, answer.causes)
    assert 'Invalid value: "a b": name part must consist of' in answer.message


def test_annotations_have_a_limit(cluster, space):
    """256 KiB of annotations are the most."""
    body = {"metadata": {"name": "wordy", "annotations": {"a": "x" * 262145}}}
    answer = cluster.post(f"{space.core}/configmaps", body)
    words = "Too long: must have at most 262144 bytes"
    assert (422, [{"reason": "FieldValueTooLong", "message": words, "field": "metadata.annotations"}]) == (
        answer.code,
        answer.body["details"]["causes"],
    )


def test_malformed_json(cluster, space):
    """What is no JSON is 400."""
    answer = cluster.post(f"{space.core}/configmaps", "{not json")
    words = (
        "couldn't get version/kind; json parse error: invalid character 'n' looking for beginning of object key string"
    )
    assert (400, "BadRequest") == (answer.code, answer.reason)
    assert f"the object provided is unrecognized (must be of type ConfigMap): {words} ({{not json)" == answer.message


def test_cut_json(cluster, space):
    """JSON that ends early is 400."""
    answer = cluster.post(f"{space.core}/configmaps", '{"metadata":')
    assert 400 == answer.code
    assert "json parse error: unexpected end of JSON input" in answer.message


def test_no_body(cluster, space):
    """An empty body is 400."""
    answer = cluster.post(f"{space.core}/configmaps", "")
    assert 400 == answer.code
    assert answer.message.endswith("unexpected end of JSON input (<empty>)")


def test_a_list_is_no_object(cluster, space):
    """An array is 400, shown in hexadecimal."""
    answer = cluster.post(f"{space.core}/configmaps", "[]")
    assert 400 == answer.code
    assert answer.message.endswith("(5b5d)")


def test_unknown_content_type(cluster, space):
    """A body in another form is 415."""
    answer = cluster.post(f"{space.core}/configmaps", "name: x", kind="text/plain")
    accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    words = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
    assert (415, "UnsupportedMediaType", words) == (answer.code, answer.reason, answer.message)


def test_yaml_is_understood(cluster, space):
    """An object may be YAML."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yamled\ndata:\n  a: b\n"
    answer = cluster.post(f"{space.core}/configmaps", text, kind="application/yaml")
    assert (201, {"a": "b"}) == (answer.code, answer.body["data"])


def test_broken_protobuf(cluster, space):
    """What claims to be protobuf and is not is 400."""
    answer = cluster.post(f"{space.core}/configmaps", "{}", kind="application/vnd.kubernetes.protobuf")
    assert (400, "BadRequest") == (answer.code, answer.reason)
    assert "does not appear to be a protobuf message" in answer.message


def test_protobuf_is_understood(cluster, space):
    """A ConfigMap as kubectl sends it: an envelope, a name, one entry."""
    meta, entry = b"\x0a\x05protd", b"\x0a\x01k\x12\x01v"
    inner = b"\x0a" + bytes([len(meta)]) + meta + b"\x12" + bytes([len(entry)]) + entry
    head = b"\x0a\x02v1\x12\x09ConfigMap"
    raw = b"k8s\x00\x0a" + bytes([len(head)]) + head + b"\x12" + bytes([len(inner)]) + inner + b"\x1a\x00\x22\x00"
    answer = cluster.post(f"{space.core}/configmaps", raw, kind="application/vnd.kubernetes.protobuf")
    assert (201, {"k": "v"}) == (answer.code, answer.body.get("data"))


def test_too_large(cluster, space):
    """More than three mebibytes is 413."""
    answer = cluster.post(f"{space.core}/configmaps", json.dumps(config("large", a="x" * 4 * 1024 * 1024)))
    words = "Request entity too large: limit is 3145728"
    assert (413, "RequestEntityTooLarge", words) == (answer.code, answer.reason, answer.message)


def test_config_maps_have_a_limit(cluster, space):
    """A ConfigMap holds one mebibyte at most."""
    answer = cluster.post(f"{space.core}/configmaps", config("full", a="x" * (1024 * 1024 + 1)))
    assert (422, "Invalid") == (answer.code, answer.reason)
    assert "Too long: must have at most 1048576 bytes" in answer.message


def test_another_kind_than_the_path(cluster, space):
    """A Pod posted to configmaps is 400."""
    answer = cluster.post(f"{space.core}/configmaps", {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "x"}})
    words = 'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion'
    assert (400, words) == (answer.code, answer.message)


def test_another_version_than_the_path(cluster, space):
    """A Deployment of another version is 400."""
    body = {"kind": "Deployment", "apiVersion": "apps/v9", "metadata": {"name": "x"}}
    answer = cluster.post(f"{space.of('apps')}/deployments", body)
    assert 400 == answer.code


def test_names_cannot_be_posted_to(cluster, space):
    """POST to an object's own path is 405."""
    answer = cluster.post(f"{space.core}/configmaps/x", config("x"))
    words = "the server does not allow this method on the requested resource"
    assert (405, "MethodNotAllowed", words) == (answer.code, answer.reason, answer.message)


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


# What the server fills in


def test_pod_defaults(cluster, space):
    """A pod of three lines has two dozen afterwards."""
    body = pod("filled")
    body["spec"]["containers"][0]["ports"] = [{"containerPort": 80}]
    spec = cluster.make(f"{space.core}/pods", body)["spec"]
    wanted = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "securityContext": {},
    }
    assert wanted == {key: spec.get(key) for key in wanted}
    container = spec["containers"][0]
    assert [{"containerPort": 80, "protocol": "TCP"}] == container["ports"]
    assert ("IfNotPresent", "/dev/termination-log", "File", {}) == tuple(
        container[key] for key in ("imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy", "resources")
    )


def test_pod_gets_a_token_volume(cluster, space):
    """Every pod mounts its service account's token."""
    spec = cluster.make(f"{space.core}/pods", pod("tokened"))["spec"]
    (volume,) = spec["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    assert ["serviceAccountToken", "configMap", "downwardAPI"] == [
        next(iter(item)) for item in volume["projected"]["sources"][:3]
    ]
    (mount,) = spec["containers"][0]["volumeMounts"]
    assert ("/var/run/secrets/kubernetes.io/serviceaccount", True) == (mount["mountPath"], mount["readOnly"])


def test_pod_without_a_token(cluster, space):
    """automountServiceAccountToken false keeps the token out."""
    spec = cluster.make(f"{space.core}/pods", pod("untokened", automountServiceAccountToken=False))["spec"]
    assert "volumes" not in spec


def test_pod_tolerations(cluster, space):
    """Every pod tolerates a lost node for five minutes."""
    spec = cluster.make(f"{space.core}/pods", pod("tolerant"))["spec"]
    found = {(item["key"], item["effect"], item["tolerationSeconds"]) for item in spec["tolerations"]}
    assert {(f"node.kubernetes.io/{name}", "NoExecute", 300) for name in ("not-ready", "unreachable")} == found


def test_pod_begins_pending(cluster, space):
    """A new pod is Pending."""
    assert "Pending" == cluster.make(f"{space.core}/pods", pod("pending"))["status"]["phase"]


@pytest.mark.parametrize("quality", QUALITY)
def test_pod_quality(cluster, space, quality):
    """Requests and limits decide the class."""
    body = pod(f"class-{quality.lower()}")
    body["spec"]["containers"][0]["resources"] = QUALITY[quality]
    assert quality == cluster.make(f"{space.core}/pods", body)["status"]["qosClass"]


def test_limits_are_requests(cluster, space):
    """Where only limits are given, requests are the same."""
    body = pod("limited")
    body["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1"}}
    made = cluster.make(f"{space.core}/pods", body)
    assert {"cpu": "1"} == made["spec"]["containers"][0]["resources"]["requests"]


def test_probe_defaults(cluster, space):
    """A probe has its times."""
    body = pod("probed")
    body["spec"]["containers"][0]["readinessProbe"] = {"httpGet": {"port": 80}}
    probe = cluster.make(f"{space.core}/pods", body)["spec"]["containers"][0]["readinessProbe"]
    wanted = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    assert {**wanted, "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}} == probe


@pytest.mark.parametrize(("image", "policy"), [("a", "Always"), ("a:latest", "Always"), ("a:1", "IfNotPresent")])
def test_pull_policy(cluster, space, image, policy):
    """Only `latest` is always pulled."""
    body = pod(cluster.name("pulled"))
    body["spec"]["containers"][0]["image"] = image
    assert policy == cluster.make(f"{space.core}/pods", body)["spec"]["containers"][0]["imagePullPolicy"]


def test_deployment_defaults(cluster, space):
    """A deployment rolls a quarter at a time."""
    made = cluster.make(f"{space.of('apps')}/deployments", deployment("rolled"))
    rolling = {"maxUnavailable": "25%", "maxSurge": "25%"}
    assert {"type": "RollingUpdate", "rollingUpdate": rolling} == made["spec"]["strategy"]
    assert (10, 600, 1) == (
        made["spec"]["revisionHistoryLimit"],
        made["spec"]["progressDeadlineSeconds"],
        made["metadata"]["generation"],
    )


def test_deployment_has_one_replica(cluster, space):
    """Without replicas it is one."""
    body = deployment("single")
    del body["spec"]["replicas"]
    assert 1 == cluster.make(f"{space.of('apps')}/deployments?dryRun=All", body)["spec"]["replicas"]


def test_job_defaults(cluster, space):
    """A job gets a selector and a label of its own."""
    body = {
        "metadata": {"name": "work"},
        "spec": {"template": {"spec": {**pod("x")["spec"], "restartPolicy": "Never"}}},
    }
    made = cluster.make(f"{space.of('batch')}/jobs", body)
    uid = made["metadata"]["uid"]
    assert {"batch.kubernetes.io/controller-uid": uid} == made["spec"]["selector"]["matchLabels"]
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert ("work", uid) == (labels["job-name"], labels["batch.kubernetes.io/controller-uid"])
    assert (1, 1, 6, "NonIndexed", False, "TerminatingOrFailed") == tuple(
        made["spec"][key]
        for key in ("completions", "parallelism", "backoffLimit", "completionMode", "suspend", "podReplacementPolicy")
    )


def test_service_gets_an_address(cluster, space):
    """A service has an address of the service network, and its port a target."""
    body = {"metadata": {"name": "addressed"}, "spec": {"ports": [{"port": 80}], "selector": {"app": "x"}}}
    spec = cluster.make(f"{space.core}/services", body)["spec"]
    assert spec["clusterIP"].startswith("10.43.")
    assert [spec["clusterIP"]] == spec["clusterIPs"]
    assert [{"port": 80, "protocol": "TCP", "targetPort": 80}] == spec["ports"]
    assert ("ClusterIP", "None", "Cluster", "SingleStack", ["IPv4"]) == tuple(
        spec[key] for key in ("type", "sessionAffinity", "internalTrafficPolicy", "ipFamilyPolicy", "ipFamilies")
    )


def test_headless_service(cluster, space):
    """clusterIP None stays None."""
    body = {"metadata": {"name": "headless"}, "spec": {"clusterIP": "None", "selector": {"app": "x"}}}
    assert ["None"] == cluster.make(f"{space.core}/services", body)["spec"]["clusterIPs"]


def test_node_port_service(cluster, space):
    """A NodePort service gets a port in the range."""
    body = {"metadata": {"name": "nodeported"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    spec = cluster.make(f"{space.core}/services", body)["spec"]
    assert 30000 <= spec["ports"][0]["nodePort"] <= 32767
    assert "Cluster" == spec["externalTrafficPolicy"]


def test_string_data_becomes_data(cluster, space):
    """A Secret's stringData is stored encoded."""
    made = cluster.make(f"{space.core}/secrets", {"metadata": {"name": "spoken"}, "stringData": {"a": "b"}})
    assert ({"a": "Yg=="}, "Opaque", False) == (made["data"], made["type"], "stringData" in made)


def test_quantities_are_normal(cluster, space):
    """Quantities are written in one way."""
    body = {
        "metadata": {"name": "measured"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}},
    }
    made = cluster.make(f"{space.core}/persistentvolumeclaims", body)
    assert ("1Gi", "Filesystem") == (made["spec"]["resources"]["requests"]["storage"], made["spec"]["volumeMode"])


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
