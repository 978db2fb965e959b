"""Rules every public message keeps, read from the descriptors."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from server.methods import load_methods

WIDE = {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}


def _messages() -> Iterator[Descriptor]:
    seen: dict[str, Descriptor] = {}
    waiting = [d for m in load_methods() for d in (m.descriptor.input_type, m.descriptor.output_type)]
    while waiting:
        message = waiting.pop()
        if message.full_name in seen or not message.full_name.startswith("claribi."):
            continue
        seen[message.full_name] = message
        waiting += [field.message_type for field in message.fields if field.message_type is not None]
    return iter(seen.values())


def test_no_public_number_needs_64_bits_since_json_would_print_it_as_text() -> None:
    for message in _messages():
        for field in message.fields:
            assert field.cpp_type not in WIDE, f"{message.full_name}.{field.name}"


def test_every_public_enum_has_an_unspecified_zero() -> None:
    for message in _messages():
        for field in message.fields:
            if field.enum_type is not None:
                zero = field.enum_type.values_by_number[0]
                assert zero.name.endswith("_UNSPECIFIED"), zero.name


def test_filter_dates_are_texts_since_a_bare_date_is_no_timestamp() -> None:
    for method in load_methods():
        for name in ("created_after", "created_before"):
            field = method.descriptor.input_type.fields_by_name.get(name)
            assert field is None or field.type == FieldDescriptor.TYPE_STRING
