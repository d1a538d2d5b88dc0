"""The wheels: what edgebook itself needs on an engineer's computer without Internet, fetched by pip.

Not what hosts get; nothing of edgebook runs there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from edgebook.bundle import copying
from edgebook.bundle.manifest import ARCHES, File
from edgebook.bundle.opened import Place
from edgebook.errors import DownloadFailed, shorten

FOLDER = "wheels"
TIMEOUT_S = 1800.0
EXTRA = re.compile(r";.*\bextra\b")


def requirements() -> list[str]:
    """Return what edgebook asks for, without what only its developers need."""
    return [one for one in metadata.requires("edgebook") or () if not EXTRA.search(one)]


def download(out: Path, wanted: Sequence[str] | None = None) -> list[File]:
    """Download wheels for this computer's Python into the bundle; pip's own settings say from which index.

    Raises:
        DownloadFailed: with the end of what pip said.
    """
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()  # of other versions; pip keeps what it has fetched in its own cache
    options = ["--disable-pip-version-check", "--quiet", "--only-binary=:all:", "--dest", str(folder)]
    asked = requirements() if wanted is None else wanted
    command = [sys.executable, "-m", "pip", "download", *options, *asked]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as exc:
        raise DownloadFailed(f"pip did not end within {TIMEOUT_S:g} s") from exc
    if done.returncode != 0:
        hint = "pip's own configuration says which index it asks; `--no-index --find-links` are options of it too"
        raise DownloadFailed(f"pip could not fetch the wheels: {shorten(done.stderr)}", hint=hint)
    return [_file(path) for path in sorted(folder.glob("*.whl"))]


def arch_of(platform: str) -> str:
    """Return the processor that a wheel's platform tag names; empty for any."""
    return next((arch for arch in ARCHES if arch and platform.endswith(arch)), "")


def _file(path: Path) -> File:
    summing = copying.summed(Place(path, 0, path.stat().st_size))
    _, version, *_, platform = path.stem.split("-")
    return File(f"{FOLDER}/{path.name}", "wheel", arch_of(platform), version, summing.size, summing.digest())
