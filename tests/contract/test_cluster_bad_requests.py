"""Requests that ask for what is not there, or ask badly: paths, selectors, options, forms, patches."""

import json

import pytest

from tests.contract.cluster import APPLY, JSON, MERGE, PATCH, STRATEGIC, config

NAME_PART = "name part must consist of alphanumeric characters"
DOUBLED = [{"op": "copy", "path": f"/data/more{number}", "from": "/data"} for number in range(40)]


@pytest.fixture(scope="module")
def thing(cluster, space):
    """The path of a ConfigMap that is there."""
    cluster.make(f"{space.core}/configmaps", config("thing", a="b"))
    return f"{space.core}/configmaps/thing"


# Paths


@pytest.mark.parametrize("path", ["/apis/nope.io/v1/things", "/apis/nope.io", "/nope", "/healthz/nope"])
def test_where_nothing_is_served_a_text_says_so(cluster, path):
    """Outside of served groups a 404 is plain text."""
    answer = cluster.get(path)
    assert (404, "404 page not found\n") == (answer.code, answer.body)


@pytest.mark.parametrize("path", ["/api/v1/nope", "/apis/apps/v9/deployments", "/api/v1/pods/x/nope", "/version/x"])
def test_an_unknown_kind_is_404(cluster, path):
    """Within a served group a 404 is a Status."""
    answer = cluster.get(path)
    assert (404, "NotFound") == (answer.code, answer.reason)


@pytest.mark.parametrize(("name", "words"), [("%2e%2e", "may not be '..'"), ("a%25b", "may not contain '%'")])
def test_a_name_that_is_no_part_of_a_path_is_400(cluster, space, name, words):
    """Such names are refused before they are looked for."""
    answer = cluster.get(f"{space.core}/configmaps/{name}")
    assert (400, True) == (answer.code, answer.message.endswith(words)), answer.message


@pytest.mark.parametrize(("method", "path"), [("POST", "/version"), ("DELETE", "/api"), ("HEAD", "/api/v1/pods")])
def test_a_verb_that_is_not_taken_is_405(cluster, method, path):
    """Pages are read only, and no object answers HEAD."""
    assert 405 == cluster.ask(method, path, "{}" if method == "POST" else None).code


# Selectors


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        (",,", "found ',', expected: !, identifier, or 'end of string'"),
        ("a=b,", "found '', expected: identifier after ','"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in", "unable to parse requirement: found '' expected: '('"),
        ("a in (b)c", "found 'c', expected: ',' or 'end of string'"),
        ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("a===b", "unable to parse requirement: found '=', expected: identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        (
            "a>x",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
        ),
        (
            "a=" + "b" * 64,
            f'unable to parse requirement: values[0][a]: Invalid value: "{"b" * 64}": must be no more than 63 characters',
        ),
    ],
)
def test_a_broken_label_selector_is_400(cluster, selector, words):
    """Each is named as the API server's parser names it."""
    answer = cluster.ask("GET", "/api/v1/pods", fields={"labelSelector": selector})
    assert (400, words) == (answer.code, answer.message)


@pytest.mark.parametrize("key", ["-a", "@", "é"])
def test_a_key_that_no_label_has_is_400(cluster, key):
    """A selector's key must be one that a label could have."""
    answer = cluster.ask("GET", "/api/v1/pods", fields={"labelSelector": key})
    assert (400, True) == (answer.code, f'Invalid value: "{key}": {NAME_PART}' in answer.message), answer.message


@pytest.mark.parametrize("selector", ["a in ()", "in in (in)", "a notin (b,c),!d,e", "a>5", "a<3", " a = b ", "a!="])
def test_an_odd_label_selector_is_taken(cluster, space, selector):
    """What the parser reads is no mistake, however it looks."""
    answer = cluster.ask("GET", f"{space.core}/pods", fields={"labelSelector": selector})
    assert (200, []) == (answer.code, answer.body["items"])


