"""A download: one file over HTTP that arrives whole, or goes on where it stopped.

Not parallel, and no list of files; `gathering` has those.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError

from edgebook.bundle import sums, web
from edgebook.bundle.opened import PART
from edgebook.bundle.sums import PIECE_BYTES, Sum, Summing
from edgebook.bundle.web import Web
from edgebook.errors import DownloadFailed

TRIES = 5
"""In a row that bring nothing; a link that breaks every few megabytes gets there all the same."""
MOST_TRIES = 100
PAUSE_S = 1.0
"""Before the second try; each further pause is twice as long, or what the server says."""
LONGEST_PAUSE_S = 30.0
OK, PARTIAL, RANGE_WRONG = 200, 206, 416
LATER = (408, 425, 429, 500, 502, 503, 504)
WHOLE = re.compile(r"bytes \*/(\d+)")

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes in all, 0 where the server does not say."""


class _Again(Exception):
    """This try brought not all; the next one may."""

    def __init__(self, why: str, *, pause_s: float = 0.0) -> None:
        super().__init__(why)
        self.pause_s = pause_s


@dataclass(frozen=True)
class _Known:
    """What is known of the file that a part is the beginning of: it may be another by now."""

    url: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Download:
    """One file on its way.

    What is here of it lies in NAME.part, and NAME.part.json says what it is a part of, so that a later
    run goes on from there.
    """

    web: Web
    url: str
    to: Path
    wanted: Sum | None = None
    progress: Progress | None = None
    pause_s: float = PAUSE_S

    def run(self) -> Summing:
        """Bring the file, with bounded retries, and return its sums.

        Raises:
            DownloadFailed: it cannot be had, or is not what `wanted` says; with the reason alone.
        """
        with _writing(self.to):
            self.to.parent.mkdir(parents=True, exist_ok=True)
            of_another_run = self._there() > 0
            summing = self._whole()
            if of_another_run and summing.differs(self.wanted):
                # The source may have changed between the two, and not all servers say so.
                self._drop()
                summing = self._whole()
            differs = summing.differs(self.wanted)
            if differs:
                self._drop()
                raise DownloadFailed(f"is not the file that was published: {differs}")
            self._part.replace(self.to)
            self._note.unlink(missing_ok=True)
        return summing

    @property
    def _part(self) -> Path:
        return self.to.with_name(self.to.name + PART)

    @property
    def _note(self) -> Path:
        return self.to.with_name(f"{self.to.name}{PART}.json")

    def _there(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _drop(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _whole(self) -> Summing:
        vain = 0
        for _ in range(MOST_TRIES):
            before = self._there()
            try:
                return self._attempt()
            except _Again as again:
                vain = vain + 1 if self._there() <= before else 0
                if vain >= TRIES:
                    raise DownloadFailed(f"{again} ({TRIES} times in a row)") from again
                time.sleep(min(max(again.pause_s, self.pause_s * 2 ** max(vain - 1, 0)), LONGEST_PAUSE_S))
        raise DownloadFailed(f"the link broke {MOST_TRIES} times; the next run goes on from there")

    def _attempt(self) -> Summing:
        """Ask once for what is missing."""
        start, tag = self._there(), self._known().tag
        if start and not tag:
            self._drop()  # nothing would tell that the file is another one by now
            start = 0
        with (
            _asking(),
            self.web.get(self.url, {"Range": f"bytes={start}-", "If-Range": tag} if start else {}) as answer,
        ):
            if answer.status == RANGE_WRONG:
                return self._beyond(answer, start)
            if answer.status not in (OK, PARTIAL):
                raise _refused(answer)
            return self._receive(answer, start if _continues(answer, start) else 0)

    def _receive(self, answer: urllib3.BaseHTTPResponse, start: int) -> Summing:
        length = answer.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else 0
        if not start:
            self._drop()
            self._note.write_text(json.dumps(asdict(_Known(self.url, _tag(answer)))), encoding="utf-8")
        with self._part.open("r+b" if start else "w+b") as file:
            summing = sums.of(file, start, self.wanted)
            self._tell(summing.size, total)
            for piece in answer.stream(PIECE_BYTES, decode_content=False):
                file.write(piece)
                summing.add(piece)
                self._tell(summing.size, total)
        return summing

    def _beyond(self, answer: urllib3.BaseHTTPResponse, start: int) -> Summing:
        """Take a part that is the whole file already: a run was killed before it could give it its name."""
        found = WHOLE.fullmatch(answer.headers.get("Content-Range", ""))
        if not found or int(found[1]) != start:
            self._drop()
            raise _Again("the server has less of it than is here")
        with self._part.open("rb") as file:
            return sums.of(file, start, self.wanted)

    def _tell(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)

    def _known(self) -> _Known:
        """Read what the part is a part of; a note that cannot be read is of another file."""
        try:
            known = _Known(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return _Known()
        return known if known.url == self.url and isinstance(known.tag, str) else _Known()


def _continues(answer: urllib3.BaseHTTPResponse, start: int) -> bool:
    """Tell whether the answer goes on from where the part ends; a server may send all of the file instead."""
    if answer.status != PARTIAL:
        return False
    if not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        raise _Again("the server sent another stretch than it was asked for")
    return True


def _tag(answer: urllib3.BaseHTTPResponse) -> str:
    """Return what identifies this state of the file; a weak ETag does not (RFC 9110, 13.1.5)."""
    tag = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _refused(answer: urllib3.BaseHTTPResponse) -> Exception:
    text = f"the server answers {answer.status} {answer.reason or ''}".rstrip()
    if answer.status not in LATER:
        return DownloadFailed(text)
    after = answer.headers.get("Retry-After", "")
    return _Again(text, pause_s=float(after) if after.isdigit() else 0.0)


@contextlib.contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except HTTPError as exc:
        if web.final(exc):
            raise DownloadFailed(web.said(exc)) from exc
        raise _Again(web.said(exc)) from exc


@contextlib.contextmanager
def _writing(to: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise DownloadFailed(f"cannot write {to}: {exc.strerror or exc}") from exc
