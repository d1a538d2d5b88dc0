"""Bodies that are no object of the kind they are sent to: what each is refused with, and that nothing is kept of it."""

import json

import pytest

from tests.contract.cluster import config, pod

YAML = "application/yaml"
LONG = "x" * 1_600_000
NOT_VERSIONED = "couldn't get version/kind; json parse error: "
STRUCT = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Eight lists, each of ten times the one before: a thousand million texts."""


def unrecognized(words, shown):
    """Return what is said of a ConfigMap that cannot be read."""
    return f"the object provided is unrecognized (must be of type ConfigMap): {words} ({shown})"


@pytest.mark.parametrize(
    ("body", "words", "shown"),
    [
        ("{", NOT_VERSIONED + "unexpected end of JSON input", "{"),
        ("", NOT_VERSIONED + "unexpected end of JSON input", "<empty>"),
        ("[]", NOT_VERSIONED + f"json: cannot unmarshal array into Go value of type {STRUCT}", "5b5d"),
        ('"x"', NOT_VERSIONED + f"json: cannot unmarshal string into Go value of type {STRUCT}", "227822"),
        ("{'a': 1}", NOT_VERSIONED + "invalid character '\\'' looking for beginning of object key string", "{'a': 1}"),
        ('{"a": 1} x', NOT_VERSIONED + "invalid character 'x' after top-level value", '{"a": 1} x'),
        ('{"a": 1 "b"}', NOT_VERSIONED + "invalid character '\"' after object key:value pair", '{"a": 1 "b"}'),
        ('{"a" 1}', NOT_VERSIONED + "invalid character '1' after object key", '{"a" 1}'),
        ('{"a": NaN}', NOT_VERSIONED + "invalid character 'N' looking for beginning of value", '{"a": NaN}'),
        (
            '{"kind": []}',
            NOT_VERSIONED + "json: cannot unmarshal array into Go struct field .kind of type string",
            '{"kind": []}',
        ),
        ('{"apiVersion": "a/b/c"}', "unexpected GroupVersion string: a/b/c", '{"apiVersion": "a/b/c"}'),
    ],
)
def test_a_broken_body_is_400(cluster, space, body, words, shown):
    """What is no JSON object is named as Go's decoder names it."""
    answer = cluster.post(f"{space.core}/configmaps", body)
    assert (400, "BadRequest", unrecognized(words, shown)) == (answer.code, answer.reason, answer.message)


def test_null_is_an_empty_object(cluster, space):
    """A body of null has no name, and that is what is said."""
    answer = cluster.post(f"{space.core}/configmaps", "null")
    assert (422, ["metadata.name"]) == (answer.code, answer.causes)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_body_without_bottom_is_400(cluster, space, opening):
    """Twenty thousand lists or objects in each other are refused before anything is made of them."""
    answer = cluster.post(f"{space.core}/configmaps", opening * 20_000)
    assert (400, True) == (answer.code, f"invalid character '{opening[0]}' exceeded max depth" in answer.message)


def test_bytes_that_are_no_text_are_replaced(cluster, space):
    """A byte that is no UTF-8 becomes the replacement character, which no name may have."""
    answer = cluster.post(f"{space.core}/configmaps", b'{"metadata": {"name": "a\xff"}}')
    assert (422, "a�") == (answer.code, answer.body["details"]["name"])


