"""The health endpoints: what `/livez`, `/readyz` and `/healthz` say, line by line.

Not a probe: whether the datastore has a leader is told, not found out.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

HOOKS = (
    "start-apiserver-admission-initializer",
    "generic-apiserver-start-informers",
    "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter",
    "storage-object-count-tracker-hook",
    "start-apiextensions-informers",
    "start-apiextensions-controllers",
    "crd-informer-synced",
    "start-system-namespaces-controller",
    "start-service-ip-repair-controllers",
    "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes",
    "priority-and-fairness-config-producer",
    "bootstrap-controller",
    "aggregator-reload-proxy-client-cert",
    "start-kube-aggregator-informers",
    "apiservice-status-local-available-controller",
    "apiservice-status-remote-available-controller",
    "apiservice-registration-controller",
    "apiservice-discovery-controller",
    "kube-apiserver-autoregistration",
)
FIRST = ("ping", "log", "etcd")
READY_ONLY = ("etcd-readiness", "informer-sync")
LAST = ("autoregister-completion", "apiservice-openapi-controller", "apiservice-openapiv3-controller")
NEED_ETCD = ("etcd", "etcd-readiness")


def lines(endpoint: str) -> tuple[str, ...]:
    """Return the names of an endpoint's checks."""
    middle = READY_ONLY if endpoint == "readyz" else ()
    shutdown = ("shutdown",) if endpoint == "readyz" else ()
    return (*FIRST, *middle, *(f"poststarthook/{hook}" for hook in HOOKS), *LAST, *shutdown)


def report(endpoint: str, healthy: bool, *, verbose: bool = False, excluded: Collection[str] = ()) -> tuple[int, str]:  # noqa: FBT001
    """Return the HTTP status and the text of a health endpoint.

    Args:
        endpoint: `livez`, `readyz` or `healthz`.
        healthy: whether the datastore has a leader.
        verbose: show the checks although all pass.
        excluded: names of checks to leave out.
    """
    names = [name for name in lines(endpoint) if name not in excluded]
    failed = [] if healthy else [name for name in names if name in NEED_ETCD]
    shown = "".join(f"[-]{name} failed: reason withheld\n" if name in failed else f"[+]{name} ok\n" for name in names)
    if failed:
        return HTTPStatus.INTERNAL_SERVER_ERROR, f"{shown}{endpoint} check failed\n"
    return HTTPStatus.OK, f"{shown}{endpoint} check passed\n" if verbose else "ok"
