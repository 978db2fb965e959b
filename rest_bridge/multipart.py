"""Uploads: a multipart form becomes a client stream while it arrives.

The request message has `oneof part { <Meta> metadata; <FileStart> file; bytes chunk; }`,
and FileStart a `name` and a `content_type`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlencode

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from rest_bridge.codec import Codec, FieldErrors, RequestReader, RuleError
from rest_bridge.errors import PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, VALIDATION_ERROR, Refusal
from rest_bridge.limits import KIB, HttpLimits

FILE_FIELD = "file"
MOST_CHUNK_BYTES = 256 * KIB
LEAST_CHUNK_BYTES = 64 * KIB
PART_HEADER_BYTES = 4 * KIB
PART_HEADERS = 8
LONGEST_BOUNDARY = 70
LONGEST_FILE_NAME = 255


class UploadReader:
    """Turns the bytes of multipart bodies into the request messages of one method."""

    def __init__(self, request_class: type[Message], codec: Codec, *, limits: HttpLimits) -> None:
        """Compile; raises RuleError when the request message does not follow the convention."""
        descriptor = cast(Descriptor, request_class.DESCRIPTOR)
        meta = _part(descriptor, "metadata", kind=FieldDescriptor.TYPE_MESSAGE)
        start = cast(Descriptor, _part(descriptor, "file", kind=FieldDescriptor.TYPE_MESSAGE).message_type)
        _part(descriptor, "chunk", kind=FieldDescriptor.TYPE_BYTES)
        for name in ("name", "content_type"):
            if name not in start.fields_by_name:
                raise RuleError(f"{start.full_name} needs a string field {name!r} for uploads.")
        self._class = request_class
        self._limits = limits
        meta_class = message_factory.GetMessageClass(cast(Descriptor, meta.message_type))
        self._fields = RequestReader(codec, meta_class, path_fields=(), body=None)

    def messages(self, pieces: AsyncIterator[bytes], boundary: str) -> AsyncIterator[Message]:
        """The request messages of one upload: form fields before the first file go first, later ones after.

        Iterating raises Refusal when the form is malformed, too large, or has unknown fields.

        Raises:
            Refusal: there is no boundary.
        """
        if not 0 < len(boundary) <= LONGEST_BOUNDARY:
            raise Refusal(UNSUPPORTED_MEDIA_TYPE, "The Content-Type multipart/form-data needs a boundary.")
        return self._messages(pieces, _Form(boundary, self._limits))

    async def _messages(self, pieces: AsyncIterator[bytes], form: _Form) -> AsyncIterator[Message]:
        async for piece in pieces:
            form.feed(piece)
            for message in self._ready(form):
                yield message
        form.finish()
        for message in self._ready(form):
            yield message
        if form.fields:
            yield self._metadata(form)

    def _ready(self, form: _Form) -> list[Message]:
        ready: list[Message] = []
        for event in form.take():
            if isinstance(event, bytes):
                ready.append(self._class(chunk=event))
                continue
            if isinstance(event, tuple):
                form.fields.append(event)
                continue
            if form.fields:
                ready.append(self._metadata(form))
            ready.append(self._class(file={"name": event.file_name, "content_type": event.content_type}))
        return ready

    def _metadata(self, form: _Form) -> Message:
        query = urlencode(form.fields)
        form.fields.clear()
        try:
            return self._class(metadata=self._fields.build(path=(), query=query, body=None))
        except FieldErrors as error:
            raise Refusal(VALIDATION_ERROR, details=error.errors) from None


@dataclass(slots=True)
class _Part:
    name: str = ""
    file_name: str | None = None
    content_type: str = ""
    headers: dict[bytes, bytes] = field(default_factory=dict)


_Event = _Part | bytes | tuple[str, str]  # a file begins, bytes of it, or a finished form field


class _Form:
    """The push parser of one body, with its caps; `fields` are those not sent on yet."""

    def __init__(self, boundary: str, limits: HttpLimits) -> None:
        self.fields: list[tuple[str, str]] = []
        self._limits = limits
        self._events: list[_Event] = []
        self._part = _Part()
        self._data = bytearray()
        self._header = (bytearray(), bytearray())
        self._parts = 0
        self._field_bytes = 0
        self._ended = False
        self._parser = MultipartParser(
            boundary.encode("latin-1"),
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
            max_header_count=PART_HEADERS,
            max_header_size=PART_HEADER_BYTES,
        )

    def feed(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise _malformed(f"The multipart body is malformed: {error}") from None

    def finish(self) -> None:
        if not self._ended:
            raise _malformed("The multipart body ends before its closing boundary.")

    def take(self) -> list[_Event]:
        """The events since the last call; bytes below the least chunk wait for more."""
        if self._is_file and len(self._data) >= LEAST_CHUNK_BYTES:
            self._flush()
        events, self._events = self._events, []
        return events

    @property
    def _is_file(self) -> bool:
        return self._part.file_name is not None

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.upload_parts:
            raise Refusal(PAYLOAD_TOO_LARGE, f"The form has more than {self._limits.upload_parts} parts.")
        self._part = _Part()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_end(self) -> None:
        name, value = self._header
        key = bytes(name).lower()
        if key in self._part.headers:
            raise _malformed("A part of the multipart body repeats a header.")
        self._part.headers[key] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_finished(self) -> None:
        part = self._part
        disposition, parameters = parse_options_header(part.headers.get(b"content-disposition"))
        if disposition != b"form-data" or b"name" not in parameters:
            raise _malformed('Each part needs "Content-Disposition: form-data" with a name.')
        part.name = _text(parameters[b"name"], "name")
        if b"filename" in parameters:
            if part.name != FILE_FIELD:
                raise Refusal(VALIDATION_ERROR, details={part.name: [f'Send files as "{FILE_FIELD}".']})
            part.file_name = _text(parameters[b"filename"], "filename")[:LONGEST_FILE_NAME]
            part.content_type = _text(part.headers.get(b"content-type", b""), "content type")
            self._events.append(part)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]
        if self._is_file:
            if len(self._data) >= MOST_CHUNK_BYTES:
                self._flush()
        elif self._field_bytes + len(self._data) > self._limits.upload_field_bytes:
            limit = self._limits.upload_field_bytes
            raise Refusal(PAYLOAD_TOO_LARGE, f"The form fields are larger than {limit} bytes together.")

    def _part_end(self) -> None:
        if self._is_file:
            self._flush()
            return
        self._field_bytes += len(self._data)
        self._events.append((self._part.name, _text(bytes(self._data), self._part.name)))
        self._data.clear()

    def _end(self) -> None:
        self._ended = True

    def _flush(self) -> None:
        for begin in range(0, len(self._data), MOST_CHUNK_BYTES):
            self._events.append(bytes(self._data[begin : begin + MOST_CHUNK_BYTES]))
        self._data.clear()


def _part(descriptor: Descriptor, name: str, *, kind: int) -> FieldDescriptor:
    found = descriptor.fields_by_name.get(name)
    if found is None or found.is_repeated or found.type != kind or found.containing_oneof is None:
        raise RuleError(
            f"{descriptor.full_name} cannot take multipart uploads: it needs "
            "'oneof part { <Meta> metadata = 1; <FileStart> file = 2; bytes chunk = 3; }'."
        )
    return found


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed(f"The {what} of a part is not UTF-8.") from None


def _malformed(text: str) -> Refusal:
    return Refusal(VALIDATION_ERROR, details={"body": [text]}, closing=True)
