import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tidegate.settings import Settings
from tidegate.supervisor.port import choose_port
from tidegate.supervisor.probe import (
    find_silent,
    hears_control,
    hears_gateway,
    sees_control,
    sees_gateway,
    sees_ray,
)

ALIVE = b'{"data": {"summary": [{"raylet": {"state": "ALIVE"}, "cpu": 0.5}]}}'
# The control store is up; no node has joined yet.
ALONE = b'{"data": {"summary": [{"raylet": {}}]}}'


class Answerer(BaseHTTPRequestHandler):
    """Answers those who have the token; the gateway's health is open."""

    nodes = ALIVE

    def do_GET(self) -> None:
        known = {"/v2/health/live": b"", "/api/v1/status": b"{}", "/nodes?view=summary": self.nodes}
        open_to_all = self.path == "/v2/health/live"
        good = open_to_all or self.headers.get("Authorization") == "Bearer good"
        self.send_response(200 if good else 401)
        self.end_headers()
        self.wfile.write(known.get(self.path, b"") if good else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    server = HTTPServer(("127.0.0.1", 0), Answerer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    names = ("private_port", "control_port", "ray_port", "ray_dashboard_port")
    yield Settings.model_validate({"home": tmp_path, **dict.fromkeys(names, server.server_port)})
    server.shutdown()
    thread.join()
    server.server_close()


def test_that_answers_with_the_token_are_seen(settings: Settings) -> None:
    settings.admin_token_file.write_text("good\n")
    settings.ray_token_file.write_text("good\n")
    assert sees_gateway(settings)
    assert sees_control(settings)
    assert sees_ray(settings)


def test_that_a_refusal_is_not_ready(settings: Settings) -> None:
    settings.admin_token_file.write_text("bad")
    assert not sees_control(settings)


def test_that_a_refusal_is_an_answer(settings: Settings) -> None:
    assert hears_control(settings)
    assert hears_gateway(settings)
    assert find_silent(settings) == ()


def test_that_a_port_where_nobody_reads_is_silence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidegate.supervisor.probe.PATIENT_S", 0.1)
    # As of a stopped process: the kernel takes the connection, and nothing comes.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert find_silent(settings.model_copy(update={"control_port": port})) == ("control",)


@pytest.mark.parametrize("nodes", [ALONE, b"{}", b"<html>", b'{"data": null}'])
def test_that_ray_without_a_node_is_not_ready(
    settings: Settings, nodes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answerer, "nodes", nodes)
    settings.ray_token_file.write_text("good")
    assert not sees_ray(settings)


def test_that_silence_is_not_ready(settings: Settings) -> None:
    quiet = settings.model_copy(update={"private_port": choose_port("127.0.0.1")})
    assert not sees_gateway(quiet)
