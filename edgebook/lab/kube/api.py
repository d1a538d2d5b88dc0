"""The HTTPS server of one control plane: TLS, who is asking, and the way to a handler and back.

Not the handlers, and no state: several servers may stand before one store.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from aiohttp import web

from edgebook.lab.kube import output, routes
from edgebook.lab.kube.auth import Tokens, User, from_certificate
from edgebook.lab.kube.calls import Api, Call, resolve
from edgebook.lab.kube.errors import ApiError, internal, too_large, unauthorized, without_quorum
from edgebook.lab.kube.logs import Logs
from edgebook.lab.kube.logs import none as no_logs
from edgebook.lab.kube.pki import Issued, Pki
from edgebook.lab.kube.store import Store

NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME: a client's dates are ours to judge, with a 401 as the real API has."""

BODY_LIMIT_BYTES = 3 * 1024 * 1024
STOP_S = 0.5
HEAD_S, IDLE_S = 32.0, 90.0
"""How long the API server waits for a request's head, and for the next request (secure_serving.go, 1.31)."""

TEXTS = ("log",)
"""What is below an object and is answered with text, whatever a client accepts."""

HEAD_BYTES = 1024 * 1024
"""How long a line of a request's head may be, as Go's server has it."""

IN_CLUSTER = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
ALWAYS_SANS = ("127.0.0.1", "::1", "localhost", "10.43.0.1", *IN_CLUSTER)

QUOTED = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": " "})
"""What a quoted string of a header writes otherwise."""

logger = logging.getLogger(__name__)


class KubeServer:
    """Serves a store as a Kubernetes API.

    Args:
        store: what is served; several servers may share it.
        pki: whose certificates the server shows and trusts.
        version: such as `v1.31.9+k3s1`.
        healthy: whether the datastore has a leader; while not, requests for objects end as they do without etcd.
        clock_now: the time.
        sans: more names and addresses for the server's certificate.
        public: paths that need no credentials, as K3s's `/ping` and `/cacerts`.
        tokens: bearer tokens and whose they are.
        logs: what the kubelets know of what containers have printed.
    """

    def __init__(
        self,
        store: Store,
        pki: Pki,
        version: str,
        healthy: Callable[[], bool],
        clock_now: Callable[[], datetime],
        *,
        sans: Iterable[str] = (),
        public: Mapping[str, Callable[[], bytes]] | None = None,
        tokens: Mapping[str, User] | None = None,
        logs: Logs = no_logs,
    ) -> None:
        self._api = Api(store, version, healthy, clock_now, Tokens(pki, tokens or {}), logs, public or {})
        self._pki = pki
        self._sans = tuple(sans)
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._silent: set[web.RequestHandler] = set()
        """The connections over which no request has come yet."""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen, and return the port."""
        app = web.Application(client_max_size=BODY_LIMIT_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=STOP_S, keepalive_timeout=IDLE_S,
            max_line_size=HEAD_BYTES, max_field_size=HEAD_BYTES,
        )  # fmt: skip
        await runner.setup()
        context = _tls(self._pki, self._pki.issue_server((*ALWAYS_SANS, *self._sans)))
        self._runner = runner
        self._listener = await asyncio.get_running_loop().create_server(self._accept, host, port, ssl=context)
        bound: int = self._listener.sockets[0].getsockname()[1]
        self._api.address = f"{host}:{bound}"
        return bound

    def _accept(self) -> web.RequestHandler:
        """Take a connection; who sends no whole head of a request in time is left."""
        server = self._runner.server if self._runner else None
        assert server is not None  # noqa: S101 - nothing listens before or after
        protocol: web.RequestHandler = server()
        self._silent.add(protocol)
        asyncio.get_running_loop().call_later(HEAD_S, self._leave, protocol)
        return protocol

    def _leave(self, protocol: web.RequestHandler) -> None:
        if protocol in self._silent and protocol.transport is not None:
            protocol.transport.abort()
        self._silent.discard(protocol)

    async def stop(self) -> None:
        """Stop listening and end open watches; safe twice."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self._listener is not None:
            self._listener.close()
        for close in tuple(self._api.closers):
            close()
        open_connections = [] if runner.server is None else [item.transport for item in runner.server.connections]
        await runner.cleanup()
        # A closed TLS connection waits for the client's goodbye, and an idle client never says it: a server
        # whose process ends does not wait either.
        for transport in open_connections:
            # AttributeError: Python 3.11.2, Debian 12's own, cannot abort a TLS transport that has closed meanwhile.
            if transport is not None:
                with contextlib.suppress(AttributeError):
                    transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self._silent.discard(request.protocol)
        try:
            return await self._route(request)
        except ApiError as exc:
            return output.error_response(exc)
        except web.HTTPRequestEntityTooLarge:
            return output.error_response(too_large(f"limit is {BODY_LIMIT_BYTES}"))
        except ConnectionError:
            raise
        except Exception as exc:
            # The client of a real API server gets a 500 and the server lives on; so here, with the trace in the log.
            logger.exception("%s %s", request.method, request.path)
            return output.error_response(internal(str(exc)))

    async def _route(self, request: web.Request) -> web.StreamResponse:
        api = self._api
        if request.path in api.public:
            return web.Response(body=api.public[request.path]())
        user = self._user(request)
        page = routes.page(request.path)
        if page is not None:
            routes.check_method(request.method, request.path)
            return page(api, request)
        if not routes.is_objects(request.path, api.store.registry):
            return routes.missing()
        target = resolve(request.method, request.path, request.query, api.store.registry)
        handle = routes.handler(target)
        if not api.healthy():
            raise without_quorum()
        if target.subresource not in TEXTS:
            output.form(request)  # refuses a form nobody writes before anything is written
        call = Call(api, request, user, target)
        response = await handle(call)
        if not response.prepared:
            for words in dict.fromkeys(call.warnings):
                response.headers.add("Warning", f'299 - "{words.translate(QUOTED)}"')
        return response

    def _user(self, request: web.Request) -> User:
        transport = request.transport
        peer = transport.get_extra_info("peercert") if transport else None
        now = self._api.now()
        user = from_certificate(peer, now) or self._api.tokens.user(request.headers.get("Authorization", ""), now)
        if user is None:
            raise unauthorized()
        return user


def _tls(pki: Pki, issued: Issued) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=pki.client_ca_pem)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as chain:
        # `ssl` reads keys from files only; this one is 0600 and gone at the end of the block.
        chain.write(issued.key_pem + issued.cert_pem)
        chain.flush()
        context.load_cert_chain(chain.name)
    return context
