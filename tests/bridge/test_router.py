"""The router against a matcher so slow and plain that it is surely right."""

from __future__ import annotations

from itertools import combinations
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rest_bridge.router import DuplicateRoute, PathError, Route, Router, Unescape
from rest_bridge.template import Template, TemplateError, parse_template

NAMES = ["a", "b", "c"]
literals = st.sampled_from(NAMES)


@st.composite
def templates(draw: st.DrawFn) -> str:
    """A valid template over a small alphabet, so that routes often compete."""
    segments = draw(st.lists(st.sampled_from([*NAMES, "*"]), max_size=4))
    if draw(st.booleans()):
        segments += ["**", *draw(st.lists(literals, max_size=2))]
    if not segments:
        return "/"
    pieces: list[str] = []
    position = 0
    while position < len(segments):
        length = draw(st.integers(1, 2))
        run = segments[position : position + length]
        after_rest = "**" in segments[:position]
        if draw(st.booleans()) and not after_rest:
            pieces.append("{" + f"v{position}=" + "/".join(run) + "}")
        else:
            pieces += run
        position += length
    return "/" + "/".join(pieces) + draw(st.sampled_from(["", "", ":a", ":go", ":go:a"]))


paths = st.lists(
    st.sampled_from([*NAMES, "d", "", "a:go", "b:a", "a:go:a", "%61", "a%2Fb", ":go"]), max_size=6
).map(lambda segments: "/" + "/".join(segments))


def slow_matches(template: Template, segments: list[str], verb: str) -> bool:
    """Whether a template matches, by trying every length of `**`."""
    if template.verb != verb or "" in segments:
        return False
    if "**" not in template.segments:
        return fits(template.segments, segments)
    position = template.segments.index("**")
    before, after = template.segments[:position], template.segments[position + 1 :]
    return any(fits((*before, *["*"] * count, *after), segments) for count in range(len(segments) + 1))


def fits(pattern: tuple[str, ...], segments: list[str]) -> bool:
    return len(pattern) == len(segments) and all(
        wanted in ("*", unquote(given)) for wanted, given in zip(pattern, segments, strict=True)
    )


def special(template: Template) -> tuple[object, ...]:
    """The order of precedence: segment by segment literal, `*`, `**`; then the longer tail."""
    ranks = [0 if segment not in ("*", "**") else 1 if segment == "*" else 2 for segment in template.segments]
    if 2 in ranks:
        position = ranks.index(2)
        return (*ranks[: position + 1], -(len(ranks) - position))
    return (*ranks, -1)


def slow_find(known: list[Template], path: str) -> set[str]:
    """The templates that may answer a path: the most special of those with the longest fitting verb."""
    path = path.removesuffix("/") if path != "/" else path
    segments = path[1:].split("/") if path != "/" else []
    candidates = [(segments, "")]
    if segments:
        colons = [index for index, char in enumerate(segments[-1]) if char == ":" and index]
        candidates = [
            *(([*segments[:-1], segments[-1][:index]], segments[-1][index + 1 :]) for index in colons),
            *candidates,
        ]
    for cut, verb in candidates:
        found = [template for template in known if slow_matches(template, cut, verb)]
        if found:
            best = min(special(template) for template in found)
            return {template.text for template in found if special(template) == best}
    return set()


@settings(max_examples=600, deadline=None)
@given(st.lists(templates(), min_size=1, max_size=7), st.lists(paths, min_size=1, max_size=8))
def test_the_router_agrees_with_a_plain_matcher(texts: list[str], asked: list[str]) -> None:
    router: Router[str] = Router()
    known: list[Template] = []
    for text in texts:
        template = parse_template(text)
        try:
            router.add(Route("GET", template, "", text))
        except DuplicateRoute:
            same = [(other.segments, other.verb) for other in known]
            assert (template.segments, template.verb) in same
        else:
            known.append(template)
    for path in asked:
        match = router.find("GET", path)
        wanted = slow_find(known, path)
        assert (match is None) == (not wanted), (path, wanted)
        if match is not None:
            assert match.routes[0].value in wanted, (path, wanted)
            check_bindings(match.routes[0].template, match.bind(match.routes[0].template.variables), path)


