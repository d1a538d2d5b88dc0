"""The gathering: every wanted file into one folder, from upstream or from a folder here, several at once.

Not the manifest over them; `making` writes that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from edgebook.bundle import copying, programs, sums, web
from edgebook.bundle.download import Download
from edgebook.bundle.manifest import File
from edgebook.bundle.opened import Place
from edgebook.bundle.sums import Sum, Summing
from edgebook.bundle.wanted import Wanted
from edgebook.bundle.web import Web
from edgebook.errors import BundleInvalid, DownloadFailed, EdgebookError, Problem

Watch = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there and the bytes in all, 0 where nobody says."""
FETCHED, TAKEN, KEPT = "fetched", "taken", "kept"


@dataclass(frozen=True)
class Had:
    """A file that is there now: how it came, and the upstream file that says its sum, where there is one."""

    file: File
    how: str
    checked: str


Answer = Had | EdgebookError | None
"""None: left out, because the given folder does not have it."""


class _Stopped(Exception):
    """The gathering was given up while this file was on its way."""


@dataclass(frozen=True)
class Gathering:
    """Where files go, and where they come from.

    Args:
        out: the folder.
        web: the way to upstream.
        here: what an earlier run left, in the folder or in a .tar.
        earlier: that run's manifest.
        source: a folder's files; where it is given, nothing is downloaded.
        watch: is told of progress.
    """

    out: Path
    web: Web
    here: Mapping[str, Place] = field(default_factory=dict)
    earlier: Mapping[str, File] = field(default_factory=dict)
    source: Mapping[str, Place] | None = None
    watch: Watch | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    def all(self, wanted: Sequence[Wanted], *, jobs: int) -> dict[Wanted, Answer]:
        """Get the files, the checksum files first, and return what became of each."""
        first = [one for one in wanted if one.kind == "checksums"]
        rest = [one for one in wanted if one.kind != "checksums"]
        answers: dict[Wanted, Answer] = {}
        pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="edgebook-bundle")
        try:
            for group in (first, rest):
                answers |= dict(zip(group, pool.map(self._tried, group), strict=True))
        finally:
            self.stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)
        return answers

    def _tried(self, wanted: Wanted) -> Answer:
        try:
            return self._one(wanted)
        except EdgebookError as error:
            return error

    def _one(self, wanted: Wanted) -> Had | None:
        said = self._said(wanted)
        for how, get in self._ways():
            summing = get(wanted, said)
            if summing is None:
                continue
            programs.expect_arch(self.out / wanted.name, wanted)
            url = wanted.url if said or how != TAKEN else ""
            file = File(wanted.name, wanted.kind, wanted.arch, wanted.version, summing.size, summing.digest(), url)
            return Had(file, how, said.said_by if said else "")
        return None

    def _ways(self) -> Iterator[tuple[str, Callable[[Wanted, Sum | None], Summing | None]]]:
        if self.source is not None:
            yield TAKEN, self._taken
        else:
            yield KEPT, self._kept
            yield FETCHED, self._fetched

    def _said(self, wanted: Wanted) -> Sum | None:
        """Return the sum that upstream publishes; None where it publishes none, or where its file is not here."""
        path = self.out / wanted.sums
        if not wanted.sums or not path.is_file():
            return None
        found = sums.listed(path, PurePosixPath(wanted.name).name)
        if found is None:
            raise DownloadFailed(f"{path.name} does not list it: is this the release it is taken for?")
        return found

    def _kept(self, wanted: Wanted, said: Sum | None) -> Summing | None:
        """Keep what an earlier run brought, where it is what upstream says, or what that run said of it."""
        place, known = self.here.get(wanted.name), self.earlier.get(wanted.name)
        if place is None:
            return None
        summing = copying.summed(place, said)
        same = known is not None and (known.url, known.sha256) == (wanted.url, summing.digest())
        if summing.differs(said) or not (said or same):
            return None
        if place.path != self.out / wanted.name:
            copying.copy(place, self.out / wanted.name)
        return summing

    def _fetched(self, wanted: Wanted, said: Sum | None) -> Summing:
        def watch(done: int, total: int) -> None:
            if self.stopped.is_set():
                raise _Stopped
            if self.watch is not None:
                self.watch(wanted.name, done, total)

        to = self.out / wanted.name
        return Download(self.web, wanted.url, to, said, progress=watch).run()

    def _taken(self, wanted: Wanted, said: Sum | None) -> Summing | None:
        source = self.source or {}
        place = source.get(wanted.name) or source.get(PurePosixPath(wanted.name).name)
        if place is None:
            if wanted.essential:
                raise DownloadFailed("is not there")
            return None
        versions = programs.Versions()
        to = self.out / wanted.name
        summing = copying.copy(place, to, said, versions.add if wanted.kind == "program" and not said else None)
        if summing.differs(said):
            to.unlink()
            raise DownloadFailed(f"is not the file that was published: {summing.differs(said)}")
        if versions.found and wanted.version not in versions.found:
            to.unlink()
            raise DownloadFailed(f"is K3s {', '.join(sorted(versions.found))}, and {wanted.version} is wanted")
        return summing


def require(answers: Mapping[Wanted, Answer], source_name: str = "") -> tuple[list[Had], list[Wanted]]:
    """Return what came and what was left out, or raise one error that names every file that cannot be had.

    Raises:
        DownloadFailed: from upstream.
        BundleInvalid: from a given folder, by this name.
    """
    wrong = {one: answer for one, answer in answers.items() if isinstance(answer, EdgebookError)}
    if wrong and source_name:
        problems = [Problem(source_name, 0, one.name, error.message) for one, error in wrong.items()]
        hint = "put the release's files there, or leave --from out where there is Internet"
        raise BundleInvalid(f"{len(wrong)} of {len(answers)} files cannot be taken", problems, hint=hint)
    if wrong:
        problems = [Problem(web.shown(one.url), 0, one.name, error.message) for one, error in wrong.items()]
        hint = "run it again: what is here is kept, and what is half here goes on"
        raise DownloadFailed(f"{len(wrong)} of {len(answers)} files could not be had", problems, hint=hint)
    had = [answer for answer in answers.values() if isinstance(answer, Had)]
    return had, [one for one, answer in answers.items() if answer is None]
