"""What metrics.k8s.io says: how much processor and memory nodes and pods use now.

Not the amounts; `usage` reckons those.
"""

from __future__ import annotations

from aiohttp import web

from edgebook.lab.kube import output
from edgebook.lab.kube.calls import Call
from edgebook.lab.kube.errors import not_found
from edgebook.lab.kube.reading import scope
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, condition, dig, labels_of, name_of, namespace_of
from edgebook.lab.kube.usage import container_usage, node_usage
from edgebook.lab.kube.watches import Item

GROUP = "metrics.k8s.io"
WINDOW = {"nodes": "20.046s", "pods": "16.342s"}


def _node(node: Tree, now: str) -> Tree:
    return {**_head(node, "NodeMetrics", now, WINDOW["nodes"]), "usage": _usage(*node_usage(node))}


def _pod(pod: Tree, now: str) -> Tree:
    containers = dig(pod, "spec.containers", [])
    found = [{"name": item["name"], "usage": _usage(*container_usage(pod, item))} for item in containers]
    return {**_head(pod, "PodMetrics", now, WINDOW["pods"]), "containers": found}


def _usage(cpu_nanos: int, memory_kib: int) -> Tree:
    return {"cpu": f"{cpu_nanos}n", "memory": f"{memory_kib}Ki"}


def _head(obj: Tree, kind: str, now: str, window: str) -> Tree:
    meta: Tree = {"name": name_of(obj), "creationTimestamp": now, "labels": labels_of(obj)}
    if namespace_of(obj):
        meta["namespace"] = namespace_of(obj)
    return {"kind": kind, "apiVersion": f"{GROUP}/v1beta1", "metadata": meta, "timestamp": now, "window": window}


def _measured(call: Call) -> list[Tree]:
    what, now = scope(call), stamp(call.api.now())
    about = call.api.store.registry.named(call.target.kind.plural)
    found = [item.obj for item in call.api.store.items(call.api.store.scope(about, call.target.namespace))]
    ready = [obj for obj in found if condition(obj, "Ready").get("status") == "True"]
    make = _node if about.resource == "nodes" else _pod
    made = [make(obj, now) for obj in ready]
    return [obj for obj in made if what.test is None or what.test(obj)]


async def get(call: Call) -> web.StreamResponse:
    """Answer with what one node or pod uses."""
    found = next((item for item in _measured(call) if name_of(item) == call.target.name), None)
    if found is None:
        raise not_found(call.target.kind, call.target.name)
    return output.object_response(call, found)


async def list_(call: Call) -> web.StreamResponse:
    """Answer with what all of them use."""
    return output.list_response(call, [Item(obj) for obj in _measured(call)], {})
