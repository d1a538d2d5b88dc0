"""The table of checks: what is wrong comes first, what is right is counted and kept short.

Not the checks themselves: they are records, made elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from edgebook.records import Check, Status
from edgebook.views.markup import Html, columns, count, join, listed, note_row, page, pill, prose, row, table, tag
from edgebook.views.view import View

SIGNS = {
    Status.FAIL: ("✕", "bad"),
    Status.UNKNOWN: ("?", "bad"),
    Status.WARN: ("!", "warn"),
    Status.PASS: ("✓", "good"),
    Status.SKIP: ("–", ""),
}
TROUBLE = (Status.FAIL, Status.UNKNOWN, Status.WARN)
HEAD = ("Status", "Where", "Check", "Wanted", "Seen")


def checks(found: Iterable[Check], *, title: str = "") -> View:
    """Show checks: each that failed, is unknown or warns with its hint; the others grouped by check."""
    every = tuple(found)
    sentence = verdict(every)
    trouble = [check for status in TROUBLE for check in every if check.status is status]
    fine = [_Group(checks) for checks in _alike(every)]
    head = tag("p", tag("strong", f"{title}: {sentence}" if title else sentence))
    parts = [head, _trouble_html(trouble) if trouble else "", _fine_html(fine, trouble) if fine else ""]
    return View(page(*parts), "\n\n".join(part for part in (_headline(title, sentence), _text(trouble, fine)) if part))


def verdict(found: Sequence[Check]) -> str:
    """Say how checks ended: `38 of 40 checks pass, 1 fails, 1 warns`."""
    if not found:
        return "No check was made."
    counted = Counter(check.status for check in found)
    words = {Status.FAIL: "fails", Status.UNKNOWN: "unknown", Status.WARN: "warns", Status.SKIP: "skipped"}
    plural = {Status.FAIL: "fail", Status.WARN: "warn"}
    rest = [
        f"{counted[status]} {plural.get(status, word) if counted[status] > 1 else word}"
        for status, word in words.items()
        if counted[status]
    ]
    whole = count(len(found), "check")
    passed = f"{counted[Status.PASS]} of {whole} pass" if len(found) > 1 or rest else f"{whole} passes"
    return ", ".join([passed, *rest]) + "."


class _Group:
    """Checks that say the same of several places."""

    def __init__(self, alike: Sequence[Check]) -> None:
        self.first = alike[0]
        self.places = listed([check.target for check in alike], limit=12)
        seen = dict.fromkeys(check.seen for check in alike)
        self.seen = (
            self.first.seen
            if len(seen) == 1
            else listed((f"{check.target}: {check.seen}" for check in alike), limit=12)
        )


def _alike(every: Iterable[Check]) -> list[list[Check]]:
    groups: dict[tuple[str, ...], list[Check]] = {}
    for check in every:
        if check.status not in TROUBLE:
            groups.setdefault((check.id, check.title, check.wanted, check.status), []).append(check)
    return list(groups.values())


def _badge(status: Status) -> Html:
    sign, tone = SIGNS[status]
    return pill(sign, status.value, tone)


def _trouble_html(trouble: Sequence[Check]) -> Html:
    return table(HEAD, [row_of for check in trouble for row_of in _trouble_rows(check)])


def _trouble_rows(check: Check) -> list[Html]:
    more = [tag("span", "→ ", prose(check.hint))] if check.hint else []
    if check.evidence:
        more.append(tag("details", tag("summary", "evidence"), tag("pre", check.evidence)))
    cells = (_badge(check.status), check.target, prose(check.title), prose(check.wanted), prose(check.seen))
    rows = [row(*cells, head=1, below=bool(more))]
    return [*rows, note_row(join(more), over=len(HEAD))] if more else rows


def _fine_html(groups: Sequence[_Group], trouble: Sequence[Check]) -> Html:
    rows = [
        row(
            _badge(group.first.status),
            prose(group.first.title),
            group.places,
            prose(group.first.wanted),
            prose(group.seen),
            head=1,
        )
        for group in groups
    ]
    shown = table(("Status", "Check", "Where", "Wanted", "Seen"), rows)
    stopped = not all(check.ok for check in trouble)
    return tag("details", tag("summary", "what passed"), shown, open=not stopped) if trouble else shown


def _headline(title: str, sentence: str) -> str:
    return f"{title}: {sentence}" if title else sentence


def _text(trouble: Sequence[Check], fine: Sequence[_Group]) -> str:
    parts = []
    if trouble:
        parts.append(
            columns(
                HEAD, [(check.status.value, check.target, check.title, check.wanted, check.seen) for check in trouble]
            )
        )
        parts.append("\n".join(f"hint: {check.target}: {check.title}: {check.hint}" for check in trouble if check.hint))
    if fine:
        rows = [
            (group.first.status.value, group.places, group.first.title, group.first.wanted, group.seen)
            for group in fine
        ]
        parts.append(columns(HEAD, rows))
    return "\n\n".join(part for part in parts if part)
