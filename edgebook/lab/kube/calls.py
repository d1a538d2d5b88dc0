"""One request, understood: what the server is, who asks, and which verb on which object.

Not HTTP: nothing here knows how a body is read or an answer is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from edgebook.lab.kube.auth import Tokens, User
from edgebook.lab.kube.errors import (
    Cause,
    bad_request,
    invalid_options,
    invalid_value,
    no_such_path,
    timed_out,
    too_long,
)
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.registry import Registry
from edgebook.lab.kube.store import Store

if TYPE_CHECKING:
    from edgebook.lab.kube.logs import Logs

JSON, YAML = "application/json", "application/yaml"
FALSE = ("false", "0")
OPTIONS = {"create": "CreateOptions", "update": "UpdateOptions", "delete": "DeleteOptions"}
MANAGER_LIMIT = 128
BODY_S = 60.0
"""`--request-timeout` of the API server."""

OF_NAMESPACES = ("status", "finalize")
VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


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
    warnings: list[str] = field(default_factory=list)
    """What the answer's Warning headers will say."""

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be stored."""
        wanted = self.request.query.getall("dryRun", [])
        if any(item not in ("", "All") for item in wanted):
            shown = "[]string{" + ", ".join(f'"{item}"' for item in wanted) + "}"
            words = f'Unsupported value: {shown}: supported values: "All"'
            name = OPTIONS.get(self.target.verb, "PatchOptions")
            raise invalid_options(name, [Cause("dryRun", "FieldValueNotSupported", words)])
        return "All" in wanted

    @property
    def manager(self) -> str:
        """Who writes: the field manager given, or the client program's name."""
        agent = self.request.headers.get("User-Agent", "unknown").partition("/")[0][:MANAGER_LIMIT]
        given = self.request.query.get("fieldManager", "")
        if wrong := list(_manager_mistakes(given)):
            raise invalid_options(OPTIONS.get(self.target.verb, "PatchOptions"), wrong)
        return given or agent

    def flag(self, name: str) -> bool:
        """Whether a query parameter says yes."""
        return is_true(self.request.query, name)

    async def read(self) -> bytes:
        """Read the body, once.

        Raises:
            ApiError: 504 when it does not come within a minute, as the API server's own limit has it.
        """
        try:
            return await asyncio.wait_for(self.request.read(), BODY_S)
        except TimeoutError as exc:
            raise timed_out() from exc

    @property
    def raw(self) -> bytes:
        """The body that was read."""
        read: bytes | None = self.request._read_bytes  # noqa: SLF001 - aiohttp keeps it and has no public name for it
        return read or b""


def _manager_mistakes(manager: str) -> Iterator[Cause]:
    if len(manager.encode()) > MANAGER_LIMIT:
        yield too_long("fieldManager", MANAGER_LIMIT)
    for index, letter in enumerate(manager):
        if not letter.isprintable():
            words = f"invalid character U+{ord(letter):04X} (at position {index})"
            yield invalid_value("fieldManager", manager, words)


def is_true(query: Mapping[str, str], name: str) -> bool:
    """Read a flag of the query: whatever is given says yes, but `0` and `false`."""
    return query.get(name, "0").lower() not in FALSE


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


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
    if words := _name_mistake(name):
        raise bad_request(f'Name parameter invalid: "{name}": {words}')
    return Target(_verb(method, name, query), kind, namespace, name, subresource)


def _name_mistake(name: str) -> str:
    """Say what is wrong with a name as a part of a path."""
    if name in (".", ".."):
        return f"may not be '{name}'"
    return next((f"may not contain '{letter}'" for letter in "/%" if letter in name), "")


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    verb = VERBS.get(method, method.lower())
    if verb == "get" and is_true(query, "watch"):
        return "watch"
    if name or verb not in ("get", "delete"):
        return verb
    return {"get": "list", "delete": "deletecollection"}[verb]
