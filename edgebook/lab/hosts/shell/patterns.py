"""Shell patterns: `*`, `?` and `[…]` as regular expressions, and matched against a host's files.

Not here: deciding which words are patterns (`expand`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable

CLASSES = {
    "alnum": "A-Za-z0-9", "alpha": "A-Za-z", "digit": "0-9", "lower": "a-z", "upper": "A-Z", "space": r"\s",
    "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@\[-`{-~", "blank": r" \t",
}  # fmt: skip
Segment = tuple[str, bool]
"""Characters, and whether they are quoted."""


def translate(segments: Iterable[Segment], *, star: str = ".*", one: str = ".", lazy: bool = False) -> str:
    """Return the regular expression of a pattern whose quoted parts stand for themselves."""
    return "".join(re.escape(text) if quoted else _unquoted(text, star + "?" * lazy, one) for text, quoted in segments)


def _unquoted(text: str, star: str, one: str) -> str:
    found, at = "", 0
    while at < len(text):
        char = text[at]
        end = text.find("]", at + 2 + (text[at + 1 : at + 2] in "!^" if text[at + 1 : at + 2] else 0))
        if text[at : at + 3] == "[[:" and ":]]" in text[at:]:
            end = text.index(":]]", at) + 2
        if char == "[" and end > at:
            found += _bracket(text[at + 1 : end])
            at = end
        else:
            found += {"*": star, "?": one}.get(char, re.escape(char))
        at += 1
    return found


def _bracket(inside: str) -> str:
    negated = inside[:1] in ("!", "^")
    inside = inside[negated:]
    inside = inside.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    for name, members in CLASSES.items():
        inside = inside.replace(f"\\[:{name}:\\]", members).replace(f"\\[:{name}:", members)
    return f"[{'^' * negated}{inside}]"


def matches(segments: Iterable[Segment], text: str) -> bool:
    """Whether a whole text matches a pattern."""
    return re.fullmatch(translate(segments), text, re.DOTALL) is not None


def trim(text: str, segments: list[Segment], op: str) -> str:
    """Cut what a pattern matches off the front (`#`, `##`) or the end (`%`, `%%`)."""
    pattern = re.compile(translate(segments), re.DOTALL)
    cuts = range(len(text) + 1)
    if op[0] == "#":
        order = cuts if op == "#" else reversed(cuts)
        return next((text[cut:] for cut in order if pattern.fullmatch(text[:cut])), text)
    order = reversed(cuts) if op == "%" else cuts
    return next((text[:cut] for cut in order if pattern.fullmatch(text[cut:])), text)


def has_magic(segments: Iterable[Segment]) -> bool:
    """Whether a word has unquoted pattern characters."""
    return any(not quoted and re.search(r"[*?\[]", text) for text, quoted in segments)


def glob(segments: list[Segment], cwd: str, listdir: Callable[[str], list[str]]) -> list[str]:
    """Return the paths that match a pattern, sorted; `listdir` gives no names where there is no folder."""
    found = [""]
    for index, part in enumerate(_components(segments)):
        text = "".join(piece for piece, _ in part)
        if not has_magic(part):
            found = [path + text for path in found]
            found = found if index == 0 or not text.strip("/") else [p for p in found if _exists(p, cwd, listdir)]
            continue
        regex = re.compile(translate(part, star="[^/]*", one="[^/]"))
        found = [path + name for path in found for name in sorted(listdir(posixpath.join(cwd, path) if path else cwd))
                 if regex.fullmatch(name) and (text[0] == "." or name[0] != ".")]  # fmt: skip
    return sorted(path for path in found if path)


def _exists(path: str, cwd: str, listdir: Callable[[str], list[str]]) -> bool:
    folder, name = posixpath.split(posixpath.join(cwd, path))
    return name in listdir(folder)


def _components(segments: list[Segment]) -> list[list[Segment]]:
    """Split a pattern at its slashes; a run of slashes is a component of its own."""
    parts: list[list[Segment]] = [[]]
    for text, quoted in segments:
        for piece in re.split(r"(/+)", text):
            if piece.startswith("/"):
                parts += [[(piece, True)], []]
            elif piece:
                parts[-1].append((piece, quoted))
    return [part for part in parts if part]
