"""The time-line of a run: a bar for each step, a row for each host, a colour and a number for each stage.

It shows what the journal holds, not how long things usually take.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from edgebook.records import Step, StepStatus
from edgebook.views.markup import count, seconds
from edgebook.views.steps import TIMED, busy_s
from edgebook.views.view import Figure

COLOURS = ("#0969da", "#bf5b00", "#1a7f37", "#8250df", "#b3186d", "#0b7285", "#8a5a00", "#57606a")
FAILED = "#cf222e"
LABEL, GRID = "#7a7a7a", "rgba(128,128,128,0.25)"
ROW_PX, FRAME_PX = 30, 96
CONFIG = {"displayModeBar": False, "responsive": True}


def timeline(ended: Sequence[Step], *, stages: Mapping[str, str] | None = None) -> Figure:
    """Draw when each step ran; steps that were already so, or only planned, took no time and have no bar."""
    timed = [step for step in ended if step.status in TIMED]
    first_s = min((step.began_s for step in timed), default=0.0)
    targets = list(dict.fromkeys(step.target for step in timed))
    order = list(dict.fromkeys(step.stage for step in timed))
    titles = stages or {}
    traces = [
        _trace(number, titles.get(stage, stage), [step for step in timed if step.stage == stage], first_s)
        for number, stage in enumerate(order, 1)
    ]
    return Figure({"data": traces, "layout": _layout(targets), "config": CONFIG}, sentence(ended))


def sentence(ended: Sequence[Step]) -> str:
    """Say how long the steps took together, and which one took longest."""
    timed = [step for step in ended if step.status in TIMED]
    if not timed:
        return "No step took time: nothing was changed."
    longest = max(timed, key=lambda step: step.seconds)
    places = count(len({step.target for step in timed}), "target")
    whole = f"{count(len(timed), 'step')} on {places} took {seconds(busy_s(timed))}"
    if len({step.seconds for step in timed}) == 1:
        return f"{whole}."
    return f"{whole}; the longest was “{longest.title}” on {longest.target} with {seconds(longest.seconds)}."


def _trace(number: int, title: str, members: Sequence[Step], first_s: float) -> dict[str, Any]:
    colour = COLOURS[(number - 1) % len(COLOURS)]
    failed = [step.status is StepStatus.FAILED for step in members]
    return {
        "type": "bar",
        "orientation": "h",
        "name": f"{number} {html.escape(title)}",
        "y": [step.target for step in members],
        "base": [round(step.began_s - first_s, 3) for step in members],
        "x": [step.seconds for step in members],
        "text": [f"{number} failed" if bad else str(number) for bad in failed],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "textfont": {"color": "#ffffff"},
        "hovertext": [_hover(step, title) for step in members],
        "hoverinfo": "text",
        "marker": {"color": [FAILED if bad else colour for bad in failed], "line": {"color": "#ffffff", "width": 0.5}},
    }


def _hover(step: Step, title: str) -> str:
    where = f"{html.escape(title)} on {html.escape(step.target)}"
    return f"<b>{html.escape(step.title)}</b><br>{where}: {seconds(step.seconds)}"


def _layout(targets: Sequence[str]) -> dict[str, Any]:
    tick = {"color": LABEL, "size": 12}
    return {
        "height": FRAME_PX + ROW_PX * max(len(targets), 1),
        "margin": {"l": 8, "r": 12, "t": 6, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "barmode": "overlay",
        "bargap": 0.25,
        "uniformtext": {"minsize": 9, "mode": "hide"},
        "xaxis": {
            "title": {"text": "seconds since the first step", "font": tick},
            "tickfont": tick,
            "gridcolor": GRID,
            "zeroline": False,
            "rangemode": "tozero",
        },
        "yaxis": {
            "categoryorder": "array",
            "categoryarray": list(targets),
            "autorange": "reversed",
            "tickfont": tick,
            "automargin": True,
            "ticksuffix": "  ",
            "fixedrange": True,
        },
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": tick, "traceorder": "normal"},
        "showlegend": True,
    }
