"""Messages to JSON-ready values by functions compiled once per descriptor."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from rest_bridge.codec import enums, scalars, shapes, wellknown
from rest_bridge.codec.compiled import Compiled
from rest_bridge.codec.style import JsonStyle

ToPlain = Callable[[Any], Any]

INT64_KINDS = (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64)


class Writers(Compiled):
    """The compiled writers of one style: `of(descriptor)` gives a function from message to plain JSON."""

    def __init__(self, style: JsonStyle) -> None:
        super().__init__()
        self._style = style
        self._double = _double_printer(style)
        free_number = wellknown.finite if style.full_range else self._double
        value, struct, list_value = wellknown.struct_printer(free_number)
        self._special: dict[str, ToPlain] = {
            shapes.ANY: self._any,
            shapes.TIMESTAMP: wellknown.print_timestamp,
            shapes.DURATION: wellknown.print_duration,
            shapes.FIELD_MASK: wellknown.print_mask,
            shapes.VALUE: value,
            shapes.STRUCT: struct,
            shapes.LIST_VALUE: list_value,
        }

    def compile(self, descriptor: Descriptor) -> ToPlain:
        """Makes the writer of a message type."""
        if shapes.is_wrapper(descriptor):
            convert = self._element(descriptor.fields_by_name["value"]) or _same
            return lambda message: convert(message.value)
        return self._special.get(descriptor.full_name) or self._object(descriptor)

    def _object(self, descriptor: Descriptor) -> ToPlain:
        fields = descriptor.fields
        keys = [self._key(field) for field in fields]
        read = _tuple_getter([field.name for field in fields])
        always = [field for field in fields if not field.has_presence]
        converted = [(self._key(f), convert) for f in always if (convert := self._field(f))]
        optional = [(self._key(f), f.name, self._field(f), self._drops(f)) for f in fields if f.has_presence]
        droppable = [self._key(f) for f in always if f.is_repeated and self._drops(f)]
        if not converted and not optional and not droppable:
            return lambda message: dict(zip(keys, read(message), strict=False))

        def write(message: Message) -> dict[str, Any]:
            out = dict(zip(keys, read(message), strict=False))  # one value a key, by construction
            for key, convert in converted:
                out[key] = convert(out[key])
            is_set = message.HasField
            for key, name, convert_set, drop_unset in optional:
                if is_set(name):
                    if convert_set is not None:
                        out[key] = convert_set(out[key])
                elif drop_unset:
                    del out[key]
                else:
                    out[key] = None
            for key in droppable:
                if not out[key]:
                    del out[key]
            return out

        return write

    def _drops(self, field: FieldDescriptor) -> bool:
        """Whether the field is left out when unset; lists and maps only where the style names them."""
        style = self._style
        named = style.omit_unset is not None and style.omit_unset(field)
        return named or (not style.unset_as_null and field.has_presence)

    def _key(self, field: FieldDescriptor) -> str:
        return field.name if self._style.proto_names else field.json_name

    def _field(self, field: FieldDescriptor) -> ToPlain | None:
        """The converter of a whole field, None when its value is JSON-ready as it is."""
        entry = shapes.map_entry(field)
        if entry is not None:
            return self._map(entry)
        convert = self._element(field)
        if not field.is_repeated:
            return convert
        if convert is None:
            return _items
        return lambda values: list(map(convert, values[:]))

    def _map(self, entry: Descriptor) -> ToPlain:
        convert = self._element(entry.fields_by_name["value"])
        key_kind = entry.fields_by_name["key"].cpp_type
        if key_kind == FieldDescriptor.CPPTYPE_STRING:
            if convert is None:
                return _entries
            return lambda entries: {key: convert(entries[key]) for key in entries}
        name = _bool_name if key_kind == FieldDescriptor.CPPTYPE_BOOL else str
        value_of = convert or _same
        return lambda entries: {name(key): value_of(entries[key]) for key in entries}

    def _element(self, field: FieldDescriptor) -> ToPlain | None:
        if field.message_type is not None:
            return self.of(field.message_type)
        if field.enum_type is not None:
            return enums.printed(field.enum_type, self._style)
        kind = field.cpp_type
        if kind in INT64_KINDS and self._style.int64_as_text:
            return str
        if kind == FieldDescriptor.CPPTYPE_DOUBLE:
            return self._double
        if kind == FieldDescriptor.CPPTYPE_FLOAT:
            return lambda value: self._double(scalars.shortest_float32(value))
        return scalars.print_bytes if field.type == FieldDescriptor.TYPE_BYTES else None

    def _any(self, message: Any) -> dict[str, Any]:
        if not message.type_url and not message.value:
            return {}
        descriptor = any_type(message.DESCRIPTOR, message.type_url)
        if descriptor is None:
            raise ValueError(f"Cannot print an Any of the unknown type {message.type_url!r}.")
        content = message_factory.GetMessageClass(descriptor)()
        try:
            content.ParseFromString(message.value)
        except DecodeError:
            raise ValueError(f"The content of an Any is not a {descriptor.full_name}.") from None
        plain = self.of(descriptor)(content)
        if shapes.has_special_json(descriptor):
            return {"@type": message.type_url, "value": plain}
        return {"@type": message.type_url, **plain}


def any_type(any_descriptor: Descriptor, type_url: str) -> Descriptor | None:
    """The message type a `@type` names, looked up in the pool the Any itself comes from."""
    try:
        return any_descriptor.file.pool.FindMessageTypeByName(type_url.rpartition("/")[2])
    except KeyError:
        return None


def _double_printer(style: JsonStyle) -> Callable[[float], Any]:
    text: Callable[[float], Any] = _as_text if style.full_range else _as_null

    def print_double(value: float) -> Any:
        return value if math.isfinite(value) else text(value)

    def print_integral(value: float) -> Any:
        if value.is_integer() and -wellknown.SAFE_INTEGER < value < wellknown.SAFE_INTEGER:
            return int(value)
        return value if math.isfinite(value) else text(value)

    return print_integral if style.integral_doubles else print_double


def _as_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _as_null(_: float) -> None:
    return None


def _bool_name(key: bool) -> str:
    return "true" if key else "false"


def _items(values: Any) -> list[Any]:
    """A repeated field as a list; a slice takes half the time of `list`, which asks for one item after another."""
    items: list[Any] = values[:]
    return items


def _entries(entries: Any) -> dict[str, Any]:
    """A map field as a dict; `items()` of a map field makes twice the work of looking each key up."""
    plain = {}
    for key in entries:  # a comprehension is a call of its own, and costs more than a short map
        plain[key] = entries[key]
    return plain


def _same(value: Any) -> Any:
    return value


def _tuple_getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """All these attributes in one call into C; attrgetter alone gives a bare value for a single name."""
    if not names:
        return lambda message: ()
    if len(names) == 1:
        name = names[0]
        return lambda message: (getattr(message, name),)
    return attrgetter(*names)
