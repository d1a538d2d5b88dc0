"""Server-side apply: who owns which field, conflicts, and what is given up."""

import pytest

from tests.contract.cluster import APPLY, config, deployment


@pytest.fixture
def path(cluster, space):
    """The path of a ConfigMap that is not there yet."""
    return f"{space.core}/configmaps/{cluster.name('applied')}"


def wanted(path, **data):
    """Return what is applied at a path."""
    return config(path.rpartition("/")[2], **data)


def owners(answer):
    """Return manager and operation of each entry of managedFields."""
    return [(item["manager"], item["operation"]) for item in answer.body["metadata"]["managedFields"]]


def test_apply_creates(cluster, path):
    """What is not there is made: 201."""
    answer = cluster.apply(path, wanted(path, a="1"))
    assert (201, {"a": "1"}, [("tester", "Apply")]) == (answer.code, answer.body["data"], owners(answer))


def test_apply_again_changes_nothing(cluster, path):
    """The same apply keeps the version."""
    first = cluster.apply(path, wanted(path, a="1")).body["metadata"]["resourceVersion"]
    second = cluster.apply(path, wanted(path, a="1"))
    assert (200, first) == (second.code, second.body["metadata"]["resourceVersion"])


def test_apply_adds(cluster, path):
    """Two managers own different fields of one object."""
    cluster.apply(path, wanted(path, a="1"))
    answer = cluster.apply(path, wanted(path, b="2"), "other")
    assert ({"a": "1", "b": "2"}, {("tester", "Apply"), ("other", "Apply")}) == (
        answer.body["data"],
        set(owners(answer)),
    )


def test_apply_gives_up(cluster, path):
    """A field no longer applied goes."""
    cluster.apply(path, wanted(path, a="1", b="2"))
    assert {"a": "1"} == cluster.apply(path, wanted(path, a="1")).body["data"]


def test_apply_gives_up_what_others_hold(cluster, path):
    """A field that another manager applies too stays."""
    cluster.apply(path, wanted(path, a="1", b="2"))
    cluster.apply(path, wanted(path, b="2"), "other")
    assert {"a": "1", "b": "2"} == cluster.apply(path, wanted(path, a="1")).body["data"]


def test_apply_conflict(cluster, path):
    """Another value for another's field is 409 with its owner."""
    cluster.apply(path, wanted(path, a="1"))
    answer = cluster.apply(path, wanted(path, a="2"), "other")
    words = 'Apply failed with 1 conflict: conflict with "tester": .data.a'
    assert (409, "Conflict", words) == (answer.code, answer.reason, answer.message)
    cause = {"reason": "FieldManagerConflict", "message": 'conflict with "tester"', "field": ".data.a"}
    assert [cause] == answer.body["details"]["causes"]


def test_apply_conflicts(cluster, path):
    """Two conflicts are listed."""
    cluster.apply(path, wanted(path, a="1", b="1"))
    answer = cluster.apply(path, wanted(path, a="2", b="2"), "other")
    assert 'Apply failed with 2 conflicts: conflicts with "tester":\n- .data.a\n- .data.b' == answer.message


def test_apply_conflict_with_an_update(cluster, space, path):
    """Who updated is named with the version it used and when."""
    cluster.make(f"{space.core}/configmaps?fieldManager=writer", wanted(path, a="1"))
    answer = cluster.apply(path, wanted(path, a="2"))
    assert 409 == answer.code
    assert answer.message.startswith('Apply failed with 1 conflict: conflict with "writer" using v1')


def test_apply_by_force(cluster, path):
    """force takes the field."""
    cluster.apply(path, wanted(path, a="1"))
    answer = cluster.apply(path, wanted(path, a="2"), "other", force=True)
    assert (200, {"a": "2"}, [("other", "Apply")]) == (answer.code, answer.body["data"], owners(answer))


def test_same_value_is_shared(cluster, path):
    """The same value is no conflict; both own it."""
    cluster.apply(path, wanted(path, a="1"))
    answer = cluster.apply(path, wanted(path, a="1"), "other")
    assert (200, {("tester", "Apply"), ("other", "Apply")}) == (answer.code, set(owners(answer)))


