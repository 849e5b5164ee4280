"""The developer page of a route: one self-contained HTML file, and the policy it is served with. Pure."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from gateway.examples import write_examples
from gateway.forms import Json
from gateway.openapi import EXTENSION, find_path

__all__ = ["Page", "write_examples", "write_page"]

_INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)
# What may stand in a policy; any other address is left out.
_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?=/|$)")
_MANY_LINES = 60
_LOADER, _TEMPLATE = PackageLoader("gateway", ""), "page.html"
# How a browser shows who it is: label, header, and what stands before the credential.
_CREDENTIALS = {
    "api_key": ("API key", "x-api-key", ""),
    "jwt": ("Token", "authorization", "Bearer "),
}


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of the page, and the `Content-Security-Policy` that admits its own code alone."""

    body: bytes
    policy: str


def write_page(document: Json, examples: Mapping[str, str]) -> Page:
    """The page of a route's OpenAPI document; `examples` by the title of their tab."""
    server = document["servers"][0]["url"]
    text = _template().render(
        route=document[EXTENSION],
        server=server,
        calls=_list_calls(document),
        examples=examples,
        form=_describe_form(document, server),
    )
    # A lone surrogate in a name is no reason to fail.
    return Page(text.encode(errors="replace"), _write_policy(server))


def _list_calls(document: Json) -> list[Json]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "types": list(operation.get("requestBody", {}).get("content", {})),
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def _describe_form(document: Json, server: str) -> Json:
    route = document[EXTENSION]
    path = find_path(document, "predict")
    kinds = route["security"]
    if path is None:
        return {"obstacle": "No call of this route takes plain JSON; use a client of the examples."}
    label, header, scheme = next(
        (_CREDENTIALS[kind] for kind in kinds if kind in _CREDENTIALS), ("", "", "")
    )
    if "sigv4" in kinds and not header and "anonymous" not in kinds:
        return {"obstacle": "Calls must be signed, which this page cannot do."}
    return {
        "obstacle": "",
        "url": server.rstrip("/") + path,
        "label": label,
        "header": header,
        "scheme": scheme,
        "body": _write_body(route["body"]),
    }


def _write_body(body: Any) -> str:
    if body is None:
        return ""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    short = text.count("\n") <= _MANY_LINES
    return text if short else json.dumps(body, ensure_ascii=False)


def _write_policy(server: str) -> str:
    origin = _ORIGIN.match(server)
    places = " ".join(["'self'", *([origin[0]] if origin else [])])
    hashes = _hash_inline()
    return (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; "
        f"connect-src {places}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _hash_inline() -> dict[str, str]:
    # Of the template, not of a page: code that got into a page by a name is not admitted.
    found = _INLINE.findall(_LOADER.get_source(_environment(), _TEMPLATE)[0])
    return {
        kind: f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for kind, text in found
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=_LOADER,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shape"] = _write_shape
    return environment


@cache
def _template() -> Template:
    return _environment().get_template(_TEMPLATE)


def _write_shape(shape: list[int]) -> str:
    return (
        " \N{MULTIPLICATION SIGN} ".join("any" if dim < 0 else str(dim) for dim in shape)
        or "one value"
    )
