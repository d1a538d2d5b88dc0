"""The fields of a form: one widget for each parameter, made from its type.

Owns ipywidgets; loaded only where a person looks at the form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from edgebook.errors import ParameterInvalid
from edgebook.parameters import misfit, parse
from edgebook.records import Parameter
from edgebook.views.cards import meaning
from edgebook.views.markup import escape, tag

if TYPE_CHECKING:
    from edgebook.views.form import Form

NAME_WIDTH, FIELD_WIDTH = "170px", "440px"
THREE_STATES = (("the site decides", None), ("yes", True), ("no", False))
ROWS = 3


class Fields:
    """The widgets of a form; what is typed is written to the form at once, and checked."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self.widgets = {one.name: field(one, form.values[one.name]) for one in form.parameters}
        self.said = ipywidgets.HTML()
        self.back = ipywidgets.Button(
            description="Back to the cell's values", layout=ipywidgets.Layout(width="max-content")
        )
        self.back.on_click(lambda _: self._reset())
        for one in form.parameters:
            self.widgets[one.name].observe(self._taker(one), names="value")
        self.box = ipywidgets.VBox([*(self._line(one) for one in form.parameters), self.back, self.said])
        self._say()

    def bundle(self) -> dict[str, Any]:
        """Return what a front end needs to show the widgets."""
        made: dict[str, Any] = self.box._repr_mimebundle_()
        return made

    def _line(self, one: Parameter) -> ipywidgets.HBox:
        return ipywidgets.HBox(
            [self.widgets[one.name], ipywidgets.HTML(tag("span", meaning(one), style="opacity:.75"))]
        )

    def _taker(self, one: Parameter) -> Callable[[Any], None]:
        def take(change: Any) -> None:  # traitlets has no types
            self._form.edit(one.name, typed(one, change["new"]))
            self._say()

        return take

    def _reset(self) -> None:
        self._form.reset()
        for one in self._form.parameters:
            _put(self.widgets[one.name], shown(one, self._form.values[one.name]))
        self._say()

    def _say(self) -> None:
        values = self._form.values
        wrong = [f"{one.name}: {text}" for one in self._form.parameters if (text := misfit(one, values[one.name]))]
        lines = "<br>".join(map(escape, wrong))
        alert = f'<p role="alert" style="border-left:4px solid #cf222e;padding-left:8px">{lines}</p>'
        self.said.value = (
            alert if wrong else "What you change here counts for the cells below, until the kernel restarts."
        )


def field(one: Parameter, value: object) -> Any:  # ipywidgets has no types
    """Make the widget of one parameter with its value."""
    common = {
        "description": one.name,
        "tooltip": meaning(one),
        "style": {"description_width": NAME_WIDTH},
        "layout": ipywidgets.Layout(width=FIELD_WIDTH),
    }
    if misfit(one, value) and not one.choices:
        return _put(ipywidgets.Text(**common), value)  # the other fields would refuse it, or change it silently
    choices = THREE_STATES if one.type == "bool" and one.default is None else options(one, value)
    if choices and not one.type.startswith("list["):
        return _put(ipywidgets.Dropdown(options=choices, **common), value)
    return _put(_plain(one, common), shown(one, value))


def _plain(one: Parameter, common: dict[str, Any]) -> Any:
    if one.type == "bool":
        return ipywidgets.Checkbox(indent=True, **common)
    if one.type in ("int", "float") and one.default is not None:
        return _number(one, common)
    if one.type.startswith(("list[", "dict[")):
        return ipywidgets.Textarea(rows=ROWS, placeholder="one a line", **common)
    return ipywidgets.Text(placeholder="not set" if one.default is None else "", **common)


def options(one: Parameter, value: object) -> list[tuple[str, Any]]:
    """Return the choices of a parameter, and its value where that is none of them, so that it shows."""
    if not one.choices:
        return []
    known: list[tuple[str, Any]] = [(choice, typed(one, choice)) for choice in one.choices]
    unset = [("not set", None)] if one.default is None else []
    strange = (
        [(f"{value} (not allowed)", value)] if value is not None and value not in [key for _, key in known] else []
    )
    return [*unset, *known, *strange]


def shown(one: Parameter, value: object) -> Any:  # what the widget's `value` takes
    """Write a value as its widget holds it."""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, dict):
        return "\n".join(f"{key}={item}" for key, item in value.items())
    if one.type in ("int", "float", "bool") and (one.default is not None or one.type == "bool"):
        return value
    return value if one.choices else "" if value is None else str(value)


def typed(one: Parameter, value: object) -> object:
    """Read a widget's value as the parameter's type; what does not fit stays as it was typed."""
    if not isinstance(value, str):
        return value
    if one.type.startswith("dict["):
        pairs = [line.partition("=") for line in value.splitlines() if line.strip()]
        return {key.strip(): item.strip() for key, _, item in pairs}
    if one.type.startswith("list["):
        one = Parameter(one.name, one.type[5:-1], one.default and one.default[0])
        return [_parsed(one, line.strip()) for line in value.splitlines() if line.strip()]
    return None if not value and one.default is None else _parsed(one, value)


def _parsed(one: Parameter, text: str) -> object:
    try:
        return parse(Parameter(one.name, one.type, one.default), text)
    except ParameterInvalid:
        return text


def _put(widget: Any, value: Any) -> Any:
    """Set a widget's value; a list's by its place, because ipywidgets takes None for no choice at all."""
    if isinstance(widget, ipywidgets.Dropdown):
        widget.index = [key for _, key in widget.options].index(value)
    elif isinstance(widget, ipywidgets.Text | ipywidgets.Textarea):
        widget.value = value if isinstance(value, str) else "" if value is None else str(value)
    else:
        widget.value = value
    return widget


def _number(one: Parameter, common: dict[str, Any]) -> Any:  # ipywidgets has no types
    whole = one.type == "int"
    if one.minimum is None or one.maximum is None:
        return (ipywidgets.IntText if whole else ipywidgets.FloatText)(**common)
    edges = (int(one.minimum), int(one.maximum)) if whole else (one.minimum, one.maximum)
    bounded = ipywidgets.BoundedIntText if whole else ipywidgets.BoundedFloatText
    return bounded(min=edges[0], max=edges[1], **common)
