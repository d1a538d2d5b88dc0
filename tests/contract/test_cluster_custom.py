"""Custom resources: definitions, schemas, defaults, pruning, columns, versions, and their end."""

import pytest

from tests.contract.gadgets import CRDS, GROUP, define, definition, gadget, version

# Definitions


def test_a_definition_is_established(cluster, gadgets):
    """Its names are accepted, it is established, and its stored versions are noted."""
    status = cluster.get(f"{CRDS}/gadgets.{GROUP}").body["status"]
    reasons = {item["type"]: (item["status"], item["reason"]) for item in status["conditions"]}
    assert {"NamesAccepted": ("True", "NoConflicts"), "Established": ("True", "InitialNamesAccepted")} == reasons
    assert (["v1"], "Gadget", "GadgetList") == (
        status["storedVersions"],
        status["acceptedNames"]["kind"],
        status["acceptedNames"]["listKind"],
    )


def test_a_definition_is_discovered(cluster, gadgets):
    """The kind is in discovery with its short name and what is below it."""
    found = {item["name"]: item for item in cluster.get(f"/apis/{GROUP}/v1").body["resources"]}
    assert {"gadgets", "gadgets/status", "gadgets/scale"} == set(found)
    assert (["gd"], ["toys"], "gadget") == tuple(
        found["gadgets"][key] for key in ("shortNames", "categories", "singularName")
    )


def test_a_definition_is_in_openapi(cluster, gadgets):
    """Its schema is published."""

    def has_schema(answer):
        return answer.code == 200 and "com.example.contract.v1.Gadget" in answer.body["components"]["schemas"]

    schemas = cluster.until(f"/openapi/v3/apis/{GROUP}/v1", has_schema).body["components"]["schemas"]
    properties = schemas["com.example.contract.v1.Gadget"]["properties"]
    assert {"apiVersion", "kind", "metadata", "spec", "status"} == set(properties)
    assert 9 == properties["spec"]["properties"]["size"]["maximum"]


def test_a_definition_is_named_by_plural_and_group(cluster):
    """Another name is refused."""
    body = definition("oddities", "Oddity")
    body["metadata"]["name"] = "wrong"
    answer = cluster.post(CRDS, body)
    assert (422, "Invalid") == (answer.code, answer.reason)
    assert 'metadata.name: Invalid value: "wrong": must be spec.names.plural+"."+spec.group' in answer.message


def test_a_definition_needs_a_schema(cluster):
    """A version without a schema is refused."""
    body = definition("oddities", "Oddity", {"name": "v1", "served": True, "storage": True})
    answer = cluster.post(CRDS, body)
    assert (422, ["spec.versions[0].schema.openAPIV3Schema"]) == (answer.code, answer.causes)
    assert "schemas are required" in answer.message


def test_one_version_is_stored(cluster):
    """Exactly one version is the stored one."""
    answer = cluster.post(CRDS, definition("oddities", "Oddity", version("v1", storage=False)))
    assert 422 == answer.code
    assert "must have exactly one version marked as storage version" in answer.message


def test_a_schema_says_types(cluster):
    """A property without a type is refused."""
    bare = version("v1")
    bare["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["bare"] = {"description": "no type"}
    answer = cluster.post(CRDS, definition("oddities", "Oddity", bare))
    path = ".type"
    assert 422 == answer.code
    assert any(cause.endswith(path) for cause in answer.causes)
    assert "must not be empty for specified object fields" in answer.message


def test_definitions_take_scopes(cluster):
    """The scope is one of two words."""
    answer = cluster.post(CRDS, definition("oddities", "Oddity", scope="Everywhere"))
    assert (422, ["spec.scope"]) == (answer.code, answer.causes)


# Objects


def test_an_object_is_made(cluster, gadgets):
    """It has a generation and keeps its kind."""
    answer = cluster.post(gadgets, gadget("made"))
    assert (201, "Gadget", f"{GROUP}/v1", 1) == (
        answer.code,
        answer.body["kind"],
        answer.body["apiVersion"],
        answer.body["metadata"]["generation"],
    )


def test_defaults_are_filled_in(cluster, gadgets):
    """Defaults stand in, in lists too."""
    spec = cluster.make(gadgets, gadget("filled", parts=[{"name": "a"}]))["spec"]
    assert ("red", [{"name": "a", "count": 1}]) == (spec["colour"], spec["parts"])


def test_unknown_fields_are_pruned(cluster, gadgets):
    """What the schema does not know goes, with a warning."""
    answer = cluster.post(gadgets, gadget("pruned", weight=3))
    assert (201, ['unknown field "spec.weight"']) == (answer.code, answer.warnings)
    assert "weight" not in answer.body["spec"]


def test_unknown_fields_are_refused_strictly(cluster, gadgets):
    """Strict refuses."""
    answer = cluster.post(f"{gadgets}?fieldValidation=Strict", gadget("strict", weight=3))
    words = 'Gadget in version "v1" cannot be handled as a Gadget: strict decoding error: unknown field "spec.weight"'
    assert (400, words) == (answer.code, answer.message)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        (True, "json: cannot unmarshal bool into Go value of type v1.ObjectMeta"),
        ([], "json: cannot unmarshal array into Go value of type v1.ObjectMeta"),
        (
            {"name": "a", "labels": 3},
            "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type map[string]string",
        ),
    ],
)
def test_metadata_of_a_custom_object_has_its_type(cluster, gadgets, metadata, words):
    """The metadata is every kind's, whatever the schema says of the rest."""
    answer = cluster.post(gadgets, {**gadget("a"), "metadata": metadata})
    assert (400, f'Gadget in version "v1" cannot be handled as a Gadget: {words}') == (answer.code, answer.message)


