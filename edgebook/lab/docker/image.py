"""The image of the hosts: found by its tag, or built from the recipe beside this file and kept.

Not how it is built: `build.py` knows the ways.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from edgebook.errors import LabError
from edgebook.lab.docker import build, engine

REPOSITORY = "edgebook-host"
RECIPE = Path(__file__).parent / "image"
FILES = ("Dockerfile", "packages.txt", "prep.sh", "init.sh")
HASH_CHARS = 10
Say = Callable[[str], None]


def recipe_hash(folder: Path = RECIPE) -> str:
    """Return what changes when a file of the recipe changes."""
    digest = hashlib.sha256()
    for name in FILES:
        content = (folder / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:HASH_CHARS]


def tag_of(today: date, recipe: str) -> str:
    """Return the tag of the image of a week: a new week brings Debian's security updates."""
    year, week, _ = today.isocalendar()
    return f"{REPOSITORY}:{recipe}-{year}w{week:02d}"


def ensure(wanted: str, today: date, say: Say) -> str:
    """Return the image to make hosts from: the wanted one, or ours, built where it is not there."""
    if wanted:
        return _given(wanted)
    tag = tag_of(today, recipe_hash())
    if there(tag):
        return tag
    with _one_builder(tag):
        return tag if there(tag) else _build(tag, say)


def reason(today: date) -> str:
    """Say in one sentence why there is no image and none can be built; nothing when there is, or one can."""
    tag = tag_of(today, recipe_hash())
    if there(tag) or earlier_weeks(tag):
        return ""
    try:
        build.choose()
    except LabError as exc:
        return exc.message
    return ""


def there(tag: str) -> bool:
    """Say whether Docker has an image."""
    return engine.ask("image", "inspect", "--format", "{{.Id}}", tag).ok


def _given(wanted: str) -> str:
    if there(wanted) or build.pull(wanted):
        return wanted
    raise LabError(
        f"Docker has no image {wanted}, and cannot pull it",
        hint="docker image ls shows those there are; without --image the hosts' image is built",
    )


def _build(tag: str, say: Say) -> str:
    """Build this week's image; where that fails, an earlier week's of the same recipe does as well."""
    try:
        build.build(tag, RECIPE, say)
    except LabError as exc:
        earlier = earlier_weeks(tag)
        if not earlier:
            raise
        say(f"the image of the hosts cannot be built now ({exc.message}); using that of an earlier week")
        return earlier[0]
    for old in earlier_weeks(tag):
        engine.ask("image", "rm", old)  # one that a container still needs stays
    return tag


def earlier_weeks(tag: str) -> list[str]:
    """List the other images of the same recipe, newest first."""
    start = tag.rpartition("-")[0]
    found = engine.lines("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY)
    return sorted((name for name in found if name.startswith(f"{start}-") and name != tag), reverse=True)


@contextlib.contextmanager
def _one_builder(tag: str) -> Iterator[None]:
    """Let one process at a time build an image: who waited finds it made."""
    import fcntl  # noqa: PLC0415 - not there on Windows, where this backend refuses before it comes here

    name = f"{tag.replace(':', '-')}-{os.getuid()}.lock"
    handle = os.open(Path(tempfile.gettempdir()) / name, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
