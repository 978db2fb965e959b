"""A language model is off until a URL and a name are given, and its URL holds no secret."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from server.settings import Settings


def test_there_is_no_language_model_by_default() -> None:
    assert Settings().language_model_url == ""


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/v1",
        "host/v1",
        "https://",
        "https://user:secret@host/v1",
        "https://host/v1#part",
        "file:///x",
    ],
)
def test_a_url_that_is_none_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(language_model_url=url, language_model_name="m")


def test_a_url_without_a_model_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(language_model_url="http://127.0.0.1:1/v1")


def test_the_key_does_not_show() -> None:
    settings = Settings(
        language_model_url="http://h/v1", language_model_name="m", language_model_key="sk-secret"
    )
    assert "sk-secret" not in f"{settings!r} {settings}"
