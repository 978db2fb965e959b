"""Forged, stale and misused tokens: every one is refused, with the same words."""

import base64
import hmac
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from claribi.v1.auth_pb2 import LogoutRequest, RefreshTokenRequest

from server.settings import Settings
from server.work.passwords import Passwords
from server.work.tokens import AccessTokens, InvalidToken, Secrets
from tests.unit.identity.world import METHODS, World, plain_settings

Claims = dict[str, Any]
Forge = Callable[["Forger"], str]


@pytest.fixture(scope="module")
def passwords() -> Iterator[Passwords]:
    pool = Passwords(plain_settings())
    yield pool
    pool.close()


@pytest.fixture
def world(tmp_path: Path, passwords: Passwords) -> Iterator[World]:
    here = World(tmp_path, passwords)
    yield here
    here.close()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Forger:
    """What an attacker has: a good token, its parts, and (to be strict) even our signing key where the forgery is
    about something else than the signature."""

    def __init__(self, token: str, refresh: str, key: bytes) -> None:
        self.token, self.refresh, self.key = token, refresh, key
        self.header, self.payload, self.signature = token.split(".")
        self.claims: Claims = json.loads(unb64(self.payload))

    def sign(
        self,
        claims: Claims,
        *,
        header: Claims | None = None,
        key: bytes | None = None,
        digest: str = "sha256",
    ) -> str:
        head = b64(json.dumps(header or {"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())
        body = b64(json.dumps(claims, separators=(",", ":")).encode())
        signed = f"{head}.{body}"
        return f"{signed}.{b64(hmac.digest(key or self.key, signed.encode(), digest))}"

    def unsigned(self, algorithm: str, signature: str = "") -> str:
        head = b64(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
        return f"{head}.{self.payload}.{signature}"

    def with_claims(self, **changed: Any) -> str:
        claims = {k: v for k, v in {**self.claims, **changed}.items() if v is not None}
        return self.sign(claims)

    def with_header(self, **more: Any) -> str:
        return self.sign(self.claims, header={"alg": "HS256", "typ": "JWT", **more})


def other_last_digit(token: str) -> str:
    """Another text of the same signature bytes: base64 leaves two bits of the last digit open."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


def duplicate_claim(forger: Forger) -> str:
    body = b64(b'{"sub":"someone",' + json.dumps(forger.claims).encode()[1:])
    signed = f"{forger.header}.{body}"
    return f"{signed}.{b64(hmac.digest(b'guess' * 8, signed.encode(), 'sha256'))}"


FORGERIES: dict[str, Forge] = {
    "alg none": lambda f: f.unsigned("none"),
    "alg None": lambda f: f.unsigned("None"),
    "alg NONE": lambda f: f.unsigned("NONE"),
    "alg nOnE with the old signature": lambda f: f.unsigned("nOnE", f.signature),
    "alg HS512, our key": lambda f: f.sign(f.claims, header={"alg": "HS512", "typ": "JWT"}, digest="sha512"),
    "alg RS256, the key as if it were public": lambda f: f.sign(
        f.claims, header={"alg": "RS256", "typ": "JWT"}
    ),
    "alg missing": lambda f: f.sign(f.claims, header={"typ": "JWT"}),
    "another key": lambda f: f.sign(f.claims, key=b"guess" * 8),
    "an empty key": lambda f: f.sign(f.claims, key=b"\x00"),
    "the configured secret itself as key": lambda f: f.sign(f.claims, key=b"not derived"),
    "stripped signature": lambda f: f"{f.header}.{f.payload}.",
    "two parts": lambda f: f"{f.header}.{f.payload}",
    "four parts": lambda f: f"{f.token}.{f.signature}",
    "signature of another token": lambda f: f"{f.header}.{b64(b'{}')}.{f.signature}",
    "one bit of the signature": lambda f: f.token[:-5] + ("A" if f.token[-5] != "A" else "B") + f.token[-4:],
    "the signature spelled differently": lambda f: other_last_digit(f.token),
    "junk inside base64": lambda f: f"{f.header}.{f.payload}.{f.signature[:9]}!\n{f.signature[9:]}",
    "padding": lambda f: f.token + "=",
    "expired": lambda f: f.with_claims(exp=f.claims["iat"] - 1),
    "no exp": lambda f: f.with_claims(exp=None),
    "exp as text": lambda f: f.with_claims(exp="9999999999"),
    "exp as a huge float": lambda f: f.with_claims(exp=1e300),
    "exp true": lambda f: f.with_claims(exp=True),
    "issued in the future": lambda f: f.with_claims(
        iat=f.claims["exp"] + 10**6, exp=f.claims["exp"] + 2 * 10**6
    ),
    "nbf ahead": lambda f: f.with_claims(nbf=f.claims["exp"]),
    "wrong audience": lambda f: f.with_claims(aud="another-api"),
    "our audience among others": lambda f: f.with_claims(aud=["claribi-api", "another-api"]),
    "no audience": lambda f: f.with_claims(aud=None),
    "wrong issuer": lambda f: f.with_claims(iss="another"),
    "no issuer": lambda f: f.with_claims(iss=None),
    "wrong typ": lambda f: f.with_claims(typ="refresh"),
    "no typ": lambda f: f.with_claims(typ=None),
    "no jti": lambda f: f.with_claims(jti=None),
    "no session": lambda f: f.with_claims(sid=None),
    "another session": lambda f: f.with_claims(sid="0190a0a0-0000-7000-8000-000000000000"),
    "another person": lambda f: f.with_claims(sub="0190a0a0-0000-7000-8000-000000000000"),
    "session as a list": lambda f: f.with_claims(sid=[f.claims["sid"]]),
    "a claim too many": lambda f: f.with_claims(role="owner"),
    "kid with a path": lambda f: f.with_header(kid="../../../../dev/null"),
    "kid with SQL": lambda f: f.with_header(kid="x' UNION SELECT 'key'--"),
    "jku": lambda f: f.with_header(jku="https://evil.example/jwks.json"),
    "x5u": lambda f: f.with_header(x5u="https://evil.example/cert.pem"),
    "jwk": lambda f: f.with_header(jwk={"kty": "oct", "k": b64(b"guess")}),
    "crit": lambda f: f.with_header(crit=["exp"]),
    "duplicate claims": duplicate_claim,
    "the refresh token as access token": lambda f: f.refresh,
    "64 KiB": lambda f: f.with_claims(jti="x" * 65_536),
    "payload is a list": lambda f: f.sign([]),  # type: ignore[arg-type]
    "payload is not JSON": lambda f: f"{f.header}.{b64(b'hello')}.{f.signature}",
    "NUL": lambda f: f.token + "\x00",
    "not ASCII": lambda f: "é" + f.token,
    "three dots": lambda _: "...",
}


async def make_forger(world: World) -> Forger:
    await world.found()
    session = await world.login()
    forger = Forger(session.access, session.refresh, world.secrets.derive("access-token"))
    # The forger signs like us, so that only the forgery itself is what is refused.
    assert world.tokens.read(forger.with_claims()).session_id == forger.claims["sid"]
    return forger


async def test_no_forgery_passes(world: World) -> None:
    assert len(FORGERIES) >= 30
    forger = await make_forger(world)
    await world.call("Verify", token=forger.token)
    passed = []
    for name, forge in FORGERIES.items():
        error, reply = await world.refused("Verify", token=forge(forger))
        if error.word != "authentication_required" or error.message != error.spec.message:
            passed.append(name)
        assert reply["www-authenticate"] == "Bearer"
    assert passed == []


@pytest.mark.night
async def test_no_forgery_passes_on_any_method(world: World) -> None:
    forger = await make_forger(world)
    world.settings = world.settings.model_copy(update={"public_requests_per_hour": 10**6})
    world.interceptors[3]._public_per_hour = 10**6  # type: ignore[attr-defined]
    methods = [m for m in METHODS.values() if m.policy.credentials != 1 and not m.client_streaming]
    refused = 0
    for method in methods:
        for forge in FORGERIES.values():
            error, _ = await world.refused(method.descriptor.name, token=forge(forger), function=_never)
            assert error.word == "authentication_required"
            refused += 1
    print(f"forgeries refused: {refused} of {refused}")


async def _never(_call: Any, _request: Any) -> None:
    raise AssertionError("a forgery reached the service")


async def test_a_token_signed_before_the_last_second_of_its_hour_passes(world: World) -> None:
    forger = await make_forger(world)
    await world.call("Verify", token=forger.with_claims(exp=forger.claims["iat"] + 1))


@pytest.mark.parametrize(
    "refresh",
    ["", "claribi_refresh_", "x", "claribi_refresh_" + "0" * 36, "é" * 52, "claribi_refresh_" + "!" * 36],
)
async def test_a_made_up_refresh_token_is_refused(world: World, refresh: str) -> None:
    error, _ = await world.refused("RefreshToken", RefreshTokenRequest(refresh=refresh))
    assert error.word == ("authentication_required" if refresh else "validation_error")


async def test_an_access_token_is_no_refresh_token(world: World) -> None:
    forger = await make_forger(world)
    error, _ = await world.refused("RefreshToken", RefreshTokenRequest(refresh=forger.token))
    assert error.word == "authentication_required"
    await world.call("Logout", LogoutRequest(refresh=forger.token), token=forger.token)
    await world.call("Verify", token=forger.token)


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "bearer", "", "Token {token}", "{token}", "Bearer {token} x"],
)
async def test_a_header_that_is_not_bearer_is_refused(world: World, header: str) -> None:
    forger = await make_forger(world)
    error, _ = await world.refused("Verify", metadata={"authorization": header.format(token=forger.token)})
    assert error.word == "authentication_required"


@pytest.mark.parametrize("header", ["Bearer {token}", "bearer {token}", "BEARER  {token} "])
async def test_the_scheme_is_compared_without_regard_to_case(world: World, header: str) -> None:
    forger = await make_forger(world)
    await world.call("Verify", metadata={"authorization": header.format(token=forger.token)})


async def test_two_different_credentials_are_refused_and_the_same_twice_is_not(world: World) -> None:
    forger = await make_forger(world)
    key = (await world.key(forger.token)).key
    both = {"authorization": f"Bearer {forger.token}", "x-api-key": key}
    error, _ = await world.refused("Verify", metadata=both)
    assert error.word == "authentication_required"
    await world.call("Verify", metadata={"authorization": f"Bearer {key}", "x-api-key": key})


async def test_a_session_does_not_come_as_an_api_key(world: World) -> None:
    forger = await make_forger(world)
    error, _ = await world.refused("Verify", metadata={"x-api-key": forger.token})
    assert error.word == "authentication_required"


def settings_in(folder: Path, **given: Any) -> Settings:
    return plain_settings(data_dir=folder, **given)


def test_the_secret_is_made_once_and_for_the_owner_of_the_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    first = Secrets(settings_in(folder)).derive("a")
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert Secrets(settings_in(folder)).derive("a") == first
    assert [path.name for path in folder.iterdir()] == ["secret.key"]


def test_each_purpose_and_installation_has_its_own_key(tmp_path: Path) -> None:
    one, two = Secrets(settings_in(tmp_path / "1")), Secrets(settings_in(tmp_path / "2"))
    keys = {s.derive(purpose) for s in (one, two) for purpose in ("access-token", "public-link", "")}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {32}


def test_a_configured_secret_is_used_and_leaves_no_file(tmp_path: Path) -> None:
    one = Secrets(settings_in(tmp_path, token_secret="s" * 32))
    assert one.derive("a") == Secrets(settings_in(tmp_path, token_secret="s" * 32)).derive("a")
    assert one.derive("a") != Secrets(settings_in(tmp_path, token_secret="s" * 33)).derive("a")
    assert list(tmp_path.iterdir()) == []


def test_a_short_secret_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CLARIBI_TOKEN_SECRET: expected at least 32 characters"):
        Secrets(settings_in(tmp_path, token_secret="short"))


def test_a_damaged_secret_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("abcd")
    with pytest.raises(ValueError, match=r"secret\.key: expected 32 bytes"):
        Secrets(settings_in(tmp_path))


def test_two_processes_starting_at_once_share_one_secret(tmp_path: Path) -> None:
    children = []
    for _ in range(4):
        reader, writer = os.pipe()
        if os.fork() == 0:
            try:
                os.write(writer, Secrets(settings_in(tmp_path)).derive("a"))
            finally:
                os._exit(0)
        os.close(writer)
        children.append(reader)
    derived = {os.read(reader, 64) for reader in children}
    for reader in children:
        os.close(reader)
        os.wait()
    assert len(derived) == 1
    assert derived.pop()


def test_tokens_of_another_installation_are_refused(tmp_path: Path) -> None:
    one = AccessTokens(Secrets(settings_in(tmp_path / "1")), seconds=60)
    two = AccessTokens(Secrets(settings_in(tmp_path / "2")), seconds=60)
    token = one.issue("u", "s")
    assert one.read(token).user_id == "u"
    with pytest.raises(InvalidToken):
        two.read(token)
