"""The pages on a loopback port with a small stand-in for the API behind them, and a script that acts as the visitor."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from rest_bridge.configuration import StaticPage
from rest_bridge.docs import static_pages

VISITOR = Path(__file__).parent / "visitor.js"
SECRET = "claribi_key_7Qm4T0bX9rWc2LhVn5Yd8KsE1jUa3ZpQ"
KEYS = "/api/developer/api-keys"

Answer = tuple[int, Any]


def api_key(number: int, **changes: Any) -> dict[str, Any]:
    key = {
        "id": f"0197a5c2-7d3e-7c41-9b52-3f6a8e1d0c{number:02d}",
        "name": "Nightly export",
        "description": "Copies finished reports into the archive.",
        "prefix": "claribi_key_7Qm4",
        "scopes": ["reports:read", "reports:generate"],
        "expiry": "90d",
        "created_at": "2026-09-01T08:00:00Z",
        "expires_at": "2999-11-30T08:00:00Z",
        "last_used_at": "2026-11-22T03:00:00Z",
        "usage_count": 1284,
        "revoked_at": None,
    }
    return key | changes


def failure(status: int, code: str, message: str, details: dict[str, Any] | None = None) -> Answer:
    return status, {"error": {"message": message, "code": code, "details": details or {}}}


class Api:
    """What the pages ask of the API. The access token of a sign-in has run out, so that a refresh must follow."""

    def __init__(self, health: str = "healthy") -> None:
        self.health = health
        self.asked: list[str] = []
        self.keys = [
            api_key(1),
            api_key(
                2,
                name="<b>Panel</b>",
                description="",
                scopes=["usage:read"],
                expires_at=None,
                last_used_at=None,
            ),
            api_key(3, name="Old laptop", scopes=["goals:read"], revoked_at="2026-10-01T00:00:00Z"),
        ]

    def answer(self, method: str, path: str, body: Any, authorization: str) -> Answer:
        self.asked.append(f"{method} {path}")
        if path == "/api/monitoring/health":
            status = 503 if self.health == "critical" else 200
            return status, {"overall_status": self.health, "version": "1.0.0"}
        if path == "/api/auth/login":
            return self._login(body)
        if path == "/api/auth/token/refresh":
            return 200, {"access": "fresh"}
        if authorization != "Bearer fresh":
            return failure(401, "authentication_required", "The access token has run out.")
        return self._signed_in(method, path, body)

    def _login(self, body: Any) -> Answer:
        if body["password"] != "right":
            return failure(401, "authentication_required", "Email or password is wrong.")
        return 200, {"access": "stale", "refresh": "refresh", "user": {}}

    def _signed_in(self, method: str, path: str, body: Any) -> Answer:
        if path == "/api/auth/status":
            user = {"email": "ana@example.com", "role": "analyst"}
            return 200, {"user": user, "organization": {"name": "Northwind"}}
        if path == KEYS and method == "GET":
            return 200, {"count": len(self.keys), "next": None, "previous": None, "results": self.keys}
        if path == KEYS:
            return self._create(body)
        if path.endswith("/rotate"):
            return 200, self.keys[0] | {"key": SECRET[::-1]}
        if method == "DELETE":
            self.keys = [key for key in self.keys if not path.endswith(key["id"])]
            return 204, None
        return failure(404, "not_found", "There is no such route.")

    def _create(self, body: Any) -> Answer:
        missing = [field for field in ("name", "scopes") if not body[field]]
        if missing:
            details = {field: ["This field is required."] for field in missing}
            return failure(400, "validation_error", "Invalid request parameters", details)
        made = api_key(4, name=body["name"], scopes=body["scopes"], last_used_at=None)
        self.keys = [made, *self.keys]
        return 201, made | {"key": SECRET}


class _Handler(BaseHTTPRequestHandler):
    api: Api
    pages: dict[str, StaticPage]

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        path = self.path.partition("?")[0].rstrip("/")
        page = self.pages.get(path)
        if path == "/visitor.js":
            self._send(200, VISITOR.read_bytes(), "text/javascript")
        elif page is not None:
            self._page(page)
        else:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, value = self.api.answer(self.command, path, body, self.headers.get("authorization", ""))
            self._send(status, b"" if value is None else json.dumps(value).encode(), "application/json")

    do_GET = do_POST = do_DELETE = _serve

    def _page(self, page: StaticPage) -> None:
        body = page.body if isinstance(page.body, bytes) else asyncio.run(page.body())
        if "visit=" in self.path:  # of this origin, so the page's own policy lets it in
            body = body.replace(b"</body>", b'<script type="module" src="/visitor.js"></script></body>')
        self._send(200, body, page.content_type, page.headers)

    def _send(
        self, status: int, body: bytes, media: str, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", media)
        for name, value in headers:
            self.send_header(name.decode(), value.decode())
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def site(api: Api) -> Iterator[str]:
    """The origin of a running site."""
    pages = {path.rstrip("/"): page for path, page in static_pages().items()}
    handler = type("Handler", (_Handler,), {"api": api, "pages": pages})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