def test_apply_needs_a_manager(cluster, path):
    """Nobody cannot apply."""
    answer = cluster.patch(path, wanted(path), APPLY)
    words = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
    assert (422, words) == (answer.code, answer.message)


def test_apply_needs_a_kind(cluster, path):
    """An apply says what it is."""
    answer = cluster.patch(f"{path}?fieldManager=x", {"metadata": {"name": "x"}}, APPLY)
    assert 400 == answer.code


def test_apply_refuses_unknown_fields(cluster, path):
    """A field that is not in the schema is refused."""
    answer = cluster.apply(path, {**wanted(path), "colour": "red"})
    assert 500 == answer.code
    assert answer.message.endswith(".colour: field not declared in schema")


def test_apply_with_managed_fields(cluster, path):
    """managedFields are the server's."""
    body = wanted(path)
    body["metadata"]["managedFields"] = [{"manager": "x", "operation": "Apply", "apiVersion": "v1"}]
    answer = cluster.apply(path, body)
    assert (400, "metadata.managedFields must be nil") == (answer.code, answer.message)


def test_apply_as_yaml(cluster, path):
    """An apply is YAML."""
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {path.rpartition('/')[2]}\ndata: {{a: b}}\n"
    assert {"a": "b"} == cluster.patch(f"{path}?fieldManager=x", text, APPLY).body["data"]


def test_dry_apply(cluster, path):
    """A dry apply makes nothing."""
    answer = cluster.patch(f"{path}?fieldManager=x&dryRun=All", wanted(path, a="1"), APPLY)
    assert (201, 404) == (answer.code, cluster.get(path).code)


def test_update_takes_ownership(cluster, path):
    """A later update takes the field from who applied it."""
    cluster.apply(path, wanted(path, a="1", b="1"))
    answer = cluster.patch(f"{path}?fieldManager=editor", {"data": {"a": "2"}})
    fields = {item["manager"]: item["fieldsV1"].get("f:data", {}) for item in answer.body["metadata"]["managedFields"]}
    assert {"f:a": {}} == fields["editor"]
    assert "f:a" not in fields["tester"]


def full(name, **more):
    """Describe a deployment that can be applied."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", **deployment(name, **more)}


def test_keyed_lists_have_owners_by_item(cluster, space):
    """Each container is owned by its name."""
    path = f"{space.of('apps')}/deployments/keyed"
    answer = cluster.apply(path, full("keyed"))
    (entry,) = answer.body["metadata"]["managedFields"]
    spec = entry["fieldsV1"]["f:spec"]["f:template"]["f:spec"]
    assert {'k:{"name":"main"}': {".": {}, "f:image": {}, "f:name": {}}} == spec["f:containers"]


def test_ports_are_keyed_by_two(cluster, space):
    """A container port is known by number and protocol, which defaults."""
    path = f"{space.of('apps')}/deployments/ported"
    body = full("ported")
    body["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 80}]
    (entry,) = cluster.apply(path, body).body["metadata"]["managedFields"]
    main = entry["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"main"}']
    assert ['k:{"containerPort":80,"protocol":"TCP"}'] == list(main["f:ports"])


def test_two_managers_of_one_list(cluster, space):
    """One manager's container goes without the other's."""
    path = f"{space.of('apps')}/deployments/shared"
    cluster.apply(path, full("shared"))
    side = full("shared")
    side["spec"] = {"template": {"spec": {"containers": [{"name": "side", "image": "s"}]}}}
    both = cluster.apply(path, side, "other").body["spec"]["template"]["spec"]["containers"]
    side["spec"]["template"]["spec"]["containers"] = []
    left = cluster.apply(path, side, "other").body["spec"]["template"]["spec"]["containers"]
    assert (["main", "side"], ["main"]) == ([item["name"] for item in both], [item["name"] for item in left])


def test_scaling_conflicts_with_an_apply(cluster, space):
    """Who scales owns the replicas."""
    path = f"{space.of('apps')}/deployments/scaled"
    cluster.apply(path, full("scaled"))
    cluster.patch(f"{path}/scale?fieldManager=scaler", {"spec": {"replicas": 1}})
    answer = cluster.apply(path, full("scaled"))
    words = (
        'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas'
    )
    assert (409, words) == (answer.code, answer.message)
