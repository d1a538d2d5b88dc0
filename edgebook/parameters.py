"""A runbook's parameters: read from the notebook's parameters cell, checked, parsed from text.

Nothing is executed: the cell is read as literals. Not site.yaml, which `edgebook.site` reads.
"""

from __future__ import annotations

import ast
import difflib
import io
import json
import math
import re
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgebook.errors import NotebookNotFound, ParameterInvalid, Problem
from edgebook.records import Parameter

TAG = "parameters"
COMMAND_LINE = "command line"
TYPES = ("str", "int", "float", "bool", "list[str]", "list[int]", "list[float]", "dict[str, str]")
RANGE = re.compile(r"\[(?P<minimum>-?[\d.]*?)\.\.(?P<maximum>-?[\d.]*)\]$")
CHOICES = re.compile(r"\{(?P<choices>[^{}]+)\}$")
TRUE, FALSE, NONE = ("true", "yes", "on", "1"), ("false", "no", "off", "0"), ("none", "null", "")


def read(notebook: Path) -> tuple[Parameter, ...]:
    """Read the parameters of a notebook from the cell with the tag `parameters`; none where no cell has it.

    Raises:
        NotebookNotFound: the file cannot be read, or is no notebook.
        ParameterInvalid: lines of the cell that are not `name: type = literal  # help`, all of them.
    """
    text, source = _cell(notebook)
    comments = _comments(source)
    found: list[Parameter] = []
    problems: list[Problem] = []
    for statement in _statements(source, notebook, text):
        comment = next((comments[line] for line in _lines(statement) if line in comments), "")
        parameter = _parameter(statement, comment)
        wrong = parameter if isinstance(parameter, str) else misfit(parameter, parameter.default)
        if isinstance(parameter, Parameter):
            found.append(parameter)
        if wrong:
            line = source.splitlines()[statement.lineno - 1]
            problems.append(
                Problem(
                    notebook.name,
                    _line_of(json.dumps(line)[1:-1], text),
                    line.strip(),
                    wrong,
                    "name: type = literal  # help",
                )
            )
    if problems:
        raise ParameterInvalid(f"the parameters cell of {notebook.name} cannot be read", problems)
    return tuple(found)


