"""Public links: the token derived from the link's id, and the message that shows a link."""

import hashlib
import hmac
import re
import string
from collections.abc import Callable, Collection
from typing import Any

from claribi.v1.sharing_pb2 import LINK_MODE_LIVE, LinkSettings, PublicLink
from sqlalchemy import Row

from server.clock import DAY, optional_timestamp, timestamp

# What the key of the tokens is derived for; another purpose gives another key.
PURPOSE = "public-link"
REPORT = "report"
DASHBOARD = "dashboard"
DEFAULT_DAYS = 30

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
# 32 characters of base62 carry 190 bits.
TOKEN_LENGTH = 32
TOKEN = re.compile(rf"[0-9A-Za-z]{{{TOKEN_LENGTH}}}")


def link_token(secret: bytes, link_id: str) -> str:
    """The token of a link: a keyed hash of its id, so that it can be shown again but is not stored."""
    digest = hmac.digest(secret, link_id.encode(), hashlib.sha256)
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(TOKEN_LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(letters)


def token_hash(token: str) -> str:
    """The form a token is looked up by; the database alone opens no link."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Whether a text could be a token; anything else is refused without a look-up."""
    return TOKEN.fullmatch(text) is not None


def link_message(row: Row[Any], base_url: str, secret: bytes) -> PublicLink:
    """The wire form of a row of `public_links`; `base_url` without a slash at its end, `secret` from PURPOSE."""
    token = link_token(secret, row.id)
    return PublicLink(
        url=f"{base_url}/public/{row.kind}/{token}",
        token=token,
        created_at=timestamp(row.created_at),
        expires_at=optional_timestamp(row.expires_at),
        has_password=row.password_hash is not None,
        allow_download=row.allow_download,
        mode=row.mode,
        view_count=row.view_count,
        last_viewed_at=optional_timestamp(row.last_viewed_at),
    )


class Linker:
    """Makes tokens and messages with the installation's key for links; `derive` gives the key of a purpose."""

    def __init__(self, derive: Callable[[str], bytes]) -> None:
        self._secret = derive(PURPOSE)

    def token(self, link_id: str) -> str:
        """The token of a link."""
        return link_token(self._secret, link_id)

    def message(self, row: Row[Any], base_url: str) -> PublicLink:
        """The wire form of a row of `public_links`."""
        return link_message(row, base_url, self._secret)


def new_link_values(link_id: str, token: str, now: int) -> dict[str, Any]:
    """The columns of a new link before any setting: 30 days, no password, no download, live."""
    return {
        "id": link_id,
        "token_hash": token_hash(token),
        "created_at": now,
        "expires_at": now + DEFAULT_DAYS * DAY,
        "password_hash": None,
        "allow_download": False,
        "mode": LINK_MODE_LIVE,
        "content": None,
    }


def settings_values(link: LinkSettings, given: Collection[str], now: int) -> dict[str, Any]:
    """The columns that the settings in `given` change; one that is given but unset is taken away.

    The password is not among them: its hash takes time and is made elsewhere.
    """
    values: dict[str, Any] = {}
    if "expires_in_days" in given:
        ends = link.HasField("expires_in_days")
        values["expires_at"] = now + link.expires_in_days * DAY if ends else None
    if "allow_download" in given:
        values["allow_download"] = link.allow_download
    if "mode" in given:
        values["mode"] = link.mode or LINK_MODE_LIVE
    return values