def test_labels_are_compared_as_numbers(cluster, space):
    """Greater and less select labels that are whole numbers."""
    for number in ("5", "12", "many"):
        described = {"metadata": {"generateName": "n-", "labels": {"n": number, "counted": "yes"}}}
        cluster.make(f"{space.core}/configmaps", described)
    answer = cluster.ask("GET", f"{space.core}/configmaps", fields={"labelSelector": "counted,n>6"})
    assert ["12"] == [item["metadata"]["labels"]["n"] for item in answer.body["items"]]


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("foo", "invalid selector: 'foo'; can't understand 'foo'"),
        ("spec.foo=bar", "field label not supported: spec.foo"),
        ("metadata.name===a", "invalid field selector: unescaped character in value: 61"),
        ("metadata.name=a\\x", "invalid field selector: invalid escape sequence: \\x"),
        ("metadata.name=a\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_a_broken_field_selector_is_400(cluster, selector, words):
    """Fields nobody can select by, and values that are not escaped, are named."""
    answer = cluster.ask("GET", "/api/v1/pods", fields={"fieldSelector": selector})
    assert (400, True) == (answer.code, words in answer.message), answer.message


def test_an_escaped_comma_belongs_to_the_value(cluster, space):
    """A backslash keeps a selector together."""
    answer = cluster.ask("GET", f"{space.core}/pods", fields={"fieldSelector": "metadata.name=a\\,b"})
    assert (200, []) == (answer.code, answer.body["items"])


# Options


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("limit=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("limit=99999999999999999999", 400, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'),
        ("timeoutSeconds=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("watch=1&timeoutSeconds=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        (
            "resourceVersion=-1",
            500,
            'resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax',
        ),
        ("continue=abc", 400, "invalid continue token: continue key is not valid: "),
    ],
)
def test_options_that_are_no_numbers_are_refused(cluster, query, code, words):
    """Each in the words of Go's parser."""
    answer = cluster.get(f"/api/v1/pods?{query}")
    assert (code, True) == (answer.code, answer.message.startswith(words)), answer.message


@pytest.mark.parametrize(("manager", "field"), [("x" * 129, "FieldValueTooLong"), ("a%01", "FieldValueInvalid")])
def test_a_manager_nobody_can_read_is_422(cluster, space, manager, field):
    """A field manager's name is short and printable."""
    answer = cluster.post(f"{space.core}/configmaps?fieldManager={manager}", config("managed"))
    assert (422, field) == (answer.code, answer.body["details"]["causes"][0]["reason"])


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "garbage",
        "application/json;as=Nope;g=meta.k8s.io;v=v1",
        "application/json;as=Table;g=meta.k8s.io;v=v9",
    ],
)
def test_a_form_nobody_writes_is_406(cluster, thing, accept):
    """A client that takes nothing the server writes is told so."""
    answer = cluster.get(thing, accept=accept)
    assert (406, "NotAcceptable") == (answer.code, answer.reason)


def test_a_form_nobody_writes_is_refused_before_anything_is_written(cluster, space):
    """A client that could not read the answer has made nothing."""
    name = cluster.name("unread")
    assert 406 == cluster.post(f"{space.core}/configmaps", config(name), accept="text/html").code
    assert 404 == cluster.get(f"{space.core}/configmaps/{name}").code


# Patches


@pytest.mark.parametrize(
    ("kind", "body", "code", "words"),
    [
        (JSON, "{}", 415, "415: Unsupported Media Type"),
        ("text/plain", "{}", 415, "415: Unsupported Media Type"),
        (MERGE, "{", 400, "error decoding patch: unexpected end of JSON input"),
        (MERGE, "null", 400, "Invalid JSON Patch"),
        (MERGE, '{"metadata": null}', 400, "the name of the object (thing based on URL) was undeterminable: name must be provided"),
        (MERGE, '{"metadata": {"namespace": "x"}}', 400, "the namespace of the provided object does not match the namespace sent on the request"),
        (MERGE, '{"metadata": {"resourceVersion": "x"}}', 500, 'strconv.ParseUint: parsing "x": invalid syntax'),
        (MERGE, '{"metadata": {"uid": "x"}}', 422, 'ConfigMap "thing" is invalid: metadata.uid: Invalid value: "x": field is immutable'),
        (STRATEGIC, "", 400, "unexpected end of JSON input"),
        (PATCH, "{}", 400, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
        (PATCH, "[1]", 400, "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"),
        (PATCH, '[{"op": 1}]', 400, "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string"),
        (PATCH, '[{"op": "nope", "path": "/a"}]', 422, "the server rejected our request due to an error in our request"),
        (PATCH, '[{"op": "remove", "path": ""}]', 422, "the server rejected our request due to an error in our request"),
        (PATCH, json.dumps(DOUBLED), 422, "the server rejected our request due to an error in our request"),
        (PATCH, json.dumps([{"op": "test", "path": "/data/a", "value": "b"}] * 10_001), 413,
         "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001"),
        (APPLY, "{", 400, "error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected node content"),
        (APPLY, "[]", 400, "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (APPLY, "", 400, "invalid object type: /, Kind="),
    ],
)  # fmt: skip
def test_a_broken_patch_is_refused(cluster, thing, kind, body, code, words):
    """Each in the real words, and the object stays as it was."""
    before = cluster.get(thing).body
    query = "?fieldManager=tester" if kind == APPLY else ""
    answer = cluster.patch(thing + query, body, kind)
    assert (code, words) == (answer.code, answer.message)
    assert before == cluster.get(thing).body


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "Nope"}, 'no kind "Nope" is registered'),
        ({"metadata": []}, "cannot unmarshal array into Go struct field ConfigMap.metadata"),
    ],
)
def test_a_patch_that_makes_no_object_is_422(cluster, thing, body, words):
    """What a patch leaves must still be an object of the kind."""
    answer = cluster.patch(thing, body)
    assert (422, True) == (answer.code, words in answer.message), answer.message


@pytest.mark.parametrize("kind", [STRATEGIC, PATCH])
def test_a_patch_of_null_does_nothing(cluster, thing, kind):
    """Null is an empty patch, but for a merge patch."""
    before = cluster.get(thing).body
    answer = cluster.patch(thing, "null", kind)
    assert (200, before) == (answer.code, answer.body)
