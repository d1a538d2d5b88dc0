"""JSONPath templates as kubectl reads them.

Not the whole language: fields, indexes, `*`, equality filters, range and literal texts.
"""

from __future__ import annotations

import json
import re
from typing import Any

PART = re.compile(
    r"""\.(?P<name>(?:\\.|[^.\[\]\\])+)      # .name, with \. for a dot in it
      | \[(?P<index>-?\d+)\]                 # [0]
      | \['(?P<quoted>[^']+)'\]              # ['name']
      | (?P<every>\[\*\])                    # [*]
      | \[\?\(@(?P<path>[^=!]+?)\s*(?P<test>==|!=)\s*["']?(?P<value>[^"')]*)["']?\)\]
    """,
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class TemplateError(Exception):
    """A template kubectl cannot read."""


def render(template: str, tree: Any) -> str:
    """Fill a template in."""
    return _render(_split(template), tree)


def _split(template: str) -> list[str]:
    """Split into texts and expressions; expressions keep their braces."""
    found, text, depth, quoted = [], "", 0, False
    for letter in template:
        if letter == '"' and depth:
            quoted = not quoted
        if letter == "{" and not quoted:
            if not depth and text:
                found.append(text)
                text = ""
            depth += 1
        text += letter
        if letter == "}" and not quoted:
            depth -= 1
            if not depth:
                found.append(text)
                text = ""
    if depth:
        raise TemplateError(f"error parsing jsonpath {template}, unclosed action")
    return [*found, text] if text else found


def _render(parts: list[str], tree: Any) -> str:
    out, rest = "", list(parts)
    while rest:
        part = rest.pop(0)
        if not part.startswith("{"):
            out += part
            continue
        inner = part[1:-1].strip()
        if inner.startswith("range "):
            body = _body(rest)
            out += "".join(_render(body, item) for item in find(inner.removeprefix("range ").strip(), tree))
        elif inner.startswith('"'):
            out += re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), inner.strip('"'))
        elif inner != "end":
            out += " ".join(shown(value) for value in find(inner, tree))
    return out


def _body(rest: list[str]) -> list[str]:
    body: list[str] = []
    depth = 1
    while rest:
        part = rest.pop(0)
        depth += part.startswith("{range ") - (part.replace(" ", "") == "{end}")
        if not depth:
            return body
        body.append(part)
    raise TemplateError("unterminated range")


def find(path: str, tree: Any) -> list[Any]:
    """Return everything a path leads to."""
    values, position = [tree], 0
    path = path.removeprefix("$").removeprefix("@") if path not in {"", "@", "$"} else ""
    path = path if not path or path[0] in ".[" else f".{path}"
    while position < len(path):
        match = PART.match(path, position)
        if match is None:
            raise TemplateError(f"unrecognized character in action: {path[position:]!r}")
        values = [found for value in values for found in _step(match, value)]
        position = match.end()
    return values


def _step(match: re.Match[str], value: Any) -> list[Any]:
    name = match["quoted"] or (re.sub(r"\\(.)", r"\1", match["name"]) if match["name"] else "")
    if name == "*" or match["every"]:
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if name:
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return []
    if match["index"]:
        number = int(match["index"])
        return [value[number]] if -len(value) <= number < len(value) else []
    return [item for item in value if _passes(match, item)]


def _passes(match: re.Match[str], item: Any) -> bool:
    same = any(shown(found) == match["value"] for found in find(match["path"].strip(), item))
    return same == (match["test"] == "==")


def shown(value: Any) -> str:
    """Write a value as kubectl does."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
