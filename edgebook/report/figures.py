"""Figures in pages: plotly's data as a drawing, with plotly.js once a page or beside it.

Not the drawing of figures, which is the views' work.
nbconvert drops plotly's data without this (nbconvert issue 2235).
"""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode

PLOTLY = "application/vnd.plotly.v1+json"
CONFIG = {"displayModeBar": False, "responsive": True}


def draw_all(notebook: NotebookNode) -> int:
    """Replace plotly's data in a notebook's outputs by HTML; return how many figures there were."""
    count = 0
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        figure = output.get("data", {}).pop(PLOTLY, None)
        if figure is not None:
            count += 1
            output["data"]["text/html"] = drawn(figure, count)
    return count


def drawn(figure: dict[str, Any], number: int) -> str:
    """Return a figure as HTML that calls a plotly.js already in the page."""
    from plotly import io  # noqa: PLC0415 - slow, and most pages of a batch draw nothing

    plain = {"data": figure.get("data", []), "layout": figure.get("layout", {})}
    html = io.to_html(
        plain,
        include_plotlyjs=False,
        include_mathjax=False,
        full_html=False,
        div_id=f"figure-{number}",
        config=CONFIG,
        validate=False,
    )
    return f'<div class="figure">{html}</div>'


def script() -> str:
    """Return the text of plotly.js."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - slow to import

    return str(get_plotlyjs())
