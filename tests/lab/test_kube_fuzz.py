"""Nonsense of every sort against the store and the readers: rules hold, and nothing is half written."""

import contextlib
import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from edgebook.lab.kube.bodies import check_object
from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.schema import protobuf, reading, types
from edgebook.lab.kube.store import new_store

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
DATA = st.dictionaries(st.sampled_from("xyz"), st.text("abc", max_size=3), max_size=3)
ACTS = st.lists(
    st.tuples(st.sampled_from(["create", "merge", "apply", "json", "delete", "replace"]), NAMES, DATA), max_size=25
)
OPERATIONS = st.lists(
    st.fixed_dictionaries({"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "no"]),
                           "path": st.sampled_from(["/data/x", "/data/y", "/data", "", "/nope/x"])},
                          optional={"value": VALUES, "from": st.sampled_from(["/data/x", "/data"])}),
    max_size=4,
)  # fmt: skip


def now():
    """Return one moment."""
    return datetime(2026, 1, 15, 8, 0, tzinfo=UTC)


def act(store, verb, name, data):
    """Do one thing to a ConfigMap, as somebody would."""
    head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    if verb == "create":
        store.create("configmaps", {**head, "data": data}, "default", "creator")
    elif verb == "delete":
        store.delete("configmaps", name, "default")
    elif verb == "replace":
        store.update("configmaps", {**head, "data": data}, "main", "replacer")
    elif verb == "json":
        operations = [{"op": "add", "path": f"/data/{key}", "value": value} for key, value in data.items()]
        store.patch("configmaps", name, operations, "default", "json", manager="patcher")
    else:
        store.patch("configmaps", name, {**head, "data": data}, "default", verb, manager=f"by-{verb}")


@settings(max_examples=60, deadline=None)
@given(ACTS)
def test_watchers_see_what_lists_show(acts):
    """Whoever follows the events has what a list has, versions only grow, and refusals change nothing."""
    store = new_store(now)
    seen, versions = {}, [store.resource_version]
    subscription = store.watch("configmaps")
    for verb, name, data in acts:
        before = store.list("configmaps")
        try:
            act(store, verb, name, data)
        except ApiError:
            assert before == store.list("configmaps")
        for event in subscription.take():
            versions.append(event.resource_version)
            seen[event.object["metadata"]["name"]] = None if event.type == "DELETED" else event.object
    assert [item for _, item in sorted(seen.items()) if item] == store.list("configmaps")
    assert versions == sorted(set(versions))


@settings(max_examples=60, deadline=None)
@given(ACTS)
def test_everybody_owns_something_that_is_there(acts):
    """managedFields name fields that the object has, and each manager once an operation."""
    store = new_store(now)
    for verb, name, data in acts:
        with contextlib.suppress(ApiError):
            act(store, verb, name, data)
    for item in store.list("configmaps"):
        entries = item["metadata"].get("managedFields", [])
        assert len(entries) == len({(entry["manager"], entry["operation"]) for entry in entries})
        for entry in entries:
            owned = {key.removeprefix("f:") for key in entry["fieldsV1"].get("f:data", {}) if key != "."}
            assert owned <= set(item.get("data", {}))


@settings(max_examples=80, deadline=None)
@given(OPERATIONS)
def test_json_patches_are_whole_or_nothing(operations):
    """A patch that fails leaves everything as it was, and fails with a client's mistake."""
    store = new_store(now)
    known = types.of_kind("", "v1", "ConfigMap")
    made = store.create("configmaps", {"metadata": {"name": "a"}, "data": {"x": "1"}}, "default")
    codes = []
    try:
        store.patch(
            "configmaps",
            "a",
            operations,
            "default",
            "json",
            settle=lambda obj: reading.read(known, check_object(obj))[0],
        )
    except ApiError as exc:
        codes.append(exc.code)
    except ValueError:  # what a patch of the API turns into 422
        codes.append(422)
    assert all(400 <= code < 500 for code in codes)
    assert not codes or made == store.get("configmaps", "a")


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status", "kind", "odd"]), VALUES, max_size=4))
def test_a_reader_refuses_or_understands(tree):
    """Any JSON is read as a Pod with fields a Pod has, or refused in words."""
    known = types.of_kind("", "v1", "Pod")
    with contextlib.suppress(reading.WrongTypeError):
        kept, _ = reading.read(known, tree)
        assert set(kept) <= {*known.fields, "kind", "apiVersion"}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_bytes_are_protobuf_or_not(raw):
    """Any bytes are read as an object that is JSON, or refused."""
    with contextlib.suppress(protobuf.NotProtobufError):
        json.dumps(protobuf.decode(types.of_kind("", "v1", "Pod"), raw))
