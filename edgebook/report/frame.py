"""The frame around what pages show: templates, style and what a page may load.

Not their content.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "template"
POLICY = (
    "default-src 'none'; "
    "script-src 'unsafe-inline' 'self' file:; "  # the page's own, and plotly.min.js beside it
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
)
"""Kept by every browser: whatever a notebook's output says, the page fetches nothing."""


def fill(template: str, **values: object) -> str:
    """Fill one of the templates; texts are escaped, `Markup` is not."""
    return _environment().get_template(template).render(policy=POLICY, **values)


def markup(html: str) -> Markup:
    """Mark a text as HTML that is not to be escaped: our own, or escaped by nbconvert."""
    return Markup(html)  # noqa: S704 - the callers know where it comes from


def when(time: str) -> str:
    """Write a time of a result the way a person reads it, to the second: `2026-01-15 08:00:00 UTC`."""
    return f"{time[:19].replace('T', ' ')} UTC" if time.endswith("Z") else time


@cache
def style() -> str:
    """Return the style sheet that all pages share."""
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
