"""What went wrong, in our words: answers of the API and errors of the connection, by two tables.

Not the decision to try again; the wire makes that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import urllib3.exceptions

from edgebook.errors import (
    ClusterDenied,
    ClusterError,
    ClusterUnreachable,
    ObjectConflict,
    ObjectInvalid,
    ObjectNotFound,
    shorten,
)

TOO_MANY = 429
WITHOUT_QUORUM = "etcdserver:"
HINT_DENIED = "the kubeconfig's user is not known there: fetch the kubeconfig again (runbook 10), or check its dates"
HINT_DOWN = "is K3s running on a server, and is the registration address up? runbook 40 finds out"
HINT_QUORUM = "the API runs but etcd has no leader: more than half of the servers must be up"
HINT_TLS = "the kubeconfig belongs to another cluster, or the address is missing in tls-san: fetch the kubeconfig again"
HINT_CONFLICT = "somebody else owns or changed it: look with `kubectl get -o yaml --show-managed-fields`"
HINT_ADDRESS = "the kubeconfig's server name does not resolve here: check registration.address or operator_url"


class Remedy(NamedTuple):
    """Which of our errors something becomes, and its hint."""

    error: type[ClusterError]
    hint: str = ""


STATUSES: dict[int, Remedy] = {
    HTTPStatus.UNAUTHORIZED: Remedy(ClusterDenied, HINT_DENIED),
    HTTPStatus.FORBIDDEN: Remedy(ClusterDenied, "the user may not do this: use the cluster's admin kubeconfig"),
    HTTPStatus.NOT_FOUND: Remedy(ObjectNotFound),
    HTTPStatus.CONFLICT: Remedy(ObjectConflict, HINT_CONFLICT),
    HTTPStatus.UNPROCESSABLE_ENTITY: Remedy(ObjectInvalid),
    HTTPStatus.BAD_REQUEST: Remedy(ObjectInvalid),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Remedy(ObjectInvalid),
    HTTPStatus.BAD_GATEWAY: Remedy(ClusterUnreachable, HINT_DOWN),
    HTTPStatus.SERVICE_UNAVAILABLE: Remedy(ClusterUnreachable, HINT_DOWN),
    HTTPStatus.GATEWAY_TIMEOUT: Remedy(ClusterUnreachable, HINT_QUORUM),
}

TRANSPORT: dict[type[Exception], Remedy] = {  # first match wins
    urllib3.exceptions.SSLError: Remedy(ClusterUnreachable, HINT_TLS),
    urllib3.exceptions.NameResolutionError: Remedy(ClusterUnreachable, HINT_ADDRESS),
    urllib3.exceptions.ProxyError: Remedy(ClusterUnreachable, "add the API's address to no_proxy"),
    urllib3.exceptions.HTTPError: Remedy(ClusterUnreachable, HINT_DOWN),
    OSError: Remedy(ClusterUnreachable, HINT_DOWN),
}


class Refused(Exception):
    """An answer that is no success: its code and its Status object."""

    def __init__(self, code: int, status: Mapping[str, Any]) -> None:
        super().__init__(code, status.get("message", ""))
        self.code = code
        self.message = str(status.get("message", ""))
        self.causes: list[dict[str, Any]] = (status.get("details") or {}).get("causes") or []

    @property
    def without_quorum(self) -> bool:
        """Whether the API server runs, but its datastore does not answer."""
        return self.message.startswith(WITHOUT_QUORUM)


def refused(code: int, body: bytes) -> Refused:
    """Read an answer that is no success; what is no Status is kept as text."""
    text = body.decode(errors="replace")
    try:
        status = json.loads(text)
    except ValueError:
        status = None
    return Refused(code, status if isinstance(status, dict) and "message" in status else {"message": text})


def translated(tried: str, answer: Refused) -> ClusterError:
    """Turn an answer into our error: what was tried, what came back, what to do."""
    remedy = STATUSES.get(answer.code, Remedy(ClusterError))
    if answer.without_quorum:
        remedy = Remedy(ClusterUnreachable, HINT_QUORUM)
    return remedy.error(f"{tried}: {answer.code} {shorten(_words(answer))}", hint=remedy.hint)


def _words(answer: Refused) -> str:
    """Name the fields where the answer names them; the text of many is too long to be shown whole."""
    fields = [f"{cause['field']}: {cause['message']}" for cause in answer.causes if cause.get("field")]
    return "; ".join(fields) or answer.message or "no reason given"


def broken(tried: str, exc: Exception) -> ClusterError:
    """Turn an error of the connection into ours."""
    remedy = next(ours for theirs, ours in TRANSPORT.items() if isinstance(exc, theirs))
    return remedy.error(f"{tried}: {shorten(str(exc))}", hint=remedy.hint)
