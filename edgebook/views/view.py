"""A view: one thing to look at, as HTML and as text.

Not a record: it holds what was drawn, never what it was drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgebook.secrets import mask
from edgebook.views.markup import page, prose, tag

PLOTLY = "application/vnd.plotly.v1+json"
TONES = {"info": "", "caution": "caution", "alarm": "alarm"}


class View:
    """HTML for a page and text for a log; equal for equal content.

    Args:
        html: the page's part; empty where there is only text.
        text: the same facts in plain text.
    """

    def __init__(self, html: str, text: str) -> None:
        self.html = mask(html)
        self.text = mask(text)

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  # IPython's signature
        return {"text/html": self.html, "text/plain": self.text}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and (other.html, other.text) == (self.html, self.text)

    def __hash__(self) -> int:
        return hash((self.html, self.text))


class Figure:
    """A plotly figure as plain data, and one sentence with the number that matters.

    The data is plotly's JSON, without a template: the same whatever version of plotly is there.
    """

    def __init__(self, spec: Mapping[str, Any], sentence: str) -> None:
        self.spec = dict(spec)
        self.sentence = mask(sentence)

    def __repr__(self) -> str:
        return self.sentence

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  # IPython's signature
        return {PLOTLY: self.spec, "text/plain": self.sentence}

    def figure(self) -> Any:  # plotly has no types
        """Return the `plotly.graph_objects.Figure`, for who wants to go on with it."""
        from plotly import graph_objects  # noqa: PLC0415  # slow, and rarely wanted

        return graph_objects.Figure({"data": self.spec["data"], "layout": self.spec["layout"]})


def note(text: str, *, tone: str = "info") -> View:
    """Show a sentence or two; `tone` is info, caution or alarm."""
    paragraphs = [tag("p", prose(line)) for line in text.splitlines() if line.strip()]
    return View(page(tag("div", *paragraphs, class_=f"said {TONES[tone]}".strip(), role="status")), text)


def titled(title: str, view: View) -> View:
    """Put a heading over a view."""
    return View(page(tag("h4", title)) + view.html, f"{title}\n\n{view.text}")
