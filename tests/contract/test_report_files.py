"""The files of a report: the same content gives the same bytes, in every format."""

from __future__ import annotations

import pytest

from tests.support.transports import Rest, Transport
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
FORMATS = ("pdf", "html", "xlsx", "csv", "json", "pptx")


async def test_two_reports_of_the_same_content_have_the_same_files(
    world: World, transports: dict[str, Transport]
) -> None:
    rest = transports["rest_in_process"]
    assert isinstance(rest, Rest)
    http = rest.http
    body = {
        "name": "Twice",
        "data_source_ids": [world.home.ids["data_source"]],
        "question": "How did amount develop?",
        "report_type": "summary",
        "seed": 7,
    }
    made = []
    for role, word in (("owner", "pdf"), ("member", "xlsx")):
        headers = {"authorization": f"Bearer {world.home.members[role].token}"}
        answer = await http.post(
            "/api/v1/reports/generate/", json={**body, "output_format": word}, headers=headers
        )
        assert answer.status_code == 201, answer.text
        made.append(answer.json())
    first, second = made
    assert first["id"] != second["id"]
    assert first["content_hash"] == second["content_hash"]
    headers = {"authorization": f"Bearer {world.home.members['viewer'].token}"}
    for word in FORMATS:
        files = [
            (
                await http.get(f"/api/v1/reports/{report['id']}/download/?format={word}", headers=headers)
            ).content
            for report in made
        ]
        if word == "json":
            # The JSON file says which format its report was asked for in.
            files = [data.replace(b'"output_format":"xlsx"', b'"output_format":"pdf"') for data in files]
        assert files[0] == files[1], f"the {word} files differ"
        assert files[0]
