"""Reading: one object, lists, selectors, pages, versions."""

import base64
import json

import pytest

from tests.contract.cluster import config, pod

COLOURS = ("blue", "green", "red")


@pytest.fixture(scope="module")
def colours(cluster, space):
    """Three labelled ConfigMaps, and the path that lists them."""
    for number, colour in enumerate(COLOURS):
        labels = {"colour": colour, "set": "colours", **({"warm": "yes"} if colour == "red" else {})}
        cluster.make(
            f"{space.core}/configmaps", {"metadata": {"name": colour, "labels": labels}, "data": {"n": str(number)}}
        )
    return f"{space.core}/configmaps"


def names(answer):
    """Return the names of a list."""
    return [item["metadata"]["name"] for item in answer.body["items"]]


def test_get_what_is_not(cluster, space):
    """A missing object is 404 with details."""
    answer = cluster.get(f"{space.core}/configmaps/nope")
    assert (404, "NotFound", 'configmaps "nope" not found') == (answer.code, answer.reason, answer.message)
    assert {"name": "nope", "kind": "configmaps"} == answer.body["details"]


def test_get_what_is_not_in_a_group(cluster, space):
    """Outside the core the group is in the words."""
    answer = cluster.get(f"{space.of('apps')}/deployments/nope")
    assert 'deployments.apps "nope" not found' == answer.message
    assert {"name": "nope", "group": "apps", "kind": "deployments"} == answer.body["details"]


def test_a_list_says_what_it_is(cluster, colours):
    """A list has its own kind and version, and its items leave theirs out."""
    body = cluster.get(colours).body
    assert ("ConfigMapList", "v1") == (body["kind"], body["apiVersion"])
    assert body["metadata"]["resourceVersion"].isdigit()
    assert not any("kind" in item for item in body["items"])


def test_a_list_is_ordered(cluster, colours):
    """Items come by name."""
    assert list(COLOURS) == names(cluster.get(f"{colours}?labelSelector=set%3Dcolours"))


def test_an_empty_list(cluster, space):
    """Nothing found is an empty list, not null."""
    assert [] == cluster.get(f"{space.core}/configmaps?labelSelector=none%3Dsuch").body["items"]


SELECTORS = {
    "colour=red": ["red"],
    "colour==red": ["red"],
    "colour!=red,set": ["blue", "green"],
    "colour in (red,blue)": ["blue", "red"],
    "colour notin (red,blue),set=colours": ["green"],
    "warm": ["red"],
    "!warm,set": ["blue", "green"],
    "set=colours,warm=yes": ["red"],
}


@pytest.mark.parametrize("selector", SELECTORS)
def test_label_selector(cluster, colours, selector):
    """Every form of a label selector selects."""
    assert SELECTORS[selector] == names(cluster.get(f"{colours}?labelSelector={quoted(selector)}"))


def quoted(text):
    """Quote a query's value."""
    return "".join(letter if letter.isalnum() else f"%{ord(letter):02X}" for letter in text)


@pytest.mark.parametrize("selector", ["a b", "a in x", "a=b=c", "(a)"])
def test_bad_label_selector(cluster, colours, selector):
    """A selector that is none is 400."""
    answer = cluster.get(f"{colours}?labelSelector={quoted(selector)}")
    assert (400, "BadRequest") == (answer.code, answer.reason)
    assert "unable to parse requirement" in answer.message or "found '" in answer.message


def test_bad_label_value_in_a_selector(cluster, colours):
    """A value that no label may have is refused."""
    answer = cluster.get(f"{colours}?labelSelector={quoted('a=-b-')}")
    assert 400 == answer.code


def test_field_selector_by_name(cluster, colours):
    """Everything can be selected by its name."""
    assert ["red"] == names(cluster.get(f"{colours}?fieldSelector=metadata.name%3Dred"))


def test_field_selector_negated(cluster, colours):
    """And by another than a name."""
    found = names(cluster.get(f"{colours}?labelSelector=set&fieldSelector=metadata.name%21%3Dred"))
    assert ["blue", "green"] == found


def test_field_selector_of_pods(cluster, space):
    """Pods can be selected by phase and node."""
    cluster.make(f"{space.core}/pods", pod("selected", schedulerName="nobody"))
    path = f"{space.core}/pods?fieldSelector=status.phase%3DPending,spec.schedulerName%3Dnobody,spec.nodeName%3D"
    assert ["selected"] == names(cluster.get(path))


def test_field_nobody_selects_by(cluster, colours):
    """Other fields are 400."""
    answer = cluster.get(f"{colours}?fieldSelector=data.n%3D1")
    assert (400, "BadRequest") == (answer.code, answer.reason)
    assert '"data.n" is not a known field selector: only "metadata.name", "metadata.namespace"' == answer.message


