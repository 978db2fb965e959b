"""The public words of enum values, in every enum of the contract."""

from __future__ import annotations

import pytest
from claribi.v1 import api_keys_pb2, goals_pb2, policy_pb2
from google.protobuf.descriptor import EnumDescriptor

from rest_bridge.product import product_methods
from rest_bridge.words import public_word, snake_case, words_of


def enums() -> list[EnumDescriptor]:
    files = {info.descriptor.containing_service.file for info in product_methods()}
    return [enum for file in files for enum in file.enum_types_by_name.values()]


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("GenerateReport", "generate_report"),
        ("ApiKey", "api_key"),
        ("HTTPRoute", "http_route"),
        ("Role", "role"),
    ],
)
def test_camel_case_becomes_snake_case(name: str, snake: str) -> None:
    assert snake_case(name) == snake


def test_a_word_is_the_option_or_the_name_without_its_prefix() -> None:
    scope = policy_pb2.Scope.DESCRIPTOR.values_by_name["SCOPE_DATA_SOURCES_READ"]
    assert public_word(scope) == "data_sources:read"
    assert public_word(goals_pb2.HierarchyType.DESCRIPTOR.values_by_number[1]) == "epic"
    assert list(words_of(api_keys_pb2.Expiry.DESCRIPTOR).values()) == ["30d", "90d", "1y", "never"]


def test_the_unspecified_value_has_no_word() -> None:
    for enum in enums():
        assert public_word(enum.values_by_number[0]) is None, enum.full_name


def test_words_of_an_enum_are_different_and_in_lower_case() -> None:
    assert enums()
    for enum in enums():
        words = list(words_of(enum).values())
        assert len(set(words)) == len(words) == len(enum.values) - 1, enum.full_name
        assert all(word == word.lower() and " " not in word for word in words), enum.full_name


def test_every_scope_of_the_specification_is_a_word() -> None:
    assert len(words_of(policy_pb2.Scope.DESCRIPTOR)) == 13
