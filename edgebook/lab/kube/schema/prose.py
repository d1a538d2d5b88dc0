"""What each field means, in the words of the installed official client's model classes.

Not a client: its sources are read as text and never imported, for that takes a second and no code is shared.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

PACKAGE = "kubernetes"
MODELS = "client/models"
FIELD = re.compile(
    r"^    \w+: .*?Field\((?P<head>.*?)description=(?P<quote>[\"'])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)",
    re.MULTILINE,
)
ALIAS = re.compile(r'serialization_alias="([^"]+)"')
NAME = re.compile(r"^    (\w+):")
CLASS = re.compile(r'^class \w+\(.*?\):\n    """\n    (?P<text>.*?)\n', re.MULTILINE)
OLD_FIELD = re.compile(
    r'"""Gets the (?P<name>\w+) of this \w+\.  # noqa: E501\n\n        (?P<text>.*?)  # noqa: E501', re.DOTALL
)
OLD_KEY = re.compile(r"'(\w+)': '([^']+)'")
ESCAPES = {r"\"": '"', r"\'": "'", r"\n": "\n", r"\\": "\\"}
NOTHING: Mapping[str, str] = MappingProxyType({})


@lru_cache(maxsize=1)
def _folder() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / MODELS if places else None


@cache
def of_type(name: str) -> Mapping[str, str]:
    """Return the descriptions of a type's fields by their JSON names; the type's own is under ''."""
    group, version, kind = name.split(".")
    folder = _folder()
    if folder is None:
        return NOTHING
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()
    for stem in (f"{group}_{version}_{snake}", f"{version}_{snake}"):
        path = folder / f"{stem}.py"
        if path.is_file():
            return _read(path.read_text(encoding="utf-8"))
    return NOTHING


def _read(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    own = CLASS.search(text)
    if own:
        found[""] = own["text"].strip()
    for match in FIELD.finditer(text):
        alias = ALIAS.search(match["head"])
        name = NAME.match(match[0])
        found[alias[1] if alias else name[1] if name else ""] = _plain(match["text"])
    if len(found) > 1:
        return found
    keys = dict(OLD_KEY.findall(text.partition("attribute_map")[2].partition("}")[0]))
    return {**found, **{keys.get(str(m["name"]), str(m["name"])): _plain(m["text"]) for m in OLD_FIELD.finditer(text)}}


def _plain(text: str) -> str:
    return re.sub(r"\\[\"'n\\]", lambda match: ESCAPES[match[0]], text)