def test_bad_field_selector(cluster, colours):
    """A field selector that is none is 400."""
    answer = cluster.get(f"{colours}?fieldSelector=nonsense")
    assert 400 == answer.code
    assert "invalid selector: 'nonsense'; can't understand 'nonsense'" in answer.message


def test_pages(cluster, colours):
    """A list can be read in pages that know how much is left."""
    first = cluster.get(f"{colours}?labelSelector=set&limit=2").body
    assert ["blue", "green"] == [item["metadata"]["name"] for item in first["items"]]
    token = first["metadata"]["continue"]
    second = cluster.get(f"{colours}?labelSelector=set&limit=2&continue={quoted(token)}")
    assert ["red"] == names(second)
    assert "continue" not in second.body["metadata"]
    assert first["metadata"]["resourceVersion"] == second.body["metadata"]["resourceVersion"]


def test_pages_without_a_selector_count_the_rest(cluster, colours, space):
    """Without selectors a page says how many remain."""
    everything = len(cluster.get(colours).body["items"])
    assert everything - 1 == cluster.get(f"{colours}?limit=1").body["metadata"]["remainingItemCount"]


def test_pages_do_not_see_later_writes(cluster, colours, space):
    """What is made between two pages is on neither."""
    first = cluster.get(f"{colours}?limit=1").body
    cluster.make(colours, config("zz-late"))
    token = first["metadata"]["continue"]
    assert "zz-late" not in names(cluster.get(f"{colours}?continue={quoted(token)}"))


def test_broken_continue(cluster, colours):
    """A token nobody gave is 400."""
    answer = cluster.get(f"{colours}?limit=1&continue=nonsense")
    assert (400, "BadRequest") == (answer.code, answer.reason)
    assert answer.message.startswith("invalid continue token: continue key is not valid: ")


def test_continue_of_a_forgotten_version(cluster, colours):
    """A token from long ago is 410 and brings another."""
    token = base64.urlsafe_b64encode(json.dumps({"v": "meta.k8s.io/v1", "rv": 1, "start": "a\u0000"}).encode()).decode()
    answer = cluster.get(f"{colours}?limit=1&continue={quoted(token.rstrip('='))}")
    assert answer.code in (200, 410)


def test_limit_is_a_number(cluster, colours):
    """A limit that is none is 400."""
    answer = cluster.get(f"{colours}?limit=many")
    assert (400, "BadRequest") == (answer.code, answer.reason)
    assert 'strconv.ParseInt: parsing "many": invalid syntax' in answer.message


def test_resource_version_zero(cluster, colours):
    """Any version will do."""
    assert 200 == cluster.get(f"{colours}?resourceVersion=0").code


def test_resource_version_exact(cluster, colours, space):
    """A list can be asked as it was."""
    before = cluster.get(colours).body["metadata"]["resourceVersion"]
    cluster.make(colours, config("zz-later"))
    path = f"{colours}?resourceVersion={before}&resourceVersionMatch=Exact&limit=500"
    answer = cluster.get(path)
    assert before == answer.body["metadata"]["resourceVersion"]
    assert "zz-later" not in names(answer)


def test_match_needs_a_version(cluster, colours):
    """resourceVersionMatch alone makes no sense."""
    answer = cluster.get(f"{colours}?resourceVersionMatch=Exact")
    assert (422, "Invalid") == (answer.code, answer.reason)
    assert "resourceVersionMatch is forbidden unless resourceVersion is provided" in answer.message


def test_bad_resource_version(cluster, colours):
    """A version that is no number is refused."""
    answer = cluster.get(f"{colours}?resourceVersion=soon")
    assert answer.code in (400, 500)
    assert "soon" in answer.message


def test_future_resource_version(cluster, colours):
    """A version from the future is not there yet."""
    answer = cluster.get(f"{colours}?resourceVersion=999999999")
    assert (504, "Timeout") == (answer.code, answer.reason)
    assert answer.message.startswith("Timeout: Too large resource version: 999999999, current: ")
    assert "ResourceVersionTooLarge" == answer.body["details"]["causes"][0]["reason"]


def test_all_namespaces(cluster, colours, space):
    """Without a namespace the list is of all."""
    found = cluster.get("/api/v1/configmaps?labelSelector=set%3Dcolours").body["items"]
    assert {space.name} <= {item["metadata"]["namespace"] for item in found}


def test_versions_grow_over_all_kinds(cluster, space):
    """Every write of any kind has a later version."""
    first = cluster.make(f"{space.core}/configmaps", config("grow1"))["metadata"]["resourceVersion"]
    second = cluster.make(f"{space.core}/secrets", {"metadata": {"name": "grow2"}})["metadata"]["resourceVersion"]
    assert int(first) < int(second)
