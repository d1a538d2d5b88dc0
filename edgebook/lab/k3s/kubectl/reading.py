"""kubectl's reading commands: get, describe, version, top-level raw paths.

Not the writing ones.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from edgebook.lab.hosts.call import Call
from edgebook.lab.k3s.kubectl.jsonpath import TemplateError, render
from edgebook.lab.k3s.kubectl.words import UsageError, Words
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.health import report
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.registry import UnknownKind
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.tables import text_table

Object = dict[str, Any]

HEALTH = ("readyz", "livez", "healthz")
GIT_PARTS = 2


def get(call: Call, process: ServerProcess, words: Words) -> int:
    """Answer `kubectl get`."""
    if "raw" in words.flags:
        return raw(call, process, words.flags["raw"])
    if not words.arguments:
        raise UsageError(
            'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list.'
        )
    store = process.cluster.store
    found: list[tuple[Kind, list[Object]]] = []
    single = False
    for name, names in wanted(words.arguments):
        kind = named(store, name)
        single = len(names) == 1
        found.append((kind, _objects(store, kind, names, words)))
    return _show(call, store, found, words, single=single and len(found) == 1)


def named(store: Store, name: str) -> Kind:
    """Return a kind; raise `ApiError` as kubectl tells it."""
    try:
        return store.registry.named(name)
    except UnknownKind as exc:
        raise UsageError(f'the server doesn\'t have a resource type "{name}"') from exc


def wanted(arguments: list[str]) -> list[tuple[str, list[str]]]:
    """Read `nodes`, `nodes,pods`, `node s1 s2` and `node/s1`."""
    if "/" in arguments[0]:
        pairs = [argument.partition("/") for argument in arguments]
        return [(kind, [name]) for kind, _, name in pairs]
    kinds, names = arguments[0].split(","), arguments[1:]
    return [(kind, names) for kind in kinds]


def _objects(store: Store, kind: Kind, names: list[str], words: Words) -> list[Object]:
    if names:
        return [store.get(kind, name, words.namespace) for name in names]
    namespace = "" if words.on("all-namespaces") or not kind.namespaced else words.namespace
    labels, fields = words.flags.get("selector", ""), words.flags.get("field-selector", "")
    return store.list(kind, namespace, labels, fields)


def _show(call: Call, store: Store, found: list[tuple[Kind, list[Object]]], words: Words, *, single: bool) -> int:
    output, objects = words.output, [item for _, items in found for item in items]
    if output in {"", "wide"}:
        return _table(call, store, found, words)
    if output == "name":
        for kind, items in found:
            call.out("".join(f"{_prefix(kind)}/{item['metadata']['name']}\n" for item in items))
        return 0
    tree: Any = objects[0] if single and objects else _listed(objects)
    if output == "json":
        call.out(json.dumps(tree, indent=4) + "\n")
    elif output == "yaml":
        call.out(yaml.safe_dump(tree, sort_keys=True, default_flow_style=False))
    elif output.startswith("jsonpath="):
        call.out(_template(output.partition("=")[2], tree))
    else:
        raise UsageError(f'unable to match a printer suitable for the output format "{output}"')
    return 0


def _prefix(kind: Kind) -> str:
    group = kind.group
    return f"{kind.singular}.{group}" if group else kind.singular


def _template(template: str, tree: Any) -> str:
    try:
        return render(template, tree)
    except TemplateError as exc:
        raise UsageError(f"error parsing jsonpath {template}, {exc}") from exc


def _listed(objects: list[Object]) -> Object:
    return {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}}


def _table(call: Call, store: Store, found: list[tuple[Kind, list[Object]]], words: Words) -> int:
    shown = [(kind, items) for kind, items in found if items]
    if not shown:
        namespaced = found[0][0].namespaced and not words.on("all-namespaces")
        call.err(f"No resources found in {words.namespace} namespace.\n" if namespaced else "No resources found\n")
        return 0
    for number, (kind, items) in enumerate(shown):
        namespaces = words.on("all-namespaces") and kind.namespaced
        text = text_table(store, kind, items, wide=words.output == "wide", namespaces=namespaces)
        call.out("\n" if number else "")
        call.out(text.split("\n", 1)[1] if words.on("no-headers") else text)
    return 0


def raw(call: Call, process: ServerProcess, path: str) -> int:
    """Answer `kubectl get --raw`."""
    bare, _, query = path.partition("?")
    name = bare.strip("/")
    if name in HEALTH:
        _, text = report(name, process.healthy(), verbose="verbose" in query)
        call.out(text)
        return 0
    if name == "version":
        call.out(json.dumps(version_of(process.version), indent=2))
        return 0
    store, words = process.cluster.store, bare.strip("/").split("/")
    objects = _raw_objects(store, words)
    if objects is None:
        raise ApiError(404, "NotFound", "the server could not find the requested resource")
    call.out(json.dumps(objects))
    return 0


def _raw_objects(store: Store, words: list[str]) -> Object | None:
    words = words[2:] if words[:1] == ["api"] else words[3:]
    namespace = ""
    if words[:1] == ["namespaces"] and len(words) > GIT_PARTS:
        namespace, words = words[1], words[2:]
    if not words:
        return None
    try:
        kind = store.registry.named(words[0])
    except UnknownKind:
        return None
    if len(words) > 1:
        return store.get(kind, words[1], namespace)
    return {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "items": store.list(kind, namespace)}


def version_of(version: str) -> Object:
    """Return what /version says."""
    major, minor = version.removeprefix("v").split(".")[:2]
    return {"major": major, "minor": minor, "gitVersion": version, "platform": "linux/amd64"}


def version(call: Call, process: ServerProcess, words: Words) -> int:
    """Answer `kubectl version`."""
    client = call.built[0] if call.built else process.version
    if words.output == "json":
        call.out(
            json.dumps({"clientVersion": version_of(client), "serverVersion": version_of(process.version)}, indent=2)
        )
        call.out("\n")
        return 0
    call.out(f"Client Version: {client}\nKustomize Version: v5.4.2\nServer Version: {process.version}\n")
    return 0


def describe(call: Call, process: ServerProcess, words: Words) -> int:
    """Answer `kubectl describe node NAME`, in its main parts."""
    store = process.cluster.store
    for name, names in wanted(words.arguments):
        kind = named(store, name)
        for item in _objects(store, kind, names, words):
            call.out(_described(item))
    return 0


def _described(item: Object) -> str:
    metadata, status = item["metadata"], item.get("status", {})
    lines = [f"Name:               {metadata['name']}"]
    lines += _pairs("Labels:             ", metadata.get("labels", {}), "=")
    lines += _pairs("Annotations:        ", metadata.get("annotations", {}), ": ")
    lines += [f"CreationTimestamp:  {metadata.get('creationTimestamp', '')}"]
    taints = item.get("spec", {}).get("taints", [])
    shown = [
        f"{taint['key']}{'=' + taint['value'] if taint.get('value') else ''}:{taint['effect']}" for taint in taints
    ]
    lines += [f"Taints:             {shown[0] if shown else '<none>'}", *(f"{'':20}{text}" for text in shown[1:])]
    lines += [f"Unschedulable:      {str(item.get('spec', {}).get('unschedulable', False)).lower()}", "Conditions:"]
    for found in status.get("conditions", []):
        lines += [
            f"  {found['type']:<16} {found['status']:<8} {found.get('reason', ''):<28} {found.get('message', '')}"
        ]
    lines += ["Addresses:", *(f"  {found['type']}:  {found['address']}" for found in status.get("addresses", []))]
    return "\n".join(lines) + "\n"


def _pairs(head: str, values: dict[str, str], between: str) -> list[str]:
    shown = [f"{key}{between}{value}" for key, value in sorted(values.items())] or ["<none>"]
    return [head + shown[0], *(f"{'':20}{text}" for text in shown[1:])]
