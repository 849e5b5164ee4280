import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.fakes.command import read, tell

LINE = 'tidegate_requests_total{{listener="public",name="iris",status="200"}} {count}\n'


class Metrics(BaseHTTPRequestHandler):
    """Ten requests more at each look."""

    looks = 0

    def do_GET(self) -> None:
        Metrics.looks += 1
        body = (
            "# TYPE tidegate_requests counter\n" + LINE.format(count=10 * Metrics.looks)
        ).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Quiet."""


@pytest.fixture(autouse=True)
def metrics(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 0), Metrics)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("TIDEGATE_PRIVATE_PORT", str(server.server_address[1]))
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_traffic_between_two_looks_is_shown() -> None:
    (flow,) = read("endpoints", "top", "--every", "0.2")
    assert flow["name"] == "iris"
    assert 10 < flow["requests_per_s"] < 60
    assert "iris" in tell("endpoints", "top", "--every", "0.2")
