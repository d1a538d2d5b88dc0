"""Widgets in pages: their stored state as plain, dead HTML.

Not a widget manager: nothing can be clicked, and nothing is loaded. The real one is 3.6 MB of JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from nbformat import NotebookNode

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
REFERENCE = "IPY_MODEL_"
DEEPEST = 20

State = Mapping[str, Any]


def draw_all(notebook: NotebookNode) -> None:
    """Replace the widgets in a notebook's outputs by what they looked like when it was saved."""
    states = notebook.metadata.pop("widgets", {}).get(STATE, {}).get("state", {})
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        _replace(output, states)


def _replace(output: NotebookNode, states: Mapping[str, State]) -> None:
    data = output.get("data", {})
    view = data.pop(VIEW, None)
    if view is not None and "text/html" not in data:
        html = still(view.get("model_id", ""), states)
        if html:
            data["text/html"] = f'<div class="widget">{html}</div>'


def still(model: str, states: Mapping[str, State], depth: int = 0) -> str:
    """Return a widget as HTML, with all it holds; an empty text for one whose state was not kept."""
    stored = states.get(model.removeprefix(REFERENCE))
    if stored is None or depth > DEEPEST:
        return ""
    kind, state = str(stored.get("model_name", "")).removesuffix("Model"), stored.get("state", {})
    if "children" in state:
        return _box(kind, state, states, depth)
    if kind == "Output":
        return "".join(_output(output) for output in state.get("outputs", ()))
    form = next((form for name, form in FORMS.items() if name in kind), _field)
    return form(state)


def _box(kind: str, state: State, states: Mapping[str, State], depth: int) -> str:
    parts = [still(str(child), states, depth + 1) for child in state["children"]]
    titles = [*(state.get("titles") or ()), *[""] * len(parts)]
    named = [
        f"<h4>{escape(str(title))}</h4>{part}" if title else part for title, part in zip(titles, parts, strict=False)
    ]
    return f'<div class="{"row" if kind == "HBox" else "column"}">{"".join(named)}</div>'


def _labelled(state: State, value: str) -> str:
    return f'<div class="field"><span class="label">{escape(str(state.get("description") or ""))}</span>{value}</div>'


def _field(state: State) -> str:
    value = state.get("value")
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
    return _labelled(state, f'<span class="value">{escape(shown)}</span>')


def _html(state: State) -> str:
    return _labelled(state, str(state.get("value", ""))) if state.get("description") else str(state.get("value", ""))


def _checkbox(state: State) -> str:
    mark = "☑" if state.get("value") else "☐"
    return _labelled({}, f'<span class="value">{mark} {escape(str(state.get("description") or ""))}</span>')


def _button(state: State) -> str:
    return f'<span class="button">{escape(str(state.get("description") or ""))}</span>'


def _progress(state: State) -> str:
    low, high = float(state.get("min", 0)), float(state.get("max", 100))
    return _labelled(
        state, f'<progress value="{float(state.get("value", 0)) - low}" max="{high - low or 1}"></progress>'
    )


def _choice(state: State) -> str:
    labels, index = state.get("_options_labels", ()), state.get("index")
    chosen = [index] if isinstance(index, int) else list(index or ())
    return _field({**state, "value": [labels[number] for number in chosen if number < len(labels)]})


def _output(output: Mapping[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        return "".join(data["text/html"])
    return f"<pre>{escape(''.join(output.get('text', data.get('text/plain', ''))))}</pre>"


FORMS: dict[str, Callable[[State], str]] = {
    "HTML": _html,
    "Progress": _progress,
    "Checkbox": _checkbox,
    "ToggleButtons": _choice,
    "Button": _button,
    "Dropdown": _choice,
    "Select": _choice,
    "Radio": _choice,
}
"""Part of a model's name to its drawing; the first that fits."""
