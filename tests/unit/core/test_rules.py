"""Field rules of the protos, enforced from there."""

from __future__ import annotations

from typing import Any

import pytest
from claribi.v1 import api_keys_pb2, dashboards_pb2, goals_pb2, members_pb2, reports_pb2, sharing_pb2
from google.protobuf.message import Message

from server.rules import find_problems

REQUIRED = "This field is required."


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (reports_pb2.GenerateReportRequest(name="x", data_source_ids=["a"]), {}),
        (reports_pb2.GenerateReportRequest(), {"name": [REQUIRED], "data_source_ids": [REQUIRED]}),
        (
            reports_pb2.GenerateReportRequest(name="  ", data_source_ids=["a"]),
            {"name": ["This field may not be blank."]},
        ),
        (
            reports_pb2.GenerateReportRequest(name="x", data_source_ids=["a", "a"]),
            {"data_source_ids": ["Each item may appear only once."]},
        ),
        (
            reports_pb2.GenerateReportRequest(name="x" * 201, data_source_ids=["a"]),
            {"name": ["Ensure this field has no more than 200 characters; it has 201."]},
        ),
        (
            reports_pb2.GenerateReportRequest(name="a\0b", data_source_ids=["a"]),
            {"name": ["NUL characters are not allowed."]},
        ),
        (
            reports_pb2.GenerateReportRequest(name="x", data_source_ids=["a"], output_format=99),
            {"output_format": ["Not a valid choice. Allowed: pdf, html, xlsx, csv, json, pptx."]},
        ),
        (
            reports_pb2.GenerateReportRequest(name="x", data_source_ids=["a"], seed=-1),
            {"seed": ["Ensure this value is greater than or equal to 0."]},
        ),
        (
            dashboards_pb2.CreateDashboardRequest(name="x", widgets=[dashboards_pb2.Widget(type=1)]),
            {"widgets.0.data_source_id": [REQUIRED], "widgets.0.query": [REQUIRED]},
        ),
        (
            dashboards_pb2.CreateDashboardRequest(
                name="x",
                widgets=[
                    dashboards_pb2.Widget(
                        type=1,
                        data_source_id="a",
                        query=dashboards_pb2.WidgetQuery(sort="up"),
                        position=dashboards_pb2.WidgetPosition(x=12),
                    )
                ],
            ),
            {
                "widgets.0.position.x": ["Ensure this value is less than or equal to 11."],
                "widgets.0.query.sort": ["'up' is not one of the allowed values: value, -value, x, -x."],
            },
        ),
        (
            goals_pb2.AddCheckInRequest(id="a", check_in=goals_pb2.CheckIn(value=float("nan"))),
            {"check_in.value": ["A finite number is required."]},
        ),
        (goals_pb2.AddCheckInRequest(id="a", check_in=goals_pb2.CheckIn(value=0.0)), {}),
        (
            goals_pb2.CreateGoalRequest(name="x", hierarchy_type=1, goal_type=1, start_date="2026-2-1"),
            {"start_date": ["Expected a date such as 2026-01-31."]},
        ),
        *(
            (
                goals_pb2.CreateGoalRequest(name="x", hierarchy_type=1, goal_type=1, start_date=text),
                {"start_date": ["Expected a date such as 2026-01-31."]},
            )
            for text in ("2026-W05-1", "20260131", "2026-02-30", "10000-01-01", "٢٠٢٦-٠١-٣١")
        ),
        *(
            (
                reports_pb2.ListReportsRequest(created_after=text),
                {
                    "created_after": [
                        "Expected a date such as 2026-01-31 or a time such as 2026-01-31T08:00:00Z."
                    ]
                },
            )
            for text in ("2026W05T08", "2026-W05-1T08:00", "20260131T080000", "2026-01-31T25:00", "yesterday")
        ),
        *(
            (reports_pb2.ListReportsRequest(created_after=text), {})
            for text in (
                "2026-01-31",
                "2026-01-31T08:00",
                "2026-01-31 08:00:00.5Z",
                "0001-01-01T00:00:00+23:59",
            )
        ),
        (
            members_pb2.CreateMemberRequest(email="a b@c.d", role=1, password="a long enough password"),
            {"email": ["Enter a valid email address."]},
        ),
        (
            api_keys_pb2.CreateApiKeyRequest(name="x", scopes=[0, 77], expiry=1),
            {"scopes.0": None, "scopes.1": None},
        ),
        (sharing_pb2.LinkSettings(), {}),
        (
            sharing_pb2.LinkSettings(expires_in_days=0),
            {"expires_in_days": ["Ensure this value is greater than or equal to 1."]},
        ),
    ],
)
def test_what_is_wrong_is_said_by_field(message: Message, wanted: dict[str, Any]) -> None:
    found = find_problems(message)
    assert found.keys() == wanted.keys()
    for name, texts in wanted.items():
        assert texts is None or found[name] == texts


def test_numbers_json_cannot_print_do_not_come_in() -> None:
    request = dashboards_pb2.CreateDashboardRequest(name="x")
    request.config.layout.update({"a": [{"b": float("inf")}]})
    assert find_problems(request) == {
        "config.layout": ["NUL characters and numbers that are not finite are not allowed."]
    }


def test_a_mask_restricts_the_rules_to_what_is_changed() -> None:
    changes = dashboards_pb2.DashboardChanges(description="x")
    assert find_problems(changes, ["description"]) == {}
    assert find_problems(changes, ["name"]) == {"name": ["This field may not be blank."]}
