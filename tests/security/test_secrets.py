"""What is secret stays so: not in the database, not in the log."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import httpx2
import pytest
import structlog

from server import logs
from server.app import Application
from server.cli.owner import add_owner
from server.settings import Settings
from server.stores import migrate

PASSWORD = "a password nobody else would choose"


async def test_no_secret_is_kept_or_logged_in_the_clear(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path / "data", log_level="debug")
    await add_owner(settings, organization="Acme", email="o@acme.example", tier="starter", password=PASSWORD)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure(settings)
    try:
        secrets = await _use(settings)
    finally:
        structlog.reset_defaults()
        root.handlers, root.level = handlers, level
    written = capfd.readouterr().err
    assert written.count("claribi.v1.") >= len(secrets), "the log was not written at all"
    kept = _everything_kept(settings)
    for name, secret in secrets.items():
        assert secret not in written, f"{name} is in the log"
        assert secret.encode() not in kept, f"{name} is in the database"


async def _use(settings: Settings) -> dict[str, str]:
    """Everything that hands out or takes a secret; the secrets."""
    application = Application.build(settings)
    migrate.upgrade(application.rooms.database.engine)
    transport = httpx2.ASGITransport(app=application.bridge)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        wrong = {"email": "o@acme.example", "password": "a wrong password of this test"}
        assert (await http.post("/api/auth/login/", json=wrong)).status_code == 401
        tokens = (await http.post("/api/auth/login/", json={**wrong, "password": PASSWORD})).json()
        session = {"authorization": f"Bearer {tokens['access']}"}
        body = {"name": "k", "scopes": ["usage:read"], "expiry": "never"}
        key = (await http.post("/api/developer/api-keys/", json=body, headers=session)).json()["key"]
        await http.get("/api/v1/usage/", headers={"x-api-key": key})
        await http.get(f"/api/v1/usage/?token={key}", headers={"x-api-key": key})
        again = (await http.post("/api/auth/token/refresh/", json={"refresh": tokens["refresh"]})).json()
        await http.get(f"/public/report/{key}")
    await application.stop()
    return {
        "the password": PASSWORD,
        "the wrong password": wrong["password"],
        "the access token": tokens["access"],
        "the second access token": again["access"],
        "the refresh token": tokens["refresh"],
        "the key": key,
    }


def _everything_kept(settings: Settings) -> bytes:
    database = sqlite3.connect(settings.data_dir / "claribi.db")
    try:
        return "\n".join(database.iterdump()).encode()
    finally:
        database.close()
