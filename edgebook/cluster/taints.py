"""Taints in kubectl's words: `key=value:Effect` sets one, `key:Effect-` or `key-` takes it away.

Not the request; this only works out the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from edgebook.errors import ObjectInvalid

Taint = dict[str, Any]
WORDS = re.compile(r"(?P<key>[^=:\s]+?)(=(?P<value>[^=:\s]*))?(:(?P<effect>[A-Za-z]+))?(?P<minus>-?)")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def changed(taints: Iterable[Taint], wanted: Sequence[str]) -> list[Taint]:
    """Return a node's taints after some were set and some taken away.

    Raises:
        ObjectInvalid: when one is not written as a taint is.
    """
    kept = list(taints)
    for text in wanted:
        found = WORDS.fullmatch(text)
        if not found or (found["effect"] or "NoSchedule") not in EFFECTS or not (found["effect"] or found["minus"]):
            raise ObjectInvalid(f"{text!r} is no taint", hint=f"key=value:Effect, where Effect is {', '.join(EFFECTS)}")
        key, effect = found["key"], found["effect"]
        same = [item for item in kept if item["key"] == key and effect in (None, item["effect"])]
        kept = [item for item in kept if item not in same]
        if not found["minus"]:
            kept.append(_taint(key, found["value"] or "", effect, same))
    return kept


def _taint(key: str, value: str, effect: str, same: Sequence[Taint]) -> Taint:
    taint = {"key": key, "value": value, "effect": effect} if value else {"key": key, "effect": effect}
    # A taint that is already so keeps what the cluster noted with it, such as timeAdded.
    return same[0] if same and same[0].get("value", "") == value else taint
