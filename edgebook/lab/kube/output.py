"""How an answer is written: JSON, YAML, a Table or metadata only, as the client's Accept header asks.

Not what the answer says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from aiohttp import web

from edgebook.lab.kube.calls import JSON, YAML, Call
from edgebook.lab.kube.errors import ApiError, not_acceptable, not_among_accepted
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.tables import columns, row
from edgebook.lab.kube.trees import Tree
from edgebook.lab.kube.watches import Item

Form = Literal["json", "yaml", "table", "metadata", "discovery"]
OFFERED = (JSON, YAML, "application/vnd.kubernetes.protobuf")
FORMS: dict[str, Form] = {
    "Table": "table",
    "PartialObjectMetadata": "metadata",
    "PartialObjectMetadataList": "metadata",
    "APIGroupDiscoveryList": "discovery",
}
ANYTHING = ("", "*/*", "application/*")


@dataclass(frozen=True)
class Accepted:
    """One content type a client accepts, with its parameters."""

    type: str
    parameters: dict[str, str]


def accepted(header: str) -> Iterator[Accepted]:
    """Read an Accept header, in its order."""
    for part in header.split(","):
        name, *rest = (piece.strip() for piece in part.split(";"))
        pairs = (piece.partition("=") for piece in rest)
        yield Accepted(name, {key: value for key, _, value in pairs})


def form(request: web.Request, possible: Sequence[Form] = ("json", "yaml", "table", "metadata")) -> Form:
    """Choose the first form a client accepts and the server has.

    Raises:
        ApiError: 406 when there is none, as for a client that only takes protobuf.
    """
    known = False
    for item in accepted(request.headers.get("Accept", "")):
        wanted, known = item.parameters.get("as", ""), known or item.type in (JSON, YAML)
        if item.type in (JSON, *ANYTHING) and not wanted:
            return "json"
        if item.type == YAML and not wanted and "yaml" in possible:
            return "yaml"
        if item.type == JSON and FORMS.get(wanted) in possible and _is_served(item):
            return FORMS[wanted]
    raise not_among_accepted(OFFERED) if known else not_acceptable(OFFERED)


def _is_served(item: Accepted) -> bool:
    place = item.parameters.get("g"), item.parameters.get("v")
    return place[0] != "meta.k8s.io" or place[1] in ("v1", "v1beta1")


def dumps(tree: Any) -> bytes:
    """Write JSON without blanks."""
    return json.dumps(tree, separators=(",", ":")).encode()


def tree_response(tree: Any, *, status: int = 200, content_type: str = JSON) -> web.Response:
    """Answer with a JSON document."""
    return web.Response(body=dumps(tree), status=status, headers={"Content-Type": content_type})


def text_response(text: str, *, status: int = 200) -> web.Response:
    """Answer with plain text."""
    return web.Response(text=text, status=status, content_type="text/plain")


def error_response(error: ApiError) -> web.Response:
    """Answer with a Status that says what went wrong."""
    return tree_response(error.status, status=error.code)


def object_response(call: Call, obj: Tree, *, status: int = 200) -> web.Response:
    """Answer with one object, in the form the client wants."""
    wanted = form(call.request)
    if wanted == "table":
        meta = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        return tree_response(table(call, call.target.kind, [obj], meta), status=status)
    if wanted == "metadata":
        return tree_response(metadata_only(obj), status=status)
    if wanted == "yaml":
        text = yaml.safe_dump(obj, sort_keys=False)
        return web.Response(body=text.encode(), status=status, headers={"Content-Type": YAML})
    return tree_response(obj, status=status)


def list_response(call: Call, items: Sequence[Item], meta: Tree) -> web.Response:
    """Answer with a list, in the form the client wants; each object's JSON is written once and kept."""
    kind, wanted = call.target.kind, form(call.request)
    if wanted == "table":
        return tree_response(table(call, kind, [item.shown(kind) for item in items], meta))
    if wanted == "metadata":
        head: Tree = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
        return tree_response({**head, "items": [metadata_only(item.obj) for item in items]})
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": meta}
    if wanted == "yaml":
        text = yaml.safe_dump({**head, "items": [item.shown(kind) for item in items]}, sort_keys=False)
        return web.Response(body=text.encode(), headers={"Content-Type": YAML})
    body = b'%s,"items":[%s]}\n' % (dumps(head)[:-1], b",".join(item.in_list(kind) for item in items))
    return web.Response(body=body, headers={"Content-Type": JSON})


def metadata_only(obj: Tree) -> Tree:
    """Return what is left of an object when only its metadata is wanted."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def table(call: Call, kind: Kind, objects: Sequence[Tree], meta: Tree, *, headed: bool = True) -> Tree:
    """Return a Table of objects; later events of a watch leave out the column definitions."""
    now, carried = call.api.now(), call.request.query.get("includeObject", "Metadata")
    rows = [{"cells": row(kind, obj, now), "object": _carried(obj, carried)} for obj in objects]
    definitions = [column.definition for column in columns(kind)] if headed else None
    head: Tree = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
    return {**head, "columnDefinitions": definitions, "rows": rows}


def _carried(obj: Tree, policy: str) -> Tree | None:
    if policy == "None":
        return None
    return obj if policy == "Object" else metadata_only(obj)
