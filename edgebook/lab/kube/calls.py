"""One request, understood: what the server is, who asks, and which verb on which object.

Not HTTP: reading bodies apart, nothing here knows how an answer is written.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import yaml
from aiohttp import web

from edgebook.lab.kube.auth import Tokens, User
from edgebook.lab.kube.errors import bad_request, no_such_path, unsupported_media_type
from edgebook.lab.kube.kinds import Kind, Registry
from edgebook.lab.kube.store import Store

Logs = Callable[[str, str, str], str]
JSON, YAML = "application/json", "application/yaml"
TRUE = ("true", "1")
MANAGER_LIMIT = 128
OF_NAMESPACES = ("status", "finalize")
VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass
class Api:
    """What every handler needs of the server that runs it."""

    store: Store
    version: str
    healthy: Callable[[], bool]
    now: Callable[[], datetime]
    tokens: Tokens
    logs: Logs
    public: Mapping[str, Callable[[], bytes]]
    address: str = ""
    closers: set[Callable[[], None]] = field(default_factory=set)
    """What ends the watches that are open."""


@dataclass(frozen=True)
class Target:
    """Which verb on what, as the API server's RequestInfo has it."""

    verb: str
    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True)
class Call:
    """One request on its way through a handler."""

    api: Api
    request: web.Request
    user: User
    target: Target

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be stored."""
        wanted = self.request.query.getall("dryRun", [])
        if any(item not in ("", "All") for item in wanted):
            raise bad_request(f'dryRun: Unsupported value: "{wanted[0]}": supported values: "All"')
        return "All" in wanted

    @property
    def manager(self) -> str:
        """Who writes: the field manager given, or the client program's name."""
        agent = self.request.headers.get("User-Agent", "unknown").partition("/")[0]
        return self.request.query.get("fieldManager", agent)[:MANAGER_LIMIT]

    def flag(self, name: str) -> bool:
        """Whether a query parameter says yes."""
        return self.request.query.get(name, "") in TRUE

    async def body(self) -> Any:
        """Read the body as the content type says.

        Raises:
            ApiError: 400 for what is no JSON or YAML, 415 for another content type.
        """
        content_type = self.request.content_type
        raw = await self.request.read()
        if content_type not in (JSON, YAML, "application/octet-stream") and not content_type.endswith(
            ("+json", "+yaml")
        ):
            raise unsupported_media_type((JSON, YAML, "application/vnd.kubernetes.protobuf"))
        return parsed(raw, is_yaml=content_type.endswith("yaml"))

    async def tree(self) -> dict[str, Any]:
        """Read the body as an object of the target's kind.

        Raises:
            ApiError: 400 when it is another kind, or none.
        """
        body = await self.body()
        if not isinstance(body, dict):
            raise bad_request("the object provided is unrecognized (must be of type object)")
        self.check_kind(body)
        return body

    def check_kind(self, body: Mapping[str, Any]) -> None:
        """Refuse an object that says it is of another kind or version than the path."""
        kind = self.target.kind
        expected = kind.subresource(self.target.subresource)
        name = (expected.kind if expected else "") or kind.kind
        if body.get("kind", name) != name:
            raise bad_request(f"{body['kind']} in version {body.get('apiVersion', '')!r} cannot be handled as a {name}")
        version = body.get("apiVersion", kind.api_version)
        if not (expected and expected.kind) and version != kind.api_version:
            told, wanted = f"the API version in the data ({version})", f"the expected API version ({kind.api_version})"
            raise bad_request(f"{told} does not match {wanted}")


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


def parsed(raw: bytes, *, is_yaml: bool = False) -> Any:
    """Read JSON, or YAML where that is said; nothing at all reads as an empty object."""
    if not raw.strip():
        return {}
    try:
        return yaml.safe_load(raw) if is_yaml else json.loads(raw)
    except (ValueError, yaml.YAMLError) as exc:
        raise bad_request(f"couldn't get version/kind; json parse error: {exc}") from exc


def resolve(method: str, path: str, query: Mapping[str, str], registry: Registry) -> Target:
    """Find out which verb on which object a path below `/api` or `/apis` means.

    Raises:
        ApiError: 404 when nothing is served there.
    """
    parts = [part for part in path.split("/") if part]
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in OF_NAMESPACES:  # noqa: PLR2004 - namespaces/NAME/...
        namespace, rest = rest[1], rest[2:]
    kind = registry.at(group, version, rest[0])
    if kind is None or (namespace and not kind.namespaced):
        raise no_such_path()
    name, subresource = [*rest[1:], "", ""][:2]
    if subresource and kind.subresource(subresource) is None:
        raise no_such_path()
    return Target(_verb(method, name, query), kind, namespace, name, subresource)


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    verb = VERBS.get(method, method.lower())
    if verb == "get" and query.get("watch", "") in TRUE:
        return "watch"
    if name or verb not in ("get", "delete"):
        return verb
    return {"get": "list", "delete": "deletecollection"}[verb]
