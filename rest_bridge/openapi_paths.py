"""Path templates as OpenAPI paths."""

from __future__ import annotations

from dataclasses import dataclass

from rest_bridge.template import ANY, REST, Template, Variable

API_ROOT = "/api/"


@dataclass(frozen=True, slots=True)
class OpenApiPath:
    """A path with simple parameters, and for each parameter the request field it belongs to."""

    text: str
    parameters: dict[str, str]


def openapi_path(template: Template) -> OpenApiPath:
    """The path of a template: `/v1/{name=shelves/*/books/*}` becomes `/v1/shelves/{name}/books/{name_1}`.

    A wildcard outside of variables becomes a parameter `segment` that belongs to no field.
    """
    parameters: dict[str, str] = {}
    pieces: list[str] = []
    for position, segment in enumerate(template.segments):
        if segment not in (ANY, REST):
            pieces.append(segment)
            continue
        field_path = _bound_at(template, position)
        name = _fresh(field_path or "segment", parameters)
        parameters[name] = field_path
        pieces.append(f"{{{name}}}")
    text = "/" + "/".join(pieces)
    return OpenApiPath(f"{text}:{template.verb}" if template.verb else text, parameters)


def documented(path: str) -> str:
    """The form of a path that the documentation prints: below /api/ every one ends in a slash."""
    return path + "/" if path.startswith(API_ROOT) and not path.endswith("/") else path


def _bound_at(template: Template, position: int) -> str:
    count = len(template.segments)
    for variable in template.variables:
        if variable.start <= position < _end(variable, count):
            return variable.field_path
    return ""


def _end(variable: Variable, count: int) -> int:
    return variable.end if variable.end >= 0 else variable.end + count + 1


def _fresh(name: str, taken: dict[str, str]) -> str:
    if name not in taken:
        return name
    number = 1
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
