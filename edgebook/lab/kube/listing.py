"""What a list or a watch was asked for: from which version, how much, and where to go on.

Not the answer.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from edgebook.lab.kube.errors import (
    ApiError,
    Cause,
    bad_request,
    forbidden_value,
    internal_text,
    invalid_options,
    unsupported_value,
    version_too_large,
)
from edgebook.lab.kube.labelselectors import INT64, is_int64
from edgebook.lab.kube.watches import Item

EXACT, NOT_OLDER = "Exact", "NotOlderThan"
BROKEN_CONTINUE = "invalid continue token: continue key is not valid: "
WHOLE = re.compile(r"[0-9]{1,1000}")
Key = tuple[str, str]


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted: at which version, after which object, how many; 0 is all."""

    at: int | None = None
    after: Key | None = None
    limit: int = 0


def page(query: Mapping[str, str], now: int) -> Page:
    """Read the options of a list.

    Raises:
        ApiError: 422 for options that exclude each other, 400 for what is no number or no token, 504 for the future.
    """
    wrong = list(_list_mistakes(query))
    if wrong:
        raise invalid_options_of_list(wrong)
    number(query.get("timeoutSeconds", ""))
    limit = number(query.get("limit", "")) or 0
    if query.get("continue"):
        at, after = position(query["continue"])
        return Page(at, after, limit)
    wanted, match = version(query), query.get("resourceVersionMatch", "")
    if wanted is not None and wanted > now:
        raise version_too_large(wanted, now)
    exact = match == EXACT or (wanted and limit and not match)
    return Page(wanted if exact else None, None, limit)


def invalid_options_of_list(causes: list[Cause]) -> ApiError:
    """Say which options of a list or watch are wrong."""
    return invalid_options("ListOptions", causes)


def _list_mistakes(query: Mapping[str, str]) -> list[Cause]:
    match, wrong = query.get("resourceVersionMatch", ""), []
    if match and not query.get("resourceVersion"):
        wrong.append("resourceVersionMatch is forbidden unless resourceVersion is provided")
    if match and query.get("continue"):
        wrong.append("resourceVersionMatch is forbidden when continue is provided")
    if match == EXACT and query.get("resourceVersion") == "0":
        wrong.append('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    causes = [forbidden_value("resourceVersionMatch", words) for words in wrong]
    if match not in ("", EXACT, NOT_OLDER):
        causes.append(unsupported_value("resourceVersionMatch", match, (EXACT, NOT_OLDER, "")))
    if query.get("sendInitialEvents"):
        causes.append(forbidden_value("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    return causes


def check_watch(query: Mapping[str, str]) -> None:
    """Refuse options of a watch that exclude each other.

    A watch may begin with what is there (sendInitialEvents), as with the API server's WatchList feature switched on;
    1.31 has it switched off by default, and its clients ask for a list where it is refused.

    Raises:
        ApiError: 422.
    """
    match, is_asked = query.get("resourceVersionMatch", ""), "sendInitialEvents" in query
    causes = []
    if is_asked and match != NOT_OLDER:
        words = f"sendInitialEvents requires setting resourceVersionMatch to {NOT_OLDER}"
        causes.append(forbidden_value("resourceVersionMatch", words))
    if match and not is_asked:
        words = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        causes.append(forbidden_value("resourceVersionMatch", words))
    if is_asked and match not in ("", NOT_OLDER):
        causes.append(unsupported_value("resourceVersionMatch", match, (NOT_OLDER,)))
    if causes:
        raise invalid_options_of_list(causes)


def version(query: Mapping[str, str]) -> int | None:
    """Return the version asked for, None where any will do.

    Raises:
        ApiError: 500 for what is no version, as the real API has it.
    """
    text = query.get("resourceVersion", "")
    if not text:
        return None
    if WHOLE.fullmatch(text) and int(text) < 2 * INT64.stop:
        return int(text)
    why = f'strconv.ParseUint: parsing "{text}": {"value out of range" if WHOLE.fullmatch(text) else "invalid syntax"}'
    raise internal_text(f'resourceVersion: Invalid value: "{text}": {why}')


def number(text: str) -> int | None:
    """Read a number of the query.

    Raises:
        ApiError: 400 when it is none.
    """
    if not text or is_int64(text):
        return int(text) if text else None
    why = "value out of range" if WHOLE.fullmatch(text.removeprefix("-")) else "invalid syntax"
    raise bad_request(f'strconv.ParseInt: parsing "{text}": {why}')


def key_of(item: Item) -> Key:
    """Return an object's place in every list."""
    return item.obj["metadata"].get("namespace", ""), item.obj["metadata"]["name"]


def token(at: int, last: Item) -> str:
    """Write where the next page begins."""
    start = "/".join(part for part in key_of(last) if part) + "\0"
    raw = json.dumps({"v": "meta.k8s.io/v1", "rv": at, "start": start}, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def position(text: str) -> tuple[int | None, Key]:
    """Read where a page begins.

    Raises:
        ApiError: 400 for a token nobody gave.
    """
    try:
        read = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        namespace, _, name = str(read["start"]).rstrip("\0").rpartition("/")
        return (int(read["rv"]) if read["rv"] > 0 else None), (namespace, name)
    except (ValueError, KeyError, TypeError, binascii.Error) as exc:
        raise bad_request(f"{BROKEN_CONTINUE}{exc}") from exc


def inconsistent(after: Key) -> str:
    """Write a token that goes on in the list as it is now."""
    start = "/".join(part for part in after if part) + "\0"
    raw = json.dumps({"v": "meta.k8s.io/v1", "rv": -1, "start": start}, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