def check_bindings(template: Template, bindings: list[tuple[str, str]], path: str) -> None:
    for variable, (name, text) in zip(template.variables, bindings, strict=True):
        assert name == variable.field_path
        assert text or variable.deep, f"{path} binds {name} to nothing"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="/ab*{}=:.%2F~ é", max_size=24))
def test_any_text_parses_or_is_refused_with_a_reason(text: str) -> None:
    reason = ""
    try:
        assert parse_template(text).text == text
    except TemplateError as error:
        reason = str(error)
    assert not reason or repr(text) in reason


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=40))
def test_any_path_is_found_missed_or_malformed(text: str) -> None:
    router: Router[int] = Router()
    for number, template in enumerate(["/", "/{a}", "/a/{b=*}:go", "/{c=a/**}/z", "/x/**"]):
        router.add(Route("GET", parse_template(template), "", number))
    try:
        match = router.find("GET", text)
    except PathError:
        assert "%" in text
    else:
        if match is not None:
            match.bind(match.routes[0].template.variables)


def test_every_escape_survives_a_round_trip_through_a_single_segment() -> None:
    router: Router[None] = Router()
    router.add(Route("GET", parse_template("/{x}"), "", None))
    for code in range(1, 128):
        match = router.find("GET", f"/%{code:02X}")
        assert match is not None
        assert match.bind(match.routes[0].template.variables) == [("x", chr(code))]


@pytest.mark.parametrize("mode", list(Unescape))
def test_a_decoded_slash_never_makes_a_segment(mode: Unescape) -> None:
    router: Router[None] = Router(mode)
    router.add(Route("GET", parse_template("/a/{x}/c"), "", None))
    assert router.find("GET", "/a/b%2Fc") is None
    assert router.find("GET", "/a%2Fb/c") is None


def test_the_order_of_registration_does_not_matter() -> None:
    texts = ["/a/{x}", "/a/b", "/a/**", "/{x=**}", "/a/{x}:go", "/a/**/b", "/*/b"]
    for first, second in combinations(texts, 2):
        found = []
        for order in ((first, second), (second, first)):
            router: Router[str] = Router()
            for text in order:
                router.add(Route("GET", parse_template(text), "", text))
            match = router.find("GET", "/a/b")
            found.append(match.routes[0].value if match else None)
        assert found[0] == found[1]


def test_a_wildcard_serves_the_method_that_the_literal_lacks() -> None:
    router: Router[str] = Router()
    router.add(Route("POST", parse_template("/reports/generate"), "", "generate"))
    router.add(Route("GET", parse_template("/reports/{id}"), "", "get"))
    router.add(Route("*", parse_template("/any"), "", "any"))
    post, get = router.find("POST", "/reports/generate"), router.find("GET", "/reports/generate")
    assert post is not None
    assert post.routes[0].value == "generate"
    assert get is not None
    assert get.routes[0].value == "get"
    assert router.allowed("/reports/generate") == ["GET", "HEAD", "OPTIONS", "POST"]
    assert router.find("BREW", "/any") is not None
    assert router.allowed("/nowhere") == []


def test_one_route_may_take_two_media_types() -> None:
    router: Router[str] = Router()
    router.add(Route("POST", parse_template("/a/{x}"), "application/json", "json"))
    router.add(Route("POST", parse_template("/a/{y}"), "multipart/form-data", "form"))
    match = router.find("POST", "/a/1")
    assert match is not None
    assert [route.value for route in match.routes] == ["json", "form"]
    with pytest.raises(DuplicateRoute):
        router.add(Route("POST", parse_template("/a/{z}"), "application/json", "again"))
