"""The way to upstream's servers: connections, the environment's proxies, and errors in words.

Not the downloads that use it.
"""

from __future__ import annotations

import contextlib
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError, MaxRetryError, NameResolutionError, SSLError
from urllib3.util import Retry, Timeout, make_headers, parse_url

from edgebook.errors import shorten

CONNECT_TIMEOUT_S = 15.0
READ_TIMEOUT_S = 60.0
REDIRECTS = 5
HEADERS = {"User-Agent": "edgebook", "Accept-Encoding": "identity"}
NO_RETRIES = Retry(total=None, connect=0, read=0, redirect=REDIRECTS, status=0, other=0)
"""How often a download is tried is decided by who keeps what it has brought."""


class Web:
    """Connections to servers, kept open for the next request; a context manager.

    Args:
        at_once: how many connections to one server are kept.
    """

    def __init__(self, *, at_once: int) -> None:
        self._at_once = at_once
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        """Ask for an address; the body is not read yet, and is dropped at the end where it was not read."""
        whole = {**HEADERS, **headers}
        response = self._pool(url).request("GET", url, headers=whole, retries=NO_RETRIES, preload_content=False)
        try:
            yield response
        finally:
            response.close()

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = proxy_for(url)
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = _made(proxy, self._at_once)
            return self._pools[proxy]

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for pool in self._pools.values():
                pool.clear()
            self._pools.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def proxy_for(url: str) -> str:
    """Return the proxy that the environment names for an address; empty for none."""
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    found = urllib.request.getproxies()
    proxy = found.get(parts.scheme) or found.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def shown(url: str) -> str:
    """Return an address without what may be secret in it: user, password, query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def said(error: HTTPError) -> str:
    """Return what went wrong, in the words of its first cause."""
    cause: BaseException = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(cause, NameResolutionError):
        return "the server's name cannot be resolved"
    return shorten(str(cause).rpartition("): ")[2] or type(cause).__name__)


def final(error: HTTPError) -> bool:
    """Tell whether trying again is in vain: the address or the server's certificate is wrong."""
    cause = error.reason if isinstance(error, MaxRetryError) else error
    return isinstance(cause, LocationValueError | SSLError)


def _made(proxy: str, at_once: int) -> urllib3.PoolManager:
    timeout = Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)
    if not proxy:
        return urllib3.PoolManager(maxsize=at_once, timeout=timeout)
    auth = parse_url(proxy).auth
    headers = make_headers(proxy_basic_auth=auth) if auth else None
    return urllib3.ProxyManager(proxy, maxsize=at_once, timeout=timeout, proxy_headers=headers)
