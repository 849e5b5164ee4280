import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from core.dtypes import DataType
from core.signature import Signature, TensorSpec
from gateway.forms import Json
from gateway.openapi import describe_route
from gateway.page import Page, write_examples, write_page

HOSTILE = (
    "</textarea></script><script>alert('1')</script>\"'><img src=x onerror=alert(2)>${7}{{7*7}}"
)
SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 2), ("a", HOSTILE)),),
    (TensorSpec("p", DataType.FP32, (-1, 2), labels=("no", HOSTILE)),),
    batched=True,
)
SERVER = "https://gw.example:8443"


class Outline(HTMLParser):
    """Keeps tags, ids and texts; fails on a tag that closes out of turn."""

    void = ("meta", "br", "input")

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, str] = {}
        self.feed(page.body.decode())
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data


def document(
    signature: Signature = SIGNATURE,
    *security: str,
    server: str = SERVER,
    operations: tuple[str, ...] = ("infer", "metadata"),
    name: str = "iris",
) -> Json:
    return describe_route(name, signature, "3", security or ["api_key"], server, operations)


def make_page(described: Json) -> Page:
    return write_page(described, write_examples(described, SERVER))


def test_the_page_is_whole_and_loads_nothing() -> None:
    page = make_page(document())
    outline = Outline(page)
    assert set(outline.seen) & {"link", "img", "iframe", "object", "base"} == set()
    assert {"src", "href", "style", "action"} & {name for name, _ in outline.attributes} == set()
    assert b"url(" not in page.body
    assert b"@import" not in page.body
    ids = [value for name, value in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_the_policy_admits_the_pages_own_code_alone() -> None:
    page = make_page(document())
    assert "unsafe" not in page.policy
    for kind in ("script", "style"):
        (text,) = re.findall(f"<{kind}>(.*?)</{kind}>", page.body.decode(), re.DOTALL)
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in page.policy
    assert f"connect-src 'self' {SERVER};" in page.policy


@pytest.mark.parametrize(
    "server",
    ["", "/base", "https://a;script-src *", "https://a b", "javascript:1", "https://a\r\nx: y"],
)
def test_a_policy_holds_no_more_than_an_origin(server: str) -> None:
    policy = write_page(document(server=server), {}).policy
    assert "connect-src 'self';" in policy
    assert policy.count(";") == 6
    assert "\n" not in policy


def test_hostile_names_are_escaped() -> None:
    described = document(SIGNATURE, name=HOSTILE, server=SERVER + "/" + HOSTILE)
    page = write_page(described, {HOSTILE: HOSTILE})
    outline = Outline(page)
    assert outline.seen.count("script") == 1
    assert "img" not in outline.seen
    assert not any(name.startswith("on") for name, _ in outline.attributes)
    assert outline.texts["h1"] == HOSTILE
    assert HOSTILE in outline.texts["code"]
    assert json.loads(outline.texts["textarea"]) == {"rows": [{"a": 0.0, HOSTILE: 0.0}]}


def test_a_lone_surrogate_is_no_reason_to_fail() -> None:
    odd = Signature((TensorSpec("\ud800", DataType.FP32, (-1,)),), SIGNATURE.outputs)
    assert make_page(document(odd)).body


@pytest.mark.parametrize(
    ("security", "header", "has_key"),
    [
        (("api_key",), "x-api-key", True),
        (("jwt",), "authorization", True),
        (("anonymous",), "", False),
        (("mtls",), "", False),
    ],
)
def test_the_form_asks_for_the_routes_credential(
    security: tuple[str, ...],
    header: str,
    has_key: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    outline = Outline(make_page(document(SIGNATURE, *security)))
    assert ("data-header", header) in outline.attributes
    assert (("type", "password") in outline.attributes) is has_key
    assert ("data-url", f"{SERVER}/v1/endpoints/iris:predict") in outline.attributes
    # A field without a name is sent by no form.
    fields = [value for name, value in outline.attributes if name == "name"]
    assert set(fields) == {"viewport", "color-scheme", "referrer"}


def test_nothing_is_stored() -> None:
    body = make_page(document()).body
    assert not re.search(rb"localStorage|sessionStorage|indexedDB|document\.cookie", body)


def test_there_is_no_form_where_a_browser_cannot_call() -> None:
    half = Signature((TensorSpec("x", DataType.FP16, (-1, 2)),), SIGNATURE.outputs)
    for described in (document(half), document(SIGNATURE, "sigv4"), document(operations=())):
        assert "form" not in Outline(make_page(described)).seen


def test_a_big_model_has_an_empty_body_to_fill() -> None:
    big = Signature((TensorSpec("x", DataType.FP32, (-1, 3, 224, 224)),), SIGNATURE.outputs)
    page = make_page(document(big))
    assert len(page.body) < 50_000
    assert "textarea" not in Outline(page).texts
