"""The ASGI application: from a request line to the operation that answers it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import cast
from urllib.parse import quote

from google.rpc import code_pb2, status_pb2

from rest_bridge.binding import bindings_of
from rest_bridge.channel import CallFailed, Channel, MethodInfo
from rest_bridge.configuration import Product, StaticPage
from rest_bridge.errors import METHOD_NOT_ALLOWED, NOT_FOUND, UNSUPPORTED_MEDIA_TYPE, Refusal
from rest_bridge.headers import (
    CLIENT_ADDRESS,
    REQUEST_ID,
    HeaderReader,
    RawHeaders,
    RequestHeaders,
    kept_or_new_request_id,
)
from rest_bridge.limits import Disconnected, Receive, Scope, Send, TrackedBody, malformed
from rest_bridge.media import media_type
from rest_bridge.operation import Operation
from rest_bridge.policy import JSON, MethodPolicy, StatusRule
from rest_bridge.refuse import Refuser
from rest_bridge.request import Intake
from rest_bridge.response import Exchange, PublicRate
from rest_bridge.router import Match, PathError, Route, Router

__all__ = ["Bridge", "MethodPolicy", "Product", "StaticPage", "StatusRule"]

log = logging.getLogger(__name__)

NO_CONTENT = 204
_PAGE_METHODS = ("GET", "HEAD", "OPTIONS")


class _Visit:
    """What is known of a request so far; the refusal of a known method goes to that method."""

    __slots__ = ("exchange", "headers", "method", "path", "peer", "query", "receive", "scheme", "target")

    def __init__(self, scope: Scope, receive: Receive, *, exchange: Exchange) -> None:
        client = scope.get("client")
        self.peer: str = client[0] if client else ""
        self.method: str = scope["method"]
        self.scheme: str = scope.get("scheme", "http")
        self.query: bytes = scope.get("query_string", b"")
        self.path = ""
        self.receive = receive
        self.exchange = exchange
        self.headers = RequestHeaders()
        self.target: MethodInfo | None = None


class Bridge:
    """Serves the methods that carry `google.api.http` rules. An ASGI application."""

    def __init__(
        self, methods: Iterable[MethodInfo], channel: Channel, product: Product | None = None
    ) -> None:
        """Compile all routes.

        Raises:
            RuleError: a rule does not fit its method.
            DuplicateRoute: two rules answer the same requests.
        """
        product = product or Product()
        self._product = product
        self._channel = channel
        self._limits = product.limits
        self._rate = PublicRate(product.public_limit, product.public_window_seconds)
        self._refuser = Refuser(channel, product, rate=self._rate)
        self._reader = HeaderReader(product.limits, product.trusted_proxies, public_url=product.public_url)
        self._router: Router[Operation] = Router(product.unescape)
        self._extra = list(product.extra_headers)
        for info in methods:
            for binding in bindings_of(info):
                operation = Operation(binding, channel, product=product)
                self._router.add(Route(binding.method, binding.template, operation.consumes, operation))
        self._pages = {path.rstrip("/"): page for path, page in product.static.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection event."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(send, head=scope["method"] == "HEAD", rate=self._rate, extra=self._extra)
        visit = _Visit(scope, receive, exchange=exchange)
        try:
            await self._serve(visit, scope)
        except Refusal as refusal:
            await self._guarded_refuse(visit, refusal)
        except CallFailed as failure:
            await self._fail(visit, failure)
        except Disconnected:
            log.debug("client left", extra={"request_id": exchange.request_id})
        except Exception:
            await self._crash(visit)

    async def _serve(self, visit: _Visit, scope: Scope) -> None:
        self._read_headers(visit, scope["headers"])
        if visit.headers.has_long_body:
            visit.receive = visit.exchange.body = TrackedBody(visit.receive)
        visit.path = self._path(scope)
        page = self._pages.get(visit.path.removesuffix("/"))
        if page is not None:
            await self._page(visit, page)
            return
        match = self._match(visit)
        if match is None:
            await self._no_method(visit)
            return
        operation = self._choose(visit, match)
        visit.target = operation.info
        path = match.bind(operation.variables) if operation.variables else []
        await operation.serve(Intake(visit.headers, path, visit.query, visit.receive), visit.exchange)

    def _read_headers(self, visit: _Visit, raw: RawHeaders) -> None:
        try:
            visit.headers = self._reader.read(raw, visit.peer, scheme=visit.scheme)
            visit.exchange.request_id = visit.headers.request_id
        except Refusal:
            incoming = next((value for name, value in raw if name == b"x-request-id"), None)
            request_id = kept_or_new_request_id(incoming)
            visit.exchange.request_id = request_id
            visit.headers.metadata = [(REQUEST_ID, request_id), (CLIENT_ADDRESS, visit.peer)]
            raise

    def _path(self, scope: Scope) -> str:
        raw = scope.get("raw_path") or quote(scope["path"]).encode("ascii")
        raw = cast(bytes, raw).partition(b"?")[0]
        if len(raw) + len(scope.get("query_string", b"")) > self._limits.url_bytes:
            raise malformed(f"The URL is longer than {self._limits.url_bytes} bytes.")
        try:
            return raw.decode("ascii")
        except UnicodeDecodeError:
            raise malformed("The path has bytes outside ASCII; percent-encode them.") from None

    def _match(self, visit: _Visit) -> Match[Operation] | None:
        try:
            match = self._router.find(visit.method, visit.path)
            if match is None and visit.method == "HEAD":
                match = self._router.find("GET", visit.path)
        except PathError as error:
            raise malformed(str(error)) from None
        return match

    def _choose(self, visit: _Visit, match: Match[Operation]) -> Operation:
        """The operation whose media type the request has, where several share a route."""
        routes = match.routes
        if len(routes) == 1:
            return routes[0].value
        media = media_type(visit.headers.content_type)
        for route in routes:
            if route.consumes == (media.name or JSON) or (media.is_json and route.consumes == JSON):
                return route.value
        if not media.name:
            return routes[0].value
        visit.target = routes[0].value.info
        accepted = " or ".join(route.consumes for route in routes)
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, f"Send the request body as {accepted}.")

    async def _no_method(self, visit: _Visit) -> None:
        allowed = self._router.allowed(visit.path)
        if not allowed:
            raise Refusal(NOT_FOUND, "There is no such route.")
        await self._options_or_refuse(visit, allowed)

    async def _options_or_refuse(self, visit: _Visit, allowed: Iterable[str]) -> None:
        if visit.method != "OPTIONS":
            verbs = tuple(allowed)
            raise Refusal(METHOD_NOT_ALLOWED, f"Allowed here: {', '.join(verbs)}.", allow=verbs)
        metadata = await self._refuser.admit(visit.headers.metadata)
        allow = ", ".join(allowed).encode("ascii")
        await visit.exchange.empty(NO_CONTENT, [(b"allow", allow)], metadata=metadata)

    async def _page(self, visit: _Visit, page: StaticPage) -> None:
        if visit.method not in ("GET", "HEAD"):
            await self._options_or_refuse(visit, _PAGE_METHODS)
            return
        metadata = await self._refuser.admit(visit.headers.metadata)
        body = page.body if isinstance(page.body, bytes) else await page.body()
        headers = [(b"content-type", page.content_type.encode("ascii")), *page.headers]
        await visit.exchange.whole(200, headers, body=body, metadata=metadata)

    async def _guarded_refuse(self, visit: _Visit, refusal: Refusal) -> None:
        try:
            await self._refuser.refuse(
                visit.exchange, refusal, method=visit.target, metadata=visit.headers.metadata
            )
        except Exception:
            await self._crash(visit)

    async def _fail(self, visit: _Visit, failure: CallFailed) -> None:
        if visit.exchange.started:
            # Raw bytes have no room for an error: ending without a last chunk tells the client.
            log.warning("stream broke off: %s", failure, extra={"request_id": visit.exchange.request_id})
            return
        answer = self._product.errors.answer(failure.status)
        if answer.http >= 500:
            log.warning("call failed: %s", failure, extra={"request_id": visit.exchange.request_id})
        await visit.exchange.failed(answer, failure.metadata)

    async def _crash(self, visit: _Visit) -> None:
        log.exception("request failed", extra={"request_id": visit.exchange.request_id})
        if not visit.exchange.started:
            answer = self._product.errors.answer(status_pb2.Status(code=code_pb2.INTERNAL))
            await visit.exchange.failed(answer, {})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                await self._channel.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
