"""How a failed generation is told to the caller who waited for it."""

from __future__ import annotations

import pytest

from server.errors import ApiError, invalid
from server.services.reports import _raise_failure
from server.work.generate import Running
from tests.support.transports import ERRORS


def _told(failure: ApiError) -> bytes:
    with pytest.raises(ApiError) as raised:
        _raise_failure(Running("r1", "o1", "e1", failure=failure))
    return ERRORS.answer(raised.value.status()).body


def test_fields_at_fault_are_not_hidden_by_the_id_of_the_failed_report() -> None:
    assert b'"details":{"period":["Too long."]}' in _told(invalid({"period": ["Too long."]}))


def test_any_other_failure_names_the_report() -> None:
    failure = ApiError("data_source_unavailable", "Gone.", details={"data_source_id": "d1"})
    assert b'"data_source_id":"d1"' in _told(failure)
    assert b'"report_id":"r1"' in _told(failure)
