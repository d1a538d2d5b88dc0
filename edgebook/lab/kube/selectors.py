"""Label and field selectors: text in, a test of an object out.

Not the fields a kind may be selected by; those are the kind's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from edgebook.lab.kube import labelselectors
from edgebook.lab.kube.errors import ApiError, bad_request
from edgebook.lab.kube.labelselectors import Term
from edgebook.lab.kube.trees import Tree, dig, labels_of

Test = Callable[[Tree], bool]
COMMON_FIELDS = ("metadata.name", "metadata.namespace")
FIELD_OPERATORS = ("!=", "==", "=")
ESCAPED = ("\\", ",", "=")
ABSENT_IS_FALSE = ("spec.unschedulable", "spec.hostNetwork")
EXPRESSIONS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def label_test(text: str) -> Test | None:
    """Turn a label selector into a test, or None when it selects everything.

    Raises:
        ApiError: 400 for what is no label selector.
    """
    try:
        terms = labelselectors.parse(text)
    except labelselectors.SelectorError as exc:
        raise bad_request(str(exc)) from exc
    return (lambda obj: all(term.holds(labels_of(obj)) for term in terms)) if terms else None


def object_test(selector: Tree | None) -> Test:
    """Turn an object's own selector (matchLabels, matchExpressions) into a test; none matches nothing."""
    if selector is None:
        return lambda _obj: False
    terms = [Term(key, "=", (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
    terms += [
        Term(item["key"], EXPRESSIONS[item["operator"]], tuple(item.get("values") or ()))
        for item in selector.get("matchExpressions") or []
    ]
    return lambda obj: all(term.holds(labels_of(obj)) for term in terms)


def field_test(text: str, selectable: Sequence[str] = ()) -> Test | None:
    """Turn a field selector into a test, or None when it selects everything.

    Raises:
        ApiError: 400 with upstream's words for what is no selector, and for a field the kind cannot be selected by.
    """
    allowed = (*COMMON_FIELDS, *selectable)
    terms = [_field_term(term, text, allowed) for term in sorted(_pieces(text)) if term]
    return (lambda obj: all(term(obj) for term in terms)) if terms else None


def _pieces(text: str) -> Iterator[str]:
    """Split at commas that no backslash stands before."""
    piece, escaped = "", False
    for letter in text:
        if letter == "," and not escaped:
            yield piece
            piece = ""
            continue
        piece += letter
        escaped = letter == "\\" and not escaped
    yield piece


def _field_term(term: str, text: str, allowed: Sequence[str]) -> Test:
    places = [(term.find(operator), -len(operator), operator) for operator in FIELD_OPERATORS if operator in term]
    if not places:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
    at, _, operator = min(places)
    key, value, wanted = term[:at], _plain(term[at + len(operator) :]), operator != "!="
    if key not in allowed and len(allowed) > len(COMMON_FIELDS):
        raise bad_request(f"field label not supported: {key}")
    if key not in allowed:
        raise bad_request(f'"{key}" is not a known field selector: only "metadata.name", "metadata.namespace"')
    return lambda obj: (_field(obj, key) == value) is wanted


def _plain(text: str) -> str:
    """Take the backslashes out of a value."""
    made, escaped = "", False
    for letter in text:
        if escaped and letter not in ESCAPED:
            raise _no_escape(f"\\{letter}")
        if not escaped and letter in (",", "="):
            raise bad_request(f"invalid field selector: unescaped character in value: {ord(letter)}")
        escaped = letter == "\\" and not escaped
        made += "" if escaped else letter
    if escaped:
        raise _no_escape("\\")
    return made


def _no_escape(sequence: str) -> ApiError:
    return bad_request(f"invalid field selector: invalid escape sequence: {sequence}")


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
