"""JSON patch (RFC 6902) and JSON merge patch (RFC 7386).

Not the patch types Kubernetes added: strategic merge and server-side apply have their own modules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from edgebook.lab.kube.errors import ApiError, bad_request, too_large, unprocessable
from edgebook.lab.kube.schema.reading import JSON_WORDS
from edgebook.lab.kube.trees import Tree, clone

OPERATIONS_LIMIT = 10_000
COPY_LIMIT_BYTES = 3 * 1024 * 1024
"""How much the copy operations of one patch may add: the API server's limit, without which a patch that copies an
object into itself doubles it with every operation."""

INDEX_DIGITS = 9


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


def json_patch(tree: Tree, operations: Any) -> Any:
    """Return a tree with a list of operations applied, all of them or none.

    Raises:
        ApiError: 400 when the patch is not one, 413 when it has too many operations, 422 when it cannot be carried out.
    """
    check_operations(operations)
    holder: dict[str, Any] = {"": clone(tree)}
    copied_bytes = 0
    for operation in operations:
        act = OPERATIONS.get(str(operation.get("op")))
        if act is None:
            raise unprocessable()
        if act is _copy:
            copied_bytes += _size_bytes(holder, operation)
            if copied_bytes > COPY_LIMIT_BYTES:
                raise unprocessable()
        act(holder, operation)
    return holder[""] if holder[""] is not None else clone(tree)


def check_operations(operations: Any) -> None:
    """Refuse what is no list of operations.

    Raises:
        ApiError: 400, and 413 when there are too many.
    """
    if not isinstance(operations, list):
        raise _not_decoded(operations, "value of type []handlers.jsonPatchOp")
    for operation in operations:
        if not isinstance(operation, dict):
            raise _not_decoded(operation, "value of type handlers.jsonPatchOp")
        for key in ("op", "path", "from"):
            if not isinstance(operation.get(key, ""), str):
                raise _not_decoded(operation[key], f"struct field jsonPatchOp.{key} of type string")
    if len(operations) > OPERATIONS_LIMIT:
        words = f"The allowed maximum operations in a JSON patch is {OPERATIONS_LIMIT}, got {len(operations)}"
        raise too_large(words)


def _not_decoded(value: Any, what: str) -> ApiError:
    word = JSON_WORDS.get(type(value), "null")
    return bad_request(f"error decoding patch: json: cannot unmarshal {word} into Go {what}")


def _size_bytes(holder: Any, operation: Tree) -> int:
    source = _tokens(operation, "from")
    return len(json.dumps(_child(_parent(holder, source), source[-1])))


def _tokens(operation: Tree, key: str = "path") -> list[str]:
    text = operation.get(key)
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise unprocessable()
    return ["", *(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])]


def _parent(holder: Any, tokens: Sequence[str]) -> Any:
    place = holder
    for token in tokens[:-1]:
        place = _child(place, token)
    return place


def _child(place: Any, token: str) -> Any:
    if isinstance(place, dict) and token in place:
        return place[token]
    if isinstance(place, list) and _is_index(token.removeprefix("-")) and -len(place) <= int(token) < len(place):
        return place[int(token)]
    raise unprocessable()


def _is_index(token: str) -> bool:
    return token.isascii() and token.isdigit() and len(token) <= INDEX_DIGITS


def _add(holder: Any, operation: Tree) -> None:
    _insert(holder, _tokens(operation), clone(operation.get("value")))


def _insert(holder: Any, tokens: Sequence[str], value: Any) -> None:
    place, last = _parent(holder, tokens), tokens[-1]
    if isinstance(place, dict):
        place[last] = value
    elif isinstance(place, list) and last == "-":
        place.append(value)
    elif isinstance(place, list) and _is_index(last) and int(last) <= len(place):
        place.insert(int(last), value)
    else:
        raise unprocessable()


def _remove(holder: Any, operation: Tree) -> None:
    tokens = _tokens(operation)
    place = _parent(holder, tokens)
    _child(place, tokens[-1])
    if place is holder:
        raise unprocessable()
    del place[tokens[-1] if isinstance(place, dict) else int(tokens[-1])]


def _replace(holder: Any, operation: Tree) -> None:
    tokens = _tokens(operation)
    place = _parent(holder, tokens)
    _child(place, tokens[-1])
    place[tokens[-1] if isinstance(place, dict) else int(tokens[-1])] = clone(operation.get("value"))


def _move(holder: Any, operation: Tree) -> None:
    source = _tokens(operation, "from")
    value = _child(_parent(holder, source), source[-1])
    _remove(holder, {"op": "move", "path": operation["from"]})
    _insert(holder, _tokens(operation), value)


def _copy(holder: Any, operation: Tree) -> None:
    source = _tokens(operation, "from")
    value = _child(_parent(holder, source), source[-1])
    _insert(holder, _tokens(operation), clone(value))


def _test(holder: Any, operation: Tree) -> None:
    tokens = _tokens(operation)
    if _child(_parent(holder, tokens), tokens[-1]) != operation.get("value"):
        raise unprocessable()


OPERATIONS: dict[str, Callable[[Any, Tree], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
