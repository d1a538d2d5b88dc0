"""Taints in kubectl's words."""

import pytest

from edgebook.cluster.taints import changed
from edgebook.errors import ObjectInvalid

OLD = [{"key": "a", "value": "1", "effect": "NoSchedule"}, {"key": "a", "effect": "NoExecute", "timeAdded": "t"}]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("b:NoSchedule", [*OLD, {"key": "b", "effect": "NoSchedule"}]),
        ("b=2:PreferNoSchedule", [*OLD, {"key": "b", "value": "2", "effect": "PreferNoSchedule"}]),
        ("a=2:NoSchedule", [OLD[1], {"key": "a", "value": "2", "effect": "NoSchedule"}]),
        ("a:NoExecute", OLD),
        ("a:NoSchedule-", [OLD[1]]),
        ("a-", []),
        ("gone-", OLD),
        ("example.com/x-y=1:NoSchedule", [*OLD, {"key": "example.com/x-y", "value": "1", "effect": "NoSchedule"}]),
    ],
)
def test_words_change_the_list(words, expected):
    """Each form sets or takes away what it names."""
    assert expected == changed(OLD, [words])


@pytest.mark.parametrize("words", ["", "a", "a:", ":NoSchedule", "a:noschedule", "a=b=c:NoSchedule"])
def test_other_words_are_refused(words):
    """What is no taint is repeated in the error."""
    with pytest.raises(ObjectInvalid, match="is no taint"):
        changed([], [words])


def test_the_given_list_stays():
    """The node's own list is not changed in place."""
    before = [dict(item) for item in OLD]
    changed(OLD, ["a-"])
    assert before == OLD
