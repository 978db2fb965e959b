"""The static pages as files: nothing inline, nothing from elsewhere, every reference served."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from claribi.v1 import policy_pb2

from rest_bridge.configuration import StaticPage
from rest_bridge.docs import ASSETS_PATH, choices, load_openapi, static_pages
from rest_bridge.words import words_of

PAGES = static_pages()
HTML = {path: page for path, page in PAGES.items() if page.content_type.startswith("text/html")}
# Swagger UI is another's work; its bundle names addresses it never calls, as the browser test shows.
OWN = {path: page for path, page in PAGES.items() if path.startswith(ASSETS_PATH) and "swagger" not in path}


def text_of(page: StaticPage) -> str:
    assert isinstance(page.body, bytes)
    return page.body.decode()


def header(page: StaticPage, name: bytes) -> str:
    return dict(page.headers)[name].decode()


def test_the_documented_pages_are_there() -> None:
    assert {"/", "/settings/developer/", "/api/v1/docs/"} == HTML.keys()
    assert PAGES["/api/v1/schema/"].content_type == "application/yaml"


@pytest.mark.parametrize("path", HTML)
def test_a_page_has_a_strict_policy(path: str) -> None:
    policy = header(HTML[path], b"content-security-policy")
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["connect-src"] == "'self'"
    assert directives["form-action"] == directives["frame-ancestors"] == "'none'"
    assert ("'unsafe-inline'" in directives["style-src"]) == (path == "/api/v1/docs/")


@pytest.mark.parametrize("path", HTML)
def test_a_page_has_nothing_inline_and_nothing_from_elsewhere(path: str) -> None:
    text = text_of(HTML[path])
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", text) == []
    addresses = re.findall(r'(?:src|href|action)="([^"]*)"', text)
    assert [address for address in addresses if not address.startswith(("/", "#"))] == []


@pytest.mark.parametrize("path", HTML)
def test_every_reference_is_served(path: str) -> None:
    references = set(re.findall(r'(?:src|href)="(/assets/[^"]*)"', text_of(HTML[path])))
    assert references
    assert references <= PAGES.keys()


@pytest.mark.parametrize("path", HTML)
def test_every_control_has_a_label_and_every_reference_between_elements_a_target(path: str) -> None:
    text = text_of(HTML[path])
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(set(ids)) == len(ids)
    controls = re.findall(r'<(?:input|select|textarea)[^>]*\sid="([^"]+)"', text)
    labels = re.findall(r'<label for="([^"]+)"', text)
    assert controls == labels
    pointing = re.findall(r'aria-(?:labelledby|describedby|controls)="([^"]+)"', text)
    assert set(pointing) <= set(ids)


def test_own_scripts_never_make_markup_of_data() -> None:
    for path, page in OWN.items():
        if path.endswith(".js"):
            assert re.findall(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", text_of(page)) == [], (
                path
            )


def test_the_schema_is_the_generated_document() -> None:
    assert PAGES["/api/v1/schema/"].body == load_openapi()
    assert load_openapi().startswith(b"openapi: 3.0.3\n")


async def test_the_choices_are_the_words_of_the_contract_with_their_meanings() -> None:
    page = PAGES["/assets/choices.json"]
    assert not isinstance(page.body, bytes)
    body = await page.body()
    assert body == choices()
    found = json.loads(body)
    assert [each["word"] for each in found["scopes"]] == list(words_of(policy_pb2.Scope.DESCRIPTOR).values())
    assert all(each["meaning"] for kind in found.values() for each in kind)


def test_the_icon_of_the_pages_is_a_picture_without_scripts() -> None:
    icon = text_of(PAGES["/assets/icon.svg"])
    assert icon.startswith("<svg")
    assert "<script" not in icon


def test_the_yaml_on_offer_can_be_read() -> None:
    assert yaml.load(load_openapi(), Loader=yaml.CSafeLoader)["openapi"] == "3.0.3"
