"""The manifest: what a bundle holds, file by file, with the sum of each.

Not the files themselves, and nothing of a site: one bundle may serve several.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import PurePosixPath
from typing import Any

from edgebook.errors import BundleInvalid, Problem, shorten

FILE = "manifest.json"
SIGNATURE = "manifest.json.sig"
SCHEMA = 1
MOST_BYTES = 4_000_000
LONGEST_NAME = 200
KINDS = (
    "program",
    "installer",
    "images",
    "checksums",
    "keadm",
    "kubeedge",
    "crd",
    "unit",
    "cni",
    "chart",
    "wheel",
)
ARCHES = ("", "x86_64", "aarch64", "armv7l")
SHA256 = re.compile(r"[0-9a-f]{64}")
HINT = "make the bundle again: edgebook bundle create"


@dataclass(frozen=True)
class File:
    """One file of a bundle; `name` is its path in it, `arch` is empty where any will do."""

    name: str
    kind: str
    arch: str
    version: str
    size: int
    sha256: str
    url: str = ""


@dataclass(frozen=True)
class Manifest:
    """The files of a bundle, ordered by name."""

    files: tuple[File, ...]

    def text(self) -> str:
        """Write it as JSON; the same files always give the same text, so that it can be signed."""
        files = [asdict(file) for file in sorted(self.files, key=lambda file: file.name)]
        return json.dumps({"schema": SCHEMA, "files": files}, indent=1, ensure_ascii=False) + "\n"

    def of(self, *kinds: str, arch: str | None = None) -> tuple[File, ...]:
        """Return the files of some kinds; with an `arch`, those for it and those for any."""
        return tuple(file for file in self.files if file.kind in kinds and (arch is None or file.arch in ("", arch)))


def read(data: bytes, place: str = FILE) -> Manifest:
    """Read a manifest; raise `BundleInvalid` with every mistake in it."""
    problems = [Problem(place, 0, where, wrong, right) for where, wrong, right in _mistakes(data)]
    if problems:
        raise BundleInvalid(f"{place} is no manifest that can be used", problems, hint=HINT)
    return Manifest(tuple(File(**file) for file in json.loads(data)["files"]))


Mistake = tuple[str, str, str]


def _mistakes(data: bytes) -> Iterator[Mistake]:
    if len(data) > MOST_BYTES:
        yield "manifest", f"is larger than {MOST_BYTES} bytes", "a manifest is a few kilobytes"
        return
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_constant)
    except (ValueError, RecursionError) as exc:
        yield "manifest", f"is not JSON: {_said(exc)}", ""
        return
    if not isinstance(value, dict) or not isinstance(value.get("files"), list):
        yield "manifest", "is not a block with `files`", ""
        return
    if value.get("schema") != SCHEMA or isinstance(value.get("schema"), bool):
        yield "schema", "is not 1", "a newer edgebook made this bundle, or another tool"
    for key in sorted(value.keys() - {"schema", "files"}):
        yield "manifest", f"has a key that is not known here: {shorten(key)!r}", ""
    yield from _files(value["files"])


def _files(files: list[Any]) -> Iterator[Mistake]:
    names: set[str] = set()
    for at, file in enumerate(files):
        name = file.get("name") if isinstance(file, dict) else None
        where = f"files[{name if isinstance(name, str) and not _wrong_name(name) else at}]"
        if not isinstance(file, dict):
            yield where, "is not a block", ""
            continue
        yield from ((where, wrong, right) for wrong, right in _file(file))
        if isinstance(name, str) and name in names:
            yield where, "is listed twice", ""
        names |= {name} if isinstance(name, str) else set()


def _file(file: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = {field.name: field.type for field in fields(File)}
    lacking, unknown = known.keys() - file.keys(), file.keys() - known.keys()
    if lacking or unknown:
        said = [f"lacks {', '.join(sorted(lacking))}"] if lacking else []
        said += (
            [f"has keys that are not known here: {shorten(', '.join(map(repr, sorted(unknown))))}"] if unknown else []
        )
        yield "; ".join(said), ""
    for key in known.keys() & file.keys():
        wanted = int if known[key] == "int" else str
        if not isinstance(file[key], wanted) or isinstance(file[key], bool):
            yield f"{key} is not {'a whole number' if wanted is int else 'text'}", ""
        else:
            yield from ((f"{key} {wrong}", "") for wrong in _wrong(key, file[key]))


def _wrong(key: str, value: Any) -> Iterable[str]:
    """Say what is wrong with a value of the right type."""
    if key == "name":
        return _wrong_name(value)
    if key == "sha256" and not SHA256.fullmatch(value):
        return ("is not 64 hexadecimal digits",)
    if key == "size" and value < 0:
        return ("is less than nothing",)
    if key == "kind" and value not in KINDS:
        return (f"is none of {', '.join(KINDS)}",)
    if key == "arch" and value not in ARCHES:
        return (f"is none of {', '.join(filter(None, ARCHES))}",)
    return ("holds characters that cannot be shown",) if isinstance(value, str) and not value.isprintable() else ()


def _wrong_name(name: str) -> tuple[str, ...]:
    """Say why a name is no path inside the bundle: it becomes a path here and on hosts."""
    path = PurePosixPath(name)
    plain = name.isprintable() and name == str(path) and not path.is_absolute() and ".." not in path.parts
    if not plain or name in ("", ".") or "\\" in name or len(name) > LONGEST_NAME or name.startswith("-"):
        return ("is no path inside the bundle",)
    return ("is the manifest's own",) if name in (FILE, SIGNATURE) else ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _said(exc: BaseException) -> str:
    if isinstance(exc, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return "it is nested too deeply" if isinstance(exc, RecursionError) else str(exc)
