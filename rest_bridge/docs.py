"""The pages the bridge serves by itself: start page, developer settings, interactive documentation, the schema."""

from __future__ import annotations

import asyncio
import re
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from rest_bridge.configuration import StaticPage

SCHEMA_PATH = "/api/v1/schema/"
DOCS_PATH = "/api/v1/docs/"
ASSETS_PATH = "/assets/"

_HTML = "text/html; charset=utf-8"
_SCRIPT = "text/javascript; charset=utf-8"
_STYLE = "text/css; charset=utf-8"
_YAML = "application/yaml"
_JSON = "application/json"
_SVG = "image/svg+xml"

# Scripts, styles and requests of this origin only. Forms are sent by script: without it a password goes nowhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{inline}; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_PAGES = {
    "/": ("index.html", ""),
    "/settings/developer/": ("developer.html", ""),
    # Swagger UI sets styles on its elements.
    DOCS_PATH: ("docs.html", " 'unsafe-inline'"),
}
_ASSETS = {
    "style.css": ("style.css", _STYLE),
    "icon.svg": ("icon.svg", _SVG),
    "status.js": ("status.js", _SCRIPT),
    "session.js": ("session.js", _SCRIPT),
    "developer.js": ("developer.js", _SCRIPT),
    "docs.js": ("docs.js", _SCRIPT),
    "docs.css": ("docs.css", _STYLE),
    "swagger-ui.css": ("swagger/swagger-ui.css", _STYLE),
    "swagger-ui-bundle.js": ("swagger/swagger-ui-bundle.js", _SCRIPT),
    "swagger-ui-licence.txt": ("swagger/LICENSE", "text/plain; charset=utf-8"),
}
_CHOICE = re.compile(r"^\* `([^`]+)`(?:: (.*))?$", re.M)


def static_pages() -> dict[str, StaticPage]:
    """Every page by its path; a path that ends in a slash is served without it too."""
    pages = {path: _page(name, inline) for path, (name, inline) in _PAGES.items()}
    assets = {ASSETS_PATH + path: _asset(name, media) for path, (name, media) in _ASSETS.items()}
    choices = StaticPage(_JSON, _choices, _fresh())
    schema = StaticPage(_YAML, load_openapi(), _fresh())
    return {**pages, **assets, ASSETS_PATH + "choices.json": choices, SCHEMA_PATH: schema}


@cache
def load_openapi() -> bytes:
    """The generated OpenAPI document that is installed with the package `claribi`, as YAML."""
    return (files("claribi") / "openapi.yaml").read_bytes()


def _page(name: str, inline: str) -> StaticPage:
    headers = (
        (b"content-security-policy", _POLICY.format(inline=inline).encode("ascii")),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        *_fresh(),
    )
    return StaticPage(_HTML, _file(name), headers)


def _asset(name: str, media: str) -> StaticPage:
    return StaticPage(media, _file(name), ((b"cache-control", b"public, max-age=3600"),))


def _file(name: str) -> bytes:
    return (files("rest_bridge") / "web" / name).read_bytes()


def _fresh() -> tuple[tuple[bytes, bytes], ...]:
    return ((b"cache-control", b"no-cache"),)


async def _choices() -> bytes:
    """What the developer settings offer; in a thread, since the first call reads the whole document."""
    return await asyncio.to_thread(choices)


@cache
def choices() -> bytes:
    """The scopes and life times of API keys with their meanings, as JSON: `{"scopes": [{"word", "meaning"}], ...}`."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    schemas = yaml.load(load_openapi(), Loader=loader)["components"]["schemas"]  # noqa: S506 - both are safe loaders
    return orjson.dumps({"scopes": _meanings(schemas["Scope"]), "expiries": _meanings(schemas["Expiry"])})


def _meanings(schema: dict[str, Any]) -> list[dict[str, str]]:
    meanings = dict(_CHOICE.findall(schema["description"]))
    return [{"word": word, "meaning": meanings.get(word, "")} for word in schema["enum"]]
