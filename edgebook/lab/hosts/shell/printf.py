"""Formats of `printf` and the escapes of `echo`.

Not the commands: those are a built-in of the shell and a program.
"""

from __future__ import annotations

import re

SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\"}
ESCAPE = re.compile(r"\\(0[0-7]{1,3}|[0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)", re.DOTALL)
STOP = re.compile(r"^((?:[^\\]|\\[^c])*?)\\c.*", re.DOTALL)
END = "\ud800"
"""Marks where `\\c` ends the output: no text that came in holds it."""
DIRECTIVE = re.compile(r"%(?:%|([-+ 0#]*)(\*|\d*)(?:\.(\*|\d*))?([a-zA-Z]))")


def unescape(text: str, *, octal_without_zero: bool = True) -> str:
    """Replace backslash escapes; unknown ones stay."""

    def one(found: re.Match[str]) -> str:
        body = found[1]
        if body in SIMPLE:
            return SIMPLE[body]
        if body == "e":
            return "\033"
        if body[0] == "x" and len(body) > 1:
            return _byte(int(body[1:], 16))
        if body.isdigit() and body[0] in "01234567" and (octal_without_zero or body[0] == "0"):
            return _byte(int(body, 8) & 255)
        return found[0]

    return ESCAPE.sub(one, text)


def _byte(number: int) -> str:
    """Return one byte as text; what is no ASCII goes out again as the byte that it was."""
    return bytes([number]).decode(errors="surrogateescape")


def echo_escapes(text: str) -> tuple[str, bool]:
    """Replace the escapes dash's echo knows; the second value says that the one with `c` ended the output."""
    whole = text
    text = STOP.sub(r"\1", text)
    return unescape(text, octal_without_zero=False), text != whole


def formatted(pattern: str, args: list[str]) -> tuple[str, list[str]]:
    """Format arguments, again from the start while some are left; return the text and what was wrong."""
    errors: list[str] = []
    left = list(args)
    text = ""
    while True:
        before = len(left)
        text += _once(pattern, left, errors)
        if not left or len(left) == before or END in text:
            return text.partition(END)[0], errors


def _once(pattern: str, left: list[str], errors: list[str]) -> str:
    made, at = "", 0
    for found in DIRECTIVE.finditer(pattern):
        made += unescape(pattern[at : found.start()])
        at = found.end()
        made += "%" if found[0] == "%%" else _directive(found, left, errors)
    return made + unescape(pattern[at:])


def _directive(found: re.Match[str], left: list[str], errors: list[str]) -> str:
    flags, width, precision, kind = found.groups()
    width = str(_number(left, errors)) if width == "*" else width
    precision = str(_number(left, errors)) if precision == "*" else precision
    if kind == "b":
        text, stopped = echo_escapes(left.pop(0) if left else "")
        return text + END * stopped
    spec = f"%{flags}{width}" + (f".{precision or 0}" if precision is not None else "")
    if kind in "di":
        return (spec + "d") % _number(left, errors)
    if kind in "uoxX":
        return (spec + kind.replace("u", "d")) % (_number(left, errors) % (1 << 64))
    if kind in "eEfFgG":
        return (spec + kind) % _float(left, errors)
    if kind in "sc":
        value = left.pop(0) if left else ""
        return (spec + "s") % (value[:1] if kind == "c" else value)
    errors.append(f"%{kind}: invalid directive")
    return ""


def _number(left: list[str], errors: list[str]) -> int:
    text = left.pop(0) if left else ""
    if text[:1] in ("'", '"') and len(text) > 1:
        return ord(text[1])
    found = re.match(r"\s*([-+]?)(0[xX][0-9a-fA-F]+|\d+)", text)
    if text and not found:
        errors.append(f"{text}: expected numeric value")
    elif found and found.end() != len(text):
        errors.append(f"{text}: not completely converted")
    if not found:
        return 0
    digits = found[2]
    base = (
        16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0" and digits.isdigit() and "8" not in digits else 10
    )
    return int(found[1] + digits, base)


def _float(left: list[str], errors: list[str]) -> float:
    text = left.pop(0) if left else ""
    try:
        return float(text or 0)
    except ValueError:
        errors.append(f"{text}: expected numeric value")
        return 0.0
