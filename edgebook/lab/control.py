"""The control port of a running practice site: status, reset, break, heal, down.

Not for the package's runbooks: only the `edgebook lab` command and tests give these orders.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from edgebook.errors import EdgebookError
from edgebook.lab.serve import Lab

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Body = dict[str, Any]
SHUTDOWN_S = 0.2


class Control:
    """An HTTP server on 127.0.0.1 that wants the bearer token. `stopped` is set by the order `down`."""

    def __init__(self, lab: Lab, token: str) -> None:
        self._lab = lab
        self._token = token
        self._one_at_a_time = asyncio.Lock()
        self.stopped = asyncio.Event()
        self.url = ""
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/status", self._status),
                web.post("/reset", self._reset),
                web.post("/break", self._break),
                web.post("/heal", self._heal),
                web.post("/down", self._down),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)

    async def start(self) -> None:
        """Open the port."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Close the port."""
        await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who knows the token; turn refusals into an answer with their words."""
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return web.json_response({"error": "the token is missing or wrong"}, status=401)
        async with self._one_at_a_time:
            try:
                return await handler(request)
            except EdgebookError as exc:
                return web.json_response({"error": exc.message, "hint": exc.hint}, status=400)

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response(self._lab.describe())

    async def _reset(self, _request: web.Request) -> web.Response:
        await self._lab.reset()
        return web.json_response(self._lab.describe())

    async def _break(self, request: web.Request) -> web.Response:
        order: Body = await request.json()
        host = self._lab.break_(order["fault"], order.get("target", ""), order.get("options", {}))
        return web.json_response({**self._lab.describe(), "host": host})

    async def _heal(self, request: web.Request) -> web.Response:
        order: Body = await request.json()
        healed = self._lab.heal(order.get("fault", ""), order.get("target", ""))
        return web.json_response({**self._lab.describe(), "healed": healed})

    async def _down(self, _request: web.Request) -> web.Response:
        self.stopped.set()
        return web.json_response(self._lab.describe())
