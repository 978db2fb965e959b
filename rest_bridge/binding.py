"""From a method's `google.api.http` rule to its routes, with the rule checked at start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from google.api import annotations_pb2, http_pb2

from rest_bridge.channel import MethodInfo
from rest_bridge.codec import RuleError
from rest_bridge.policy import MULTIPART
from rest_bridge.template import Template, TemplateError, parse_template

WHOLE = "*"
BODILESS = frozenset({"GET", "HEAD", "DELETE"})


@dataclass(frozen=True, slots=True)
class Binding:
    """One HTTP method and path of a gRPC method; empty `body` or `response_body` as in the rule."""

    info: MethodInfo
    method: str
    template: Template
    body: str
    response_body: str

    @property
    def path_fields(self) -> tuple[str, ...]:
        """The request fields the path binds."""
        return tuple(variable.field_path for variable in self.template.variables)


def http_rule(info: MethodInfo) -> http_pb2.HttpRule | None:
    """The rule a method carries, or None."""
    options = info.descriptor.GetOptions()
    if not options.HasExtension(annotations_pb2.http):
        return None
    rule: http_pb2.HttpRule = options.Extensions[annotations_pb2.http]
    return rule


def bindings_of(info: MethodInfo, rule: http_pb2.HttpRule | None = None) -> list[Binding]:
    """All routes of a method, the first rule first; none when it carries no rule.

    Raises:
        RuleError: the rule is not one this bridge can serve; the text names method and reason.
    """
    rule = rule or http_rule(info)
    if rule is None:
        return []
    return [_binding(info, each) for each in _flat(info, rule)]


def _flat(info: MethodInfo, rule: http_pb2.HttpRule) -> Iterator[http_pb2.HttpRule]:
    yield rule
    for more in rule.additional_bindings:
        if more.additional_bindings:
            raise _refused(info, "additional_bindings inside additional_bindings")
        yield more


def _binding(info: MethodInfo, rule: http_pb2.HttpRule) -> Binding:
    method, path = _pattern(info, rule)
    try:
        template = parse_template(path)
    except TemplateError as error:
        raise _refused(info, str(error)) from error
    if rule.body and method in BODILESS:
        raise _refused(info, f"{method} {path} has a body; {method} requests carry none")
    if info.client_streaming:
        _check_upload(info, template, rule=rule)
    if rule.response_body and rule.response_body not in info.descriptor.output_type.fields_by_name:
        raise _refused(info, f"response_body names {rule.response_body!r}, which the response does not have")
    return Binding(info, method, template, rule.body, rule.response_body)


def _pattern(info: MethodInfo, rule: http_pb2.HttpRule) -> tuple[str, str]:
    kind = rule.WhichOneof("pattern")
    if kind is None:
        raise _refused(info, "the rule has no pattern (get, put, post, delete, patch or custom)")
    if kind == "custom":
        method = rule.custom.kind
        if method != WHOLE and not (method.isascii() and method.isalpha() and method.isupper()):
            raise _refused(info, f"the custom kind {method!r} is not an upper-case HTTP method or '*'")
        return method, rule.custom.path
    return kind.upper(), getattr(rule, kind)


def _check_upload(info: MethodInfo, template: Template, *, rule: http_pb2.HttpRule) -> None:
    if template.variables:
        raise _refused(
            info, "a client stream has many requests, so a path variable has no one message to go to"
        )
    if rule.body != WHOLE:
        raise _refused(info, f"a client stream needs body: '*' (one line per message, or {MULTIPART})")


def _refused(info: MethodInfo, reason: str) -> RuleError:
    return RuleError(f"{info.full_name}: {reason}.")
