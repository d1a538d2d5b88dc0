"""The drawing of one page: nbconvert with the book's template, and nothing that loads from elsewhere.

Not the overview of several runs.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from markupsafe import Markup
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

from edgebook.report import figures, widgets
from edgebook.report.frame import TEMPLATES, fill, markup, style, when

LOADING = re.compile(
    r"(<(?:script|link|img|iframe|source|video|audio|embed|object|input|track)\b[^>]*?\s)"
    r"""(src|srcset|href|data|poster)(\s*=\s*["']?\s*(?:https?:)?//)""",
    re.IGNORECASE,
)
STYLE_LOADING = re.compile(
    r"""(?:@import\s+)?url\(\s*["']?(?:https?:)?//[^)]*\)|@import\s+["'](?:https?:)?//[^"']*["']""", re.IGNORECASE
)
SECTION = re.compile(r'<h2 id="(?P<id>[^"]+)">(?P<title>.*?)<a class="anchor-link"', re.DOTALL)
TAGS = re.compile(r"<[^>]+>")
QUIET = logging.getLogger("edgebook.report.nbconvert")
"""nbconvert's warnings are about images' alternative texts; they do not belong on a person's terminal."""
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False
LIGHT, DARK = "friendly", "github-dark"


def draw(notebook: NotebookNode, facts: Mapping[str, Any], *, script: str) -> str:
    """Return the page; `script` is where plotly.js lies, empty to hold it in the page."""
    shown = copy.deepcopy(notebook)
    widgets.draw_all(shown)
    count = figures.draw_all(shown)
    exporter = HTMLExporter(template_name="edgebook", extra_template_basedirs=[str(TEMPLATES)], log=QUIET)  # type: ignore[no-untyped-call]
    body, _ = exporter.from_notebook_node(shown)
    safe = without_loading(body)
    return fill(
        "page.html.j2",
        title=title(notebook),
        facts=facts,
        cell='id="failed"' in safe,
        banner=_banner(facts),
        sections=[
            {"id": found["id"], "title": unescape(TAGS.sub("", found["title"]))} for found in SECTION.finditer(safe)
        ],
        body=markup(safe),
        style=markup(style() + _colours()),
        plotly=_plotly(script) if count else "",
    )


def title(notebook: NotebookNode) -> str:
    """Return the text of the first heading."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return next((line[2:].strip() for line in prose.splitlines() if line.startswith("# ")), "Runbook")


def without_loading(html: str) -> str:
    """Take the addresses out of everything that would be fetched when the page is opened; links stay."""
    return STYLE_LOADING.sub("none", LOADING.sub(r"\1data-offline-\2\3", html))


def _banner(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not facts:
        return []
    mode = {True: "apply", False: "plan only", None: ""}[facts.get("apply")]
    shown = {
        "mode": mode,
        "changed": facts["changed"],
        "seconds": f"{facts['seconds']:.1f}",
        "began": when(facts["began"]),
    }
    return [(name, str(value)) for name, value in shown.items() if value != ""]


def _colours() -> str:
    """Return the colours of code, for light and dark."""
    light = HtmlFormatter(style=LIGHT, nobackground=True).get_style_defs(".highlight")
    dark = HtmlFormatter(style=DARK, nobackground=True).get_style_defs(".highlight")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


def _plotly(script: str) -> Markup:
    if script:
        return Markup('<script src="{}"></script>').format(script)
    return markup(f"<script>{figures.script()}</script>")
