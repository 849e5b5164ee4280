"""How to call a route, as text to copy: curl, Python, JavaScript. Pure."""

import json
import shlex
from collections.abc import Sequence
from pprint import pformat
from typing import Any
from urllib.parse import urlsplit

from core.dtypes import DataType
from gateway.forms import Json
from gateway.openapi import EXTENSION, find_path

_FILE = "body.json"
# tritonclient itself makes BF16 of FP32.
_NUMPY = {DataType.BF16: "float32", DataType.BYTES: "object_", DataType.BOOL: "bool_"}
# The header of each credential, and what stands before its value.
_HEADERS = {"api_key": ("x-api-key", "", "API_KEY"), "jwt": ("authorization", "Bearer ", "TOKEN")}
_CURL = {
    "sigv4": '--aws-sigv4 "aws:amz:$AWS_REGION:sagemaker"'
    ' --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    "mtls": "--cert client.pem --key client.key",
}
_NOTES = {
    "sigv4": "Sign the request with AWS Signature Version 4.",
    "mtls": "Present your client certificate.",
}


def write_examples(document: Json, base_url: str) -> dict[str, str]:
    """Examples by title, for what the route offers; a hostile name stays a text in each language."""
    route, base = document[EXTENSION], base_url.rstrip("/")
    path = find_path(document, "predict")
    examples: dict[str, str] = {}
    if path is not None:
        examples["curl"] = _write_curl(base + path, route)
        examples["Python (httpx)"] = _write_httpx(base + path, route)
    if find_path(document, "infer") is not None:
        examples["Python (tritonclient)"] = _write_triton(base, route)
    if path is not None:
        examples["JavaScript"] = _write_fetch(base + path, route)
    return examples


def _write_curl(url: str, route: Json) -> str:
    kinds = route["security"]
    credential = _find_header(kinds)
    parts = [f"curl {shlex.quote(url)}", '-H "content-type: application/json"']
    if credential is not None:
        header, scheme, variable = credential
        parts.append(f'-H "{header}: {scheme}${variable}"')
    elif kinds and kinds[0] in _CURL:
        parts.append(_CURL[kinds[0]])
    body = f"@{_FILE}" if route["body"] is None else json.dumps(route["body"], ensure_ascii=False)
    return " \\\n  ".join([*parts, f"--data {shlex.quote(body)}"])


def _write_httpx(url: str, route: Json) -> str:
    credential, is_long = _find_header(route["security"]), route["body"] is None
    lines = ["import os"] if credential else []
    lines += ["from pathlib import Path"] if is_long else []
    lines += [*([""] if lines else []), "import httpx", "", *_note("#", route["security"])]
    headers = [_write_entry(credential)] if credential else []
    if is_long:
        headers.append('"content-type": "application/json"')
        sent = f'content=Path("{_FILE}").read_bytes()'
    else:
        lines.append(f"body = {pformat(route['body'], width=88, sort_dicts=False)}")
        sent = "json=body"
    if headers:
        lines.append(f"headers = {{{', '.join(headers)}}}")
        sent += ", headers=headers"
    call = f"reply = httpx.post({url!r}, {sent}, timeout=30)"
    lines += [call, "reply.raise_for_status()", 'print(reply.json()["predictions"])']
    return "\n".join(lines)


def _write_triton(base: str, route: Json) -> str:
    address = urlsplit(base)
    where = f"{address.netloc}{address.path}"
    credential = _find_header(route["security"])
    lines = [*(["import os", ""] if credential else []), "import numpy as np"]
    lines += ["from tritonclient.http import InferenceServerClient, InferInput", ""]
    secure = ", ssl=True" if address.scheme == "https" else ""
    lines += [*_note("#", route["security"]), f"client = InferenceServerClient({where!r}{secure})"]
    lines.append("inputs = []")
    for spec in _demanded(route["inputs"]):
        shape = [abs(dim) for dim in spec["shape"]]
        lines.append(f"inputs.append(InferInput({spec['name']!r}, {shape}, {spec['datatype']!r}))")
        lines.append(f"inputs[-1].set_data_from_numpy({_write_array(spec, shape)})")
    headers = f", headers={{{_write_entry(credential)}}}" if credential else ""
    lines.append(f"answer = client.infer({route['name']!r}, inputs{headers})")
    lines += [f"print(answer.as_numpy({spec['name']!r}))" for spec in route["outputs"]]
    return "\n".join(lines)


def _write_fetch(url: str, route: Json) -> str:
    credential = _find_header(route["security"])
    headers = ['"content-type": "application/json"']
    if credential is not None:
        header, scheme, variable = credential
        value = f"`{scheme}${{{variable}}}`" if scheme else variable
        headers.append(f'"{header}": {value}')
    lines = _note("//", route["security"])
    if credential is not None:
        lines.append(f'const {credential[2]} = "...";')
    if route["body"] is None:
        lines += ['import { readFile } from "node:fs/promises";', ""]
        body = f'await readFile("{_FILE}")'
    else:
        lines.append(f"const body = {json.dumps(route['body'], ensure_ascii=False)};")
        body = "JSON.stringify(body)"
    lines += [
        f"const reply = await fetch({json.dumps(url, ensure_ascii=False)}, {{",
        '  method: "POST",',
        f"  headers: {{ {', '.join(headers)} }},",
        f"  body: {body},",
        "});",
        "if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);",
        "console.log((await reply.json()).predictions);",
    ]
    return "\n".join(lines)


def _find_header(kinds: Sequence[str]) -> tuple[str, str, str] | None:
    return next((_HEADERS[kind] for kind in kinds if kind in _HEADERS), None)


def _write_entry(credential: tuple[str, str, str]) -> str:
    header, scheme, variable = credential
    value = f'os.environ["{variable}"]'
    return f'"{header}": {f"{scheme!r} + {value}" if scheme else value}'


def _note(mark: str, kinds: Sequence[str]) -> list[str]:
    noted = [] if _find_header(kinds) else [_NOTES[kind] for kind in kinds[:1] if kind in _NOTES]
    return [f"{mark} {note}" for note in noted]


def _write_array(spec: Json, shape: list[int]) -> str:
    datatype = DataType(spec["datatype"])
    kind = f"np.{_NUMPY.get(datatype, datatype.numpy.name)}"
    size: Any = tuple(shape)
    if datatype is DataType.BYTES:
        return f'np.full({size}, b"text", {kind})'
    return f"np.zeros({size}, {kind})"


def _demanded(inputs: Sequence[Json]) -> Sequence[Json]:
    return [spec for spec in inputs if not spec["optional"]] or inputs[:1]
