"""JSON patch (RFC 6902) and JSON merge patch (RFC 7386).

Not the patch types Kubernetes added: strategic merge and server-side apply have their own modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from edgebook.lab.kube.errors import ApiError, bad_request, unprocessable
from edgebook.lab.kube.trees import Tree, clone


def merge_patch(tree: Any, patch: Any) -> Any:
    """Return a tree with a merge patch applied: objects merge, null removes, all else replaces."""
    if not isinstance(patch, dict):
        return clone(patch)
    merged = dict(tree) if isinstance(tree, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def json_patch(tree: Tree, operations: Any) -> Tree:
    """Return a tree with a list of operations applied, all of them or none.

    Raises:
        ApiError: 400 when the patch is not one, 422 when it cannot be carried out.
    """
    if not isinstance(operations, list) or not all(isinstance(item, dict) for item in operations):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    holder: dict[str, Any] = {"": clone(tree)}
    for operation in operations:
        act = OPERATIONS.get(str(operation.get("op")))
        if act is None:
            raise unprocessable(f"Unexpected kind: {operation.get('op')}")
        act(holder, operation)
    result = holder.get("")
    if not isinstance(result, dict):
        raise unprocessable("json: cannot unmarshal into an object what the patch leaves of it")
    return result


def _tokens(operation: Tree, key: str = "path") -> list[str]:
    text = operation.get(key)
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise unprocessable(
            f"{operation.get('op')} operation does not apply: doc is missing path: {text!r}: missing value"
        )
    return ["", *(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])]


def _missing(operation: Tree) -> ApiError:
    verb, path = operation.get("op"), operation.get("path")
    if verb == "remove":
        return unprocessable(f"remove operation does not apply: doc is missing path: {path}: missing value")
    return unprocessable(f"{verb} operation does not apply: doc is missing key: {path}: missing value")


def _parent(holder: Any, tokens: Sequence[str], operation: Tree) -> Any:
    place = holder
    for token in tokens[:-1]:
        place = _child(place, token, operation)
    return place


def _child(place: Any, token: str, operation: Tree) -> Any:
    if isinstance(place, dict) and token in place:
        return place[token]
    if isinstance(place, list) and token.lstrip("-").isdigit() and -len(place) <= int(token) < len(place):
        return place[int(token)]
    raise _missing(operation)


def _add(holder: Any, operation: Tree) -> None:
    _insert(holder, _tokens(operation), clone(operation.get("value")), operation)


def _insert(holder: Any, tokens: Sequence[str], value: Any, operation: Tree) -> None:
    place, last = _parent(holder, tokens, operation), tokens[-1]
    if isinstance(place, dict):
        place[last] = value
    elif isinstance(place, list) and last == "-":
        place.append(value)
    elif isinstance(place, list) and last.isdigit() and int(last) <= len(place):
        place.insert(int(last), value)
    else:
        raise _missing(operation)


def _remove(holder: Any, operation: Tree) -> None:
    tokens = _tokens(operation)
    place = _parent(holder, tokens, operation)
    _child(place, tokens[-1], operation)
    del place[tokens[-1] if isinstance(place, dict) else int(tokens[-1])]


def _replace(holder: Any, operation: Tree) -> None:
    tokens = _tokens(operation)
    place = _parent(holder, tokens, operation)
    _child(place, tokens[-1], operation)
    place[tokens[-1] if isinstance(place, dict) else int(tokens[-1])] = clone(operation.get("value"))


def _move(holder: Any, operation: Tree) -> None:
    source = _tokens(operation, "from")
    value = _child(_parent(holder, source, operation), source[-1], operation)
    _remove(holder, {"op": "move", "path": operation["from"]})
    _insert(holder, _tokens(operation), value, operation)


def _copy(holder: Any, operation: Tree) -> None:
    source = _tokens(operation, "from")
    value = _child(_parent(holder, source, operation), source[-1], operation)
    _insert(holder, _tokens(operation), clone(value), operation)


def _test(holder: Any, operation: Tree) -> None:
    tokens = _tokens(operation)
    if _child(_parent(holder, tokens, operation), tokens[-1], operation) != operation.get("value"):
        raise unprocessable(f"testing value {operation.get('path')} failed: test failed")


OPERATIONS: dict[str, Callable[[Any, Tree], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
