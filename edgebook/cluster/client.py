"""`Cluster`: the verbs of kubectl that runbooks need, on plain dicts.

Not a cache: every call asks the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edgebook.cluster import taints as taint_words
from edgebook.cluster.drain import Drain, Drained, refuse, sort_pods
from edgebook.cluster.resources import KNOWN, Resource, discovered, named
from edgebook.cluster.watch import Test, Tree, Wait, Watched, WatchEvent, events
from edgebook.cluster.wire import CALL_TIMEOUT_S, Ask, Wire
from edgebook.errors import ObjectConflict, ObjectNotFound

Trees = list[Tree]
MANAGER = "edgebook"
PAGE = 500
EDIT_TRIES = 3
PATCH_TYPES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
APPLY_TYPE = "application/apply-patch+yaml"


class Cluster:
    """One cluster, reached with one context of a kubeconfig.

    Constructing does no I/O; the first call connects. Kinds are named as kubectl takes them: `node`,
    `nodes`, `Node`, `deployments.apps`. Every call ends within `timeout_s` seconds, connecting within
    five; only reads are tried again. Errors are those below `ClusterError`.
    """

    def __init__(self, kubeconfig: Path, context: str = "", *, timeout_s: float = CALL_TIMEOUT_S) -> None:
        self._wire = Wire(Path(kubeconfig), context, timeout_s=timeout_s)
        self._known = named(KNOWN)
        self._asked_everything = False

    def __repr__(self) -> str:
        context = f", context={self._wire.context!r}" if self._wire.context else ""
        return f"Cluster({str(self._wire.kubeconfig)!r}{context})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; safe twice."""
        self._wire.close()

    def version(self) -> str:
        """Return the version of the API server, as `v1.31.9+k3s1`."""
        return str(self._wire.json(Ask("GET", "/version"))["gitVersion"])

    def ready(self) -> bool:
        """Ask `/readyz`; False when the API answers that it is not ready.

        Raises:
            ClusterUnreachable: when there is no answer at all.
            ClusterDenied: when the API does not know who is asking.
        """
        ask = Ask("GET", "/readyz")
        answer = self._wire.exchange(ask)
        if answer.code in (401, 403):
            raise self._wire.error(ask, answer)
        return answer.ok

    def get(self, kind: str, name: str, namespace: str = "") -> Tree:
        """Return one object.

        Raises:
            ObjectNotFound: when it is not there.
        """
        found: Tree = self._wire.json(Ask("GET", self._path(kind, name, namespace)))
        return found

    def find(self, kind: str, name: str, namespace: str = "") -> Tree | None:
        """Return one object, or None where it is not there."""
        try:
            return self.get(kind, name, namespace)
        except ObjectNotFound:
            return None

    def list(self, kind: str, namespace: str = "", labels: str = "", fields: str = "") -> Trees:
        """Return the objects that selectors select, of all namespaces when none is given, page by page."""
        resource = self.resource(kind)
        query: dict[str, str | int | None] = {"labelSelector": labels, "fieldSelector": fields, "limit": PAGE}
        items: Trees = []
        while True:
            page = self._wire.json(Ask("GET", resource.path(namespace=namespace), query))
            named_kind = {"apiVersion": resource.api_version, "kind": resource.kind}
            items += [{**named_kind, **item} for item in page["items"]]
            query = {**query, "continue": page["metadata"].get("continue", "")}
            if not query["continue"]:
                return items

    def wait(self, kind: str, name: str, test: Test, timeout_s: float, what: str = "", *, namespace: str = "") -> Tree:
        """Wait until a test of an object holds, and return the object; one that is not there yet is waited for.

        Raises:
            WaitTimeout: with the last thing seen.
        """
        wait = self._wait(kind, name, namespace, timeout_s, what)
        wait.test = lambda obj: obj is not None and test(obj)
        return wait.run() or {}

    def wait_gone(self, kind: str, name: str, timeout_s: float, *, namespace: str = "") -> None:
        """Wait until an object is no longer there; raises as `wait` does."""
        self._wait(kind, name, namespace, timeout_s, f"{kind} {name} to be gone").run()

    def apply(self, obj: Tree, *, force: bool = False, dry_run: bool = False) -> Tree:
        """Apply an object on the server's side: what it names becomes so, what it does not name stays.

        Raises:
            ObjectConflict: naming each field that another manager holds, and who that is.
        """
        meta = obj["metadata"]
        path = self._path(_full_kind(obj), meta["name"], meta.get("namespace", ""))
        query = {"fieldManager": MANAGER, "force": "true" if force else "", "dryRun": "All" if dry_run else ""}
        applied: Tree = self._wire.json(Ask("PATCH", path, query, obj, APPLY_TYPE))
        return applied

    def patch(
        self, kind: str, name: str, patch: Any, *, namespace: str = "", how: str = "merge", subresource: str = ""
    ) -> Tree:
        """Patch an object; `how` is merge, json or strategic."""
        path = self._path(kind, name, namespace, subresource)
        patched: Tree = self._wire.json(Ask("PATCH", path, {"fieldManager": MANAGER}, patch, PATCH_TYPES[how]))
        return patched

    def label(self, kind: str, name: str, labels: Mapping[str, str | None], *, namespace: str = "") -> Tree:
        """Set labels; None takes one away."""
        return self.patch(kind, name, {"metadata": {"labels": dict(labels)}}, namespace=namespace)

    def taint(self, node: str, *taints: str) -> Tree:
        """Set and take away taints of a node: `key=value:Effect`, `key:Effect-`, `key-`.

        A list has no keys to merge by, so the whole list is written, and only if nobody wrote meanwhile.
        """
        for attempt in range(1, EDIT_TRIES + 1):
            seen = self.get("node", node)
            wanted = taint_words.changed(seen["spec"].get("taints") or [], taints)
            version = {"resourceVersion": seen["metadata"]["resourceVersion"]}
            try:
                return self.patch("node", node, {"metadata": version, "spec": {"taints": wanted}})
            except ObjectConflict:
                if attempt == EDIT_TRIES:
                    raise
        raise AssertionError

    def delete(
        self, kind: str, name: str, *, namespace: str = "", grace_s: int | None = None, missing_ok: bool = False
    ) -> bool:
        """Delete an object and what it owns; False where it was not there and that is welcome.

        Raises:
            ObjectNotFound: when it is not there, unless `missing_ok`.
        """
        options: Tree = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        try:
            self._wire.json(Ask("DELETE", self._path(kind, name, namespace), body=options))
        except ObjectNotFound:
            if not missing_ok:
                raise
            return False
        return True

    def cordon(self, node: str) -> bool:
        """Keep new pods off a node; False when that was so already."""
        return self._schedulable(node, wanted=False)

    def uncordon(self, node: str) -> bool:
        """Let new pods onto a node again; False when that was so already."""
        return self._schedulable(node, wanted=True)

    def drain(
        self,
        node: str,
        *,
        timeout_s: float = 120.0,
        grace_s: int | None = None,
        force: bool = False,
        delete_local_data: bool = False,
    ) -> Drained:
        """Cordon a node and evict its pods; DaemonSets' pods and mirror pods stay.

        Raises:
            ObjectConflict: when pods would be lost that nothing makes again, or local data, without consent.
            WaitTimeout: naming the pods that are still there, and the budget that keeps them.
        """
        self.cordon(node)
        pods = self.list("pods", fields=f"spec.nodeName={node}")
        decided = sort_pods(pods, force=force, delete_local_data=delete_local_data)
        if decided.obstacles:
            raise refuse(node, decided.obstacles)
        drain = Drain(self._wire, self.resource("pods"), node, timeout_s, grace_s)
        return Drained(node, drain.run(decided.going), decided.left)

    def evict(self, pod: str, namespace: str, *, grace_s: int | None = None) -> None:
        """Ask one pod to leave its node.

        Raises:
            ObjectConflict: when a disruption budget does not let it go now.
        """
        found = self.get("pod", pod, namespace)
        drain = Drain(self._wire, self.resource("pods"), found["spec"].get("nodeName", ""), 0.0, grace_s)
        if not drain.evict(found):
            raise ObjectConflict(f"{namespace}/{pod}: {drain.refusals[f'{namespace}/{pod}']}")

    def events(self, kind: str, name: str, namespace: str = "") -> Trees:
        """Return what happened to an object, oldest first."""
        about = f"involvedObject.kind={self.resource(kind).kind},involvedObject.name={name}"
        return sorted(self.list("events", namespace, fields=about), key=_event_time)

    def logs(self, pod: str, namespace: str, *, container: str = "", tail: int = 200, previous: bool = False) -> str:
        """Return the last lines a container has written."""
        query: dict[str, str | int | None] = {
            "container": container,
            "tailLines": tail,
            "previous": "true" if previous else "",
        }
        path = self.resource("pods").path(pod, namespace, "log")
        return self._wire.data(Ask("GET", path, query)).decode(errors="replace")

    def watch(
        self,
        kind: str,
        *,
        timeout_s: float,
        namespace: str = "",
        labels: str = "",
        fields: str = "",
        since: str = "",
    ) -> Iterator[WatchEvent]:
        """Yield changes for so many seconds; without a version to begin from, first what is there, as ADDED."""
        watched = Watched(self.resource(kind), namespace, labels, fields)
        return events(self._wire, watched, since=since, timeout_s=timeout_s)

    def resource(self, kind: str) -> Resource:
        """Find a kind by any of its names, in the cluster's discovery if need be.

        Raises:
            ObjectNotFound: when the cluster serves no such kind.
        """
        if kind.lower() not in self._known and not self._asked_everything:
            self._known = {**named(self._discover()), **self._known}
            self._asked_everything = True
        try:
            return self._known[kind.lower()]
        except KeyError:
            raise ObjectNotFound(f"{self!r}: serves no kind {kind!r}") from None

    def _discover(self) -> Iterator[Resource]:
        yield from discovered(self._wire.json(Ask("GET", "/api/v1")))
        for group in self._wire.json(Ask("GET", "/apis"))["groups"]:
            try:
                yield from discovered(self._wire.json(Ask("GET", f"/apis/{group['preferredVersion']['groupVersion']}")))
            except ObjectNotFound:
                continue  # an aggregated API may be announced and gone

    def _path(self, kind: str, name: str, namespace: str, subresource: str = "") -> str:
        resource = self.resource(kind)
        return resource.path(name, (namespace or "default") if resource.namespaced else "", subresource)

    def _wait(self, kind: str, name: str, namespace: str, timeout_s: float, what: str) -> Wait:
        resource = self.resource(kind)
        place = (namespace or "default") if resource.namespaced else ""
        said = what or f"{resource.kind} {name}"
        return Wait(self._wire, resource, name, place, lambda obj: obj is None, said, timeout_s)

    def _schedulable(self, node: str, *, wanted: bool) -> bool:
        if bool(self.get("node", node)["spec"].get("unschedulable")) is not wanted:
            return False
        self.patch("node", node, {"spec": {"unschedulable": None if wanted else True}})
        return True


def _full_kind(obj: Tree) -> str:
    group, _, version = str(obj["apiVersion"]).rpartition("/")
    return f"{obj['kind']}.{version}.{group}" if group else str(obj["kind"])


def _event_time(event: Tree) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])
