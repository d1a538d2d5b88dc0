"""The reading verbs: get, list and watch.

Not the subresources that are read; those have their own handlers.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterable, Iterator

from aiohttp import web

from edgebook.lab.kube import listing, output
from edgebook.lab.kube.calls import Call
from edgebook.lab.kube.errors import ApiError, expired, version_too_large
from edgebook.lab.kube.trees import Tree
from edgebook.lab.kube.watches import Event, Item, Scope, Subscription

WATCH_S = 1800.0
"""How long a watch lasts when the client does not say."""

BOOKMARK_S = 60.0
CHUNK_BYTES = 256 * 1024
STALLED_S = 60.0
"""How long a client may take nothing of a watch before it is left."""

INITIAL_END = {"k8s.io/initial-events-end": "true"}
CONTINUE_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


async def get(call: Call) -> web.StreamResponse:
    """Answer with one object, or with its status."""
    target = call.target
    return output.object_response(call, call.api.store.get(target.kind, target.name, target.namespace))


async def list_(call: Call) -> web.StreamResponse:
    """Answer with a list, or a page of one."""
    store, what = call.api.store, scope(call)
    wanted = listing.page(call.request.query, store.resource_version)
    version = wanted.at or store.resource_version
    items = [item for item in _items(call, wanted) if wanted.after is None or listing.key_of(item) > wanted.after]
    meta: Tree = {"resourceVersion": str(version)}
    if 0 < wanted.limit < len(items):
        meta["continue"] = listing.token(version, items[wanted.limit - 1])
        if not what.test:
            meta["remainingItemCount"] = len(items) - wanted.limit
        items = items[: wanted.limit]
    return output.list_response(call, items, meta)


def _items(call: Call, wanted: listing.Page) -> list[Item]:
    try:
        return call.api.store.items(scope(call), at=wanted.at)
    except ApiError as exc:
        if wanted.after is None:
            raise
        raise expired(CONTINUE_EXPIRED, token=listing.inconsistent(wanted.after)) from exc


def scope(call: Call) -> Scope:
    """Return what a list, a watch or a deletion of many is about."""
    target, query = call.target, call.request.query
    fields = query.get("fieldSelector", "")
    if target.name:
        fields = f"metadata.name={target.name},{fields}"
    return call.api.store.scope(target.kind, target.namespace, query.get("labelSelector", ""), fields)


async def watch(call: Call) -> web.StreamResponse:
    """Answer with the changes of a scope, one JSON line each, until the time is over or somebody leaves."""
    listing.check_watch(call.request.query)
    listing.version(call.request.query)
    stream = Stream(call)
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    with contextlib.closing(stream):
        first = stream.begin()
        await response.prepare(call.request)
        await _write(response, first)
        while await stream.more():
            await _write(response, stream.lines())
        await _write(response, stream.bookmark())
    with contextlib.suppress(ConnectionError):
        await response.write_eof()
    return response


async def _write(response: web.StreamResponse, lines: Iterable[bytes]) -> None:
    """Write lines, not many more at a time than the connection takes: a client that does not read costs little.

    Raises:
        ConnectionError: when the client has taken nothing for long.
    """
    waiting: list[bytes] = []
    size_bytes = 0
    for line in lines:
        waiting.append(line)
        size_bytes += len(line)
        if size_bytes > CHUNK_BYTES:
            await _send(response, b"".join(waiting))
            waiting, size_bytes = [], 0
    if waiting:
        await _send(response, b"".join(waiting))


async def _send(response: web.StreamResponse, text: bytes) -> None:
    try:
        await asyncio.wait_for(response.write(text), STALLED_S)
    except TimeoutError as exc:
        raise ConnectionResetError("the client does not read") from exc


class Stream:
    """One open watch: what it has still to say, and until when."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._form = output.form(call.request, ("json", "table", "metadata"))
        self._headed = False
        self._loop = asyncio.get_running_loop()
        self._ends = self._loop.time() + (listing.number(call.request.query.get("timeoutSeconds", "")) or WATCH_S)
        self._wake = asyncio.Event()
        self._subscription: Subscription | None = None
        self._stopped = False
        call.api.closers.add(self.stop)

    def begin(self) -> Iterable[bytes]:
        """Subscribe; return the lines for what is there already, or the error line."""
        call, store = self._call, self._call.api.store
        since = listing.version(call.request.query)
        what = scope(call)
        initial = call.flag("sendInitialEvents")
        if initial and since and since > store.resource_version:
            return self._failed(version_too_large(since, store.resource_version))
        if not since or initial:
            self._subscription = store.history.subscribe(what, None, self._wake.set)
            now = store.resource_version
            wanted = store.items(what) if initial or "sendInitialEvents" not in call.request.query else []
            lines = (self._line("ADDED", item) for item in wanted)
            return itertools.chain(lines, self.bookmark(INITIAL_END, now) if initial else ())
        try:
            self._subscription = store.history.subscribe(what, since, self._wake.set)
        except ApiError as exc:
            return self._failed(exc)
        return self.lines()

    def _failed(self, error: ApiError) -> list[bytes]:
        self._stopped = True
        return [output.dumps({"type": "ERROR", "object": error.status}) + b"\n"]

    def lines(self) -> Iterator[bytes]:
        """Return the lines for what happened since the last call."""
        self._wake.clear()
        events: list[Event] = self._subscription.take() if self._subscription else []
        return (self._line(event.type, event.item) for event in events)

    def bookmark(self, annotations: Tree | None = None, version: int | None = None) -> list[bytes]:
        """Return the line that says up to where this watch has come, when the client wants such."""
        if not self._call.flag("allowWatchBookmarks") or self._stopped:
            return []
        kind = self._call.target.kind
        meta: Tree = {
            "resourceVersion": str(version or self._call.api.store.resource_version),
            "creationTimestamp": None,
        }
        if annotations:
            meta["annotations"] = annotations
        obj: Tree = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta}
        if self._form == "table":
            obj = {
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": meta,
                "columnDefinitions": None,
                "rows": [],
            }
        return [output.dumps({"type": "BOOKMARK", "object": obj}) + b"\n"]

    async def more(self) -> bool:
        """Wait for something to say; False when the time is over or the server stops."""
        left_s = self._ends - self._loop.time()
        if self._stopped or self._is_behind or left_s <= 0:
            return False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), min(left_s, BOOKMARK_S))
        return not self._stopped and not self._is_behind

    @property
    def _is_behind(self) -> bool:
        return self._subscription is not None and self._subscription.is_behind

    def stop(self) -> None:
        """End the watch soon."""
        self._stopped = True
        self._wake.set()

    def close(self) -> None:
        """Stop listening."""
        self._call.api.closers.discard(self.stop)
        if self._subscription:
            self._subscription.close()

    def _line(self, change: str, item: Item) -> bytes:
        return b'{"type":"%s","object":%s}\n' % (change.encode(), self._object(item))

    def _object(self, item: Item) -> bytes:
        kind = self._call.target.kind
        if self._form == "json":
            return item.json(kind)
        if self._form == "metadata":
            return output.dumps(output.metadata_only(item.obj))
        headed, self._headed = not self._headed, True
        meta = {"resourceVersion": item.obj["metadata"]["resourceVersion"]}
        return output.dumps(output.table(self._call, kind, [item.shown(kind)], meta, headed=headed))