def test_half_a_character_is_replaced(cluster, space):
    """An escape that is half of a pair becomes the replacement character."""
    name = cluster.name("half")
    made = cluster.make(f"{space.core}/configmaps", f'{{"metadata": {{"name": "{name}"}}, "data": {{"a": "\\ud800"}}}}')
    assert {"a": "�"} == made["data"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"kind": "Widget"}, 'no kind "Widget" is registered for version "v1"'),
        ({"apiVersion": "v2"}, 'no kind "ConfigMap" is registered for version "v2"'),
        ({"kind": "Secret"}, "converting (v1.Secret) to (core.ConfigMap): unknown conversion"),
    ],
)
def test_an_object_of_another_kind_is_400(cluster, space, told, words):
    """What says it is another kind, or none that exists, is not taken for the one of the path."""
    answer = cluster.post(f"{space.core}/configmaps", {**config("odd"), **told})
    assert (400, True) == (answer.code, words in answer.message), answer.message


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "garbage", "application/json, text/plain", ";;;", "application/cbor"]
)
def test_a_body_of_another_sort_is_415(cluster, space, kind):
    """Only JSON, YAML and protobuf are read."""
    answer = cluster.post(f"{space.core}/configmaps", config("odd"), kind=kind)
    assert (415, "UnsupportedMediaType") == (answer.code, answer.reason)


def test_parameters_of_a_content_type_do_not_matter(cluster, space):
    """JSON with a character set is JSON."""
    answer = cluster.post(f"{space.core}/configmaps", config(cluster.name("set")), kind="application/json; charset=x")
    assert 201 == answer.code


# YAML


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("a: [b", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: &a [*a]", "yaml: anchor 'a' value contains itself"),
        ("a: *x", "yaml: unknown anchor 'x' referenced"),
        ("a: .inf", "json: unsupported value: +Inf"),
        (BOMB, "yaml: document contains excessive aliasing"),
    ],
)
def test_a_broken_yaml_is_400(cluster, space, body, words):
    """What is no YAML, or becomes no JSON, is refused; aliases do not make it grow."""
    answer = cluster.post(f"{space.core}/configmaps", body, kind=YAML)
    assert (400, True) == (answer.code, words in answer.message), answer.message


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{a: 2020-01-01}", {"a": "2020-01-01"}),
        ("{a: 1:30}", {"a": "1:30"}),
        ("{a: !!python/object:os.system x}", {"a": "x"}),
        ("{1: b, true: c}", {"1": "b", "true": "c"}),
    ],
)
def test_yaml_is_read_as_json_would_be(cluster, space, text, data):
    """Dates and tags are texts, and every key is one."""
    made = cluster.post(f"{space.core}/configmaps", f"metadata: {{generateName: y-}}\ndata: {text}\n", kind=YAML)
    assert (201, data) == (made.code, made.body.get("data"))


def test_the_first_document_counts(cluster, space):
    """A second document in a body is not looked at."""
    first, second = cluster.name("doc"), cluster.name("doc")
    body = f"metadata: {{name: {first}}}\n---\nmetadata: {{name: {second}}}\n"
    assert 201 == cluster.post(f"{space.core}/configmaps", body, kind=YAML).code
    assert 404 == cluster.get(f"{space.core}/configmaps/{second}").code


# Size


def test_four_mebibytes_are_413(cluster, space):
    """A body of more than three mebibytes is not read to its end."""
    answer = cluster.post(f"{space.core}/configmaps", config("huge", x="x" * (4 * 1024 * 1024)))
    assert (413, "RequestEntityTooLarge") == (answer.code, answer.reason)
    assert answer.message == "Request entity too large: limit is 3145728"


def test_what_etcd_does_not_take_is_500(cluster, space):
    """An object of more than one and a half mebibytes comes as far as etcd."""
    name = cluster.name("big")
    described = pod(name)
    described["spec"]["containers"][0]["command"] = [LONG]
    answer = cluster.post(f"{space.core}/pods", described)
    assert (500, "etcdserver: request is too large") == (answer.code, answer.message)
    assert 404 == cluster.get(f"{space.core}/pods/{name}").code


def test_what_grpc_does_not_take_is_500(cluster, space):
    """An object of more than two mebibytes does not even come to etcd."""
    described = pod(cluster.name("big"))
    described["spec"]["containers"][0]["command"] = [LONG[:1_100_000], LONG[:1_100_000]]
    answer = cluster.post(f"{space.core}/pods", described)
    words = "rpc error: code = ResourceExhausted desc = trying to send message larger than max ("
    assert (500, True) == (answer.code, answer.message.startswith(words))