def test_free_fields_are_kept(cluster, gadgets):
    """Where the schema says so, everything stays."""
    assert {"any": [1, {"thing": None}]} == cluster.make(gadgets, gadget("free", free={"any": [1, {"thing": None}]}))[
        "spec"
    ]["free"]


MISTAKES = {
    "required": ({"size": None}, "spec.size", "Required value"),
    "type": (
        {"size": "big"},
        "spec.size",
        'Invalid value: "string": spec.size in body must be of type integer: "string"',
    ),
    "minimum": ({"size": 0}, "spec.size", "Invalid value: 0: spec.size in body should be greater than or equal to 1"),
    "maximum": ({"size": 10}, "spec.size", "Invalid value: 10: spec.size in body should be less than or equal to 9"),
    "enum": ({"colour": "pink"}, "spec.colour", 'Unsupported value: "pink": supported values: "red", "blue"'),
    "pattern": ({"code": "A1"}, "spec.code", "Invalid value: \"A1\": spec.code in body should match '^[a-z]+$'"),
    "max length": ({"code": "abcdefg"}, "spec.code", "Too long: may not be more than 5 bytes"),
    "max items": ({"tags": ["a", "b", "c"]}, "spec.tags", "Too many: 3: must have at most 2 items"),
    "item type": (
        {"tags": [1]},
        "spec.tags[0]",
        'Invalid value: "integer": spec.tags[0] in body must be of type string: "integer"',
    ),
    "item required": ({"parts": [{}]}, "spec.parts[0].name", "Required value"),
    "map value": (
        {"labels": {"a": 1}},
        "spec.labels.a",
        'Invalid value: "integer": spec.labels.a in body must be of type string: "integer"',
    ),
    "boolean": ({"on": "yes"}, "spec.on", 'Invalid value: "string": spec.on in body must be of type boolean: "string"'),
    "number": (
        {"ratio": "half"},
        "spec.ratio",
        'Invalid value: "string": spec.ratio in body must be of type number: "string"',
    ),
    "int or string": (
        {"port": True},
        "spec.port",
        'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
    ),
    "key twice": (
        {"parts": [{"name": "a"}, {"name": "a"}]},
        "spec.parts[1]",
        'Duplicate value: map[string]interface {}{"name":"a"}',
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named(cluster, gadgets, case):
    """Each mistake has its path and its words."""
    spec, field, words = MISTAKES[case]
    answer = cluster.post(gadgets, gadget("wrong", **spec))
    assert (422, "Invalid") == (answer.code, answer.reason)
    assert field in answer.causes
    if case != "max length":  # said in other words from patch release to patch release
        assert f"{field}: {words}" in answer.message


def test_all_mistakes_are_named(cluster, gadgets):
    """Two mistakes are two causes."""
    answer = cluster.post(gadgets, gadget("wrong", size=0, colour="pink"))
    assert {"spec.size", "spec.colour"} == set(answer.causes)
    assert answer.message.startswith(f'Gadget.{GROUP} "wrong" is invalid: [')


def test_null_where_it_may_be(cluster, gadgets):
    """null is kept where the schema allows it."""
    assert cluster.make(gadgets, gadget("null", maybe=None))["spec"]["maybe"] is None


def test_int_or_string(cluster, gadgets):
    """Both are taken."""
    assert [80, "http"] == [
        cluster.make(gadgets, gadget(f"port{index}", port=port))["spec"]["port"]
        for index, port in enumerate((80, "http"))
    ]


# Versions and the end


def test_two_versions_of_one_object(cluster, space):
    """An object can be read in both versions."""
    define(cluster, definition("doubles", "Double", version("v1"), version("v1beta1", storage=False)))
    try:
        cluster.make(
            f"{space.of(GROUP)}/doubles",
            {"apiVersion": f"{GROUP}/v1", "kind": "Double", "metadata": {"name": "d"}, "spec": {"size": 1}},
        )
        body = cluster.get(f"{space.of(GROUP, 'v1beta1')}/doubles/d").body
        assert (f"{GROUP}/v1beta1", 1) == (body["apiVersion"], body["spec"]["size"])
        groups = {item["name"]: item for item in cluster.get("/apis").body["groups"]}
        assert ["v1", "v1beta1"] == [item["version"] for item in groups[GROUP]["versions"]]
    finally:
        cluster.delete(f"{CRDS}/doubles.{GROUP}")


def test_cluster_wide_kinds(cluster):
    """A kind may belong to the whole cluster."""
    define(cluster, definition("planets", "Planet", scope="Cluster"))
    try:
        path = f"/apis/{GROUP}/v1/planets"
        made = cluster.make(
            path, {"apiVersion": f"{GROUP}/v1", "kind": "Planet", "metadata": {"name": "p"}, "spec": {"size": 1}}
        )
        assert "namespace" not in made["metadata"]
    finally:
        cluster.delete(f"{CRDS}/planets.{GROUP}")


def test_a_definition_goes_with_its_objects(cluster, space):
    """Deleted, it takes its objects along, and nothing is served there any more."""
    define(cluster, definition("mayflies", "Mayfly"))
    path = f"{space.of(GROUP)}/mayflies"
    cluster.make(path, {"apiVersion": f"{GROUP}/v1", "kind": "Mayfly", "metadata": {"name": "m"}, "spec": {"size": 1}})
    cluster.delete(f"{CRDS}/mayflies.{GROUP}")
    cluster.until(f"{CRDS}/mayflies.{GROUP}", lambda answer: answer.code == 404)
    cluster.until(path, lambda answer: answer.code == 404)