def defaults(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return each parameter's default by name."""
    return {parameter.name: parameter.default for parameter in parameters}


def check(parameters: Sequence[Parameter], given: Mapping[str, Any], *, file: str) -> dict[str, Any]:
    """Return the given values in the types asked for, an int as a float where a float is wanted.

    Values that are not given are not added. `file` is where they come from, for the message.

    Raises:
        ParameterInvalid: unknown names, wrong types and values out of range, all of them.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in given.items():
        parameter = known.get(name)
        wrong = "there is no such parameter" if parameter is None else misfit(parameter, value)
        if parameter is None or wrong:
            problems.append(Problem(file, _line_in(file, name), name, wrong, _remedy(name, parameter, value, known)))
        else:
            values[name] = float(value) if parameter.type == "float" and value is not None else value
    if problems:
        raise ParameterInvalid("the parameters cannot be used", problems)
    return values


def parse(parameter: Parameter, text: str, *, file: str = COMMAND_LINE) -> Any:  # its type is in the record
    """Read one value from text, as from a command line.

    Raises:
        ParameterInvalid: the text is no value of the parameter's type, or out of range.
    """
    return parse_all([parameter], {parameter.name: text}, file=file)[parameter.name]


def parse_all(parameters: Sequence[Parameter], given: Mapping[str, str], *, file: str = COMMAND_LINE) -> dict[str, Any]:
    """Read values from text and check them; raise `ParameterInvalid` with all mistakes."""
    known = {parameter.name: parameter for parameter in parameters}
    return check(parameters, {name: _value(known.get(name), text) for name, text in given.items()}, file=file)


def misfit(parameter: Parameter, value: object) -> str:
    """Say why a value does not fit a parameter; an empty text when it does."""
    if value is None:
        return "" if parameter.default is None else f"nothing given, wanted {parameter.type}"
    if not _is(value, parameter.type):
        return f"{_show(value)} is {_type_name(value)}, wanted {parameter.type}"
    items = value if isinstance(value, list) else [] if isinstance(value, dict) else [value]
    return next((wrong for item in items if (wrong := _out_of_bounds(parameter, item))), "")


def bounds(parameter: Parameter) -> str:
    """Say which values a parameter takes: `1 to 10`, `a or b`, or nothing when any will do."""
    if parameter.choices:
        return " or ".join(parameter.choices)
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"{low:g} or more" if low is not None else f"{high:g} or less" if high is not None else ""


def _cell(notebook: Path) -> tuple[str, str]:
    try:
        text = notebook.read_text(encoding="utf-8")
        tagged = [cell for cell in json.loads(text)["cells"] if TAG in cell.get("metadata", {}).get("tags", [])]
        return text, "".join(tagged[0]["source"]) if tagged else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise NotebookNotFound(
            f"{notebook} cannot be read as a notebook: {exc!r}", hint="open it in JupyterLab and save it again"
        ) from exc


def _statements(source: str, notebook: Path, text: str) -> list[ast.stmt]:
    try:
        body = ast.parse(source).body
    except SyntaxError as exc:
        line = (source.splitlines() or [""])[(exc.lineno or 1) - 1]
        problem = Problem(
            notebook.name,
            _line_of(json.dumps(line)[1:-1], text),
            line.strip(),
            f"{exc.msg}",
            "name: type = literal  # help",
        )
        raise ParameterInvalid(f"the parameters cell of {notebook.name} cannot be read", [problem]) from exc
    return [statement for statement in body if not _is_text(statement)]


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    try:
        return {
            token.start[0]: token.string.lstrip("# ").rstrip() for token in tokens if token.type == tokenize.COMMENT
        }
    except tokenize.TokenError:
        return {}  # the cell does not parse either, which is said with its line


def _lines(statement: ast.stmt) -> range:
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def _parameter(statement: ast.stmt, comment: str) -> Parameter | str:
    if (
        not isinstance(statement, ast.AnnAssign)
        or not isinstance(statement.target, ast.Name)
        or statement.value is None
    ):
        return "not an annotated name with a value"
    kind = ast.unparse(statement.annotation)
    if kind not in TYPES:
        return f"the type {kind} is none of {', '.join(TYPES)}"
    try:
        default = ast.literal_eval(statement.value)
    except ValueError:
        return "the value is not a literal"
    default = float(default) if kind == "float" and type(default) is int else default
    return _bounded(Parameter(statement.target.id, kind, default, comment))


def _bounded(plain: Parameter) -> Parameter | str:
    span, choice = RANGE.search(plain.help), CHOICES.search(plain.help)
    if span:
        try:
            low, high = (float(edge) if edge else None for edge in span.groups())
        except ValueError:
            return f"the range {span.group()} is not [lowest..highest]"
        return Parameter(plain.name, plain.type, plain.default, plain.help[: span.start()].strip(), low, high)
    if choice:
        choices = tuple(word.strip() for word in choice["choices"].split("|"))
        return Parameter(plain.name, plain.type, plain.default, plain.help[: choice.start()].strip(), choices=choices)
    return plain


def _is(value: object, kind: str) -> bool:
    if kind.startswith("list["):
        return isinstance(value, list) and all(_is(item, kind[5:-1]) for item in value)
    if kind.startswith("dict["):
        return isinstance(value, dict) and all(isinstance(text, str) for pair in value.items() for text in pair)
    if kind == "float":
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]  # both are numbers
    return type(value).__name__ == kind


def _out_of_bounds(parameter: Parameter, item: Any) -> str:  # a scalar of the parameter's type
    if parameter.choices:
        return "" if str(item) in parameter.choices else f"{_show(item)} is none of {', '.join(parameter.choices)}"
    low, high = parameter.minimum, parameter.maximum
    if (low is not None and item < low) or (high is not None and item > high):
        return f"{_show(item)} is out of range, wanted {bounds(parameter)}"
    return ""


def _remedy(name: str, parameter: Parameter | None, value: object, known: Mapping[str, Parameter]) -> str:
    if parameter is None:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        return f"did you mean {close[0]}?" if close else f"it takes {', '.join(known) or 'no parameters'}"
    if parameter.type in ("str", "list[str]") and isinstance(value, int | float):
        return f'put it in quotes: "{value}"'
    close = difflib.get_close_matches(str(value), parameter.choices, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else ""


def _value(parameter: Parameter | None, text: str) -> Any:  # whatever the text stands for
    if parameter is None or (parameter.type == "str" and parameter.default is not None):
        return text
    word = text.strip()
    if parameter.default is None and word.lower() in NONE:
        return None
    try:
        return _typed(parameter.type, word)
    except ValueError:
        return text


def _typed(kind: str, word: str) -> object:
    if kind.startswith("list[") and not word.startswith("["):
        return [_typed(kind[5:-1], item.strip()) for item in word.split(",") if item.strip()]
    if kind.startswith(("list[", "dict[")):
        return json.loads(word)
    if kind == "bool" and word.lower() in TRUE + FALSE:
        return word.lower() in TRUE
    return int(word) if kind == "int" else float(word) if kind == "float" else word


def _show(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)


def _type_name(value: object) -> str:
    names = {
        str: "text",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        list: "a list",
        dict: "a mapping",
    }
    return names.get(type(value), type(value).__name__)


def _line_of(wanted: str, text: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if wanted in line), 1)


def _line_in(file: str, name: str) -> int:
    key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[:=]")
    path = Path(file)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return next((number for number, line in enumerate(lines, 1) if key.match(line)), 0)