def test_a_patch_that_makes_too_much_changes_nothing(cluster, space):
    """An object that would grow past etcd's limit stays as it was."""
    made = cluster.make(f"{space.core}/pods", pod(cluster.name("grown"), schedulerName="nobody"))
    path = f"{space.core}/pods/{made['metadata']['name']}/status"
    answer = cluster.patch(path, {"status": {"message": LONG}})
    assert (500, "etcdserver: request is too large") == (answer.code, answer.message)
    assert made["metadata"]["resourceVersion"] == cluster.get(path).body["metadata"]["resourceVersion"]


def test_a_configmap_has_a_limit_of_its_own(cluster, space):
    """More than a mebibyte of data is a mistake in the object."""
    answer = cluster.post(f"{space.core}/configmaps", config("full", x=LONG[:1_048_577]))
    assert (422, "[]") == (answer.code, answer.causes[0])


# Options of a deletion


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", NOT_VERSIONED + "unexpected end of JSON input"),
        (
            '{"gracePeriodSeconds": "x"}',
            "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
        ),
        (
            '{"preconditions": []}',
            "json: cannot unmarshal array into Go struct field DeleteOptions.preconditions of type v1.Preconditions",
        ),
    ],
)
def test_broken_options_of_a_deletion_are_500(cluster, space, body, words):
    """The real API calls it its own mistake."""
    answer = cluster.delete(f"{space.core}/configmaps/any", body)
    assert (500, words) == (answer.code, answer.message)


@pytest.mark.parametrize(
    ("query", "body", "code", "words"),
    [
        ("?gracePeriodSeconds=x", None, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("?propagationPolicy=x", None, 422, 'supported values: "Foreground", "Background", "Orphan", "nil"'),
        (
            "",
            {"propagationPolicy": "Orphan", "orphanDependents": True},
            422,
            "orphanDependents and deletionPropagation",
        ),
    ],
)
def test_options_of_a_deletion_that_cannot_be_are_refused(cluster, space, query, body, code, words):
    """They are looked at before the object is looked for."""
    answer = cluster.delete(f"{space.core}/configmaps/any{query}", body)
    assert (code, True) == (answer.code, words in answer.message), answer.message


def test_an_endless_grace_period_is_taken(cluster, space):
    """The largest number there is deletes a ConfigMap as any other does."""
    made = cluster.make(f"{space.core}/configmaps", config(cluster.name("endless")))
    path = f"{space.core}/configmaps/{made['metadata']['name']}"
    assert 200 == cluster.delete(path, {"gracePeriodSeconds": 2**63 - 1}).code
    assert 404 == cluster.get(path).code


# Metadata


@pytest.mark.parametrize(
    ("meta", "fields"),
    [
        (
            {"ownerReferences": [{}]},
            [f"metadata.ownerReferences.{part}" for part in ("apiVersion", "kind", "name", "uid")],
        ),
        ({"finalizers": ["a b"]}, ["metadata.finalizers", "metadata.finalizers[0]"]),
        ({"finalizers": ["plain"]}, ["metadata.finalizers[0]"]),
        ({"labels": {"a/b/c": "x"}}, ["metadata.labels"]),
        ({"labels": {"/a": "x"}}, ["metadata.labels"]),
        ({"annotations": {"": "x"}}, ["metadata.annotations", "metadata.annotations"]),
    ],
)
def test_metadata_that_cannot_be_is_422(cluster, space, meta, fields):
    """Owners without names, finalizers without a domain and keys that are none are named."""
    answer = cluster.post(f"{space.core}/configmaps", {"metadata": {"name": "meta", **meta}})
    assert (422, fields) == (answer.code, answer.causes)


def test_a_body_is_whole_or_nothing(cluster, space):
    """None of the refused objects of this module is there."""
    listed = cluster.get(f"{space.core}/configmaps").body["items"]
    assert not {"odd", "huge", "full", "meta"} & {item["metadata"]["name"] for item in listed}
    assert json.dumps(listed)
