"""A server of release files on loopback that behaves as badly as a test asks.

Not a mirror of anything: its files are a few bytes each.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

PIECE = 16 * 1024


@dataclass
class Upstream:
    """The files by path, what was asked, and what goes wrong with which path."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and Range of each request."""
    headers: list[dict[str, str]] = field(default_factory=list)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    """Close the connection after so many bytes of the body; one number a request, then no more."""
    refuses: dict[str, list[tuple[int, dict[str, str]] | None]] = field(default_factory=dict)
    """Answer with this status and these headers, None: as usual; one a request, then no more."""
    tags: str = "strong"
    """`strong`, `weak`, `date` or `none`."""
    ranges: bool = True
    ignores_if_range: bool = False
    url: str = ""

    def tag(self, path: str) -> dict[str, str]:
        """Return the header that identifies a file's state."""
        digest = hashlib.md5(self.files[path], usedforsecurity=False).hexdigest()
        date = f"Mon, 01 Jan 2024 00:00:{int(digest[:2], 16) % 60:02} GMT"
        kinds = {"strong": {"ETag": f'"{digest}"'}, "weak": {"ETag": f'W/"{digest}"'}, "date": {"Last-Modified": date}}
        return kinds.get(self.tags, {})

    def times(self, path: str) -> int:
        """Count the requests for a path."""
        return sum(asked == path for asked, _ in self.asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def upstream(self) -> Upstream:
        return self.server.upstream  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0])
        upstream = self.upstream
        upstream.asked.append((path, self.headers.get("Range", "")))
        upstream.headers.append({name.title(): value for name, value in self.headers.items()})
        refusals = upstream.refuses.get(path)
        refused = refusals.pop(0) if refusals else None
        if refused:
            self._answer(*refused, b"")
        elif path not in upstream.files:
            self._answer(404, {}, b"")
        else:
            self._give(path)

    def _give(self, path: str) -> None:
        whole, tag = self.upstream.files[path], self.upstream.tag(path)
        asked, only_if = self.headers.get("Range", ""), self.headers.get("If-Range", "")
        same = self.upstream.ignores_if_range or not only_if or only_if in tag.values()
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.upstream.ranges and same else 0
        if start >= len(whole) > 0 and start:
            self._answer(416, {"Content-Range": f"bytes */{len(whole)}"}, b"")
            return
        part = {"Content-Range": f"bytes {start}-{len(whole) - 1}/{len(whole)}"} if start else {}
        self._answer(206 if start else 200, {**tag, **part}, whole[start:], path)

    def _answer(self, status: int, headers: dict[str, str], body: bytes, path: str = "") -> None:
        self.send_response(status)
        kind = "text/html" if path.endswith("/") else "application/octet-stream"
        for name, value in {"Content-Length": str(len(body)), "Content-Type": kind, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        limits = self.upstream.breaks.get(path, [])
        limit = limits.pop(0) if limits else len(body)
        with contextlib.suppress(ConnectionError):
            for at in range(0, min(limit, len(body)), PIECE):
                self.wfile.write(body[at : min(at + PIECE, limit)])
        self.close_connection = self.close_connection or limit < len(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving() -> Iterator[Upstream]:
    """Serve on a port of the system's choice until the end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        upstream = Upstream(url=f"http://127.0.0.1:{server.server_port}")
        server.upstream = upstream  # type: ignore[attr-defined]
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield upstream
        finally:
            server.shutdown()
            thread.join(5)
