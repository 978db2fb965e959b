"""Where the anchors of transcoding differ, or go further than we do: what we do instead, and why.

Each entry replaces the expectation of one case, in the form the case file uses; the tests assert it.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Decided(NamedTuple):
    """What we do in place of the case's expectation, and why."""

    expected: dict[str, Any]
    why: str


REFUSED = {"error": "INVALID_ARGUMENT"}
RULE_REFUSED = {"refused": True}
NO_MAPS = "google.api.http forbids maps in the query; m[k]=v is one gateway's own syntax"
TOP_LEVEL_BODY = "google.api.http wants the body to be a top-level field; the rule is refused at start"
PATH_WINS_BY_REFUSAL = "a value bound by the path may not be given again, not even an equal one"
ALWAYS_PRINTED = "fields without presence always print: a client sees every field of a resource"
NO_COMMA = "several values are given by repetition, never by comma"
WHOLE_FREE_FORM = "FieldMask cannot apply a path into a Struct, so the whole field is named"
HTTP_HALF = "the reader sees no HTTP method and no pattern: the binding checks refuse this rule"

DECIDED: dict[str, Decided] = {
    "tc-0517": Decided(REFUSED, "a Duration is its ProtoJSON text, 46800s; Go's 13h0m0s is not"),
    **{f"tc-{number:04d}": Decided(REFUSED, NO_MAPS) for number in range(529, 545)},
    **{f"tc-{number:04d}": Decided(REFUSED, PATH_WINS_BY_REFUSAL) for number in range(557, 561)},
    **{f"tc-{number:04d}": Decided({"error": True}, NO_COMMA) for number in range(596, 599)},
    "tc-0374": Decided(RULE_REFUSED, TOP_LEVEL_BODY),
    "tc-0406": Decided(RULE_REFUSED, TOP_LEVEL_BODY),
    "tc-0415": Decided(RULE_REFUSED, TOP_LEVEL_BODY),
    "tc-0381": Decided(REFUSED, "an unknown JSON field is a mistake the caller should hear of"),
    "tc-0429": Decided(REFUSED, PATH_WINS_BY_REFUSAL),
    **{f"tc-{number:04d}": Decided(REFUSED, PATH_WINS_BY_REFUSAL) for number in range(438, 447)},
    "tc-0454": Decided(RULE_REFUSED, "google.api.http forbids a repeated field in the path"),
    "tc-0606": Decided({"paths_sorted": ["struct_field"]}, WHOLE_FREE_FORM),
    "tc-0607": Decided({"paths_sorted": ["value_field"]}, WHOLE_FREE_FORM),
    "tc-0608": Decided({"paths_sorted": ["line_num", "struct_field"]}, WHOLE_FREE_FORM),
    "tc-0455": Decided({"json": {"name": "1", "theme": "History", "type": "CLASSIC"}}, ALWAYS_PRINTED),
    "tc-0461": Decided({"json": {"name": "", "theme": "", "type": "CLASSIC"}}, ALWAYS_PRINTED),
    **{f"tc-{number:04d}": Decided({"refused": False}, HTTP_HALF) for number in (704, 708, 709, 710, 711)},
}
