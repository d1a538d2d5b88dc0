"""The picture of a site: the registration address, and under it who serves it and who joins at it.

It shows what site.yaml says, not what is alive.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edgebook.views.markup import count
from edgebook.views.view import Figure

if TYPE_CHECKING:
    from edgebook.site import Host, Site

Shape = dict[str, Any]

COLUMNS = 6
SHOWN = 24
"""Most boxes of one role; the rest is one box with their number."""
ROW_PX, BOX_HALF_WIDTH, BOX_HALF_HEIGHT = 92, 0.44, 0.27
TRUNK_X = -0.62
INK, LINE, LABEL = "#1f2328", "#8c959f", "#7a7a7a"
"""Ink stands on the boxes' own pale fill, line and label on the page: readable on light and on dark."""
COLOURS = {
    "registration": ("#fbefff", "#8250df"),
    "server": ("#ddf4ff", "#0969da"),
    "agent": ("#dafbe1", "#1a7f37"),
    "edge": ("#fff1e5", "#bc4c00"),
    "absent": ("#eaeef2", "#636c76"),
}
SERVED = {
    "keepalived": "keepalived on the servers",
    "external": "an external load balancer",
    "dns": "DNS, naming the servers",
    "server": "the server's own address",
}


def topology(site: Site) -> Figure:
    """Draw a site: the registration address on top, then servers, agents and edge hosts."""
    drawing = _Drawing(max(3, min(COLUMNS, max(len(hosts) for _, _, hosts in _ranks(site)))))
    drawing.registration(site)
    for role, words, hosts in _ranks(site):
        drawing.rank(role, words, hosts)
    return Figure(drawing.spec(), sentence(site))


def sentence(site: Site) -> str:
    """Say what the picture shows, and how many servers may fail."""
    spare = (len(site.servers) - 1) // 2
    join = [
        count(len(members), role) for members, role in ((site.agents, "agent"), (site.edges, "edge host")) if members
    ]
    servers = count(len(site.servers), "server")
    quorum = f"{spare} of {servers} may fail" if spare else f"{servers}, none may fail"
    if not site.servers:
        quorum = "a cluster made elsewhere"
    joined = f", with {' and '.join(join)}" if join else ""
    address = f"registration address {_address(site)} by {SERVED[site.k3s.registration.by]}"
    return f"Site {site.name}: {quorum}; {address}{joined}."


def _ranks(site: Site) -> list[tuple[str, str, Sequence[Host]]]:
    every = [
        ("server", f"{count(len(site.servers), 'server')}: API and etcd", site.servers),
        ("agent", f"{count(len(site.agents), 'agent')}: join at the address", site.agents),
        ("edge", f"{count(len(site.edges), 'edge host')}: join through KubeEdge", site.edges),
        ("absent", f"{count(len(site.absent), 'host')} to be removed", site.absent),
    ]
    return [(role, words, hosts) for role, words, hosts in every if hosts]


def _address(site: Site) -> str:
    address = site.k3s.registration.address
    return f"[{address}]:6443" if ":" in address else f"{address}:6443"


