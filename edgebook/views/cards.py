"""Cards: the facts of a run and the parameters of a runbook, as two-column tables.

Not the form, which a person fills in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from edgebook.parameters import bounds
from edgebook.records import Parameter
from edgebook.views.markup import Html, columns, page, row, table, tag
from edgebook.views.view import View


def card(title: str, facts: Mapping[str, str], *, caution: str = "") -> View:
    """Show facts under a heading; `caution` is what a reader must not miss."""
    rows = [row(name, value) for name, value in facts.items()]
    warned = (
        tag("div", *(tag("p", line) for line in caution.splitlines()), class_="said caution", role="status")
        if caution
        else ""
    )
    html = page(tag("h4", title), tag("table", tag("tbody", *rows)), warned)
    width = max(map(len, facts), default=0)
    lines = [f"{name.ljust(width)}  {value}" for name, value in facts.items()]
    return View(html, "\n".join([title, *lines, *([caution] if caution else [])]))


def parameters(known: Sequence[Parameter], values: Mapping[str, Any] | None = None) -> View:
    """Show parameters with their values; what differs from the default says so in words."""
    given = values or {}
    if not known:
        return View(page(tag("p", "This runbook takes no parameters.")), "This runbook takes no parameters.")
    rows = [row(tag("code", one.name), Html(_value_html(one, given)), meaning(one)) for one in known]
    text = columns(
        ("parameter", "value", "meaning"), [(one.name, _value_text(one, given), meaning(one)) for one in known]
    )
    return View(page(table(("Parameter", "Value", "Meaning"), rows)), text)


def meaning(parameter: Parameter) -> str:
    """Say what a parameter is for and which values it takes."""
    span = bounds(parameter)
    return "; ".join(part for part in (parameter.help, span) if part)


def literal(value: object) -> str:
    """Write a value as a person types it."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value_html(parameter: Parameter, given: Mapping[str, Any]) -> str:
    value = given.get(parameter.name, parameter.default)
    shown = tag("code", literal(value)) if literal(value) else tag("span", "empty", class_="quiet")
    changed = value != parameter.default
    return shown + (
        tag("span", f" (default: {literal(parameter.default) or 'empty'})", class_="quiet") if changed else ""
    )


def _value_text(parameter: Parameter, given: Mapping[str, Any]) -> str:
    value = given.get(parameter.name, parameter.default)
    return literal(value) + (
        f" (default: {literal(parameter.default) or 'empty'})" if value != parameter.default else ""
    )
