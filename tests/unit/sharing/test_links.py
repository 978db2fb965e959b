"""Tokens: derived, not stored; long, and of one shape."""

from __future__ import annotations

from server.clock import new_id
from server.work.links import TOKEN_LENGTH, is_token, link_token, token_hash

SECRET = b"a key of thirty-two bytes or more"


def test_a_token_is_the_same_for_the_same_link_and_another_for_another() -> None:
    ids = [new_id() for _ in range(1000)]
    tokens = [link_token(SECRET, link_id) for link_id in ids]
    assert tokens == [link_token(SECRET, link_id) for link_id in ids]
    assert len(set(tokens)) == len(ids)
    assert all(is_token(token) for token in tokens)
    assert {len(token) for token in tokens} == {TOKEN_LENGTH}


def test_another_key_gives_another_token() -> None:
    link_id = new_id()
    assert link_token(SECRET, link_id) != link_token(SECRET + b"!", link_id)


def test_letters_of_tokens_are_spread_evenly() -> None:
    text = "".join(link_token(SECRET, str(number)) for number in range(4000))
    expected = len(text) / 62
    assert len(set(text)) == 62
    # Chi-square over 61 degrees of freedom: 0.9999 of all spread texts stay below 114.
    assert sum((text.count(c) - expected) ** 2 / expected for c in set(text)) < 114


def test_what_is_looked_up_does_not_tell_the_token() -> None:
    token = link_token(SECRET, "x")
    assert len(token_hash(token)) == 64
    assert token not in token_hash(token)


def test_only_the_shape_of_a_token_is_looked_up() -> None:
    token = link_token(SECRET, "x")
    for text in (
        "",
        token[:-1],
        token + "a",
        token[:-1] + "-",
        token[:-1] + "é",
        token[:-1] + "\n",
        " " + token[1:],
    ):
        assert not is_token(text)
