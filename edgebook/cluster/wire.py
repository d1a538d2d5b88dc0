"""The one gate to the API: connecting, time limits, retries of reads, and errors in our words.

Not the verbs. The official client reads the kubeconfig and owns the connections; the requests are
plain ones, because what its generated classes return is not what `kubectl get -o json` shows.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from edgebook.cluster.failures import TRANSPORT, broken, refused, translated
from edgebook.errors import ClusterError, ClusterUnreachable

CONNECT_TIMEOUT_S = 5.0
CALL_TIMEOUT_S = 30.0
READ_TRIES = 3
PAUSE_S = 0.3
"""How long before a read is tried again; twice as long before the last time."""

FAILED = 400
HINT_KUBECONFIG = "runbook 10-install-k3s-ha writes it: run it, or check k3s.kubeconfig in site.yaml"
JSON = "application/json"


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str | int | None] = field(default_factory=dict)
    body: Any = None
    content_type: str = JSON

    @property
    def target(self) -> str:
        """The path with the parameters that have a value."""
        given = {key: value for key, value in self.query.items() if value not in (None, "")}
        return f"{self.path}?{urlencode(given)}" if given else self.path


@dataclass(frozen=True)
class Answer:
    """What came back."""

    code: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the request was carried out."""
        return self.code < FAILED


class Wire:
    """Requests to one API server, with the credentials of one context of a kubeconfig."""

    def __init__(self, kubeconfig: Path, context: str, *, timeout_s: float) -> None:
        self.kubeconfig = kubeconfig
        self.context = context
        self.timeout_s = timeout_s
        self._client: Any = None

    def close(self) -> None:
        """Close the connections; safe twice."""
        client, self._client = self._client, None
        if client is not None:
            client.rest_client.pool_manager.clear()

    def json(self, ask: Ask) -> Any:
        """Send a request and return the JSON of the answer.

        Raises:
            ClusterError: whichever of its kinds fits; a read is tried three times first.
        """
        return json.loads(self.data(ask))

    def data(self, ask: Ask) -> bytes:
        """Send a request and return the bytes of the answer; raises as `json` does."""
        tries = READ_TRIES if ask.method == "GET" else 1
        for attempt in range(1, tries):
            try:
                return self._carried_out(ask)
            except ClusterUnreachable:
                time.sleep(PAUSE_S * attempt)
        return self._carried_out(ask)

    def exchange(self, ask: Ask) -> Answer:
        """Send a request once and return the answer, a refusal too.

        Raises:
            ClusterError: when there is no answer.
        """
        with self._connection(ask, read_s=self.timeout_s) as response:
            return Answer(response.status, response.read())

    def lines(self, ask: Ask, *, timeout_s: float) -> Iterator[Any]:
        """Yield the JSON lines of an answer that goes on, until it ends; a silent connection ends in an error."""
        with self._connection(ask, read_s=timeout_s + CONNECT_TIMEOUT_S) as response:
            if response.status >= FAILED:
                raise self.error(ask, Answer(response.status, response.read()))
            yield from _json_lines(response)

    def error(self, ask: Ask, answer: Answer) -> ClusterError:
        """Turn a refusal into our error."""
        return translated(self._tried(ask), refused(answer.code, answer.body))

    def _carried_out(self, ask: Ask) -> bytes:
        answer = self.exchange(ask)
        if not answer.ok:
            raise self.error(ask, answer)
        return answer.body

    @contextlib.contextmanager
    def _connection(self, ask: Ask, *, read_s: float) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send a request, and give its connection back, or drop it where the answer was not read to its end."""
        client, tried = self._connected(), self._tried(ask)
        headers = {"Accept": JSON, "User-Agent": "edgebook", **_credentials(client.configuration)}
        try:
            response: urllib3.BaseHTTPResponse = client.rest_client.pool_manager.request(
                ask.method,
                f"{client.configuration.host}{ask.target}",
                body=None if ask.body is None else json.dumps(ask.body),
                headers=headers if ask.body is None else {**headers, "Content-Type": ask.content_type},
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=read_s),
                preload_content=False,
                retries=False,
            )
            with contextlib.closing(response):
                yield response
        except tuple(TRANSPORT) as exc:
            raise broken(tried, exc) from exc

    def _connected(self) -> Any:
        if self._client is None:
            self._client = _client(self.kubeconfig, self.context)
        return self._client

    def _tried(self, ask: Ask) -> str:
        host: str = self._connected().configuration.host
        return f"{host.removeprefix('https://')}: {ask.method} {ask.path}"


def _client(kubeconfig: Path, context: str) -> Any:
    # Imported here because it takes a third of a second, which `import edgebook` must not.
    from kubernetes import config  # noqa: PLC0415

    if not kubeconfig.is_file():
        raise ClusterUnreachable(f"{kubeconfig}: no such kubeconfig", hint=HINT_KUBECONFIG)
    load: Callable[..., Any] = config.new_client_from_config
    try:
        return load(str(kubeconfig), context=context or None)
    except Exception as exc:  # the loader lets through whatever its YAML parser and its plugins raise
        raise ClusterError(f"{kubeconfig}: cannot be used: {exc}", hint=HINT_KUBECONFIG) from exc


def _credentials(configuration: Any) -> dict[str, str]:
    settings = configuration.auth_settings().values()
    return {item["key"]: item["value"] for item in settings if item["in"] == "header" and item["value"]}


def _json_lines(response: urllib3.BaseHTTPResponse) -> Iterator[Any]:
    rest = b""
    for chunk in response.stream(amt=None):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (json.loads(line) for line in lines if line.strip())
