"""JSON patch and JSON merge patch."""

import pytest

from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.patch import json_patch, merge_patch

DOCUMENT = {"a": {"b": 1}, "list": [1, 2, 3], "x/y": "slash"}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/a/c", "value": 2}, {"a": {"b": 1, "c": 2}}),
        ({"op": "add", "path": "/list/-", "value": 4}, {"list": [1, 2, 3, 4]}),
        ({"op": "add", "path": "/list/0", "value": 0}, {"list": [0, 1, 2, 3]}),
        ({"op": "replace", "path": "/a/b", "value": 9}, {"a": {"b": 9}}),
        ({"op": "remove", "path": "/list/1"}, {"list": [1, 3]}),
        ({"op": "replace", "path": "/x~1y", "value": "s"}, {"x/y": "s"}),
        ({"op": "move", "from": "/a/b", "path": "/a/c"}, {"a": {"c": 1}}),
        ({"op": "copy", "from": "/a", "path": "/d"}, {"d": {"b": 1}}),
        ({"op": "test", "path": "/a/b", "value": 1}, {}),
    ],
)
def test_each_operation_does_its_work(operation, expected):
    """Every operation of RFC 6902 changes what it names and nothing else."""
    assert {**DOCUMENT, **expected} == json_patch(DOCUMENT, [operation])


def test_a_patch_leaves_its_input_alone():
    """The document that is patched stays as it was."""
    json_patch(DOCUMENT, [{"op": "remove", "path": "/a/b"}])
    assert DOCUMENT["a"] == {"b": 1}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a/b", "value": 2},
        {"op": "remove", "path": "/nope"},
        {"op": "replace", "path": "/list/9", "value": 1},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "fly", "path": "/a"},
        {"op": "add", "path": "a"},
    ],
)
def test_what_cannot_be_done_is_422(operation):
    """A patch that cannot be carried out is refused as the real server does."""
    with pytest.raises(ApiError) as caught:
        json_patch(DOCUMENT, [operation])
    assert (caught.value.code, caught.value.message) == (
        422,
        "the server rejected our request due to an error in our request",
    )


def test_what_is_no_patch_is_400():
    """An object is no list of operations."""
    with pytest.raises(ApiError) as caught:
        json_patch(DOCUMENT, {"op": "add"})
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"a": {"b": None}}, {"a": {}}),
        ({"a": {"c": {"d": 1}}}, {"a": {"b": 1, "c": {"d": 1}}}),
        ({"list": [9]}, {"list": [9]}),
        ({"a": "text"}, {"a": "text"}),
    ],
)
def test_merge_patch_merges_objects_and_replaces_the_rest(patch, expected):
    """Null removes, objects merge, lists are replaced whole."""
    assert {**DOCUMENT, **expected} == merge_patch(DOCUMENT, patch)
