"""Another organization's things do not exist: every method that takes an id, asked for someone else's."""

from __future__ import annotations

from typing import Any

import pytest

from server.clock import new_id
from server.methods import Method
from tests.support.transports import METHODS, Answer, Transport, rule_of
from tests.support.world import World

TAKES_AN_ID = {
    name: method
    for name, method in METHODS.items()
    if "id" in method.descriptor.input_type.fields_by_name
    and rule_of(method)
    and method.policy.credentials > 1
}
# What a method needs beside the id, so that the id is what decides.
BESIDE: dict[str, dict[str, Any]] = {
    "ReportService.GetEvidence": {"evidence_id": "e1"},
    "ReportService.CompareReports": {"other": "01890000-0000-7000-8000-000000000000"},
    "GoalService.UpdateMilestone": {"milestone_id": "m1", "milestone": {"name": "x"}},
    "GoalService.AddMilestone": {"milestone": {"name": "x"}},
    "GoalService.AddCheckIn": {"check_in": {"value": 1}},
    "GoalService.UpdateGoal": {"goal": {"name": "x"}},
    "DashboardService.UpdateDashboard": {"dashboard": {"name": "x"}},
    "DataSourceService.UpdateDataSource": {"data_source": {"name": "x"}},
    "MemberService.UpdateMember": {"member": {"first_name": "x"}},
}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("transport", ["grpc", "rest_in_process"])
@pytest.mark.parametrize("name", sorted(TAKES_AN_ID))
async def test_an_id_of_another_organization_is_like_one_that_does_not_exist(
    name: str, transport: str, world: World, transports: dict[str, Transport]
) -> None:
    method = TAKES_AN_ID[name]
    member = world.other.members["owner"]
    headers = {"authorization": f"Bearer {member.token}"}
    unknown = await _ask(transports[transport], name, method, new_id(), headers=headers)
    assert unknown.http == 404, f"{name} with an unknown id: {unknown}"
    for kind, identifier in _all_ids(world).items():
        answer = await _ask(transports[transport], name, method, identifier, headers=headers)
        assert (answer.http, answer.body) == (unknown.http, unknown.body), f"{name} with the {kind}: {answer}"


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", sorted(n for n in METHODS if ".List" in n))
async def test_lists_hold_nothing_of_another_organization(
    name: str, world: World, transports: dict[str, Transport]
) -> None:
    member = world.other.members["owner"]
    request = {"page_size": 100}
    answer = await transports["grpc"].call(
        METHODS[name], request, {"authorization": f"Bearer {member.token}"}
    )
    assert answer.code == "OK", answer
    seen = str(answer.body)
    for kind, identifier in _all_ids(world).items():
        assert identifier not in seen, f"{name} shows the {kind} of another organization"


def _all_ids(world: World) -> dict[str, str]:
    people = {f"{role} of home": member.user_id for role, member in world.home.members.items()}
    return {**world.home.ids, **people}


async def _ask(
    transport: Transport, name: str, method: Method, identifier: str, *, headers: dict[str, str]
) -> Answer:
    return await transport.call(method, {"id": identifier, **BESIDE.get(name, {})}, headers)
