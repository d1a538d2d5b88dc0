"""Strategic merge patch."""

import pytest

from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.strategic import strategic_merge

POD = {
    "spec": {
        "containers": [
            {"name": "a", "image": "x:1", "env": [{"name": "E", "value": "1"}]},
            {"name": "b", "image": "y:1"},
        ]
    }
}


def containers(patch):
    """Return the containers of POD after a patch of them."""
    return strategic_merge(POD, {"spec": {"containers": patch}})["spec"]["containers"]


def test_containers_merge_by_name():
    """A patch of one container leaves the others and its other fields."""
    assert [{**POD["spec"]["containers"][0], "image": "x:2"}, POD["spec"]["containers"][1]] == containers(
        [{"name": "a", "image": "x:2"}]
    )


def test_lists_within_lists_merge_too():
    """An environment variable is added to those that are there."""
    patched = containers([{"name": "a", "env": [{"name": "F", "value": "2"}]}])
    assert [{"name": "E", "value": "1"}, {"name": "F", "value": "2"}] == patched[0]["env"]


def test_delete_directive_takes_an_item_away():
    """$patch: delete removes the item with the key."""
    assert ["b"] == [item["name"] for item in containers([{"name": "a", "$patch": "delete"}])]


def test_replace_directive_replaces_the_list():
    """$patch: replace in a list makes the patch the whole list."""
    assert [{"name": "c", "image": "z"}] == containers([{"$patch": "replace"}, {"name": "c", "image": "z"}])


def test_replace_directive_replaces_an_object():
    """$patch: replace in an object drops what the patch does not name."""
    patched = strategic_merge({"a": {"b": 1}}, {"a": {"$patch": "replace", "c": 2}})
    assert patched == {"a": {"c": 2}}


def test_element_order_is_kept():
    """$setElementOrder puts the merged list in order."""
    patch = {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}
    assert ["b", "a"] == [item["name"] for item in strategic_merge(POD, patch)["spec"]["containers"]]


def test_taints_are_replaced_whole():
    """Taints have no merge key: the patch holds all of them."""
    old = {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}
    new = [{"key": "b", "effect": "NoExecute"}]
    assert new == strategic_merge(old, {"spec": {"taints": new}})["spec"]["taints"]


def test_conditions_merge_by_type():
    """A kubelet's patch of one condition leaves the others."""
    old = {"status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "False"}]}}
    patched = strategic_merge(old, {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}})
    assert ["Unknown", "False"] == [item["status"] for item in patched["status"]["conditions"]]


def test_finalizers_are_a_set():
    """Finalizers are added once and deleted by name."""
    old = {"metadata": {"finalizers": ["a", "b"]}}
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["b", "c"]}}
    assert ["b", "c"] == strategic_merge(old, patch)["metadata"]["finalizers"]


def test_retain_keys_drops_the_others():
    """$retainKeys keeps the named keys only, as a change of a deployment's strategy needs."""
    old = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}}
    assert strategic_merge(old, {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}) == {
        "strategy": {"type": "Recreate"}
    }


def test_an_item_without_its_key_is_refused():
    """A container without a name cannot be merged."""
    with pytest.raises(ApiError, match="does not contain declared merge key: name"):
        containers([{"image": "x"}])
