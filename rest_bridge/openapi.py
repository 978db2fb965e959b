"""The OpenAPI 3.0 document, made from the protos: descriptors say what is, their comments what it means.

`python -m rest_bridge.openapi FILE` writes it, with `--check` it only says whether FILE is up to date.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version as installed_version
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from google.protobuf.descriptor import MethodDescriptor

from rest_bridge.binding import Binding, bindings_of
from rest_bridge.channel import MethodInfo
from rest_bridge.openapi_answers import HEADERS, SECURITY_SCHEMES, ErrorResponses, envelope_schema
from rest_bridge.openapi_comments import Comments, read_comments
from rest_bridge.openapi_fields import Schema
from rest_bridge.openapi_operations import Operations, StaticRoute, operation_ids, tag_of
from rest_bridge.openapi_parameters import ALWAYS, header_components, header_refs
from rest_bridge.openapi_paths import documented, openapi_path
from rest_bridge.openapi_schemas import Schemas
from rest_bridge.product import product_methods

OPENAPI = "3.0.3"
TITLE = "clariBI API"
NO_COMMENTS = Comments()
DIFF_LINES = 40

STATIC_ROUTES = (
    StaticRoute(
        "/api/v1/schema/", "get_schema", "This document: OpenAPI 3.0 as YAML", "application/yaml", "object"
    ),
    StaticRoute("/api/v1/docs/", "get_docs", "This document as an interactive page", "text/html"),
)
DESCRIPTION = """\
Data sources, reports, dashboards and goals of an organization.

* Paths end in a slash; the same path without it is served too.
* Times are ISO 8601 in UTC. Every field of a resource is always present; what is unset is `null`.
* Every answer carries the three `X-RateLimit-` headers and `X-Request-Id`.
* Every error has one form: `{"error": {"message": ..., "code": ..., "details": {...}}}`.
"""


def build_openapi(
    methods: Iterable[MethodDescriptor],
    *,
    title: str,
    version: str,
    comments: Comments = NO_COMMENTS,
    server_url: str | None = None,
    static_routes: Sequence[StaticRoute] = STATIC_ROUTES,
) -> dict[str, Any]:
    """The document for all methods that carry a `google.api.http` rule, in a stable order.

    Without `server_url` the server is the host the document came from.

    Raises:
        RuleError: a rule cannot be served.
        NameTaken: two messages would share a schema name.
    """
    bindings = [binding for method in methods for binding in bindings_of(MethodInfo.of(method))]
    schemas = Schemas(comments, {binding.info.descriptor.output_type for binding in bindings})
    errors = ErrorResponses(comments)
    operations = Operations(schemas, comments, errors)
    paths = _paths(bindings, operations, static_routes)
    return {
        "openapi": OPENAPI,
        "info": {"title": title, "version": version, "description": DESCRIPTION},
        "servers": [{"url": server_url or "/"}],
        "tags": _tags(bindings, comments, documents=bool(static_routes)),
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "parameters": header_components(),
            "headers": HEADERS,
            "responses": dict(sorted(errors.components.items())),
            "schemas": dict(sorted({**schemas.components, "Error": envelope_schema(comments)}.items())),
        },
    }


def _paths(bindings: list[Binding], operations: Operations, static_routes: Iterable[StaticRoute]) -> Schema:
    paths: dict[str, Schema] = {}
    for binding, operation_id in zip(bindings, operation_ids(bindings), strict=True):
        path = openapi_path(binding.template)
        item = paths.setdefault(documented(path.text), {"parameters": header_refs(ALWAYS)})
        verb = binding.method.lower()
        operation = operations.of(binding, path, operation_id=operation_id)
        item[verb] = _merged(item[verb], operation) if verb in item else operation
    for route in static_routes:
        paths.setdefault(route.path, {"parameters": header_refs(ALWAYS)})["get"] = operations.static(route)
    return paths


def _merged(there: Schema, operation: Schema) -> Schema:
    """Two methods behind one path that are told apart by the media type of the body."""
    content = there["requestBody"]["content"] | operation["requestBody"]["content"]
    return {
        **there,
        "description": f"{there['description']}\n\n{operation['description']}",
        "requestBody": {"required": True, "content": content},
        "responses": dict(sorted((operation["responses"] | there["responses"]).items())),
    }


def _tags(bindings: Iterable[Binding], comments: Comments, *, documents: bool) -> list[Schema]:
    services = {binding.info.descriptor.containing_service for binding in bindings}
    tags = {tag_of(service): comments.of(service) for service in services}
    if documents:
        tags["Documentation"] = "This document."
    return [
        {"name": name, "description": text} if text else {"name": name} for name, text in sorted(tags.items())
    ]


class _Dumper(yaml.SafeDumper):
    """YAML for people: no aliases, and text of several lines as a block."""

    def ignore_aliases(self, data: Any) -> bool:
        """Repeat instead of pointing."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def openapi_yaml(document: dict[str, Any]) -> bytes:
    """A document as YAML in UTF-8; the same document gives the same bytes."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text.encode()


def product_document(proto_root: Path | None = None) -> dict[str, Any]:
    """The document of this product; with the comments of the protos below `proto_root`, without any when None."""
    methods = (info.descriptor for info in product_methods())
    comments = NO_COMMENTS if proto_root is None else read_comments(proto_root)
    return build_openapi(methods, title=TITLE, version=installed_version("claribi"), comments=comments)


def _stale(path: Path, fresh: bytes) -> str:
    """What differs between a file and the fresh document, cut to its beginning; empty when nothing does."""
    there = path.read_bytes() if path.exists() else b""
    if there == fresh:
        return ""
    before, after = there.decode().splitlines(), fresh.decode().splitlines()
    lines = difflib.unified_diff(before, after, str(path), "from the protos", lineterm="", n=1)
    return "\n".join(islice(lines, DIFF_LINES))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the document; 1 when the file is stale."""
    parser = argparse.ArgumentParser(
        prog="python -m rest_bridge.openapi", description="Write the OpenAPI document."
    )
    parser.add_argument("file", type=Path, help="the YAML file")
    parser.add_argument("--protos", type=Path, default=Path("protos"), help="folder of the protos")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is stale")
    options = parser.parse_args(arguments)
    fresh = openapi_yaml(product_document(options.protos))
    if not options.check:
        options.file.write_bytes(fresh)
        return 0
    difference = _stale(options.file, fresh)
    if difference:
        sys.stderr.write(f"{options.file} is stale; run `make generate` and commit it.\n{difference}\n")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