class _Drawing:
    """Collects boxes, lines and labels from top to bottom, one row of boxes under the other."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._row = 0.0
        self._shapes: list[Shape] = []
        self._labels: list[Shape] = []
        self._points: list[tuple[float, float, str]] = []

    def registration(self, site: Site) -> None:
        """Draw the address that everything joins at."""
        middle, wide = (self._columns - 1) / 2, min(1.3, self._columns / 4)
        lines = (_address(site), f"registration address: {SERVED[site.k3s.registration.by]}")
        self._box("registration", middle, lines, f"every node joins at https://{_address(site)}", half_width=wide)
        self._line(TRUNK_X, 0, middle - wide, 0)
        self._row = 1.15

    def rank(self, role: str, words: str, hosts: Sequence[Host]) -> None:
        """Draw the hosts of one role, in as many rows as they need."""
        boxes = [(host.name, host.node_ip or host.address, _details(host)) for host in hosts[:SHOWN]]
        if len(hosts) > SHOWN:
            boxes.append((f"and {len(hosts) - SHOWN} more", "", ""))
        bus = -(self._row - 0.5)
        self._label(words, TRUNK_X + 0.08, bus)
        for start in range(0, len(boxes), self._columns):
            self._rows_of_boxes(role, boxes[start : start + self._columns])

    def spec(self) -> dict[str, Any]:
        """Return plotly's data and layout."""
        axis = {"visible": False, "fixedrange": True}
        xs, ys, texts = zip(*self._points, strict=True)
        hover = {"type": "scatter", "mode": "markers", "x": xs, "y": ys, "hovertext": texts, "hoverinfo": "text"}
        layout = {
            "height": round(ROW_PX * (self._row - 0.3)),
            "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "xaxis": {**axis, "range": [TRUNK_X - 0.06, self._columns - 0.5]},
            "yaxis": {**axis, "range": [-(self._row - 0.75), 0.32]},
            "shapes": self._shapes,
            "annotations": self._labels,
        }
        return {
            "data": [{**hover, "marker": {"size": 36, "opacity": 0}, "showlegend": False}],
            "layout": layout,
            "config": {"displayModeBar": False, "responsive": True},
        }

    def _rows_of_boxes(self, role: str, boxes: Sequence[tuple[str, str, str]]) -> None:
        bus, y = -(self._row - 0.38), -self._row
        dash = "dash" if role in ("edge", "absent") else "solid"
        self._line(TRUNK_X, min(0.0, bus + 1.15), TRUNK_X, bus, dash)
        self._line(TRUNK_X, bus, len(boxes) - 1, bus, dash)
        for x, (name, ip, details) in enumerate(boxes):
            self._line(x, bus, x, y + BOX_HALF_HEIGHT, dash)
            self._box(role, x, (name, ip), details)
        self._row += 1.15

    def _box(
        self, role: str, x: float, lines: tuple[str, str], details: str, *, half_width: float = BOX_HALF_WIDTH
    ) -> None:
        y, (fill, edge) = -self._row, COLOURS[role]
        border = {"color": edge, "width": 1.5, "dash": "dash" if role == "absent" else "solid"}
        corners = {"x0": x - half_width, "x1": x + half_width, "y0": y - BOX_HALF_HEIGHT, "y1": y + BOX_HALF_HEIGHT}
        self._shapes.append({"type": "rect", **corners, "fillcolor": fill, "line": border})
        name, small = (_cut(line, 18 if half_width == BOX_HALF_WIDTH else 60) for line in lines)
        text = f"<b>{name}</b><br>{small}" if small else name
        self._labels.append({"x": x, "y": y, "text": text, "showarrow": False, "font": {"size": 12, "color": INK}})
        said = "<br>".join(part for part in (f"<b>{html.escape(lines[0])}</b> {role}", details) if part)
        self._points.append((x, y, said))

    def _line(self, x0: float, y0: float, x1: float, y1: float, dash: str = "solid") -> None:
        line = {"color": LINE, "width": 1.5, "dash": dash}
        self._shapes.append({"type": "line", "layer": "below", "x0": x0, "y0": y0, "x1": x1, "y1": y1, "line": line})

    def _label(self, text: str, x: float, y: float) -> None:
        font = {"size": 12, "color": LABEL}
        self._labels.append(
            {"x": x, "y": y, "text": text, "showarrow": False, "font": font, "xanchor": "left", "yanchor": "bottom"}
        )


def _details(host: Host) -> str:
    facts = [
        f"SSH {host.address}",
        *(f"{key}={value}" for key, value in host.labels.items()),
        *(f"taint {taint}" for taint in host.taints),
    ]
    return "<br>".join(map(html.escape, facts))


def _cut(text: str, limit: int) -> str:
    return html.escape(text if len(text) <= limit else text[: limit - 1] + "…")
