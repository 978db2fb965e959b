"""Where the anchors of transcoding differ on routes, rules and headers: what we do, and why.

Each entry replaces the expectation of one case, in the form the case file uses; the tests assert it.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Decided(NamedTuple):
    """What we do in place of the case's expectation, and why."""

    expected: dict[str, Any]
    why: str


INVALID = {"valid": False}
NO_ROUTE = {"match": None}
REFUSED = {"refused": True}
NOT_ADDED = {"registered": [True, False]}
NOT_FORWARDED: dict[str, Any] = {"metadata_key": None}

BODILESS = "a rule that gives GET or DELETE a body is refused at start"
ONE_FORM = (
    "one unescape mode for single segments: decoded in full after splitting, so %2F never makes a segment"
)
ALLOWLIST = "request headers cross by an allowlist under their own names; there is no prefix that opens it"
RFC_9110 = "a known path with another method is 405 with Allow"
EMPTY = "an empty segment matches nothing, so that it can never bind"
LOCAL_VERB = "a verb belongs to its template; elsewhere a colon is part of the segment"
DUPLICATE = "two equal routes are an error at start, never a look-up that silently answers nothing"
FRAMES = "grpcio reads the frames; a server that sends such a one is our 5xx in the envelope"

DECIDED: dict[str, Decided] = {
    "tc-0702": Decided(INVALID, "a star inside a longer literal is nearly always a misspelt wildcard"),
    "tc-0700": Decided(INVALID, "a colon inside a variable is refused, as in the grammar"),
    "tc-0701": Decided(INVALID, "an empty verb is refused, as in the grammar"),
    "tc-0135": Decided(
        {"match": "/person/{id=*}", "bindings": [{"field_path": "id", "value": "jason:other"}]}, LOCAL_VERB
    ),
    "tc-0165": Decided({"match": "/some/*:verb"}, "one closing slash is dropped before anything else"),
    "tc-0199": Decided(
        {
            "match": "/a",
            "bindings": [{"field_path": "x", "value": "Hello world"}, {"field_path": "y", "value": "+  "}],
        },
        "'+' is a space in queries, as forms send it",
    ),
    "tc-0338": Decided(NO_ROUTE, EMPTY),
    "tc-0340": Decided(REFUSED, BODILESS),
    "tc-0341": Decided(REFUSED, BODILESS),
    "tc-0344": Decided(NOT_ADDED, DUPLICATE),
    "tc-0345": Decided(NOT_ADDED, DUPLICATE),
    **{id_: Decided(REFUSED, BODILESS) for id_ in ("tc-0347", "tc-0350", "tc-0354", "tc-0355")},
    "tc-0352": Decided(REFUSED, "a rule without a pattern is a mistake, not a method without a route"),
    "tc-0619": Decided({"status": 405}, RFC_9110),
    "tc-0620": Decided({"status": 405}, RFC_9110),
    "tc-0627": Decided({"status": 200, "match": "/foo/{id=*}/bar"}, ONE_FORM),
    "tc-0628": Decided({"status": 200, "match": "/foo/{id=*}/bar"}, ONE_FORM),
    "tc-0630": Decided({"status": 404}, ONE_FORM),
    "tc-0632": Decided({"status": 200, "match": "/foo/*"}, "the case pins a defect: a path unescaped twice"),
    "tc-0704": Decided(
        {"error": "descriptor"}, "protobuf itself refuses a method whose request type is missing"
    ),
    "tc-0722": Decided(
        {"http_status": 503}, "429 only with our own reason: grpcio uses this code for sizes too"
    ),
    "tc-0736": Decided(NOT_FORWARDED, ALLOWLIST),
    "tc-0737": Decided(NOT_FORWARDED, ALLOWLIST),
    "tc-0739": Decided({"metadata": {"authorization": ["Token 1234567890"]}}, ALLOWLIST),
    "tc-0740": Decided({"metadata": {}}, ALLOWLIST),
    "tc-0741": Decided({"metadata": {"x-client-address": ["192.0.2.100"]}}, "one name, and only the address"),
    "tc-0742": Decided(
        {"metadata": {"x-client-address": ["192.0.2.200"]}},
        "X-Forwarded-For is believed from configured proxies only",
    ),
    "tc-0468": Decided(
        {"status": 200, "chunks": ['{"id":"One"}\n', '{"id":"Two"}\n']},
        "a line is the message itself; errors are told apart by their one key",
    ),
    "tc-0469": Decided(
        {
            "status": 200,
            "chunks": [
                '{"id":"One"}\n',
                '{"error":{"message":"400","code":"validation_error","details":{}}}\n',
            ],
        },
        "the last line of a failed stream is the same envelope as everywhere",
    ),
    "tc-0472": Decided({"http_status": 500}, FRAMES),
    "tc-0473": Decided({"http_status": 500}, FRAMES),
    "tc-0474": Decided({"http_status": 500}, FRAMES),
}
