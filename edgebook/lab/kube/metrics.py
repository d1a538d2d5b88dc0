"""What metrics.k8s.io says: how much processor and memory nodes and pods use now.

Not measured: an idle share of what there is, the same for the same name.
"""

from __future__ import annotations

import hashlib

from aiohttp import web

from edgebook.lab.kube import output
from edgebook.lab.kube.calls import Call
from edgebook.lab.kube.errors import not_found
from edgebook.lab.kube.quantities import amount
from edgebook.lab.kube.reading import scope
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, condition, dig, labels_of, name_of, namespace_of
from edgebook.lab.kube.watches import Item

GROUP = "metrics.k8s.io"
WINDOW = {"nodes": "20.046s", "pods": "16.342s"}
LEAST, MOST = 4, 12
"""An idle node uses so many hundredths of what it has."""

POD_CPU_NANOS, POD_MEMORY_KIB = 2_000_000, 16_384


def _share(name: str) -> int:
    return LEAST + hashlib.sha256(name.encode()).digest()[0] % (MOST - LEAST)


def _node(node: Tree, now: str) -> Tree:
    have, share = dig(node, "status.capacity", {}), _share(name_of(node))
    cores, memory = amount(have.get("cpu", "1")), amount(have.get("memory", "0"))
    usage = {"cpu": f"{int(cores * 10_000_000 * share)}n", "memory": f"{int(memory * share * 4 / 100 / 1024)}Ki"}
    return {**_head(node, "NodeMetrics", now, WINDOW["nodes"]), "usage": usage}


def _pod(pod: Tree, now: str) -> Tree:
    share = _share(name_of(pod))
    usage = {"cpu": f"{POD_CPU_NANOS * share // LEAST}n", "memory": f"{POD_MEMORY_KIB * share // LEAST}Ki"}
    containers = [{"name": item["name"], "usage": usage} for item in dig(pod, "spec.containers", [])]
    return {**_head(pod, "PodMetrics", now, WINDOW["pods"]), "containers": containers}


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
