"""TLS on the public listeners, client certificates, and a certificate that is replaced in place."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http

from core.exposure import Exposure
from registry.publishing import Authored
from tests.fakes.certificates import Authority
from tests.fakes.gateway_process import Running, keyed, run_gateway
from tidegate.client.waiting import Waiting

BODY = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}
ROUTES = [
    {"name": "flowers", "endpoint": "iris"},
    {"name": "certified", "endpoint": "iris", "auth": "mtls"},
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def running(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    server = authority.issue("first", "server")
    files = {
        "public_tls_cert": server.certificate,
        "public_tls_key": server.key,
        "public_tls_client_ca": authority.file,
    }
    with run_gateway(tmp_path_factory.mktemp("home"), **files) as running:
        exposure = Exposure.read({"routes": ROUTES})
        running.platform.stages.publish("prod", lambda _: exposure, Authored(0.0))
        yield running


def open_client(authority: Authority, client: str = "") -> httpx.Client:
    context = ssl.create_default_context(cafile=str(authority.file))
    if client:
        issued = authority.issue(client)
        context.load_cert_chain(issued.certificate, issued.key)
    return httpx.Client(verify=context, trust_env=False)


def ask(client: httpx.Client, running: Running, route: str, headers: Any = None) -> int:
    url = f"https://{running.public}/v2/models/{route}/infer"
    return client.post(url, json=BODY, headers=headers).status_code


def test_a_key_goes_over_tls_and_nothing_goes_without(
    running: Running, authority: Authority
) -> None:
    with open_client(authority) as client:
        Waiting().until(
            lambda: ask(client, running, "certified"),
            lambda status: status == 401,
            subject="the route",
            timeout_s=10,
        )
        assert ask(client, running, "flowers", keyed()) == 200
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://{running.public}/v2", trust_env=False)


def test_a_client_certificate_opens_its_route(
    running: Running, authority: Authority, tmp_path: Path
) -> None:
    with open_client(authority, "ann") as client:
        assert ask(client, running, "certified") == 200
    stranger = Authority(tmp_path)
    context = ssl.create_default_context(cafile=str(authority.file))
    issued = stranger.issue("eve")
    context.load_cert_chain(issued.certificate, issued.key)
    with httpx.Client(verify=context, trust_env=False) as client, pytest.raises(httpx.HTTPError):
        ask(client, running, "certified")


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_tritons_clients(running: Running, authority: Authority, kind: str) -> None:
    rows = np.array([[1, 2]], np.float32)
    if kind == "grpc":
        library, host = triton_grpc, running.grpc
        options: dict[str, Any] = {"ssl": True, "root_certificates": str(authority.file)}
    else:
        library, host = triton_http, running.public
        context = ssl.create_default_context(cafile=str(authority.file))
        options = {"ssl": True, "ssl_context_factory": lambda: context}
    with library.InferenceServerClient(host, **options) as client:
        given = library.InferInput("x", [1, 2], "FP32")
        given.set_data_from_numpy(rows)
        answer = client.infer("flowers", [given], headers=keyed())
    assert answer.as_numpy("scores").shape == (1, 2)


def test_a_new_certificate_counts_without_a_restart(running: Running, authority: Authority) -> None:
    def name() -> str:
        host, _, port = running.public.partition(":")
        context = ssl.create_default_context(cafile=str(authority.file))
        with (
            socket.create_connection((host, int(port))) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as wrapped,
        ):
            told: Any = wrapped.getpeercert()
            return str(told["subject"][0][0][1])

    assert name() == "first"
    authority.issue("second", "server")
    Waiting().until(name, lambda seen: seen == "second", subject="the certificate", timeout_s=20)
    assert running.process.poll() is None
