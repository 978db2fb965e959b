"""The list envelope: count, next, previous, results."""

from typing import Any
from urllib.parse import urlencode

from google.api import annotations_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from server.call import Call
from server.methods import enum_word
from server.options import option
from server.stores.query import Page, page_of, page_size_of


def envelope(call: Call, request: Message, page: Page, results: list[Any]) -> Any:
    """The list response of a method: its rows and absolute links to the pages beside this one."""
    number, size = page_of(request), page_size_of(request)
    response = call.method.response_class(count=page.count, results=results)
    if number * size < page.count:
        response.next = _link(call, request, number + 1)  # type: ignore[attr-defined]
    if number > 1:
        response.previous = _link(call, request, number - 1)  # type: ignore[attr-defined]
    return response


def _link(call: Call, request: Message, number: int) -> str:
    pairs = [
        (field.name, _text(field, value)) for field, value in request.ListFields() if field.name != "page"
    ]
    query = urlencode([*pairs, ("page", str(number))])
    route = option(call.method.descriptor.GetOptions(), annotations_pb2.http).get
    return f"{call.base_url}{route}/?{query}"


def _text(field: FieldDescriptor, value: Any) -> str:
    if field.enum_type is not None:
        return enum_word(field.enum_type.values_by_number[value])
    return str(value)
