"""Creating objects: what the server fills in, what it refuses, and in which words."""

import json

import pytest

from tests.contract.cluster import config


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
