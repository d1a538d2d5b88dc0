"""Label and field selectors."""

import pytest

from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.selectors import field_test, label_test, object_test

OBJECT = {"metadata": {"name": "a1", "labels": {"app": "web", "tier": "front"}}, "spec": {"nodeName": "s1"}}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app!=web", False),
        ("gone!=web", True),
        ("app in (web, db)", True),
        ("app notin (web),tier", False),
        ("gone notin (a)", True),
        ("tier", True),
        ("!gone", True),
        ("!tier", False),
        ("app=", False),
    ],
)
def test_labels_select(selector, selected):
    """Each form of a label selector selects what kubectl's would."""
    assert selected is label_test(selector)(OBJECT)


def test_no_selector_is_no_test():
    """An empty selector selects everything without looking."""
    assert (label_test(""), field_test("")) == (None, None)


def test_a_broken_label_selector_is_a_bad_request():
    """What is no selector is refused with 400."""
    with pytest.raises(ApiError) as caught:
        label_test("a=b=c")
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("selector", "selected"), [("spec.nodeName=s1", True), ("spec.nodeName!=s1", False), ("metadata.name=a1", True)]
)
def test_fields_select(selector, selected):
    """A field selector compares what the kind allows."""
    assert selected is field_test(selector, ("spec.nodeName",))(OBJECT)


def test_a_missing_boolean_field_is_false():
    """A node that is not cordoned is selected by spec.unschedulable=false."""
    assert field_test("spec.unschedulable=false", ("spec.unschedulable",))({"spec": {}})


def test_other_fields_are_refused_in_upstreams_words():
    """A field the kind does not index is named in the refusal."""
    with pytest.raises(ApiError, match=r"field label not supported: spec\.foo"):
        field_test("spec.foo=1", ("spec.nodeName",))


def test_an_objects_own_selector_has_expressions():
    """matchLabels and matchExpressions must all hold."""
    terms = [{"key": "tier", "operator": "In", "values": ["front"]}, {"key": "gone", "operator": "DoesNotExist"}]
    assert object_test({"matchLabels": {"app": "web"}, "matchExpressions": terms})(OBJECT)


def test_no_own_selector_selects_nothing():
    """A budget without a selector covers no pod, one with an empty selector all."""
    assert (object_test(None)(OBJECT), object_test({})(OBJECT)) == (False, True)
