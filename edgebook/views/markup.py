"""The words, markup and columns that all views are made of.

No view in itself, and nothing that fetches: text in, safe HTML or aligned text out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from edgebook.secrets import mask
from edgebook.views.style import STYLE

CELL_CHARS = 72
"""Longest text in a cell of a text table; HTML tables wrap instead."""

NUMBERS = ("Took", "For")
"""Headings of columns with numbers, which stand on the right."""
TENTHS_BELOW_S, MINUTES_FROM_S = 9.95, 120


class Html(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


def escape(text: object) -> Html:
    """Mask the secrets in a text and escape it; what is HTML already is left as it is."""
    return text if isinstance(text, Html) else Html(html.escape(mask(str(text))))


def tag(name: str, *content: object, **attributes: str | bool) -> Html:
    """Make an element: `tag("td", text, class_="number")`; an attribute that is False is left out."""
    shown = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (False, ""))
    return Html(f"<{name}{shown}>{''.join(map(escape, content))}</{name}>")


def prose(text: object) -> Html:
    """Escape a sentence; what stands in `backticks` becomes code."""
    return Html(re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)))


def join(parts: Iterable[object], between: str = "") -> Html:
    """Put pieces of HTML behind each other."""
    return Html(between.join(map(escape, parts)))


def page(*content: object) -> str:
    """Wrap the content of a view, with the style it needs."""
    return f'{STYLE}\n<div class="edgebook">{join(content)}</div>'


def pill(sign: str, word: str, tone: str) -> Html:
    """Make a badge: a sign and a word, so that nothing hangs on the colour."""
    return tag("span", f"{sign} {word}", class_=f"pill {tone}".strip())


def table(head: Sequence[str], rows: Iterable[Html]) -> Html:
    """Make a table of rows that `row` made; an empty heading becomes a plain cell."""
    cells = join(tag("th", name, scope="col", class_=_side(name)) if name else tag("td", "") for name in head)
    return tag("table", tag("thead", tag("tr", cells)), tag("tbody", join(rows)))


def row(*cells: object, head: int = 0, below: bool = False) -> Html:
    """Make a row; the cell at `head` names it; `below` says that a row belonging to it follows."""
    made = (tag("th", cell, scope="row") if place == head else _cell(cell) for place, cell in enumerate(cells))
    return tag("tr", join(made), class_="below" if below else "")


def note_row(content: object, *, over: int) -> Html:
    """Make a row that explains the one above it."""
    return tag("tr", tag("td", ""), tag("td", content, colspan=str(over - 1)))


class Number(Html):
    """A cell that is right-aligned."""

    __slots__ = ()


def number(text: object) -> Number:
    """Make a right-aligned cell."""
    return Number(escape(text))


def columns(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Align plain text in columns; long cells are cut, line ends become spaces."""
    cells = [tuple(head), *(tuple(_plain(cell) for cell in cells) for cells in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    rule = "  ".join("─" * width for width in widths)
    return "\n".join([lines[0], rule, *lines[1:]])


def seconds(value: float) -> str:
    """Write a duration: `0.8 s`, `48 s`, `2 min 05 s`."""
    if value < TENTHS_BELOW_S:
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole} s" if whole < MINUTES_FROM_S else f"{whole // 60} min {whole % 60:02d} s"


def count(number_of: int, noun: str) -> str:
    """Write a number with its noun: `1 step`, `2 steps`."""
    return f"{number_of} {noun}{'' if number_of == 1 else 's'}"


def listed(names: Iterable[str], limit: int = 8) -> str:
    """Write names as a list that does not run away: the first few, then how many more."""
    known = list(dict.fromkeys(names))
    more = f" and {len(known) - limit} more" if len(known) > limit else ""
    return ", ".join(known[:limit]) + more


def _side(name: str) -> str:
    return "number" if name in NUMBERS else ""


def _attribute(key: str, value: str | bool) -> str:  # noqa: FBT001  # an attribute's value, not a switch
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(mask(str(value)))}"'


def _cell(cell: object) -> Html:
    return tag("td", Html(cell), class_="number") if isinstance(cell, Number) else tag("td", cell)


def _plain(cell: object) -> str:
    text = " ".join(mask(str(cell)).split())
    return text if len(text) <= CELL_CHARS else text[: CELL_CHARS - 1] + "…"
