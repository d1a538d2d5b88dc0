"""What a container has printed, as `pods/log` gives it: which container, which lines, and those still to come.

Not the container; whoever plays the kubelets says what there is. Rules and words are those of
pkg/registry/core/pod and pkg/kubelet in Kubernetes 1.31.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from aiohttp import web

from edgebook.lab.kube import listing
from edgebook.lab.kube.calls import Call
from edgebook.lab.kube.errors import ApiError, Cause, bad_request, forbidden_value, invalid_value
from edgebook.lab.kube.times import parse
from edgebook.lab.kube.trees import Tree, dig, name_of

GROUPS = ("initContainers", "containers", "ephemeralContainers")
LOOK_S = 0.05
"""How often somebody who follows a log looks for more."""
NOTHING = 204
STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
PULLING = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}


@dataclass(frozen=True)
class Entry:
    """One line, and when it was printed."""

    at: datetime
    text: str


class Log(Protocol):
    """The output of one run of a container."""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""

    def entries(self) -> list[Entry]:
        """Return what there is so far, oldest first."""


@dataclass(frozen=True)
class Written:
    """A log that is complete."""

    lines: tuple[Entry, ...] = ()
    ended: bool = True

    def entries(self) -> list[Entry]:
        """Return its lines."""
        return list(self.lines)


Logs = Callable[[Tree, str, bool], Log]
"""Pod, container and whether the previous run is meant; raises `ApiError` where the kubelet would refuse."""


def none(_pod: Tree, _container: str, _previous: bool) -> Log:  # noqa: FBT001 - the shape of `Logs`
    """Give an empty log."""
    return Written()


@dataclass(frozen=True)
class Wanted:
    """What of a log is asked for."""

    since: datetime | None = None
    tail: int | None = None
    limit_bytes: int | None = None
    timestamps: bool = False

    def of(self, entries: list[Entry]) -> list[Entry]:
        """Choose among the entries there are."""
        found = [entry for entry in entries if self.since is None or entry.at >= self.since]
        return found if self.tail is None else found[-self.tail :] if self.tail else []

    def written(self, entries: Iterable[Entry]) -> bytes:
        """Write entries as they are sent."""
        return "".join(f"{_stamp(entry.at) if self.timestamps else ''}{entry.text}\n" for entry in entries).encode()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z ")


async def read(call: Call) -> web.StreamResponse:
    """Answer with what a container has written, and with what it writes from now on where that is asked."""
    target, query = call.target, call.request.query
    wanted = _wanted(call)
    pod = call.api.store.get(target.kind, target.name, target.namespace)
    container = choose(pod, query.get("container", ""))
    if not dig(pod, "spec.nodeName"):
        return web.Response(status=NOTHING)
    log = call.api.logs(pod, container, call.flag("previous"))
    if call.flag("follow"):
        return await _follow(call, log, wanted)
    body = wanted.written(wanted.of(log.entries()))[: wanted.limit_bytes]
    return web.Response(body=body, content_type="text/plain")


async def _follow(call: Call, log: Log, wanted: Wanted) -> web.StreamResponse:
    """Send what there is, then what comes, until the run ends, the server stops or the client leaves."""
    stop = asyncio.Event()
    call.api.closers.add(stop.set)
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    response.enable_chunked_encoding()
    try:
        await response.prepare(call.request)
        await _send(response, log, wanted, stop)
        await response.write_eof()
    finally:
        call.api.closers.discard(stop.set)
    return response


async def _send(response: web.StreamResponse, log: Log, wanted: Wanted, stop: asyncio.Event) -> None:
    first, left, seen = True, wanted.limit_bytes, None
    while not stop.is_set():
        ended, entries = log.ended, log.entries()
        fresh = wanted.of(entries) if first else _after(entries, seen)
        seen, first = entries[-1] if entries else seen, False
        data = wanted.written(fresh)[:left]
        left = left if left is None else left - len(data)
        if data:
            await response.write(data)
        if ended or left == 0:
            return
        await asyncio.sleep(LOOK_S)


def _after(entries: list[Entry], seen: Entry | None) -> list[Entry]:
    """Return the entries behind the one that was sent last, which may be gone by now."""
    for number in range(len(entries) - 1, -1, -1):
        if entries[number] is seen or entries[number] == seen:
            return entries[number + 1 :]
    return entries


def choose(pod: Tree, wanted: str) -> str:
    """Return the container that is meant.

    Raises:
        ApiError: 400 for one that is not there, or when several could be.
    """
    groups = {group: [str(item["name"]) for item in dig(pod, f"spec.{group}", [])] for group in GROUPS}
    names = [name for group in GROUPS for name in groups[group]]
    if wanted in names:
        return wanted
    if wanted:
        raise bad_request(f"container {wanted} is not valid for pod {name_of(pod)}")
    if len(groups["containers"]) == 1:
        return groups["containers"][0]
    shown = " ".join(names)
    raise bad_request(f"a container name must be specified for pod {name_of(pod)}, choose one of: [{shown}]")


def _wanted(call: Call) -> Wanted:
    """Read the options.

    Raises:
        ApiError: 400 for what is no number, 422 for numbers that make no sense.
    """
    query = call.request.query
    tail, limit, seconds = (listing.number(query.get(name, "")) for name in ("tailLines", "limitBytes", "sinceSeconds"))
    since = query.get("sinceTime", "")
    causes = list(_mistakes(tail, limit, seconds, since))
    if causes:
        raise _invalid(call.target.name, causes)
    try:
        start = parse(since) if since else None
    except ValueError as exc:
        raise bad_request(f'parsing time "{since}" as "2006-01-02T15:04:05Z07:00": cannot parse "{since}"') from exc
    start = call.api.now() - timedelta(seconds=seconds) if seconds else start
    return Wanted(start, tail, limit, timestamps=call.flag("timestamps"))


def _mistakes(tail: int | None, limit: int | None, seconds: int | None, since: str) -> Iterable[Cause]:
    if tail is not None and tail < 0:
        yield invalid_value("tailLines", tail, "must be greater than or equal to 0")
    if limit is not None and limit < 1:
        yield invalid_value("limitBytes", limit, "must be greater than 0")
    if seconds is not None and since:
        yield forbidden_value("", "at most one of `sinceTime` or `sinceSeconds` may be specified")
    elif seconds is not None and seconds < 1:
        yield invalid_value("sinceSeconds", seconds, "must be greater than 0")


def _invalid(name: str, causes: list[Cause]) -> ApiError:
    lines = [f"{cause.field}: {cause.message}" for cause in causes]
    text = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    details = {"name": name, "kind": "PodLogOptions", "causes": [cause.tree for cause in causes]}
    return ApiError(422, "Invalid", f'PodLogOptions "{name}" is invalid: {text}', details=details)


def run_of(pod: Tree, container: str, *, previous: bool) -> str:
    """Return the id of the run whose log is meant.

    Raises:
        ApiError: 400 in the kubelet's words when there is none.
    """
    shown = [item for key in STATUSES for item in dig(pod, f"status.{key}", []) if item["name"] == container]
    about = f'container "{container}" in pod "{name_of(pod)}"'
    if not shown:
        raise bad_request(f"{about} is not available")
    last = str(dig(shown[0], "lastState.terminated.containerID", ""))
    if previous:
        if not last:
            raise bad_request(f"previous terminated {about} not found")
        return last
    state = shown[0]["state"]
    if "waiting" not in state or last:
        return last if "waiting" in state else str(shown[0].get("containerID", ""))
    reason = str(state["waiting"].get("reason", ""))
    raise bad_request(f"{about} is waiting to start: {PULLING.get(reason, reason)}")
