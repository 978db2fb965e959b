"""From an HTTP request to the request message, or stream of messages, of a method."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson
from google.protobuf.message import Message

from rest_bridge.binding import WHOLE, Binding
from rest_bridge.codec import Codec, FieldErrors, RequestReader, TooLarge
from rest_bridge.errors import PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, VALIDATION_ERROR, Refusal
from rest_bridge.headers import RequestHeaders
from rest_bridge.limits import HttpLimits, Receive, body_pieces, over_limit, read_body
from rest_bridge.media import MediaType, media_type
from rest_bridge.multipart import UploadReader
from rest_bridge.policy import FORM, JSON, MULTIPART, NDJSON, MethodPolicy

FIELD_MASK = "google.protobuf.FieldMask"


@dataclass(slots=True)
class Intake:
    """The parts of an HTTP request that a message is built from."""

    headers: RequestHeaders
    path: list[tuple[str, str]]
    query: bytes
    receive: Receive


class MessageReader:
    """Builds the one request message of a binding."""

    def __init__(
        self,
        binding: Binding,
        policy: MethodPolicy,
        *,
        codec: Codec,
        limits: HttpLimits,
        ignored_query: frozenset[str] = frozenset(),
    ) -> None:
        """Compile; raises RuleError when the rule does not fit the request message."""
        self._limits = limits
        self._takes_body = bool(binding.body)
        self._forms = policy.forms
        self._reader = RequestReader(
            codec,
            binding.info.request_class,
            path_fields=binding.path_fields,
            body=binding.body or None,
            mask_field=policy.mask_field or _mask_field(binding),
            ignored_query=ignored_query,
        )

    async def read(self, intake: Intake) -> Message:
        """The request message.

        Raises:
            Refusal: the request is not what the method takes.
            Disconnected: the client left.
        """
        body = await self._body(intake)
        with _Refusing():
            return self._reader.build(path=intake.path, query=intake.query, body=body)

    async def _body(self, intake: Intake) -> bytes | None:
        headers = intake.headers
        if not headers.has_body:
            return b"" if self._takes_body else None
        if not self._takes_body:
            await self._nothing(intake)
            return None
        check_encoding(headers)
        media = check_media(headers, self._takes, wanted=JSON)
        if headers.length is not None and headers.length > self._limits.body_bytes:
            raise over_limit(self._limits.body_bytes)
        body = await read_body(intake.receive, self._limits.body_bytes, seconds=self._limits.body_seconds)
        return form_as_json(body) if media.name == FORM else body

    def _takes(self, media: MediaType) -> bool:
        return media.is_json or (self._forms and media.name == FORM)

    async def _nothing(self, intake: Intake) -> None:
        text = "This method takes no request body."
        announced = bool(intake.headers.length)
        if announced or await read_body(
            intake.receive, self._limits.body_bytes, seconds=self._limits.body_seconds
        ):
            raise Refusal(VALIDATION_ERROR, details={"body": [text]}, closing=announced)


class RequestStream:
    """The messages of a client stream as their bytes arrive; `failure` says why it broke off, if it did."""

    def __init__(self, messages: AsyncIterator[Message]) -> None:
        self.failure: Exception | None = None
        self._messages = messages

    async def __aiter__(self) -> AsyncIterator[Message]:
        try:
            with _Refusing():
                async for message in self._messages:
                    yield message
        except Exception as error:
            # The method must not take a broken stream for a finished one: to it, the caller cancels.
            self.failure = error
            raise asyncio.CancelledError from error


class StreamReader:
    """Builds the request messages of a client-streaming binding, never holding the whole body."""

    def __init__(self, binding: Binding, policy: MethodPolicy, *, codec: Codec, limits: HttpLimits) -> None:
        """Compile; raises RuleError when the request message does not follow the upload convention."""
        self._codec = codec
        self._limits = limits
        self._class = binding.info.request_class
        self._upload: UploadReader | None = None
        if policy.consumes == MULTIPART:
            self._upload = UploadReader(self._class, codec, limits=limits)
        codec.reader_for(binding.info.descriptor.input_type)

    def read(self, intake: Intake) -> RequestStream:
        """The request stream.

        Raises:
            Refusal: the request cannot be one.
        """
        check_encoding(intake.headers)
        if intake.query:
            raise Refusal(VALIDATION_ERROR, details={"query": ["This method takes no query parameters."]})
        limit = self._limits.upload_bytes
        if (intake.headers.length or 0) > limit:
            raise over_limit(limit)
        pieces = body_pieces(intake.receive, limit, idle_seconds=self._limits.upload_idle_seconds)
        if self._upload is not None:
            media = check_media(intake.headers, lambda media: media.name == MULTIPART, wanted=MULTIPART)
            return RequestStream(self._upload.messages(pieces, media.parameters.get("boundary", "")))
        check_media(intake.headers, lambda media: media.name == NDJSON or media.is_json, wanted=NDJSON)
        return RequestStream(self._lines(pieces))

    async def _lines(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[Message]:
        rest = b""
        async for piece in pieces:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if line.strip():
                    yield self._codec.read(line, self._class)
            if len(rest) > self._limits.body_bytes:
                raise over_limit(self._limits.body_bytes)
        if rest.strip():
            yield self._codec.read(rest, self._class)


class _Refusing:
    """Turns what the codec raises into the refusals HTTP knows."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, FieldErrors):
            raise Refusal(VALIDATION_ERROR, details=error.errors) from None
        if isinstance(error, TooLarge):
            raise Refusal(PAYLOAD_TOO_LARGE, str(error)) from None


def form_as_json(body: bytes) -> bytes:
    """The fields of an HTML form as a JSON object of texts.

    Raises:
        Refusal: validation_error for a form that is not UTF-8 or gives a field twice.
    """
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError:
        raise Refusal(VALIDATION_ERROR, details={"body": ["Not a valid HTML form in UTF-8."]}) from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refusal(VALIDATION_ERROR, details={"body": ["A field of the form is given more than once."]})
    return orjson.dumps(fields)


def check_encoding(headers: RequestHeaders) -> None:
    """Refuse compressed bodies: their size is not known before they are unpacked."""
    if headers.content_encoding.strip().lower() not in (b"", b"identity"):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, "Compressed request bodies are not accepted; send it plain.")


def check_media(headers: RequestHeaders, fits: Callable[[MediaType], bool], *, wanted: str) -> MediaType:
    """The Content-Type when it fits or is absent.

    Raises:
        Refusal: unsupported_media_type, naming the wanted one.
    """
    media = media_type(headers.content_type)
    if media.name and not fits(media):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, f"Send the request body as {wanted}.")
    if not media.is_utf8:
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, "Send the request body in UTF-8; no other charset is accepted.")
    return media


def _mask_field(binding: Binding) -> str | None:
    """A PATCH of one field has its mask filled from the keys given, where the request holds exactly one mask."""
    if binding.method != "PATCH" or binding.body in ("", WHOLE):
        return None
    masks = [
        field.name
        for field in binding.info.descriptor.input_type.fields
        if field.message_type is not None
        and field.message_type.full_name == FIELD_MASK
        and not field.is_repeated
    ]
    return masks[0] if len(masks) == 1 else None
