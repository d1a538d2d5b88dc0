"""Label and field selectors: text in, a test of an object out.

Not the fields a kind may be selected by; those are the kind's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgebook.lab.kube.errors import bad_request
from edgebook.lab.kube.trees import Tree, dig, labels_of
from edgebook.lab.kube.words import QUALIFIED, VALUE_WORDS

Test = Callable[[Tree], bool]
COMMON_FIELDS = ("metadata.name", "metadata.namespace")
KEY = r"(?P<key>[A-Za-z0-9][-A-Za-z0-9_./]*)"
SET_TERM = re.compile(rf"^{KEY}\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)$")
EQUAL_TERM = re.compile(rf"^{KEY}\s*(?P<op>==|=|!=)\s*(?P<value>[-A-Za-z0-9_.]*)$")
EXISTS_TERM = re.compile(rf"^(?P<op>!?)\s*{KEY}$")
FIELD_TERM = re.compile(r"^(?P<key>[A-Za-z0-9.]+)(?P<op>==|=|!=)(?P<value>.*)$")
ABSENT_IS_FALSE = ("spec.unschedulable", "spec.hostNetwork")
COMMA_OUTSIDE_PARENTHESES = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True)
class Requirement:
    """One term of a label selector; `values` empty asks only whether the label is there."""

    key: str
    values: tuple[str, ...] | None
    negated: bool = False

    def holds(self, labels: dict[str, str]) -> bool:
        """Tell whether labels satisfy the term; a label that is absent satisfies every negated one."""
        value = labels.get(self.key)
        found = value is not None and (self.values is None or value in self.values)
        return found is not self.negated


def parse_labels(text: str) -> list[Requirement]:
    """Read `a=b,c!=d,e in (x,y),f,!g`."""
    terms = [term.strip() for term in COMMA_OUTSIDE_PARENTHESES.split(text)] if text.strip() else []
    return [_label_term(term) for term in terms]


def _label_term(term: str) -> Requirement:
    if found := SET_TERM.match(term):
        values = tuple(value.strip() for value in found["values"].split(","))
        return Requirement(found["key"], values, negated=found["op"] == "notin")
    if found := EQUAL_TERM.match(term):
        _check_value(found["key"], found["value"])
        return Requirement(found["key"], (found["value"],), negated=found["op"] == "!=")
    if found := EXISTS_TERM.match(term):
        return Requirement(found["key"], None, negated=found["op"] == "!")
    first, *others = term.split()
    if others and EXISTS_TERM.match(first):
        word = others[0]
        raise bad_request(f"unable to parse requirement: found '{word}', expected: in, notin, =, ==, !=, gt, lt")
    raise bad_request(f'unable to parse requirement: found "{term}", expected: a label selector term')


def _check_value(key: str, value: str) -> None:
    if value and not QUALIFIED.fullmatch(value):
        raise bad_request(f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": {VALUE_WORDS}')


def label_test(text: str) -> Test | None:
    """Turn a label selector into a test, or None when it selects everything."""
    terms = parse_labels(text)
    return (lambda obj: all(term.holds(labels_of(obj)) for term in terms)) if terms else None


def object_test(selector: Tree | None) -> Test:
    """Turn an object's own selector (matchLabels, matchExpressions) into a test; none matches nothing."""
    if selector is None:
        return lambda _obj: False
    terms = [Requirement(key, (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
    for item in selector.get("matchExpressions") or []:
        operator = item["operator"]
        values = tuple(item.get("values") or ()) if operator in ("In", "NotIn") else None
        terms.append(Requirement(item["key"], values, negated=operator in ("NotIn", "DoesNotExist")))
    return lambda obj: all(term.holds(labels_of(obj)) for term in terms)


def field_test(text: str, selectable: Sequence[str] = ()) -> Test | None:
    """Turn a field selector into a test, or None when it selects everything.

    Raises:
        ApiError: 400 with upstream's words when the kind cannot be selected by a field.
    """
    terms = [_field_term(term, (*COMMON_FIELDS, *selectable)) for term in text.split(",") if term.strip()]
    return (lambda obj: all(term(obj) for term in terms)) if terms else None


def _field_term(term: str, allowed: Sequence[str]) -> Test:
    found = FIELD_TERM.match(term.strip())
    if not found:
        raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    key, value, wanted = found["key"], found["value"], found["op"] != "!="
    if key not in allowed and len(allowed) > len(COMMON_FIELDS):
        raise bad_request(f"field label not supported: {key}")
    if key not in allowed:
        raise bad_request(f'"{key}" is not a known field selector: only "metadata.name", "metadata.namespace"')
    return lambda obj: (_field(obj, key) == value) is wanted


def _field(obj: Tree, key: str) -> str:
    value = dig(obj, key, "")
    if key == "source":
        value = dig(obj, "source.component", "")
    if key in ABSENT_IS_FALSE:
        value = bool(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def both(*tests: Test | None) -> Test | None:
    """Join tests, leaving out those that select everything."""
    real = [test for test in tests if test]
    return (lambda obj: all(test(obj) for test in real)) if real else None
