"""JSON values to the constructor arguments of messages, by functions compiled once per descriptor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from rest_bridge.codec import enums, scalars, shapes, wellknown
from rest_bridge.codec.compiled import Compiled
from rest_bridge.codec.errors import (
    TOO_DEEP,
    Faults,
    FieldErrors,
    TooLarge,
    allowed,
    refused,
    shorten,
    travelling,
    wrong_type,
)
from rest_bridge.codec.guard import TWICE
from rest_bridge.codec.style import JsonStyle
from rest_bridge.codec.writer import any_type

FromPlain = Callable[[Any], Any]

ITEMS = {
    FieldDescriptor.CPPTYPE_STRING: "strings",
    FieldDescriptor.CPPTYPE_ENUM: "strings",
    FieldDescriptor.CPPTYPE_BOOL: "booleans",
    FieldDescriptor.CPPTYPE_MESSAGE: "objects",
}


class _Converted:
    """The type of no JSON value: marks a field whose every value goes through its converter."""


# How a member of a JSON object becomes a constructor argument: the field's name, the type whose values need
# no conversion, the converter, whether null is a value. A plain tuple: a named one unpacks at half the speed.
Entry = tuple[str, type, FromPlain, bool]


class _Entries(dict[str, Entry]):
    """The entries of one message under both spellings; any other name has an entry that refuses."""

    def __init__(self, public: dict[str, str]) -> None:
        super().__init__()
        self._public = public
        self._unknown = f"Unknown field. {allowed(public.values())}"

    def __missing__(self, name: str) -> Entry:
        return name, _Converted, self._refuse, True

    def _refuse(self, _: Any) -> Any:
        raise refused(self._unknown)

    def public(self, name: str) -> str:
        """The spelling an error uses: the one that is printed, for a stranger its own."""
        return self._public.get(name, name)


class Readers(Compiled):
    """The compiled readers of one style: `of(descriptor)` gives a function from plain JSON to arguments.

    The result is what the message's constructor takes for it: mostly a dict of its fields, for a Struct
    a message. Readers raise FieldErrors with paths below the value they read.
    """

    def __init__(self, style: JsonStyle) -> None:
        super().__init__()
        self._style = style

    def compile(self, descriptor: Descriptor) -> FromPlain:
        """Makes the reader of a message type."""
        name = descriptor.full_name
        if name in shapes.FREE_FORM:
            return _free_form(descriptor)
        if name == shapes.ANY:
            return lambda value: self._any(descriptor, value)
        if shapes.is_wrapper(descriptor):
            convert = self.element(descriptor.fields_by_name["value"])
            return lambda value: {"value": convert(value)}
        texts = {
            shapes.TIMESTAMP: wellknown.read_timestamp,
            shapes.DURATION: wellknown.read_duration,
            shapes.FIELD_MASK: wellknown.read_mask,
        }
        return texts.get(name) or self._object(descriptor)

    def _object(self, descriptor: Descriptor) -> FromPlain:
        entries = self._entries(descriptor)
        groups = shapes.oneofs(descriptor)

        def read(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise wrong_type("an object", value)
            out: dict[str, Any] = {}
            faults: Faults | None = None
            for key, item in value.items():
                name, as_is, convert, takes_null = entries[key]
                if type(item) is as_is:
                    out[name] = item
                elif item is None and not takes_null:
                    out[name] = None  # the constructor takes None for unset
                else:
                    try:
                        out[name] = convert(item)
                    except FieldErrors as below:
                        out[name] = None
                        faults = faults or Faults()
                        faults.nest(entries.public(name), below)
                        if faults.is_full():
                            break
            if len(out) < len(value) and not (faults and faults.is_full()):
                faults = _name_repeats(entries, value, faults=faults)
            if groups:
                faults = _check_oneofs(entries, groups, out=out, faults=faults)
            if faults:
                faults.raise_any()
            return out

        return read

    def _entries(self, descriptor: Descriptor) -> _Entries:
        entries = _Entries({field.name: self._public(field) for field in descriptor.fields})
        for field in descriptor.fields:
            as_is = _Converted if field.is_repeated else _as_is(field)
            entries[field.json_name] = (field.name, as_is, self.field(field), _takes_null(field))
        # A proto name wins over the JSON name of another field, as the shorter promise.
        entries.update({entry[0]: entry for entry in list(entries.values())})
        return entries

    def _public(self, field: FieldDescriptor) -> str:
        return field.name if self._style.proto_names else field.json_name

    def field(self, field: FieldDescriptor) -> FromPlain:
        """The reader of a whole field: an element, a list or a map."""
        entry = shapes.map_entry(field)
        if entry is not None:
            return self._map(entry)
        convert = self.element(field)
        return _list_reader(field, convert) if field.is_repeated else convert

    def element(self, field: FieldDescriptor) -> FromPlain:
        """The reader of one element of a field."""
        if field.message_type is not None:
            return self.of(field.message_type)
        return scalars.from_json(field, self._style)

    def _map(self, entry: Descriptor) -> FromPlain:
        as_is = _as_is(entry.fields_by_name["value"])
        text_keys = entry.fields_by_name["key"].cpp_type == FieldDescriptor.CPPTYPE_STRING
        read_key = scalars.map_key(entry.fields_by_name["key"], self._style)
        read_value = self.element(entry.fields_by_name["value"])

        def read(value: Any) -> dict[Any, Any]:
            if type(value) is not dict:
                raise wrong_type("an object", value)
            if text_keys and _all_of(as_is, value.values()):
                return value
            out: dict[Any, Any] = {}
            faults = Faults()
            for text, item in value.items():
                try:
                    key = read_key(text)
                    if key in out:
                        raise refused(TWICE)
                    out[key] = read_value(item)
                except FieldErrors as below:
                    faults.nest(text, below)
                    if faults.is_full():
                        break
            faults.raise_any()
            return out

        return read

    def _any(self, descriptor: Descriptor, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise wrong_type("an object", value)
        if not value:
            return {}
        type_url = value.get("@type")
        if type(type_url) is not str:
            raise FieldErrors(
                {"@type": ["Expected the name of the type, such as type.example/package.Name."]}
            )
        content = any_type(descriptor, type_url)
        if content is None or "/" not in type_url:
            raise FieldErrors({"@type": [f"Unknown type '{shorten(type_url)}'."]})
        rest = {key: item for key, item in value.items() if key != "@type"}
        built = travelling(self.build(message_factory.GetMessageClass(content), _any_content(content, rest)))
        return {"type_url": type_url, "value": built.SerializeToString(deterministic=True)}

    def build(self, message_class: type[Message], value: Any) -> Message:
        """A message of this class from a plain JSON value."""
        return construct(message_class, self.of(shapes.descriptor_of(message_class))(value))


def construct(message_class: type[Message], arguments: Any) -> Message:
    """The message from what its reader gave; raises TooLarge for a part that is nested too deeply."""
    if isinstance(arguments, Message):
        return arguments
    try:
        return message_class(**arguments)
    except DecodeError:  # parts that are messages are copied by way of the wire, which has its own limit
        raise TooLarge(TOO_DEEP) from None


def _any_content(content: Descriptor, rest: dict[str, Any]) -> Any:
    if not shapes.has_special_json(content):
        return rest
    if rest.keys() != {"value"}:
        raise refused("Expected exactly @type and value.")
    return rest["value"]


def _free_form(descriptor: Descriptor) -> FromPlain:
    form = wellknown.FreeForm(descriptor.file)
    readers = {shapes.STRUCT: form.struct, shapes.VALUE: form.value, shapes.LIST_VALUE: form.list_value}
    return readers[descriptor.full_name]


def _list_reader(field: FieldDescriptor, convert: FromPlain) -> FromPlain:
    as_is = _as_is(field)
    expected = f"a list of {ITEMS.get(field.cpp_type, 'numbers')}"

    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise wrong_type(expected, value)
        if _all_of(as_is, value):
            return value
        out: list[Any] = []
        faults: Faults | None = None
        for item in value:
            try:
                out.append(convert(item))
            except FieldErrors as below:
                faults = faults or Faults()
                faults.nest(len(out), below)
                if faults.is_full():
                    break
                out.append(None)  # keeps the index of those that follow
        if faults:
            faults.raise_any()
        return out

    return read


def _name_repeats(entries: _Entries, value: dict[str, Any], *, faults: Faults | None) -> Faults:
    """Names the fields that were given in both of their spellings."""
    faults = faults or Faults()
    for name, times in Counter(entries[key][0] for key in value).items():
        if times > 1:
            faults.add(entries.public(name), TWICE)
    return faults


def _check_oneofs(
    entries: _Entries, groups: list[tuple[str, ...]], *, out: dict[str, Any], faults: Faults | None
) -> Faults | None:
    for names in groups:
        given = [name for name in names if out.get(name) is not None]
        if len(given) > 1:
            faults = faults or Faults()
            choices = ", ".join(entries.public(name) for name in names)
            faults.add(entries.public(given[-1]), f"Only one of {choices} may be given.")
    return faults


def _all_of(kind: type, values: Iterable[Any]) -> bool:
    for value in values:  # a loop, since a generator for all() costs more than a short list does
        if type(value) is not kind:
            return False
    return kind is not _Converted


def _as_is(field: FieldDescriptor) -> type:
    """The Python type of parsed JSON that the constructor takes for one element without a look."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return bool
    if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
        return float
    is_text = field.cpp_type == FieldDescriptor.CPPTYPE_STRING and field.type != FieldDescriptor.TYPE_BYTES
    return str if is_text else _Converted


def _takes_null(field: FieldDescriptor) -> bool:
    """Whether JSON null is a value of the field; for all others it means unset."""
    if field.is_repeated:
        return False
    if field.message_type is not None:
        return field.message_type.full_name == shapes.VALUE
    return field.enum_type is not None and field.enum_type.full_name == enums.NULL_VALUE
